import fc from "fast-check";
import wabt from "wabt";
import { describe, expect, test } from "vitest";
import { limitModule } from "./limit-module.ts";
import { parseModule } from "./parse.ts";
import { splitModule, type Image } from "./split.ts";
import { encodeModule, Writer } from "./writer.ts";

const tools = await wabt();
const FEATURES = { multi_memory: true, memory64: true, threads: true, bulk_memory: true };
const wat = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(tools.parseWat("split.wat", text, FEATURES).toBinary({ write_debug_names: true }).buffer);
/** Whether a function that is exported and in a table is one object, as the standard says; not so in WebKit. */
const KEEPS_IDENTITY = ((): boolean => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wat(`(module (table (export "t") 1 funcref) (elem (i32.const 0) $f) (func $f (export "f")))`)));
  return (exports["t"] as WebAssembly.Table).get(0) === exports["f"];
})();
const split = (bytes: Uint8Array): ReturnType<typeof splitModule> => splitModule(parseModule(bytes));

/** What a host does: an instance of the code, then the image. */
function place(code: Uint8Array, { pages, memory: name, exports: names, chunks }: Image, imports: WebAssembly.Imports = {}): Record<string, WebAssembly.ExportValue> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code as Uint8Array<ArrayBuffer>), imports);
  const memory = exports[name] as WebAssembly.Memory;
  expect(memory.buffer.byteLength).toBe(0);
  memory.grow(pages);
  for (const { offset, bytes } of chunks) new Uint8Array(memory.buffer).set(bytes, offset);
  return Object.fromEntries(names.map((each) => [each.name, exports[each.as] as WebAssembly.ExportValue]));
}

