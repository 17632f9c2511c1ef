/** The kernel's edges, one by one. `model.test.ts` holds it against its law. */
import { describe, expect, test } from "vitest";
import loadWabt from "wabt";
import { KERNEL_HEAP as HEAP } from "../hosts/typescript/src/abi.ts";
import { kernelBytes } from "../hosts/typescript/src/kernel-bytes.ts";
import { U64_MAX, bytesOf, createKernel, field, field64, sealed, unsigned, type Kernel } from "./instance.ts";

const wabt = await loadWabt();

/** A begun call with `length` bytes of input: 1, 2, 3 … */
function beginCall(kernel: Kernel, length: number): bigint {
  const offset = kernel.call_begin(length);
  bytesOf(kernel).set(Uint8Array.from({ length }, (_, index) => index + 1), offset);
  return BigInt(offset);
}

/** Allocates until it is refused. */
function allocateAll(kernel: Kernel, length: bigint): void {
  for (let count = 0; kernel.alloc(length) !== 0n; count += 1) {
    if (count > 10_000) throw new Error("The limit does not hold");
  }
}

describe("blocks", () => {
  test("alloc() works on a fresh instance, and its blocks are zeros on multiples of 64", () => {
    const kernel = createKernel();
    const handle = kernel.alloc(10n);
    expect(Number(handle) % 64).toBe(0);
    expect(kernel.length(handle)).toBe(10n);
    expect(kernel.load_u64(handle)).toBe(0n);
    expect(kernel.memory_bytes()).toBe(65_536n);
  });

  test("alloc() refuses lengths that no memory can hold", () => {
    const kernel = createKernel();
    for (const length of [0n, 2n ** 32n - 64n, 2n ** 32n - 63n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 63n, U64_MAX]) {
      expect(kernel.alloc(length)).toBe(0n);
    }
    for (const length of [2 ** 32 - 1, 2 ** 32 - 64, -1]) expect(kernel.call_begin(length)).toBe(0);
    expect(kernel.memory_bytes()).toBe(65_536n);
  });

  test("call_begin() takes lengths from 2 GiB up as unsigned", () => {
    const kernel = createKernel();
    const length = 2 ** 31 + 10;
    expect(kernel.call_begin(length)).toBe(HEAP);
    expect(kernel.input_length()).toBe(BigInt(length));
    expect(kernel.input_load_u8(BigInt(length - 1))).toBe(0);
    const next = kernel.alloc(16n);
    expect(next).toBe(BigInt(HEAP + 2 ** 31 + 64));
    kernel.store_u64(next, 7n);
    expect(kernel.load_u64(next)).toBe(7n);
    kernel.free(BigInt(HEAP));
    expect(kernel.length(next)).toBe(16n);
    expect(kernel.block_begin(length)).toBe(HEAP); // not `alloc`: that would touch 2 GiB
  });

  test("alloc() reaches the limit exactly and leaves nothing changed when it refuses", () => {
    const kernel = createKernel();
    kernel.limit_set(2n * 65_536n);
    // 116,480 + 116,480 / 8 = 131,040: the last multiple of 64 that fits two pages with its table.
    const most = 116_480n - BigInt(HEAP);
    const before = Buffer.from(bytesOf(kernel));
    expect(kernel.alloc(most + 1n)).toBe(0n);
    expect(Buffer.from(bytesOf(kernel)).equals(before)).toBe(true);
    const handle = kernel.alloc(most);
    expect(kernel.length(handle)).toBe(most);
    expect(kernel.memory_bytes()).toBe(131_072n);
    const full = Buffer.from(bytesOf(kernel));
    expect(kernel.alloc(1n)).toBe(0n);
    expect(Buffer.from(bytesOf(kernel)).equals(full)).toBe(true);
  });

  test("limit_set() leaves memory that is already there", () => {
    const kernel = createKernel();
    kernel.alloc(300_000n);
    const bytes = kernel.memory_bytes();
    kernel.limit_set(0n);
    expect(kernel.memory_bytes()).toBe(bytes);
    kernel.reset();
    expect(kernel.alloc(300_000n)).not.toBe(0n);
    expect(kernel.alloc(300_000n)).toBe(0n);
  });

  test("alloc() counts the table: 4 GiB less a page are refused before memory grows", () => {
    const kernel = createKernel();
    expect(kernel.alloc(2n ** 32n - 65_536n)).toBe(0n);
    expect(kernel.memory_bytes()).toBe(65_536n);
  });

  test("alloc() takes what it needs when memory can not grow by half, and gives 0 when it can not grow at all", () => {
    // The same kernel, its memory declared with a maximum of 5 pages, so that `memory.grow` fails past it.
    const hex = Buffer.from(kernelBytes()).toString("hex");
    expect(hex.split("0503010001")).toHaveLength(2);
    const module = new WebAssembly.Module(Buffer.from(hex.replace("0503010001", "050401010105"), "hex"));
    const kernel = new WebAssembly.Instance(module).exports as Kernel;
    kernel.alloc(200_000n);
    expect(kernel.memory_bytes()).toBe(4n * 65_536n);
    const handle = kernel.alloc(60_000n);
    expect(kernel.length(handle)).toBe(60_000n);
    expect(kernel.memory_bytes()).toBe(5n * 65_536n);
    const before = Buffer.from(bytesOf(kernel));
    expect(kernel.alloc(100_000n)).toBe(0n);
    expect(Buffer.from(bytesOf(kernel)).equals(before)).toBe(true);
  });

  test("free() gives a block back to the next of its size", () => {
    const kernel = createKernel();
    const first = kernel.alloc(1000n);
    kernel.alloc(1n);
    kernel.free(first);
    expect(kernel.alloc(990n)).toBe(first);
  });

  test("free() of blocks of many mebibytes makes gaps that are found again", () => {
    const kernel = createKernel();
    const MIB = 2 ** 20;
    const [first = 0, , second = 0] = [9 * MIB, 1, 20 * MIB, 1].map((length) => kernel.block_begin(length));
    kernel.free(BigInt(first));
    kernel.free(BigInt(second));
    const bytes = kernel.memory_bytes();
    const again = [12, 3, 5, 9].map((mib) => kernel.block_begin(mib * MIB));
    expect(again).toEqual([second, second + 12 * MIB, second + 15 * MIB, first]);
    expect(kernel.memory_bytes()).toBe(bytes);
  });

  test("alloc() of many mebibytes is zeros wherever it was written", () => {
    const kernel = createKernel();
    const MIB = 2 ** 20;
    for (const length of [4 * MIB - 64, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 8]) {
      const handle = kernel.alloc(BigInt(length));
      const bytes = bytesOf(kernel).subarray(Number(handle), Number(handle) + length);
      for (let at = 0, step = 1; at < length; at += step, step = (step * 5) % 4_099) bytes[at] = 255 - (at & 127);
      bytes[length - 1] = 1;
      kernel.free(handle);
      kernel.alloc(64n); // whose place is zeros then too
      const again = kernel.alloc(BigInt(length - 64));
      expect(again).toBe(handle + 64n);
      expect(Buffer.from(bytesOf(kernel).subarray(Number(handle), Number(handle) + length)).equals(Buffer.alloc(length))).toBe(true);
      kernel.reset();
    }
  });

  test("free() ignores what is not live", () => {
    const kernel = createKernel();
    const [first, second] = [kernel.alloc(200n), kernel.alloc(200n)];
    kernel.free(first);
    for (const handle of [first, 0n, second + 64n, second + 1n, second - 1n, second + 2n ** 32n, 2n ** 63n, U64_MAX]) {
      kernel.free(handle);
      expect(kernel.length(handle)).toBe(0n);
    }
    expect(kernel.length(second)).toBe(200n);
  });

  test("100,000 blocks live at once, each found and each its own", () => {
    const kernel = createKernel();
    const handles = Array.from({ length: 100_000 }, (_, index) => {
      const handle = kernel.alloc(BigInt(8 + (index % 50)));
      kernel.store_u64(handle, BigInt(index));
      return handle;
    });
    expect(new Set(handles).size).toBe(100_000);
    expect(handles.every((handle, index) => kernel.load_u64(handle) === BigInt(index))).toBe(true);
    expect(handles.every((handle, index) => kernel.length(handle) === BigInt(8 + (index % 50)))).toBe(true);
  });

  const ORDERS: readonly { name: string; order: (handles: bigint[]) => bigint[] }[] = [
    { name: "first to last", order: (handles) => handles },
    { name: "last to first", order: (handles) => handles.toReversed() },
    { name: "odd ones, then even ones", order: (handles) => [1, 0].flatMap((odd) => handles.filter((_, index) => index % 2 === odd)) },
  ];
  test.each(ORDERS)("100,000 blocks freed $name make room for one large block", ({ order }) => {
    const kernel = createKernel();
    beginCall(kernel, 16);
    const handles = Array.from({ length: 100_000 }, () => kernel.alloc(16n));
    const last = kernel.alloc(16n); // so that the room is a gap
    kernel.limit_set(0n);
    for (const handle of order(handles)) kernel.free(handle);
    expect(kernel.alloc(6_400_000n)).toBe(handles[0]);
    expect(kernel.length(last)).toBe(16n);
  });
});

