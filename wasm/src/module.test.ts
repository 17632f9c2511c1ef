import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { encodeModule, inspect, limitModule, parseModule, Reader, relocateExpression, WasmError, Writer, type Module } from "./mod.ts";
import { compile } from "../fuzz/text.ts";

const PLUGINS = new URL("../../conformance/plugins/wasm/", import.meta.url);
const REAL = [
  ...["llvm.core2.wasm", "llvm.core3.wasm", "llvm.core4.wasm"].map((name) => new URL(`./${name}`, import.meta.resolve("@yowasp/clang"))),
  new URL(import.meta.resolve("quickjs-wasi/quickjs.wasm")),
  ...readdirSync(PLUGINS).filter((name) => name.endsWith(".wasm")).map((name) => new URL(name, PLUGINS)),
].map((url) => ({ name: url.pathname.split("/").at(-1), bytes: new Uint8Array(readFileSync(fileURLToPath(url))) }));

describe.each(REAL)("$name", ({ bytes }) => {
  test("is the same when its sections are written again", () => {
    const module = parseModule(bytes);
    const names = new Map(module.sections.filter(({ id }) => id === 0).map(({ start, name }) => [start, name ?? ""]));
    const sections = module.sections.map(({ id, start, end }) => {
      const name = names.get(start);
      return { id, parts: [...(name === undefined ? [] : [new Writer().string(name).view()]), bytes.subarray(start, end)] };
    });
    const written = encodeModule(sections);
    const padding = bytes.length - written.length; // TinyGo writes the sizes of sections longer than need be
    if (padding === 0) expect(Buffer.compare(written, bytes)).toBe(0);
    const payloads = (of: Module): string[] => of.sections.map(({ id, start, end }) => `${id} ${Buffer.from(of.bytes.subarray(start, end)).toString("base64")}`);
    expect(payloads(parseModule(written)).join() === payloads(module).join()).toBe(true);
    expect(padding).toBeLessThan(module.sections.length * 5);
  });

  test("has bodies that are the same when they are relocated to where they are", () => {
    const module = parseModule(bytes);
    for (const { start, end } of module.code) {
      const reader = new Reader(bytes, start, end);
      reader.typeLimit = module.types.length;
      for (let groups = reader.u32(); groups > 0; groups--) {
        reader.u32();
        reader.valueType();
      }
      const from = reader.offset;
      const writer = new Writer();
      relocateExpression(reader, writer, (_, index) => index);
      expect(Buffer.compare(writer.view(), bytes.subarray(from, end))).toBe(0);
    }
  });

  test("stays valid under every combination of limits", () => {
    for (let bits = 0; bits < 16; bits++) {
      const options = { fuel: (bits & 1) > 0, interrupt: (bits & 2) > 0, stack: (bits & 4) > 0, memoryPages: bits & 8 ? 1000 : undefined };
      expect(WebAssembly.validate(limitModule(bytes, options).bytes as BufferSource)).toBe(true);
    }
  });
});

describe("inspect()", () => {
  test("tells signatures, features and sections", () => {
    const told = inspect(compile(`(module (import "a" "b" (func (param i32 i64) (result f64))) (memory (export "m") 1 4) (global (export "g") (mut i32) (i32.const 1)) (func (export "f") (result i32 i32) (i32.extend8_s (i32.const 1)) (i32.const 2)))`));
    expect(told.imports).toEqual([{ module: "a", name: "b", kind: "function", type: "(i32, i64) -> f64" }]);
    expect(told.exports.map(({ name, type }) => `${name}: ${type}`)).toEqual(["m: memory 1..4", "g: mutable i32", "f: () -> (i32, i32)"]);
    expect(told.features).toEqual(["multi-value", "mutable-globals", "sign-extension"]);
    expect(told.unlimitable).toBeUndefined();
  });

  test("tells old exceptions from new ones: throw is in both", () => {
    const featuresOf = (body: string): readonly string[] => inspect(compile(`(module (tag $e) (func ${body}))`)).features;
    expect(featuresOf("(throw $e)")).toEqual(["exceptions"]);
    expect(featuresOf("(try (do (throw $e)) (catch_all))")).toEqual(["exceptions", "legacy-exceptions"]);
  });

  test("tells what cannot be limited", () => {
    // (array (mut i32)), () -> ()
    const bytes = moduleOf([1, [2, 0x5e, 0x7f, 1, 0x60, 0, 0]], [3, [1, 1]], [10, [1, 8, 0, 0x41, 9, 0xfb, 7, 0, 0x1a, 0x0b]]);
    expect(inspect(bytes).unlimitable).toContain("array.new at byte 28");
  });
});

