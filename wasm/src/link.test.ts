import wabt from "wabt";
import { describe, expect, test } from "vitest";
import { readData } from "./data.ts";
import { WasmError } from "./error.ts";
import { link, type LinkInput, type LinkOptions } from "./link.ts";
import { parseModule } from "./parse.ts";
import { encodeModule } from "./writer.ts";

const tools = await wabt();
const FEATURES = { multi_memory: true, bulk_memory: true, reference_types: true, mutable_globals: true };

function module(name: string, text: string): LinkInput {
  const parsed = tools.parseWat(`${name}.wat`, text, FEATURES);
  return { name, bytes: parsed.toBinary({}).buffer };
}

function run(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Record<string, (...values: number[]) => number> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports).exports as never;
}

const all = (_: string, name: string): string => name;

describe("link()", () => {
  test("joins imports to exports in both directions", () => {
    const a = module("a", '(module (import "b" "twice" (func $twice (param i32) (result i32))) (func (export "one") (result i32) i32.const 1) (func (export "go") (param i32) (result i32) local.get 0 call $twice))');
    const b = module("b", '(module (import "a" "one" (func $one (result i32))) (func (export "twice") (param i32) (result i32) local.get 0 i32.const 2 i32.mul call $one i32.add))');
    const { bytes } = link([a, b], { exportAs: all });
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>))).toEqual([]);
    expect(run(bytes)["go"]?.(20)).toBe(41);
  });

  test("keeps what nobody exports as one import, however often it is imported", () => {
    const text = (name: string): string => `(module (import "host" "add" (func $add (param i32 i32) (result i32))) (func (export "${name}") (result i32) i32.const 2 i32.const 3 call $add))`;
    const { bytes } = link([module("a", text("f")), module("b", text("g"))], { exportAs: all });
    expect(WebAssembly.Module.imports(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>))).toHaveLength(1);
    const instance = run(bytes, { host: { add: (x: number, y: number) => x + y } });
    expect([instance["f"]?.(), instance["g"]?.()]).toEqual([5, 5]);
  });

  test("shares memory, globals and tables, and renumbers what points at them", () => {
    const engine = module("engine", '(module (memory (export "memory") 1) (global (export "sp") (mut i32) (i32.const 7)) (type $t (func (result i32))) (table (export "table") 2 funcref) (elem (i32.const 1) $f) (func $f (result i32) i32.const 9) (func (export "call") (param i32) (result i32) local.get 0 call_indirect (type $t)) (data (i32.const 4) "\\05"))');
    const bridge = module("bridge", '(module (import "env" "memory" (memory 1)) (import "engine" "sp" (global $sp (mut i32))) (global $own (mut i32) (i32.const 100)) (func (export "peek") (result i32) i32.const 4 i32.load8_u global.get $sp i32.add global.get $own i32.add) (func (export "native") (result i32) i32.const 55) (func (export "block") (param i32) (result i32) (block (result i32) local.get 0)))');
    const { bytes, slots } = link([engine, bridge], { exportAs: (input, name) => (input === "engine" && name === "sp" ? undefined : name), resolve: (_, from, name) => (from === "env" && name === "memory" ? "engine" : from), tableFunctions: [["bridge", "native"]] });
    const instance = run(bytes);
    expect(slots).toEqual([2]);
    expect(instance["peek"]?.()).toBe(112);
    expect([instance["call"]?.(1), instance["call"]?.(2)]).toEqual([9, 55]);
    expect(instance["sp"]).toBeUndefined();
  });

  test("follows an export that is itself an import", () => {
    const c = module("c", '(module (func (export "f") (result i32) i32.const 3))');
    const b = module("b", '(module (import "c" "f" (func $f (result i32))) (export "g" (func $f)))');
    const a = module("a", '(module (import "b" "g" (func $g (result i32))) (func (export "h") (result i32) call $g))');
    expect(run(link([a, b, c], { exportAs: (input, name) => (input === "a" ? name : undefined) }).bytes)["h"]?.()).toBe(3);
  });

  test.each([
    { name: "two exports of one name", inputs: ['(module (func (export "f")))', '(module (func (export "f")))'], reason: "malformed" },
    { name: "an import of another kind", inputs: ['(module (import "b" "f" (func)))', '(module (global (export "f") i32 (i32.const 0)))'], reason: "malformed" },
    { name: "an import of another signature", inputs: ['(module (import "b" "f" (func (param i32))))', '(module (func (export "f")))'], reason: "mismatch" },
    { name: "imports in a circle", inputs: ['(module (import "b" "f" (func $f)) (export "f" (func $f)))', '(module (import "a" "f" (func $f)) (export "g" (func $f)) (export "f" (func $f)))'], reason: "malformed" },
  ])("refuses $name", ({ inputs, reason }) => {
    const [a, b] = inputs.map((text, index) => module("ab"[index] as string, text)) as [LinkInput, LinkInput];
    let error: unknown;
    try {
      link([a, b], { exportAs: all });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(WasmError);
    expect((error as WasmError).reason).toBe(reason);
  });

  test("keeps imports of every kind that nobody exports, with their types", () => {
    const host = '(import "host" "memory" (memory 1 7)) (import "host" "table" (table 2 9 funcref)) (import "host" "g" (global $g (mut i32)))';
    const a = module("a", `(module ${host} (import "b" "missing" (func $m)) (func (export "f") (result i32) call $m global.get $g))`);
    const b = module("b", `(module ${host} (func (export "h") (param i64)))`);
    const { imports, memories, tables, globals, exports } = parseModule(link([a, b], { exportAs: all }).bytes);
    expect(imports.map(({ module: from, name, kind }) => `${from} ${name} ${kind}`)).toEqual(["host memory memory", "host table table", "host g global", "b missing function"]);
    expect([memories[0], tables[0], globals[0]]).toMatchObject([{ min: 1, max: 7 }, { min: 2, max: 9 }, { type: 0x7f, mutable: true }]);
    expect(exports.map(({ name, index }) => `${name} ${index}`)).toEqual(["f 1", "h 2"]);
  });

  test("joins several imports of several kinds, each to its own", () => {
    const a = module("a", '(module (memory (export "m") 1) (func (export "f") (param i32)) (func (export "one") (result i32) i32.const 1) (func (export "two") (result i32) i32.const 2) (global (export "g") i32 (i32.const 10)) (global (export "h") (mut i32) (i32.const 20)))');
    const b = module("b", '(module (import "a" "m" (memory 1)) (import "a" "one" (func $one (result i32))) (import "a" "two" (func $two (result i32))) (import "a" "g" (global $g i32)) (import "a" "h" (global $h (mut i32))) (func (export "sum") (result i32) call $two global.get $h i32.add))');
    const exports = run(link([a, b], { exportAs: all }).bytes);
    expect(exports["sum"]?.()).toBe(22);
    const { g, h } = exports as unknown as Record<"g" | "h", WebAssembly.Global<"i32">>;
    h.value = 21;
    expect([g.value, exports["sum"]?.()]).toEqual([10, 23]);
    expect(() => { g.value = 1; }).toThrow(TypeError);
  });

  test("renumbers segments, which keep their memory and table", () => {
    const text = (own: string): string => `(module (memory (export "m${own}") 1) (table (export "t${own}") 4 6 funcref) (elem (i32.const 1) $f) (func $f (export "f${own}") (result i32) i32.const ${own}) (data (i32.const 3) "${own}") (data $p "p${own}") (func (export "init${own}") (memory.init $p (i32.const 8) (i32.const 0) (i32.const 2)) (elem.drop 0) (data.drop $p)))`;
    const { bytes, slots } = link([module("a", text("1")), module("b", text("2"))], { exportAs: all, tableFunctions: [["b", "f2"], ["a", "f1"]] });
    const linked = parseModule(bytes);
    const { tables, elements, memories } = linked;
    expect(memories.length).toBe(2);
    expect(tables).toMatchObject([{ min: 6, max: 8 }, { min: 4, max: 6 }]);
    expect(slots).toEqual([4, 5]);
    expect(readData(linked).map(({ mode, memory }) => `${mode} ${memory}`)).toEqual(["active 0", "passive 0", "active 1", "passive 0"]);
    expect(elements.map(({ table, functions }) => `${table}: ${functions?.join()}`)).toEqual(["0: 0", "1: 2", "0: 2,0"]);
    if (!WebAssembly.validate(bytes as BufferSource)) return; // an engine with one memory
    const exports = run(bytes);
    for (const own of ["1", "2"]) exports[`init${own}`]?.();
    const memory = new Uint8Array((exports["m1"] as unknown as WebAssembly.Memory).buffer);
    expect([...memory.subarray(3, 4), ...memory.subarray(8, 10)]).toEqual([0x31, 0x70, 0x31]);
  });

  test("renumbers a passive segment of the second module", () => {
    const a = module("a", '(module (data "xx") (data "yy"))');
    const b = module("b", '(module (memory (export "m") 1) (data $p "ab") (func (export "init") (memory.init $p (i32.const 8) (i32.const 0) (i32.const 2))))');
    const exports = run(link([a, b], { exportAs: all }).bytes);
    exports["init"]?.();
    expect(new Uint8Array((exports["m"] as unknown as WebAssembly.Memory).buffer, 8, 2)).toEqual(Uint8Array.of(97, 98));
  });

  test("runs the start function of one, and refuses that of two", () => {
    const text = '(module (global $g (export "g") (mut i32) (i32.const 1)) (start $s) (func $s (global.set $g (i32.const 2))))';
    const { g } = run(link([module("a", "(module (func))"), module("b", text)], { exportAs: all }).bytes) as unknown as { g: WebAssembly.Global<"i32"> };
    expect(g.value).toBe(2);
    expect(() => link([module("a", text), module("b", text)], { exportAs: (input, name) => input + name })).toThrow("more than one module has one");
  });

  const TABLE = '(module (table 1 funcref) (func (export "f")) (global (export "g") i32 (i32.const 0)))';
  test.each<{ name: string; input: LinkInput; tableFunctions?: LinkOptions["tableFunctions"]; says: string }>([
    { name: "a structure", input: { name: "a", bytes: encodeModule([{ id: 1, parts: [Uint8Array.of(1, 0x5f, 0)] }]) }, says: "only function types can be joined" },
    { name: "a table with an initial value", input: { name: "a", bytes: encodeModule([{ id: 4, parts: [Uint8Array.of(1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b)] }]) }, says: "a table with an initial value cannot be joined" },
    { name: "a table of 64 bits", input: { name: "a", bytes: encodeModule([{ id: 4, parts: [Uint8Array.of(1, 0x70, 4, 1)] }]) }, says: "cannot be joined" },
    { name: "a passive segment of functions", input: module("a", "(module (func $f) (elem func $f))"), says: "only active segments of functions can be joined" },
    { name: "a declared segment", input: module("a", "(module (func $f) (elem declare func $f))"), says: "only active segments of functions can be joined" },
    { name: "a segment of expressions", input: { name: "a", bytes: encodeModule([[1, 1, 0x60, 0, 0], [3, 1, 0], [4, 1, 0x70, 0, 1], [9, 1, 4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b], [10, 1, 2, 0, 0x0b]].map(([id = 0, ...bytes]) => ({ id, parts: [Uint8Array.from(bytes)] }))) }, says: "only active segments of functions can be joined" },
    { name: "functions for a table that nobody has", input: module("a", '(module (func (export "f")))'), tableFunctions: [["a", "f"]], says: "no module has one to append functions to" },
    { name: "functions for a table that is imported", input: module("a", '(module (import "host" "t" (table 1 funcref)) (func (export "f")))'), tableFunctions: [["a", "f"]], says: "no module has one to append functions to" },
    { name: "a function for the table that nobody exports", input: module("a", TABLE), tableFunctions: [["a", "none"]], says: '"a" does not export it' },
    { name: "one of a module that is not there", input: module("a", TABLE), tableFunctions: [["b", "f"]], says: '"b" does not export it' },
    { name: "a global in place of one", input: module("a", TABLE), tableFunctions: [["a", "g"]], says: '"a" does not export it' },
  ])("refuses $name", ({ input, tableFunctions, says }) => {
    expect(() => link([input], { exportAs: all, ...(tableFunctions && { tableFunctions }) })).toThrow(says);
  });
});
