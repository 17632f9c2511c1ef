import { describe, expect, test } from "vitest";
import { compile } from "../fuzz/text.ts";
import { limitModule, parseModule } from "./mod.ts";

const kernelOf = (text: string) => ({ namespace: "k", imports: ["f"], bytes: compile(`(module ${text})`) });
const WHOLE = `(memory (export "memory") 1) (global $g (export "g") (mut i32) (i32.const 0)) (func (export "f") (result i32) (global.get $g))`;
const PLUGIN = compile(`(module (import "k" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))`);

describe("a kernel", () => {
  test.each([
    { name: "imports", kernel: `(import "a" "b" (func)) ${WHOLE}` },
    { name: "a table", kernel: `${WHOLE} (table 1 funcref)` },
    { name: "data", kernel: `${WHOLE} (data (i32.const 0) "a")` },
    { name: "a start function", kernel: `${WHOLE} (start $s) (func $s)` },
    { name: "no memory", kernel: `(func (export "f") (result i32) (i32.const 0))` },
    { name: "two memories", kernel: `${WHOLE} (memory 1)` },
  ])("may not have $name", ({ kernel }) => {
    expect(() => limitModule(PLUGIN, { kernel: kernelOf(kernel) })).toThrow(/^Cannot merge the kernel: it may have nothing but/);
  });

  test("has every function that plug-ins may import", () => {
    expect(() => limitModule(PLUGIN, { kernel: kernelOf(WHOLE.replace('"f"', '"other"')) })).toThrow('it exports no function "f"');
    expect(() => limitModule(PLUGIN, { kernel: kernelOf(`(memory (export "f") 1) (func)`) })).toThrow('it exports no function "f"');
  });

  test("exports its functions and its memory, and keeps its globals to itself", () => {
    const { exports } = parseModule(limitModule(PLUGIN, { kernel: kernelOf(WHOLE) }).bytes);
    expect(exports.map(({ name, kind, index }) => `${name} ${kind} ${index}`)).toEqual(["run function 0", "tenon:kernel.memory memory 0", "tenon:kernel.f function 1"]);
  });

  test("has its own types, also of locals and behind blocks, wherever it is put", () => {
    const kernel = kernelOf(`(type $first (func)) (type $pair (func (param i64) (result i64))) (memory (export "memory") 1) (global $a (mut i32) (i32.const 4)) (global $b (mut i64) (i64.const 5))
      (func (export "f") (result i32) (local $l i64) (local.set $l (block (result i64) (call $h (global.get $b)))) (i64.store offset=8 (i32.const 0) (local.get $l)) (i32.add (global.get $a) (i32.wrap_i64 (i64.load offset=8 (i32.const 0)))))
      (func $h (type $pair) (local.get 0))`);
    const plugin = compile(`(module (import "k" "f" (func $f (result i32))) (global $own (mut f64) (f64.const 1)) (func (export "run") (result i32) (call $f)))`);
    const { bytes } = limitModule(plugin, { kernel, fuel: true });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    (exports["tenon:fuel"] as WebAssembly.Global<"i64">).value = 1_000_000n;
    expect((exports["run"] as () => number)()).toBe(9);
  });
});

describe("what a limited module begins with", () => {
  test("has the new indices of functions, and the old ones of all else", () => {
    const bytes = compile(`(module (import "k" "f" (func $f (result i32))) (import "host" "base" (global $base i32)) (import "host" "g" (func $g)) (memory 1)
      (global $copy i32 (global.get $base)) (table (export "table") 4 funcref) (elem (global.get $base) func $own)
      (func $own (export "own") (result i32) (global.get $copy)) (func (export "at") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))`);
    const { bytes: limited } = limitModule(bytes, { interrupt: true });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(limited as BufferSource), { k: { f: () => 1 }, host: { base: new WebAssembly.Global({ value: "i32" }, 2), g: () => {} }, "tenon:host": { interrupt: () => 1_000_000 } });
    expect((exports["own"] as () => number)()).toBe(2);
    expect((exports["at"] as (slot: number) => number)(2)).toBe(2);
    expect((exports["table"] as WebAssembly.Table).get(0)).toBe(null);
  });

  test("keeps the names of its functions, and says which branches are seldom taken", () => {
    const bytes = compile(`(module (func $count (export "run") (loop $again (br $again))))`);
    const { sections } = parseModule(limitModule(bytes, { interrupt: true }).bytes);
    expect(sections.filter(({ id }) => id === 0).map(({ name }) => name)).toEqual(["metadata.code.branch_hint", "name"]);
    const hints = sections.findIndex(({ name }) => name === "metadata.code.branch_hint");
    expect(sections[hints + 1]?.id).toBe(10);
  });
});