describe("malformed modules", () => {
  const CASES: readonly { name: string; bytes: Uint8Array; reason: string; offset: number }[] = [
    { name: "nothing", bytes: new Uint8Array(), reason: "malformed", offset: 0 },
    { name: "no magic number", bytes: Uint8Array.of(0, 0x61, 0x73, 0x6e, 1, 0, 0, 0), reason: "malformed", offset: 0 },
    { name: "a component", bytes: Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), reason: "unknown", offset: 4 },
    { name: "an unknown section", bytes: moduleOf([14, []]), reason: "unknown", offset: 8 },
    { name: "a section past the end", bytes: Uint8Array.of(...moduleOf(), 1, 9), reason: "malformed", offset: 8 },
    { name: "a section twice", bytes: moduleOf([1, [0]], [1, [0]]), reason: "malformed", offset: 11 },
    { name: "sections out of order", bytes: moduleOf([3, [0]], [1, [0]]), reason: "malformed", offset: 11 },
    { name: "bytes left in a section", bytes: moduleOf([1, [0, 0]]), reason: "malformed", offset: 11 },
    { name: "a count of four billion", bytes: moduleOf([1, [0xff, 0xff, 0xff, 0xff, 0x0f]]), reason: "malformed", offset: 10 },
    { name: "a number that is too long", bytes: moduleOf([1, [0x80, 0x80, 0x80, 0x80, 0x80, 0]]), reason: "malformed", offset: 10 },
    { name: "a number past 32 bits", bytes: moduleOf([1, [0xff, 0xff, 0xff, 0xff, 0x1f]]), reason: "malformed", offset: 10 },
    { name: "an unknown form of type", bytes: moduleOf([1, [1, 0x61, 0]]), reason: "unknown", offset: 11 },
    { name: "an unknown value type", bytes: moduleOf([1, [1, 0x60, 1, 0x40, 0]]), reason: "unknown", offset: 13 },
    { name: "a reference to a type that is not there", bytes: moduleOf([1, [1, 0x60, 1, 0x63, 1, 0]]), reason: "malformed", offset: 14 },
    { name: "a name that is not UTF-8", bytes: moduleOf([7, [1, 1, 0xff, 0, 0]]), reason: "malformed", offset: 11 },
    { name: "a function of a type that is not there", bytes: moduleOf([3, [1, 0]]), reason: "malformed", offset: 11 },
    { name: "a function without a body", bytes: moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]]), reason: "malformed", offset: 18 },
    { name: "a body past the section", bytes: moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, 9, 0, 0]]), reason: "malformed", offset: 22 },
    { name: "a memory of 65,537 pages", bytes: moduleOf([5, [1, 0, 0x81, 0x80, 0x04]]), reason: "malformed", offset: 11 },
    { name: "a maximum below the minimum", bytes: moduleOf([5, [1, 1, 2, 1]]), reason: "malformed", offset: 11 },
    { name: "a shared memory without a maximum", bytes: moduleOf([5, [1, 2, 1]]), reason: "malformed", offset: 11 },
    { name: "unknown flags of a memory", bytes: moduleOf([5, [1, 8, 0]]), reason: "unknown", offset: 11 },
    { name: "an export of nothing", bytes: moduleOf([7, [1, 1, 0x66, 0, 0]]), reason: "malformed", offset: 14 },
    { name: "a start function that is not there", bytes: moduleOf([8, [0]]), reason: "malformed", offset: 10 },
    { name: "a constant expression without end", bytes: moduleOf([6, [1, 0x7f, 0, 0x41, 0]]), reason: "malformed", offset: 15 },
    { name: "an unknown opcode in one", bytes: moduleOf([6, [1, 0x7f, 0, 0xff, 0x0b]]), reason: "unknown", offset: 13 },
    { name: "data for a memory that is not there", bytes: moduleOf([11, [1, 0, 0x41, 0, 0x0b, 0]]), reason: "malformed", offset: 11 },
    { name: "a count of data segments behind the code", bytes: moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, 2, 0, 0x0b]], [12, [0]]), reason: "malformed", offset: 24 },
    { name: "tags behind globals", bytes: moduleOf([1, [1, 0x60, 0, 0]], [6, [1, 0x7f, 0, 0x41, 0, 0x0b]], [13, [1, 0, 0]]), reason: "malformed", offset: 22 },
    { name: "unknown flags of a data segment", bytes: moduleOf([5, [1, 0, 1]], [11, [1, 3, 0, 0]]), reason: "unknown", offset: 16 },
    { name: "unknown flags of an element segment", bytes: moduleOf([9, [1, 8, 0, 0]]), reason: "unknown", offset: 11 },
    { name: "an unknown kind of elements", bytes: moduleOf([9, [1, 1, 1, 0]]), reason: "unknown", offset: 12 },
    { name: "elements for a table that is not there", bytes: moduleOf([9, [1, 0, 0x41, 0, 0x0b, 0]]), reason: "malformed", offset: 11 },
    { name: "a global that is neither mutable nor not", bytes: moduleOf([6, [1, 0x7f, 2, 0x41, 0, 0x0b]]), reason: "malformed", offset: 12 },
    { name: "an imported one", bytes: moduleOf([2, [1, 1, 0x61, 1, 0x62, 3, 0x7f, 2]]), reason: "malformed", offset: 17 },
    { name: "a field", bytes: moduleOf([1, [1, 0x5f, 1, 0x7f, 2]]), reason: "malformed", offset: 14 },
    { name: "an import of an unknown kind", bytes: moduleOf([2, [1, 1, 0x61, 1, 0x62, 5, 0]]), reason: "unknown", offset: 15 },
    { name: "an unknown form of tag", bytes: moduleOf([1, [1, 0x60, 0, 0]], [13, [1, 1, 0]]), reason: "unknown", offset: 17 },
    { name: "an unknown form of table", bytes: moduleOf([4, [1, 0x40, 1, 0x70, 0, 1, 0xd0, 0x70, 0x0b]]), reason: "unknown", offset: 11 },
    { name: "a table of 2^32 elements", bytes: moduleOf([4, [1, 0x70, 0, 0x80, 0x80, 0x80, 0x80, 0x10]]), reason: "malformed", offset: 13 },
    { name: "a supertype that is not there, of a final type", bytes: moduleOf([1, [1, 0x4f, 1, 1, 0x5f, 0]]), reason: "malformed", offset: 11 },
    { name: "data past the end", bytes: moduleOf([11, [1, 1, 5, 0]]), reason: "malformed", offset: 13 },
    { name: "another number of data segments than announced", bytes: moduleOf([12, [1]], [11, [0]]), reason: "malformed", offset: 14 },
  ];

  test.each(CASES)("$name", ({ bytes, reason, offset }) => {
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(false);
    expect(() => parseModule(bytes)).toThrow(expect.objectContaining({ name: "WasmError", reason, offset }) as Error);
  });

  const CODE: readonly { name: string; code: readonly number[]; reason: string; offset: number }[] = [
    { name: "an unknown opcode", code: [0xd7, 0x0b], reason: "unknown", offset: 23 },
    { name: "an unknown opcode behind a prefix", code: [0xfc, 0x40, 0x0b], reason: "unknown", offset: 23 },
    { name: "an unknown prefix", code: [0xff, 0, 0x0b], reason: "unknown", offset: 23 },
    { name: "a label that is not there", code: [0x0c, 1, 0x0b], reason: "malformed", offset: 23 },
    { name: "code without end", code: [0x01], reason: "malformed", offset: 24 },
    { name: "code behind the end", code: [0x0b, 0x01], reason: "malformed", offset: 24 },
    { name: "a catch without try", code: [0x19, 0x0b], reason: "malformed", offset: 23 },
    { name: "a delegate without try", code: [0x18, 0, 0x0b], reason: "malformed", offset: 23 },
    { name: "an unknown catch clause", code: [0x1f, 0x40, 1, 4, 0, 0x0b, 0x0b], reason: "unknown", offset: 26 },
    { name: "an i32.const of six bytes", code: [0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b], reason: "malformed", offset: 23 },
    { name: "an unknown value type of a block", code: [0x02, 0x63, 0x01, 0x0b, 0x0b], reason: "malformed", offset: 25 },
    { name: "a heap type below those that are known", code: [0xd0, 0x68, 0x1a, 0x0b], reason: "unknown", offset: 24 },
    { name: "a heap type above them", code: [0xd0, 0x75, 0x1a, 0x0b], reason: "unknown", offset: 24 },
    { name: "an else without if", code: [0x05, 0x0b], reason: "malformed", offset: 23 },
    { name: "a br_table longer than the body", code: [0x41, 0, 0x0e, 0xff, 0x7f, 0, 0x0b], reason: "malformed", offset: 26 },
  ];

  test.each(CODE)("$name is refused when a limit is asked for", ({ code, reason, offset }) => {
    const bytes = moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]], [10, [1, code.length + 1, 0, ...code]]);
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(false);
    expect(() => limitModule(bytes, { interrupt: true })).toThrow(expect.objectContaining({ reason, offset }) as Error);
    expect(() => limitModule(bytes, { interrupt: true })).toThrow(WasmError);
  });
});

