import fc from "fast-check";
import wabt from "wabt";
import { describe, expect, test } from "vitest";
import { bakeSnapshot, dataSegments } from "./snapshot.ts";
import { parseModule } from "./parse.ts";

const tools = await wabt();
const FEATURES = { multi_memory: true, annotations: true };
const COUNTER = tools.parseWat("counter.wat", `(module
  (memory (export "memory") 1) (global $n (export "n") (mut i32) (i32.const 0)) (global $wide (export "wide") (mut i64) (i64.const 0)) (global $fixed i32 (i32.const 5))
  (data (i32.const 8) "old") (start $begin) (func $begin (i32.store (i32.const 0) (i32.const 77)))
  (func (export "tick") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.set $wide (i64.const -1)) (i32.store (i32.const 70000) (global.get $n)) (global.get $n))
  (func (export "grow") (drop (memory.grow (i32.const 1)))) (func (export "fixed") (result i32) global.get $fixed))`).toBinary({}).buffer;

type Counter = { memory: WebAssembly.Memory; n: WebAssembly.Global<"i32">; wide: WebAssembly.Global<"i64">; tick(): number; grow(): void; fixed(): number };
const start = (bytes: Uint8Array): Counter => new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).exports as unknown as Counter;

describe("bakeSnapshot()", () => {
  test("makes a module that goes on where the instance was", () => {
    const first = start(COUNTER);
    first.grow();
    first.tick();
    first.tick();
    const baked = bakeSnapshot(COUNTER, { memory: new Uint8Array(first.memory.buffer), globals: new Map<string, number | bigint>([["n", first.n.value], ["wide", first.wide.value]]) });
    const second = start(baked);
    expect(new Uint8Array(second.memory.buffer)).toEqual(new Uint8Array(first.memory.buffer));
    expect([second.tick(), second.wide.value, second.fixed()]).toEqual([3, -1n, 5]);
  });

  test("does not run the start function again", () => {
    const memory = new Uint8Array(65_536);
    const baked = bakeSnapshot(COUNTER, { memory, globals: new Map<string, number | bigint>([["n", 1], ["wide", 2n]]) });
    expect(parseModule(baked).start).toBeUndefined();
    expect(new Uint8Array(start(baked).memory.buffer)).toEqual(memory);
  });

  test.each([
    { name: "a global without a value", globals: new Map([["n", 1]]), says: "the snapshot has no value for it" },
    { name: "a value of another type", globals: new Map<string, number | bigint>([["n", 1n], ["wide", 2n]]), says: "the snapshot has a value of another type" },
    { name: "an i64 that is a number", globals: new Map<string, number | bigint>([["n", 1], ["wide", 2]]), says: "the snapshot has a value of another type" },
  ])("refuses $name", ({ globals, says }) => {
    expect(() => bakeSnapshot(COUNTER, { memory: new Uint8Array(65_536), globals })).toThrow(says);
  });

  test.each([
    { name: "no memory", text: "(module)" },
    { name: "an imported memory", text: '(module (import "a" "m" (memory 1)))' },
    { name: "two memories", text: "(module (memory 1) (memory 1))" },
  ])("refuses a module with $name", ({ text }) => {
    const bytes = tools.parseWat("refused.wat", text, FEATURES).toBinary({}).buffer;
    expect(() => bakeSnapshot(bytes, { memory: new Uint8Array(65_536), globals: new Map() })).toThrow("a snapshot needs exactly one memory that is not imported");
  });

  test.each([{ max: 9, pages: 2, is: 9 }, { max: 1, pages: 2, is: 2 }])("keeps a maximum of $max, or what the memory has: $pages pages", ({ max, pages, is }) => {
    const bytes = tools.parseWat("maximum.wat", `(module (memory 1 ${max}) (@custom "mine" "x"))`, FEATURES).toBinary({}).buffer;
    const { memories, sections } = parseModule(bakeSnapshot(bytes, { memory: new Uint8Array(pages * 65_536), globals: new Map() }));
    expect(memories[0]).toMatchObject({ min: pages, max: is });
    expect(sections.filter(({ id }) => id === 0)).toEqual([]);
  });
});

describe("dataSegments()", () => {
  test("gives back every byte, and no segment with a zero at its ends", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(4095), fc.integer({ min: 1, max: 255 })), { maxLength: 200 }), (writes) => {
      const memory = new Uint8Array(4096);
      for (const [at, value] of writes) memory[at] = value;
      const copy = new Uint8Array(4096);
      let last = -1;
      for (const [from, to] of dataSegments(memory)) {
        expect(from).toBeGreaterThan(last);
        expect(memory[from]).not.toBe(0);
        expect(memory[to - 1]).not.toBe(0);
        copy.set(memory.subarray(from, to), from);
        last = to;
      }
      expect(copy).toEqual(memory);
    }));
  });

  test("joins what a few zeros part, and parts what many do", () => {
    const memory = new Uint8Array(256);
    memory[10] = memory[20] = memory[100] = 1;
    expect(dataSegments(memory)).toEqual([[10, 21], [100, 101]]);
    memory.fill(0);
    memory[0] = memory[24] = memory[49] = 1;
    expect(dataSegments(memory)).toEqual([[0, 25], [49, 50]]); // 23 zeros cost less than a segment, 24 do not
    memory.fill(0);
    memory[0] = 1;
    expect(dataSegments(memory)).toEqual([[0, 1]]);
  });
});
