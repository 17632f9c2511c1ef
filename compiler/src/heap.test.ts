import { describe, expect, it } from "vitest";
import { zeroDeadMemory } from "./heap.ts";

const HEAP = 1024;

/** A heap of blocks, each [size, in use], every payload byte 0xaa. */
function heap(blocks: readonly (readonly [size: number, isInUse: boolean])[]): Uint8Array {
  const memory = new Uint8Array(HEAP + blocks.reduce((sum, [size]) => sum + size, 0)).fill(0xaa);
  const view = new DataView(memory.buffer);
  let at = HEAP, wasInUse = true;
  for (const [size, isInUse] of blocks) {
    view.setUint32(at + 4, size | (wasInUse ? 1 : 0) | (isInUse ? 2 : 0), true);
    wasInUse = isInUse;
    at += size;
  }
  return memory;
}

const zeroed = (memory: Uint8Array): Uint8Array => {
  zeroDeadMemory({ memory, stackPointer: 512, heapStart: HEAP, globals: new Map() });
  return memory;
};

describe("zeroDeadMemory()", () => {
  it("zeroes the stack below the stack pointer and free blocks behind their links", () => {
    const memory = zeroed(heap([[64, true], [48, false], [64, true], [512, false], [32, true]]));
    const dead = (from: number, to: number): boolean => memory.subarray(from, to).every((byte) => byte === 0);
    const kept = (from: number, to: number): boolean => memory.subarray(from, to).every((byte) => byte === 0xaa);
    expect([dead(0, 512), kept(512, 1024)]).toEqual([true, true]);
    const small = HEAP + 64, large = small + 48 + 64;
    expect([kept(small - 56, small), kept(small + 8, small + 16), dead(small + 16, small + 48)]).toEqual([true, true, true]);
    expect([kept(large + 8, large + 32), dead(large + 32, large + 512), kept(large + 520, large + 544)]).toEqual([true, true, true]);
  });

  it.each([
    { name: "a size of nothing", blocks: [[64, false], [8, true]] },
    { name: "an end behind the memory", blocks: [[64, false], [64, true]], cut: 32 },
  ] as const)("leaves a heap alone that it cannot walk: $name", ({ blocks, ...rest }) => {
    const memory = heap(blocks);
    const part = memory.slice(0, memory.length - ("cut" in rest ? rest.cut : 0));
    const before = part.slice(HEAP);
    expect(zeroed(part).slice(HEAP)).toEqual(before);
  });
});
