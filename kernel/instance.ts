/** An instance of the kernel as its tests use it: typed exports, and its memory and record as they are read. */
import { KERNEL_HEAP as HEAP, KERNEL_RECORD as RECORD } from "../hosts/typescript/src/abi.ts";
import { kernelBytes } from "../hosts/typescript/src/kernel-bytes.ts";

/** What the kernel exports. */
export type Kernel = {
  memory: WebAssembly.Memory;
  alloc(length: bigint): bigint;
  free(handle: bigint): void;
  length(handle: bigint): bigint;
  length_unsafe(handle: bigint): bigint;
  load_u8(offset: bigint): number;
  load_u64(offset: bigint): bigint;
  store_u8(offset: bigint, value: number): void;
  store_u64(offset: bigint, value: bigint): void;
  input_length(): bigint;
  input_offset(): bigint;
  input_load_u8(offset: bigint): number;
  input_load_u64(offset: bigint): bigint;
  output_set(offset: bigint, length: bigint): void;
  error_set(handle: bigint): void;
  error_get(): bigint;
  call_begin(length: number): number;
  block_begin(length: number): number;
  input_set(handle: bigint, length: bigint): void;
  output_offset(): bigint;
  output_length(): bigint;
  limit_set(bytes: bigint): void;
  reset(): void;
  memory_bytes(): bigint;
};

/** The highest number a plug-in can give. */
export const U64_MAX: bigint = 2n ** 64n - 1n;
const MODULE = new WebAssembly.Module(kernelBytes());

/** A fresh kernel. */
export const createKernel = (): Kernel => new WebAssembly.Instance(MODULE).exports as Kernel;
/** A view of its memory as it is now; it dies when the memory grows. */
export const bytesOf = (kernel: Kernel): Uint8Array => new Uint8Array(kernel.memory.buffer);
/** A u32 of the record. */
export const field = (kernel: Kernel, name: keyof typeof RECORD): number =>
  new DataView(kernel.memory.buffer).getUint32(RECORD[name], true);
/** A u64 of the record. */
export const field64 = (kernel: Kernel, name: keyof typeof RECORD): bigint =>
  new DataView(kernel.memory.buffer).getBigUint64(RECORD[name], true);
/** What Wasm returned as i64, as u64. */
export const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

/** What no plug-in may change: the record, and everything behind the heap. */
export function sealed(kernel: Kernel): Buffer {
  const bytes = bytesOf(kernel);
  return Buffer.concat([bytes.subarray(0, HEAP), bytes.subarray(HEAP + field(kernel, "reach"))]);
}