describe("sizes", () => {
  const custom = (count: number): Uint8Array => moduleOf(...Array.from({ length: count }, () => [0, [0]] as const));

  test("a thousand custom sections are read, one more is refused", () => {
    expect(parseModule(custom(1_000)).sections.length).toBe(1_000);
    expect(() => parseModule(custom(1_001))).toThrow(expect.objectContaining({ reason: "too-large", offset: 8 + 3 * 1_000 }) as Error);
  });

  test("types are counted over all groups of them", () => {
    const group = (count: number): Uint8Array => {
      const types = new Uint8Array(2 * count).fill(0x5f);
      for (let at = 1; at < types.length; at += 2) types[at] = 0; // structures without fields
      return new Writer().byte(0x4e).u32(count).raw(types).view();
    };
    const both = (second: number): Uint8Array => encodeModule([{ id: 1, parts: [Uint8Array.of(2), group(600_000), group(second)] }]);
    expect(parseModule(both(400_000)).types.length).toBe(1_000_000);
    expect(() => parseModule(both(400_001))).toThrow(expect.objectContaining({ reason: "too-large", construct: "types" }) as Error);
  });

  test("a memory of 64 bits has at most as many pages as a number says exactly", () => {
    const pages = (count: bigint): Uint8Array => encodeModule([{ id: 5, parts: [new Writer().all(1, 4).u64(count).view()] }]);
    expect(parseModule(pages(2n ** 53n - 1n)).memories[0]?.min).toBe(2 ** 53 - 1);
    expect(() => parseModule(pages(2n ** 53n))).toThrow(expect.objectContaining({ reason: "too-large", offset: 12 }) as Error);
  });

  test("element expressions are kept as one range", () => {
    const items = Array.from({ length: 300 }, () => [0xd0, 0x70, 0x0b]).flat();
    const [segment] = parseModule(moduleOf([9, [1, 5, 0x70, 0xac, 2, ...items]])).elements;
    expect(segment?.expressions).toEqual({ count: 300, start: 16, end: 16 + items.length });
  });
});

