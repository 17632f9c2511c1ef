import wabt from "wabt";
import { describe, expect, test } from "vitest";
import { WasmError } from "./error.ts";
import { link, type LinkInput } from "./link.ts";

const tools = await wabt();

function module(name: string, text: string): LinkInput {
  const parsed = tools.parseWat(`${name}.wat`, text);
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
});
