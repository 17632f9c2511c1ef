/**
 * The kernel on shared memory: the same code, with its memory imported and shared instead of its own.
 *
 *   types │ import "tenon" "memory" (shared) │ functions │ ~~memory~~ │ exports │ code
 *
 * All of the kernel's state is in its memory, so an instance on each of two threads is one kernel, as long as they take
 * turns. The host's thread puts input in and takes output out without a copy in between, and host functions read blocks
 * while the plug-in's thread waits.
 */

import { encodeModule, parseModule, SECTION, Writer } from "@tenon/wasm";

import { type KernelExports, Kernel } from "../kernel.ts";
import { kernelBytes } from "../kernel-wasm.ts";

const NAMESPACE = "tenon";
const NAME = "memory";
const MAX_PAGES = 65_536;
const IS_MEMORY = 2;
const IS_SHARED_WITH_MAXIMUM = 3;

let compiled: WebAssembly.Module | undefined;

/** @returns The kernel's module for shared memory, compiled once. */
export function sharedKernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(encodeSharedKernel());
  return compiled;
}

/**
 * @param limitPages Pages that the blocks of a plug-in may have.
 * @returns Empty memory for a kernel.
 */
export function createKernelMemory(limitPages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: Math.max(1, Math.min(limitPages, MAX_PAGES)), shared: true });
}

/**
 * @param module What {@link sharedKernelModule} returned.
 * @param memory What {@link createKernelMemory} returned, on whichever thread.
 * @returns The kernel's functions on that memory.
 */
export function openKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { [NAMESPACE]: { [NAME]: memory } }).exports as unknown as KernelExports;
}

/** The kernel on the plug-in's thread: the host has put the input in, and takes the output out. */
export class GuestKernel extends Kernel {
  override begin(): void {}

  override output(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(0);
  }
}

function encodeSharedKernel(): Uint8Array<ArrayBuffer> {
  const bytes: Uint8Array = kernelBytes();
  const memory = new Writer().u32(1).string(NAMESPACE).string(NAME).byte(IS_MEMORY).byte(IS_SHARED_WITH_MAXIMUM).u32(0).u32(MAX_PAGES);
  const kept = parseModule(bytes).sections.filter(({ id }) => id !== SECTION.memory);
  const [types, ...others] = kept.map(({ id, start, end }) => ({ id, parts: [bytes.subarray(start, end)] }));
  if (types?.id !== SECTION.type) throw new TypeError("the kernel does not begin with its types");
  return encodeModule([types, { id: SECTION.import, parts: [memory.view()] }, ...others]) as Uint8Array<ArrayBuffer>;
}