describe("what a call leaves", () => {
  const ENDS: readonly { name: string; end: (kernel: Kernel) => void }[] = [
    { name: "reset()", end: (kernel) => kernel.reset() },
    { name: "call_begin()", end: (kernel) => void beginCall(kernel, 3) },
  ];
  test.each(ENDS)("$name leaves no byte that load or a new block could show", ({ end }) => {
    const kernel = createKernel();
    kernel.limit_set(4n * 65_536n);
    for (let round = 0; round < 3; round += 1) {
      beginCall(kernel, 70);
      allocateAll(kernel, 700n);
      for (let offset = HEAP; offset < HEAP + field(kernel, "reach"); offset += 8) kernel.store_u64(BigInt(offset), U64_MAX);
      kernel.output_set(BigInt(HEAP), 70n);
      kernel.error_set(BigInt(HEAP));
      end(kernel);
      const input = Number(kernel.input_length());
      const read = (): bigint => {
        let bits = 0n;
        for (let offset = 0; offset < Number(kernel.memory_bytes()); offset += 1) {
          if (offset < HEAP || offset >= HEAP + input) bits |= BigInt(kernel.load_u8(BigInt(offset)));
        }
        return bits;
      };
      expect([kernel.output_length(), kernel.error_get(), field(kernel, "error_length")]).toEqual([0n, 0n, 0]);
      expect(read()).toBe(0n);
      allocateAll(kernel, 40_000n);
      allocateAll(kernel, 1n);
      expect(read()).toBe(0n);
    }
  });

  test("old handles are dead after reset()", () => {
    const kernel = createKernel();
    const handles = [5n, 100n, 5000n, 200_000n].map((length) => kernel.alloc(length));
    kernel.reset();
    expect(handles.map((handle) => kernel.length(handle))).toEqual([0n, 0n, 0n, 0n]);
    kernel.alloc(300_000n);
    expect(handles.slice(1).map((handle) => kernel.length(handle))).toEqual([0n, 0n, 0n]);
  });

  test("memory stays over 200 calls of 1 MiB and 10,000 small ones", () => {
    const kernel = createKernel();
    const call = (length: number): void => {
      kernel.call_begin(length);
      const blocks = [kernel.alloc(BigInt(length)), kernel.alloc(100n), kernel.alloc(BigInt(length))];
      kernel.free(blocks[0] ?? 0n);
    };
    call(2 ** 20);
    const bytes = kernel.memory_bytes();
    for (let count = 0; count < 200; count += 1) call(2 ** 20);
    for (let count = 0; count < 10_000; count += 1) call(count % 500);
    expect(kernel.memory_bytes()).toBe(bytes);
  });
});

