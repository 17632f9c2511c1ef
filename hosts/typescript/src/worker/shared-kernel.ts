/**
 * The kernel on shared memory: the same code, with its memory imported and shared instead of its own.
 *
 *   types │ import "tenon" "memory" (shared) │ functions │ ~~memory~~ │ exports │ code
 *
 * All of the kernel's state is in its memory, so an instance on each of two threads is one kernel, as long as they take
 * turns. The host's thread puts input in and takes output out without a copy in between, and host functions read blocks
 * while the plug-in's thread waits.
 */

import { encodeModule, HEADER, type SectionBytes, Writer } from "@tenon/wasm/writer";

import { kernelBytes } from "../kernel-bytes.ts";
import { MAX_IDLE_KERNEL_BYTES, MAX_IDLE_SHARED_KERNELS } from "../limits.ts";
import type { KernelExports } from "../session/kernel.ts";

const NAMESPACE = "tenon";
const NAME = "memory";
const MAX_PAGES = 65_536;
const SECTION = { type: 1, import: 2, memory: 5 };
const IS_MEMORY = 2;
const IS_SHARED_WITH_MAXIMUM = 3;

let compiled: WebAssembly.Module | undefined;

/** @returns The kernel's module for shared memory, compiled once. */
export function sharedKernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(encodeSharedKernel());
  return compiled;
}

/** A kernel that a plug-in's two threads share, as the host's thread has it. */
export interface SharedKernel {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  readonly exports: KernelExports;
}

/**
 * Kernels of one thread of plug-ins. They are used again, because shared memory is gone only when both threads have
 * collected their garbage, and neither makes the other do so when it finds no more room.
 */
export class SharedKernels {
  readonly #idle: SharedKernel[] = [];

  /**
   * @param limitPages Pages that the blocks of a plug-in may have.
   * @returns A kernel that holds nothing.
   * @throws {RangeError} If there is no memory.
   */
  borrow(limitPages: number): SharedKernel {
    const maximumPages = Math.max(1, Math.min(limitPages, MAX_PAGES));
    const index = this.#idle.findIndex((kernel) => kernel.maximumPages === maximumPages);
    if (index !== -1) return this.#idle.splice(index, 1)[0] as SharedKernel;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: true });
    return { memory, maximumPages, exports: openKernel(sharedKernelModule(), memory) };
  }

  /** @param kernel One that neither thread uses any more. */
  giveBack(kernel: SharedKernel): void {
    if (kernel.memory.buffer.byteLength > MAX_IDLE_KERNEL_BYTES) return;
    kernel.exports.reset();
    if (this.#idle.length >= MAX_IDLE_SHARED_KERNELS) this.#idle.shift();
    this.#idle.push(kernel);
  }
}

/**
 * @param module What {@link sharedKernelModule} returned.
 * @param memory Memory of a {@link SharedKernel}, on whichever thread.
 * @returns The kernel's functions on that memory.
 */
export function openKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { [NAMESPACE]: { [NAME]: memory } }).exports as unknown as KernelExports;
}

function encodeSharedKernel(): Uint8Array<ArrayBuffer> {
  const bytes: Uint8Array = kernelBytes();
  const memory = new Writer().u32(1).string(NAMESPACE).string(NAME).byte(IS_MEMORY).byte(IS_SHARED_WITH_MAXIMUM).u32(0).u32(MAX_PAGES);
  const [types, ...others] = readSections(bytes).filter(({ id }) => id !== SECTION.memory);
  if (types?.id !== SECTION.type) throw new TypeError("the kernel does not begin with its types");
  return encodeModule([types, { id: SECTION.import, parts: [memory.view()] }, ...others]) as Uint8Array<ArrayBuffer>;
}

/** Sections of our own kernel; the reader of plug-ins' modules is twenty files, and a first thread waits for none of them. */
function readSections(bytes: Uint8Array): SectionBytes[] {
  const sections: SectionBytes[] = [];
  for (let at = HEADER.length; at < bytes.length; ) {
    const id = bytes[at++] as number;
    let length = 0;
    for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = bytes[at++] as number;
      length |= (byte & 0x7f) << shift;
    }
    sections.push({ id, parts: [bytes.subarray(at, (at += length))] });
  }
  return sections;
}
