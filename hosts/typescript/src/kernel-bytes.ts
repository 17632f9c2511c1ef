/** The kernel, out of the text in which its build writes it into `kernel-wasm.ts`; its tests take it from here too. */

import { decodeInlined } from "@tenon/wasm/inlined";

import { KERNEL } from "./kernel-wasm.ts";

/** @returns The kernel's module: the same array every time, to be read only. */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  return decodeInlined(KERNEL);
}