describe("ranges", () => {
  test("store_u8() and store_u64() change nothing outside the heap, wherever they aim", () => {
    const kernel = createKernel();
    beginCall(kernel, 100);
    kernel.free(kernel.alloc(1000n));
    kernel.alloc(10n);
    const before = sealed(kernel);
    const memory = Number(kernel.memory_bytes());
    for (let offset = 0; offset < memory + 16; offset += 1) {
      for (const base of [0n, 2n ** 32n, U64_MAX - 15n - BigInt(memory)]) {
        kernel.store_u8(base + BigInt(offset), 255);
        kernel.store_u64(base + BigInt(offset), U64_MAX);
      }
    }
    expect(sealed(kernel).equals(before)).toBe(true);
    expect(bytesOf(kernel)[HEAP]).toBe(255);
  });

  test("load_u64() and store_u64() need all eight bytes inside", () => {
    const kernel = createKernel();
    const handle = kernel.alloc(64n);
    const end = handle + 64n;
    kernel.store_u64(end - 8n, U64_MAX);
    kernel.store_u64(end - 7n, 0n);
    kernel.store_u64(handle - 1n, U64_MAX);
    expect(unsigned(kernel.load_u64(end - 8n))).toBe(U64_MAX);
    expect(kernel.load_u64(end - 7n)).toBe(0n);
    expect(kernel.load_u8(end - 1n)).toBe(255);
    expect([kernel.load_u8(end), kernel.load_u8(handle), kernel.load_u8(handle - 1n)]).toEqual([0, 0, 0]);
  });

  const INPUT_LOADS = [
    { offset: 0n, byte: 1, word: 0x0807060504030201n },
    { offset: 2n, byte: 3, word: 0x0a09080706050403n },
    { offset: 3n, byte: 4, word: 0n },
    { offset: 9n, byte: 10, word: 0n },
    { offset: 10n, byte: 0, word: 0n },
    { offset: 2n ** 32n, byte: 0, word: 0n },
    { offset: U64_MAX, byte: 0, word: 0n },
    { offset: U64_MAX - 7n, byte: 0, word: 0n },
  ] as const;
  test.each(INPUT_LOADS)("input loads at $offset of ten bytes", ({ offset, byte, word }) => {
    const kernel = createKernel();
    const input = beginCall(kernel, 10);
    kernel.store_u64(input + 10n, U64_MAX); // what lies behind the input must not show
    expect(kernel.input_load_u8(offset)).toBe(byte);
    expect(kernel.input_load_u64(offset)).toBe(word);
  });

  test("input loads give 0 when there is no input or less than eight bytes of it", () => {
    const kernel = createKernel();
    for (const length of [0, 1, 7]) {
      beginCall(kernel, length);
      expect(kernel.input_length()).toBe(BigInt(length));
      expect(kernel.input_load_u64(0n)).toBe(0n);
      expect(kernel.input_load_u8(BigInt(length))).toBe(0);
    }
  });

  const OUTPUTS = [
    { name: "the whole heap", offset: 512n, length: 128n, isTaken: true },
    { name: "a part of a block", offset: 515n, length: 3n, isTaken: true },
    { name: "nothing at the end", offset: 640n, length: 0n, isTaken: true },
    { name: "one byte past the end", offset: 512n, length: 129n, isTaken: false },
    { name: "one byte before the heap", offset: 511n, length: 2n, isTaken: false },
    { name: "the record", offset: 0n, length: 8n, isTaken: false },
    { name: "a length that wraps", offset: 513n, length: U64_MAX, isTaken: false },
    { name: "an offset that wraps", offset: U64_MAX, length: 2n, isTaken: false },
    { name: "an offset past 4 GiB", offset: 2n ** 32n + 512n, length: 1n, isTaken: false },
  ] as const;
  test.each(OUTPUTS)("output_set() of $name", ({ offset, length, isTaken }) => {
    const kernel = createKernel();
    beginCall(kernel, 128);
    kernel.output_set(520n, 1n);
    kernel.output_set(offset, length);
    expect([kernel.output_offset(), kernel.output_length()]).toEqual(isTaken ? [offset, length] : [0n, 0n]);
    expect(field64(kernel, "refused_length")).toBe(isTaken ? 0n : length);
    if (!isTaken) expect(field64(kernel, "refused_offset")).toBe(offset);
  });

  test("output and error text survive free() of their blocks", () => {
    const kernel = createKernel();
    beginCall(kernel, 8);
    const block = kernel.alloc(5n);
    kernel.store_u8(block, 42);
    kernel.output_set(block, 5n);
    kernel.error_set(block);
    kernel.free(block);
    expect([field(kernel, "output_offset"), field(kernel, "output_length")]).toEqual([Number(block), 5]);
    expect([field(kernel, "error_offset"), field(kernel, "error_length")]).toEqual([Number(block), 5]);
    expect(bytesOf(kernel)[Number(block)]).toBe(42);
  });

  test("error_set() of a handle that is not live fails the call with no text, and 0 clears it", () => {
    const kernel = createKernel();
    kernel.error_set(U64_MAX);
    expect([unsigned(kernel.error_get()), field(kernel, "error_length")]).toEqual([U64_MAX, 0]);
    kernel.error_set(0n);
    expect(kernel.error_get()).toBe(0n);
  });
});