describe("splitModule()", () => {
  const SHAPES = [
    { name: "one segment", text: `(memory (export "memory") 1) (data (i32.const 8) "hello")` },
    { name: "the last byte of the memory", text: `(memory (export "memory") 2) (data (i32.const 131071) "x")` },
    { name: "an empty segment at the very end", text: `(memory (export "memory") 1) (data (i32.const 65536) "") (data (i32.const 0) "a")` },
    { name: "segments that overlap, the later wins", text: `(memory (export "memory") 1) (data (i32.const 10) "aaaaaaaa") (data (i32.const 4) "bbbbbbbb") (data (i32.const 11) "c") (data (i32.const 10) "")` },
    { name: "segments far apart, out of order", text: `(memory (export "memory") 3 9) (data (i32.const 150000) "z") (data (i32.const 0) "a") (data (i32.const 65530) "0123456789")` },
    { name: "a memory that is not exported, and exported twice", text: `(memory $m 1) (export "a" (memory $m)) (export "b" (memory $m)) (data (i32.const 1) "q")` },
  ];
  test.each(SHAPES)("gives the same memory: $name", ({ text }) => {
    const bytes = wat(`(module ${text})`);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    const parts = split(bytes);
    if (parts === undefined) throw new Error("it was left whole");
    const placed = place(parts.code, parts.image);
    expect(Object.keys(placed)).toEqual(Object.keys(exports));
    for (const [name, value] of Object.entries(exports)) expect(Buffer.compare(new Uint8Array((placed[name] as WebAssembly.Memory).buffer), new Uint8Array((value as WebAssembly.Memory).buffer))).toBe(0);
  });

  test("reads offsets as unsigned", () => {
    expect(split(wat(`(module (memory 40000) (data (i32.const 0x8fffffff) "z"))`))?.image.chunks).toEqual([{ offset: 0x8fffffff, bytes: Uint8Array.of(122) }]);
  });

  const WHOLE = [
    { name: "no data", text: `(memory 1)` },
    { name: "an imported memory", text: `(import "a" "m" (memory 1)) (data (i32.const 0) "a")` },
    { name: "two memories", text: `(memory 1) (memory 1) (data (i32.const 0) "a")` },
    { name: "a memory of 64 bits", text: `(memory i64 1) (data (i64.const 0) "a")` },
    { name: "a shared memory", text: `(memory 1 1 shared) (data (i32.const 0) "a")` },
    { name: "a passive segment", text: `(memory 1) (data (i32.const 0) "a") (data "b")` },
    { name: "an offset that is imported", text: `(import "a" "g" (global $g i32)) (memory 1) (data (global.get $g) "a")` },
    { name: "a segment one byte past the end", text: `(memory 1) (data (i32.const 65535) "ab")` },
    { name: "an empty segment past the end", text: `(memory 1) (data (i32.const 65537) "")` },
    { name: "an offset that would wrap", text: `(memory 1) (data (i32.const -1) "ab")` },
    { name: "an export with a name of the host's", text: `(memory 1) (global $g (mut i32) (i32.const 0)) (export "tenon:countdown" (global $g)) (data (i32.const 0) "ab")` },
  ];
  test.each(WHOLE)("leaves whole: $name", ({ text }) => {
    expect(split(wat(`(module ${text})`))).toBeUndefined();
  });

  const MEMORY = { id: 5, parts: [Uint8Array.of(1, 0, 1)] };
  const moduleOf = (...sections: readonly (readonly [id: number, ...payload: readonly number[]])[]): Uint8Array => encodeModule(sections.map(([id, ...payload]) => ({ id, parts: [Uint8Array.from(payload)] })));

  test.each([
    { name: "an offset that adds up", sections: [[5, 1, 0, 1], [11, 1, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b, 1, 7]] },
    { name: "an offset of 32 bits in a memory of 64", sections: [[5, 1, 4, 1], [11, 1, 0, 0x41, 0, 0x0b, 1, 7]] },
  ] as const)("leaves whole what it cannot place as an engine does: $name", ({ sections }) => {
    expect(split(moduleOf(...sections))).toBeUndefined();
  });

  test.each([
    { gap: 64, chunks: [[8, 66]] },
    { gap: 65, chunks: [[8, 1], [74, 1]] },
  ])("makes of two segments $gap bytes apart as many chunks as cost less, and none of an empty one", ({ gap, chunks }) => {
    const bytes = wat(`(module (memory 1) (data (i32.const ${9 + gap}) "b") (data (i32.const 8) "a") (data (i32.const 9000) ""))`);
    expect(split(bytes)?.image.chunks.map((chunk) => [chunk.offset, chunk.bytes.length])).toEqual(chunks);
  });

  test("gives modules that differ in custom sections, a count of segments and the order of exports the same code", () => {
    const before = [[1, 1, 0x60, 0, 0], [3, 2, 0, 0], [5, 1, 0, 1], [6, 2, 0x7f, 0, 0x41, 0, 0x0b, 0x7f, 0, 0x41, 0, 0x0b]] as const;
    const behind = [[10, 2, 2, 0, 0x0b, 2, 0, 0x0b], [11, 1, 0, 0x41, 0, 0x0b, 1, 7]] as const;
    const [f0, f1, g0, g1] = [[1, 0x61, 0, 0], [1, 0x62, 0, 1], [1, 0x63, 3, 0], [1, 0x64, 3, 1]] as const;
    const plain = split(moduleOf(...before, [7, 4, ...f0, ...f1, ...g0, ...g1], ...behind))?.code;
    expect(split(moduleOf(...before, [7, 4, ...g1, ...f1, ...g0, ...f0], [12, 1], ...behind, [0, 1, 0x78, 9]))?.code).toEqual(plain);
    expect(parseModule(plain as Uint8Array).exports.map(({ name }) => name)).toEqual(["f0", "f1", "m0", "g0", "g1"]);
  });

  test.each([
    { name: "code alone", text: `(func (export "f"))` },
    { name: "elements before the code", text: `(table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f"))` },
    { name: "a start function before both", text: `(table 1 funcref) (elem (i32.const 0) $f) (start $f) (func $f (export "f"))` },
  ])("puts exports where engines look for them, and keeps the names of functions: $name", ({ text }) => {
    const { code } = split(wat(`(module (memory 1) (data (i32.const 0) "a") ${text.replace("(func", "(func $first) (func")})`)) ?? {};
    expect(WebAssembly.validate(code as Uint8Array<ArrayBuffer>)).toBe(true);
    expect(parseModule(code as Uint8Array).sections.at(-1)).toMatchObject({ id: 0, name: "name" });
  });

  test("leaves whole what the code would make valid: two exports of one name", () => {
    const both = new Writer().u32(2).string("a").all(2, 0).string("a").all(2, 0).view();
    const bytes = encodeModule([MEMORY, { id: 7, parts: [both] }, { id: 11, parts: [Uint8Array.of(1, 0, 0x41, 0, 0x0b, 1, 7)] }]);
    expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(false);
    expect(split(bytes)).toBeUndefined();
  });

  test.each(["memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)", "data.drop 0"])("gives no code that an engine takes where code names a segment: %s", (instruction) => {
    const bytes = wat(`(module (memory 1) (data (i32.const 0) "a") (func (export "f") (${instruction})))`);
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(WebAssembly.validate(split(bytes)?.code as Uint8Array<ArrayBuffer>)).toBe(false);
  });

  const PROGRAM = (data: string, pages: number, names: readonly [string, string], more = ""): Uint8Array<ArrayBuffer> => wat(`(module
    (import "host" "log" (func $log (param i32))) (memory ${pages} 9) ${data} (global $g (export "counter") (mut i32) (i32.const 7))
    (table (export "table") 2 funcref) (elem (i32.const 0) $first $second) (start $begin)
    (func $begin (global.set $g (i32.load8_u (i32.const 1)))) (func $first (export "${names[0]}") (result i32) (i32.load8_u (i32.const 0))) (func $second (export "${names[1]}") (result i32) (memory.size)) ${more})`);

  test("gives modules that differ in data, size of the memory and names of exports the same code", () => {
    const codes = [PROGRAM(`(data (i32.const 0) "ab")`, 1, ["x", "y"]), PROGRAM(`(data (i32.const 0) "c") (data (i32.const 99) "d")`, 4, ["y", "z"])].map((bytes) => split(bytes)?.code);
    expect(codes[0]).toEqual(codes[1]);
    expect(split(PROGRAM(`(data (i32.const 0) "ab")`, 1, ["x", "y"], `(func (export "more"))`))?.code).not.toEqual(codes[0]);
  });

  test("a limited module's start function finds the data, functions their names", () => {
    const parts = split(PROGRAM(`(data (i32.const 0) "ab")`, 3, ["first", "second"]));
    if (parts === undefined) throw new Error("it was left whole");
    const limited = limitModule(parts.code, { memoryPages: 5 });
    expect(limited.hasStart).toBe(true);
    const module = new WebAssembly.Module(limited.bytes as Uint8Array<ArrayBuffer>);
    const { exports } = new WebAssembly.Instance(module, { host: { log: () => {} } });
    const memory = exports[parts.image.memory] as WebAssembly.Memory;
    memory.grow(parts.image.pages);
    for (const { offset, bytes } of parts.image.chunks) new Uint8Array(memory.buffer).set(bytes, offset);
    (exports["tenon:start"] as () => void)();
    const named = (name: string): WebAssembly.ExportValue => exports[parts.image.exports.find((each) => each.name === name)?.as ?? ""] as WebAssembly.ExportValue;
    expect((named("counter") as WebAssembly.Global).value).toBe("b".charCodeAt(0));
    expect([(named("first") as () => number)(), (named("second") as () => number)()]).toEqual([97, 3]);
    const second = (named("table") as WebAssembly.Table).get(1) as () => number;
    expect(second()).toBe(3);
    if (KEEPS_IDENTITY) expect(second).toBe(named("second"));
    expect(() => memory.grow(3)).toThrow(RangeError);
  });

  test("keeps what it took when the module's bytes change", () => {
    const bytes = PROGRAM(`(data (i32.const 0) "ab")`, 1, ["x", "y"]);
    const parts = split(bytes);
    bytes.fill(0xff);
    expect(parts?.image.chunks).toEqual([{ offset: 0, bytes: Uint8Array.of(97, 98) }]);
  });

  test("any segments inside the memory give the memory that the engine makes", () => {
    const segment = fc.record({ offset: fc.oneof(fc.nat(300), fc.nat(65_000)), bytes: fc.uint8Array({ maxLength: 200 }) });
    fc.assert(fc.property(fc.array(segment, { minLength: 1, maxLength: 12 }), (segments) => {
      const data = new Writer().u32(segments.length);
      for (const { offset, bytes } of segments) data.all(0, 0x41).signed(offset).byte(0x0b).u32(bytes.length).raw(bytes);
      const bytes = encodeModule([{ id: 5, parts: [Uint8Array.of(1, 0, 1)] }, { id: 7, parts: [new Writer().u32(1).string("m").all(2, 0).view()] }, { id: 11, parts: [data.view()] }]);
      const whole = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)).exports["m"] as WebAssembly.Memory;
      const parts = split(bytes);
      if (parts === undefined) throw new Error("it was left whole");
      const { m } = place(parts.code, parts.image);
      expect(Buffer.compare(new Uint8Array((m as WebAssembly.Memory).buffer), new Uint8Array(whole.buffer))).toBe(0);
      const ends = parts.image.chunks.map((chunk) => [chunk.offset, chunk.offset + chunk.bytes.length]).flat();
      expect(ends).toEqual([...ends].sort((a, b) => a - b));
    }));
  });
});