describe("parseModule() reads", () => {
  const FUNCTION = [0x60, 0, 0];
  test("final types with and without a supertype, and fields of a byte and of two", () => {
    const { types } = parseModule(moduleOf([1, [4, 0x50, 0, 0x5f, 0, 0x4f, 1, 0, 0x5f, 2, 0x78, 1, 0x77, 0, 0x4f, 0, 0x5e, 0x77, 1, ...FUNCTION]]));
    expect(types.map(({ kind }) => kind)).toEqual(["struct", "struct", "array", "function"]);
  });

  const SEGMENTS = [
    { name: "active", bytes: [0, 0x41, 0, 0x0b, 1, 0], mode: "active" },
    { name: "passive", bytes: [1, 0, 1, 0], mode: "passive" },
    { name: "active, of a table that is named", bytes: [2, 0, 0x41, 0, 0x0b, 0, 1, 0], mode: "active" },
    { name: "declared", bytes: [3, 0, 1, 0], mode: "declarative" },
    { name: "active, of expressions", bytes: [4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b], mode: "active" },
    { name: "passive, of expressions", bytes: [5, 0x70, 1, 0xd2, 0, 0x0b], mode: "passive" },
    { name: "active, of expressions and a table that is named", bytes: [6, 0, 0x41, 0, 0x0b, 0x70, 1, 0xd2, 0, 0x0b], mode: "active" },
    { name: "declared, of expressions", bytes: [7, 0x70, 1, 0xd2, 0, 0x0b], mode: "declarative" },
  ];
  test.each(SEGMENTS)("elements that are $name, and they are the same when limits are built in", ({ bytes, mode }) => {
    const module = moduleOf([1, [1, ...FUNCTION]], [3, [1, 0]], [4, [1, 0x70, 0, 1]], [9, [1, ...bytes]], [10, [1, 2, 0, 0x0b]]);
    expect(WebAssembly.validate(module as BufferSource)).toBe(true);
    expect(parseModule(module).elements).toMatchObject([{ mode, table: 0 }]);
    const [written] = parseModule(limitModule(module, { interrupt: true }).bytes).elements;
    expect(written).toMatchObject({ mode, table: 0, functions: bytes[0] as number < 4 ? [1] : undefined });
  });

  test("limits of every kind, and writes them as they were", () => {
    for (const [flags, ...values] of [[0, 1], [1, 1, 2], [3, 1, 2], [4, 1], [5, 1, 2], [7, 1, 2]] as const) {
      const module = moduleOf([5, [1, flags, ...values]]);
      expect(parseModule(module).memories).toEqual([{ min: 1, max: values[1], shared: (flags & 2) > 0, is64: (flags & 4) > 0 }]);
      expect(limitModule(module, { memoryPages: 2 }).bytes).toEqual(moduleOf([5, [1, flags | 1, 1, 2]]));
    }
  });
});

/** A module of these sections. */
function moduleOf(...sections: readonly (readonly [id: number, payload: readonly number[]])[]): Uint8Array {
  return encodeModule(sections.map(([id, payload]) => ({ id, parts: [Uint8Array.from(payload)] })));
}