describe("a stack that ends inside the kernel", () => {
  /** Frames of so many operands, `depth` of them, and at the end what `work` says of the block in `$h`. */
  const deep = (work: string, operands: number): WebAssembly.Module => {
    const each = (text: (index: number) => string): string => Array.from({ length: operands }, (_, index) => text(index)).join(" ");
    const text = `(module (import "kernel" "alloc" (func $alloc (param i64) (result i64))) (import "kernel" "free" (func $free (param i64))) (memory 1)
      (global $h (export "h") (mut i64) (i64.const 0)) (global $sum (mut i64) (i64.const 0))
      (func $down (export "run") (param $left i32) ${each((index) => `(local $l${index} i64)`)}
        ${each((index) => `(local.set $l${index} (i64.load (i32.const ${8 * index})))`)}
        (if (local.get $left) (then (call $down (i32.sub (local.get $left) (i32.const 1)))) (else ${work}))
        ${each((index) => `(global.set $sum (i64.add (global.get $sum) (local.get $l${index})))`)}))`;
    return new WebAssembly.Module(Uint8Array.from(wabt.parseWat("deep.wat", text, {}).toBinary({}).buffer));
  };
  /** Whether blocks and free runs lie side by side up to `top`, as a walk over them needs it. */
  const isTiled = (kernel: Kernel): boolean => {
    const view = new DataView(kernel.memory.buffer);
    const note = (address: number): number => view.byteLength - address / 8;
    const end = HEAP + view.getUint32(60, true);
    let at = HEAP;
    while (at < end) {
      const [length, mark] = [view.getUint32(note(at), true), view.getUint32(note(at) + 4, true)];
      const size = mark === 0 ? Math.ceil(length / 64) * 64 : mark & 1 ? 64 : view.getUint32(note(at + 64), true);
      if (size === 0) return false;
      at += size;
    }
    return at === end;
  };
  const BUSY = 95;
  /** Newer engines put most of the kernel into one frame. */
  const isCutOften = typeof process === "object" && Number.parseInt(process.versions["v8"] ?? "99", 10) < 13;
  const WORKS = [
    { work: "(call $free (global.get $h))", gaps: [], block: 2 },
    { work: "(call $free (global.get $h))", gaps: [1, 3, 6], block: 2 },
    { work: "(drop (call $alloc (i64.const 100)))", gaps: [1, 2, 5], block: 0 },
  ];

  test("what is cut off changes nothing more, and the next call finds nothing of it", () => {
    let cut = 0;
    for (const { work, gaps, block, operands } of WORKS.flatMap((each) => [0, 1, 2, 3, 5, 8].map((count) => ({ ...each, operands: count })))) {
      const module = deep(work, operands);
      const run = (depth: number): { kernel: Kernel; handles: bigint[]; isOver: boolean } => {
        const kernel = createKernel();
        const handles = [200n, 100n, 300n, 100n, 200n, 300n, 100n, 64n].map((length) => kernel.alloc(length));
        for (const gap of gaps) kernel.free(handles[gap] as bigint);
        const { h, run: down } = new WebAssembly.Instance(module, { kernel }).exports as { h: WebAssembly.Global<"i64">; run: (depth: number) => void };
        h.value = handles[block] as bigint;
        try {
          down(depth);
          return { kernel, handles, isOver: false };
        } catch (error) {
          if (!(error instanceof Error) || error instanceof WebAssembly.RuntimeError) throw error;
          return { kernel, handles, isOver: true };
        }
      };
      // Around the end of the stack, wherever it is now: compiled anew, frames are smaller.
      let depth = 1;
      while (!run(depth).isOver) depth *= 2;
      for (let step = depth >> 2; step > 0; step >>= 1) depth += run(depth).isOver ? -step : step;
      for (let round = 0; round < 24; round += 1) {
        const { kernel, handles, isOver } = run(depth);
        depth += isOver ? -1 - (round % 3) : 1 + (round % 2);
        if (bytesOf(kernel)[BUSY] === 0) expect(isTiled(kernel)).toBe(true);
        else {
          cut += 1;
          const before = Buffer.from(bytesOf(kernel));
          for (const handle of handles) kernel.free(handle);
          expect([kernel.alloc(1n), kernel.block_begin(64)]).toEqual([0n, 0]);
          expect(Buffer.compare(bytesOf(kernel), before)).toBe(0);
        }
        kernel.reset();
        expect(bytesOf(kernel).subarray(80, HEAP).every((byte) => byte === 0)).toBe(true);
        expect(bytesOf(kernel).subarray(-1024).every((byte) => byte === 0)).toBe(true); // the notes of 64 granules and more
        expect([100n, 200n].map((length) => kernel.alloc(length))).toEqual([512n, 640n]);
      }
    }
    // Where an engine looks at its stack is its own business; here it is known to be in the middle now and then.
    if (isCutOften) expect(cut).toBeGreaterThan(0);
  });
});
