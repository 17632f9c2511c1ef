import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drive } from "../fuzz/driver.ts";
import { compile } from "../fuzz/text.ts";
import { ADDED, encodeModule, limitModule, parseModule, WasmError, type LimitOptions } from "./mod.ts";
import { COUNT, meterNaively } from "../fuzz/naive-meter.ts";

const ALL: LimitOptions = { fuel: true, interrupt: true, stack: true, memoryPages: 1000, tableElements: 10_000 };
const KERNEL = {
  namespace: "extism:host/env",
  imports: ["alloc", "load_u8"],
  bytes: compile(`(module (memory (export "memory") 1) (global $top (mut i32) (i32.const 16))
    (func (export "alloc") (param i64) (result i64) (local i32) (local.set 1 (global.get $top)) (global.set $top (i32.add (local.get 1) (i32.wrap_i64 (local.get 0)))) (i32.store8 offset=3 (local.get 1) (i32.const 42)) (i64.extend_i32_u (local.get 1)))
    (func $load (export "load_u8") (param i64) (result i32) (i32.load8_u offset=3 (i32.wrap_i64 (local.get 0))))
    (func (export "reset") (global.set $top (i32.const 16)) (drop (call $load (i64.const 0)))))`),
};

describe("fuel", () => {
  const PROGRAMS = [
    { name: "straight", text: `(func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))` },
    { name: "if without else", text: `(func (export "run") (param i32) (result i32) (local i32) (if (i32.and (local.get 0) (i32.const 1)) (then (local.set 1 (i32.const 5)) (nop))) (local.get 1))` },
    { name: "if with else", text: `(func (export "run") (param i32) (result i32) (if (result i32) (i32.and (local.get 0) (i32.const 1)) (then (i32.const 5)) (else (i32.add (i32.const 5) (local.get 0)))))` },
    { name: "branch out of an if", text: `(func (export "run") (param i32) (result i32) (block $b (block $c (br_if $c (i32.eq (local.get 0) (i32.const 3))) (if (i32.and (local.get 0) (i32.const 1)) (then (br_if $b (i32.eq (local.get 0) (i32.const 5))) (drop (i32.const 1)))) (drop (i32.const 2))) (drop (i32.add (i32.const 1) (i32.const 3)))) (i32.const 9))` },
    { name: "if whose label is taken", text: `(func (export "run") (param i32) (result i32) (if $i (i32.and (local.get 0) (i32.const 1)) (then (drop (i32.const 1)) (br_if $i (i32.eq (local.get 0) (i32.const 5))) (drop (i32.const 1)) (drop (i32.const 1)) (br_if $i (i32.eq (local.get 0) (i32.const 7))) (drop (i32.const 2)))) (i32.const 1))` },
    { name: "loop", text: `(func (export "run") (param i32) (result i32) (local i32) (local.set 1 (i32.mul (local.get 0) (i32.const 300))) (block $o (loop $l (br_if $o (i32.eqz (local.get 1))) (local.set 1 (i32.sub (local.get 1) (i32.const 1))) (br_if $l (i32.and (local.get 1) (i32.const 2))) (drop (i32.const 4)) (br $l))) (local.get 1))` },
    { name: "branch to the function in a loop", text: `(func (export "run") (param i32) (result i32) (local i32) (loop $l (result i32) (local.set 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 77) (br_if 1 (i32.gt_u (local.get 1) (i32.mul (local.get 0) (i32.const 500)))) (drop) (br $l)))` },
    { name: "br_table of agreeing labels", text: `(func (export "run") (param i32) (result i32) (block $a (block $b (block $c (br_table $a $b $c (local.get 0))) (drop (i32.const 1)) (br $a)) (drop (i32.add (i32.const 1) (i32.const 2)))) (i32.const 3))` },
    { name: "br_table of labels that differ", text: `(func (export "run") (param i32) (result i32) (local i32) (block $a (br_if $a (i32.eq (local.get 0) (i32.const 9))) (block $b (br_if $b (i32.eq (i32.add (local.get 0) (i32.const 1)) (i32.const 8))) (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if $l (i32.lt_u (local.get 1) (i32.const 4))) (block $c (br_table $a $b $c $a $b (local.get 0))) (drop (i32.const 1))) (drop (i32.const 1)))) (local.get 1))` },
    { name: "br_table that leaves the function", text: `(func (export "run") (param i32) (result i32) (block $a (result i32) (i32.const 1) (br_table 0 1 0 1 (local.get 0))) (drop) (i32.const 2))` },
    { name: "calls and returns", text: `(func $g (param i32) (result i32) (if (i32.lt_s (local.get 0) (i32.const 2)) (then (return (local.get 0)))) (i32.add (call $g (i32.sub (local.get 0) (i32.const 1))) (call $h (i32.sub (local.get 0) (i32.const 2))))) (func $h (param i32) (result i32) (call $g (local.get 0))) (func (export "run") (param i32) (result i32) (call $g (local.get 0)))` },
    { name: "tail calls", text: `(func $g (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (return (i32.const 4)))) (return_call $h (local.get 0))) (func $h (param i32) (result i32) (return_call $g (i32.sub (local.get 0) (i32.const 1)))) (func (export "run") (param i32) (result i32) (return_call $g (local.get 0)))` },
    { name: "exceptions", text: `(tag $e) (func $f (param i32) (drop (i32.const 1)) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e)))) (func $g (param i32) (call $f (local.get 0)) (drop (i32.const 3))) (func (export "run") (param i32) (result i32) (local i32) (loop $l (try (do (call $g (i32.add (local.get 0) (local.get 1)))) (catch $e (drop (i32.const 1)) (drop (i32.const 2))) (catch_all (drop (i32.const 5)))) (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 9)))) (local.get 1))` },
    { name: "dead code", text: `(func (export "run") (param i32) (result i32) (block $b (br $b) (loop $d (br_if $d (i32.const 1))) (drop (i32.const 1)) (if (i32.const 1) (then (br $b)))) (if (local.get 0) (then (return (i32.const 1)) (drop (i32.const 1)))) (i32.const 2))` },
    { name: "a parameter and fifteen locals", text: `(func (export "run") (param i32) (result i32) (local ${"i32 ".repeat(15)}) (local.get 0))` },
    { name: "many locals", text: `(func (export "run") (param i32) (result i32) (local ${"i32 ".repeat(100)}) (local.get 0))` },
  ];

  test.each(PROGRAMS)("counts exactly what is executed: $name", ({ text }) => {
    const bytes = compile(`(module ${text})`);
    const naive = new WebAssembly.Instance(new WebAssembly.Module(meterNaively(bytes) as BufferSource)).exports;
    const count = naive[COUNT] as WebAssembly.Global<"i64">;
    for (const options of [{ fuel: true }, ALL]) {
      const driven = drive(limitModule(bytes, options), { fuel: 10_000_000, stack: 1000 });
      for (let argument = 0; argument < 12; argument++) {
        count.value = 0n;
        const expected = (naive["run"] as (n: number) => number)(argument);
        expect(driven.call("run", argument)).toBe(expected);
        expect(driven.used()).toBe(Number(count.value));
      }
    }
  });

  test("a call with all the fuel it needs ends with none left, and with one unit less in debt", () => {
    const bytes = compile(`(module ${PROGRAMS[5]?.text ?? ""})`);
    const used = (fuel: number): number => {
      const driven = drive(limitModule(bytes, { fuel: true }), { fuel });
      driven.call("run", 2);
      return driven.used();
    };
    const exact = used(1e9);
    expect(used(exact)).toBe(exact);
    expect(used(exact - 1)).toBe(exact); // more than it had: the host must see it
  });

  test("bulk instructions are charged by their size", () => {
    const bytes = compile(`(module (memory 2) (func (export "run") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))`);
    const driven = drive(limitModule(bytes, { fuel: true }), { fuel: 1e9 });
    driven.call("run", 0);
    const base = driven.used();
    driven.call("run", 65_536);
    expect(driven.used() - base).toBe(4096);
  });
});

describe("memory and tables", () => {
  const grow = `(func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))) (func (export "size") (result i32) (memory.size))`;

  test("a memory cannot grow past its limit, and growing past it fails as if there were no more", () => {
    const driven = drive(limitModule(compile(`(module (memory 1) ${grow})`), { memoryPages: 3 }), {});
    expect(driven.call("grow", 2)).toBe(1);
    expect(driven.call("grow", 1)).toBe(-1);
    expect(driven.call("size")).toBe(3);
  });

  test("a maximum below the limit stays", () => {
    expect(parseModule(limitModule(compile(`(module (memory 1 2))`), { memoryPages: 3 }).bytes).memories[0]?.max).toBe(2);
  });

  test("a memory that starts at the limit is accepted, and stays there", () => {
    expect(parseModule(limitModule(compile(`(module (memory 3))`), { memoryPages: 3 }).bytes).memories).toMatchObject([{ min: 3, max: 3 }]);
  });

  test("a memory that starts above the limit is refused with its place", () => {
    expect(() => limitModule(compile(`(module (memory 4))`), { memoryPages: 3 })).toThrow(expect.objectContaining({ reason: "over-limit", offset: 11 }) as Error);
  });

  test("several memories share the limit", () => {
    const { memories } = parseModule(limitModule(compile(`(module (memory 1) (memory 2 100) (memory 3 3) (memory i64 1))`), { memoryPages: 10 }).bytes);
    expect(memories.map(({ max }) => max)).toEqual([4, 2, 3, 1]);
  });

  test("tables share theirs", () => {
    const { tables } = parseModule(limitModule(compile(`(module (table 5 funcref) (table 5 20 externref))`), { tableElements: 12 }).bytes);
    expect(tables.map(({ max }) => max)).toEqual([7, 5]);
    expect(() => limitModule(compile(`(module (table 13 funcref))`), { tableElements: 12 })).toThrow(WasmError);
  });
});

describe("start", () => {
  test("the start function waits for the host", () => {
    const bytes = compile(`(module (global $g (export "g") (mut i32) (i32.const 0)) (func $s (global.set $g (i32.const 7))) (start $s))`);
    const limited = limitModule(bytes, ALL);
    const driven = drive(limited, { fuel: 100, stack: 10 });
    expect(limited.hasStart).toBe(true);
    expect((driven.exports["g"] as WebAssembly.Global).value).toBe(0);
    driven.call(ADDED.start);
    expect((driven.exports["g"] as WebAssembly.Global).value).toBe(7);
  });
});

describe("kernel", () => {
  const plugin = `(import "extism:host/env" "alloc" (func $alloc (param i64) (result i64))) (import "host" "log" (func $log (param i32)))
    (import "extism:host/env" "load_u8" (func $load (param i64) (result i32))) (memory (export "memory") 1) (table 2 funcref) (elem (i32.const 0) $load $own)
    (func $own (param i64) (result i32) (i32.const 5)) (type $t (func (param i64) (result i32)))
    (func (export "run") (result i32) (local i64) (local.set 0 (call $alloc (i64.const 10))) (call $log (i32.const 1)) (i32.store8 offset=3 (i32.const 16) (i32.const 9))
      (i32.add (call_indirect (type $t) (local.get 0) (i32.const 0)) (call_indirect (type $t) (local.get 0) (i32.const 1))))`;
  const bytes = compile(`(module ${plugin})`);
  const merged = limitModule(bytes, { ...ALL, kernel: KERNEL });
  const hasMemories = WebAssembly.validate(compile(`(module (memory 1) (memory 1))`) as BufferSource);

  test("its functions take the place of imports", () => {
    const { imports, exports, memories } = parseModule(merged.bytes);
    expect(imports.map(({ module, name }) => `${module} ${name}`)).toEqual(["host log", "tenon:host interrupt"]);
    expect(exports.map(({ name }) => name)).toEqual(expect.arrayContaining(["tenon:kernel.memory", "tenon:kernel.alloc", "tenon:kernel.reset"]));
    expect(memories.length).toBe(2);
  });

  // skipped because this engine has one memory a module (Node 20, WebKit), and the kernel is linked there
  test.skipIf(!hasMemories)("runs, and its memory is its own (needs multi-memory)", () => {
    const driven = drive(merged, { fuel: 1e6, stack: 10, imports: { host: { log: () => {} } } });
    expect(driven.call("run")).toBe(47);
    expect(new Uint8Array((driven.exports["memory"] as WebAssembly.Memory).buffer)[19]).toBe(9);
  });

  test("an import of another type is refused", () => {
    expect(() => limitModule(compile(`(module (import "extism:host/env" "alloc" (func (param i32) (result i64))))`), { kernel: KERNEL })).toThrow(expect.objectContaining({ reason: "mismatch" }) as Error);
  });

  // skipped because this engine has one memory a module (Node 20, WebKit), and the kernel is linked there
  test.skipIf(!hasMemories)("merges into code that catches, without any limit (needs multi-memory)", () => {
    const text = `(module (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64))) (func (try (do (nop)) (catch_all))) (func (export "run") (result i64) (call $alloc (i64.const 10))))`;
    expect(drive(limitModule(compile(text), { kernel: KERNEL }), {}).call("run")).toBe(16n);
  });

  test("what is not for plug-ins stays an import", () => {
    expect(parseModule(limitModule(compile(`(module (import "extism:host/env" "reset" (func)))`), { kernel: KERNEL }).bytes).imports.length).toBe(1);
  });
});

describe("constant expressions that allocate", () => {
  const TYPES = [2, 0x5e, 0x78, 1, 0x5f, 0]; // (array (mut i8)), (struct)
  const NEW_ARRAY = [0x41, 5, 0xfb, 7, 0, 0x0b];
  const moduleOf = (...sections: readonly (readonly [id: number, payload: readonly number[]])[]): Uint8Array =>
    encodeModule(sections.map(([id, payload]) => ({ id, parts: [Uint8Array.from(payload)] })));
  const CASES = [
    { name: "a global", construct: "array.new_default", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 0, 0, ...NEW_ARRAY]]) },
    { name: "a table's items", construct: "array.new_default", bytes: moduleOf([1, TYPES], [4, [1, 0x40, 0, 0x64, 0, 0, 1, ...NEW_ARRAY]]) },
    { name: "an element segment", construct: "array.new_default", bytes: moduleOf([1, TYPES], [9, [1, 5, 0x64, 0, 1, ...NEW_ARRAY]]) },
    { name: "a filled array", construct: "array.new", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 0, 0, 0x41, 0, 0x41, 5, 0xfb, 6, 0, 0x0b]]) },
    { name: "an array of items", construct: "array.new_fixed", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 0, 0, 0x41, 0, 0xfb, 8, 0, 1, 0x0b]]) },
    { name: "a structure", construct: "struct.new", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 1, 0, 0xfb, 0, 1, 0x0b]]) },
    { name: "a structure of defaults", construct: "struct.new_default", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 1, 0, 0xfb, 1, 1, 0x0b]]) },
    { name: "an opcode in more bytes than it needs", construct: "array.new_default", bytes: moduleOf([1, TYPES], [6, [1, 0x64, 0, 0, 0x41, 5, 0xfb, 0x87, 0, 0, 0x0b]]) },
  ];

  test.each(CASES)("$name is refused under a limit of pages, and only there", ({ construct, bytes }) => {
    expect(() => limitModule(bytes, { memoryPages: 1 })).toThrow(expect.objectContaining({ reason: "unlimitable", construct }) as Error);
    expect(WebAssembly.validate(limitModule(bytes, { interrupt: true }).bytes as BufferSource)).toBe(WebAssembly.validate(bytes as BufferSource));
  });

  test("a reference that allocates nothing is accepted", () => {
    const bytes = moduleOf([1, TYPES], [6, [1, 0x63, 0, 0, 0xd0, 0, 0x0b]], [9, [1, 5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd0, 0x70, 0x0b]]);
    expect(WebAssembly.validate(limitModule(bytes, { memoryPages: 1 }).bytes as BufferSource)).toBe(WebAssembly.validate(bytes as BufferSource));
  });
});

describe("functions that take a size", () => {
  const sized = [{ module: "extism:host/env", name: "alloc" }, { module: "host", name: "fill" }];
  const bytes = compile(`(module (import "host" "fill" (func $fill (param i32))) (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "host" "other" (func $other (param i32))) (export "again" (func $alloc)) (start $start) (func $start)
    (type $t (func (param i64) (result i64))) (table 1 funcref) (elem (i32.const 0) $alloc)
    (func (export "direct") (param i64) (drop (call $alloc (local.get 0))))
    (func (export "tail") (param i64) (result i64) (return_call $alloc (local.get 0)))
    (func (export "indirect") (param i64) (drop (call_indirect (type $t) (local.get 0) (i32.const 0))))
    (func (export "small") (param i64) (call $fill (i32.wrap_i64 (local.get 0))))
    (func (export "other") (param i64) (call $other (i32.wrap_i64 (local.get 0)))))`);
  const hasMemories = WebAssembly.validate(compile(`(module (memory 1) (memory 1))`) as BufferSource);
  const sizes: unknown[] = [];
  const note = (size: unknown): void => void sizes.push(size);
  const imports = { host: { fill: note, other: note }, "extism:host/env": { alloc: (size: unknown) => (note(size), 0n) } };

  describe.each([{ name: "imported", kernel: undefined }, ...(hasMemories ? [{ name: "merged", kernel: KERNEL }] : [])])("$name", ({ kernel }) => {
    test.each(["direct", "tail", "indirect", "small", "again"])("%s is charged a unit for 16 bytes", (entry) => {
      const driven = drive(limitModule(bytes, { fuel: true, sized, kernel }), { fuel: 1e9, imports });
      const used = [0n, 15n, 16n, 1_600_000n].map((size) => {
        driven.call(entry, size);
        return driven.used();
      });
      const base = used[0] as number;
      expect(used.map((units) => units - base)).toEqual([0, 0, 1, 100_000]);
    });

    test("what is too much for the fuel is not called", () => {
      const driven = drive(limitModule(bytes, { fuel: true, sized, kernel }), { fuel: 1_000, imports });
      sizes.length = 0;
      for (const entry of ["direct", "indirect", "small"]) expect(() => driven.call(entry, 1_000_000n)).toThrow(/unreachable/i);
      expect(sizes).toEqual([]);
      driven.call("other", 1_000_000n);
      expect(sizes).toEqual([1_000_000]);
    });
  });

  test("one that takes something else is refused", () => {
    for (const type of ["", "(param f64)", "(param i64 i64)"])
      expect(() => limitModule(compile(`(module (import "host" "fill" (func ${type})))`), { interrupt: true, sized })).toThrow(expect.objectContaining({ reason: "mismatch" }) as Error);
  });
});

describe("exceptions under a limit of pages", () => {
  const REFUSED = [
    { name: "a tag of 72 bytes", construct: "tag", bytes: compile(`(module (tag (param ${"i64 ".repeat(8)} f32 i32)))`) },
    { name: "a tag of five vectors", construct: "tag", bytes: compile(`(module (tag (param ${"v128 ".repeat(5)})))`) },
    { name: "an imported tag", construct: "tag", bytes: compile(`(module (import "a" "b" (tag (param ${"f64 ".repeat(9)}))))`) },
    { name: "a tag with an exnref", construct: "tag with an exnref", bytes: compile(`(module (tag (param exnref)))`) },
    { name: "a table", construct: "table of exnref", bytes: compile(`(module (table 5 exnref))`) },
    { name: "a table, written at length", construct: "table of exnref", bytes: Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 4, 5, 1, 0x63, 0x69, 0, 5]) },
    { name: "an imported table", construct: "table of exnref", bytes: compile(`(module (import "a" "b" (table 5 exnref)))`) },
    { name: "a global", construct: "global of exnref", bytes: compile(`(module (global (mut exnref) (ref.null exn)))`) },
  ];

  test.each(REFUSED)("$name is refused", ({ bytes, construct }) => {
    expect(() => limitModule(bytes, { memoryPages: 1 })).toThrow(expect.objectContaining({ reason: "unlimitable", construct }) as Error);
    expect(limitModule(bytes, { fuel: true }).bytes.length).toBeGreaterThan(8);
  });

  test("64 bytes in an exception, and tables of functions, are accepted", () => {
    const bytes = compile(`(module (tag (param i32 f32 i64 f64 v128 externref externref i64)) (table 5 funcref) (global externref (ref.null extern)))`);
    expect(limitModule(bytes, { memoryPages: 1 }).bytes.length).toBeGreaterThan(8);
  });
});

describe("code that may wait for ever", () => {
  const wait = (width: 32 | 64, memory: string): Uint8Array => compile(`(module ${memory} (func (export "run") (drop (memory.atomic.wait${width} (i32.const 0) (i${width}.const 0) (i64.const -1)))))`);
  const SHARED = [`(memory 1 1 shared)`, `(import "a" "b" (memory 1 1 shared))`];

  test.each([32, 64] as const)("memory.atomic.wait%d on a shared memory is refused where it shall be stopped, and only there", (width) => {
    for (const memory of SHARED) {
      expect(() => limitModule(wait(width, memory), { interrupt: true })).toThrow(expect.objectContaining({ reason: "unlimitable", construct: "memory.atomic.wait" }) as Error);
      expect(WebAssembly.validate(limitModule(wait(width, memory), { fuel: true, stack: true }).bytes as BufferSource)).toBe(true);
    }
    // On a memory of its own it is a trap, where an engine takes it at all.
    const alone = wait(width, "(memory 1 1)");
    expect(WebAssembly.validate(limitModule(alone, { interrupt: true }).bytes as BufferSource)).toBe(WebAssembly.validate(alone as BufferSource));
  });

  test("atomic instructions that do not wait are accepted", () => {
    const bytes = compile(`(module (memory 1 1 shared) (func (drop (memory.atomic.notify (i32.const 0) (i32.const 1))) (i32.atomic.store (i32.const 0) (i32.const 1)) (atomic.fence)))`);
    expect(WebAssembly.validate(limitModule(bytes, { interrupt: true }).bytes as BufferSource)).toBe(true);
  });
});

describe("memories", () => {
  test("eight are accepted under a limit of pages, one more is refused", () => {
    const module = (count: number): Uint8Array => compile(`(module ${"(memory 0)".repeat(count)})`);
    expect(parseModule(limitModule(module(8), { memoryPages: 1 }).bytes).memories.length).toBe(8);
    expect(() => limitModule(module(9), { memoryPages: 1 })).toThrow(expect.objectContaining({ reason: "unlimitable", construct: "memories" }) as Error);
    expect(parseModule(limitModule(module(9), { interrupt: true }).bytes).memories.length).toBe(9);
  });
});

describe("what is added stays out of reach", () => {
  // Each is invalid by one index that points right behind what the module has, in code that runs; all of them, behind code
  // that ends, are in index-spaces.test.ts.
  const CASES = [
    { name: "global.get", text: `(global (mut i32) (i32.const 0)) (func (drop (global.get 0)))`, from: [0x23, 0], to: [0x23, 1] },
    { name: "global.set", text: `(global (mut i32) (i32.const 0)) (func (global.set 0 (i32.const 9)))`, from: [0x24, 0], to: [0x24, 1] },
    { name: "call", text: `(func (call 0))`, from: [0x10, 0], to: [0x10, 1] },
    { name: "return_call", text: `(func (return_call 0))`, from: [0x12, 0], to: [0x12, 1] },
    { name: "ref.func", text: `(func (drop (ref.func 0))) (export "f" (func 0))`, from: [0xd2, 0], to: [0xd2, 1] },
    { name: "local.get", text: `(func (local i32) (loop $l (drop (local.get 0)) (br $l)))`, from: [0x20, 0], to: [0x20, 1] },
    { name: "block type", text: `(type (func (param i32))) (func (i32.const 0) (block (param i32) (drop)))`, from: [0x02, 0], to: [0x02, 2] },
    { name: "call_indirect type", text: `(table 1 funcref) (func (call_indirect (i32.const 0)))`, from: [0x11, 0, 0], to: [0x11, 1, 0] },
    { name: "call_indirect table", text: `(table 1 funcref) (func (call_indirect (i32.const 0)))`, from: [0x11, 0, 0], to: [0x11, 0, 1] },
    { name: "i32.load without a memory", text: `(memory 1) (func (drop (i32.load (i32.const 0))))`, from: [5, 3, 1, 0, 1], to: [0, 3, 1, 0x61, 0] },
    { name: "memory.size", text: `(memory 1) (func (drop (memory.size)))`, from: [0x3f, 0], to: [0x3f, 1] },
    { name: "memory.fill", text: `(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))`, from: [0xfc, 11, 0], to: [0xfc, 11, 1] },
    { name: "export", text: `(func (export "f"))`, from: [1, 0x66, 0, 0], to: [1, 0x66, 0, 1] },
    { name: "export of a memory", text: `(memory (export "m") 1)`, from: [1, 0x6d, 2, 0], to: [1, 0x6d, 2, 1] },
    { name: "element", text: `(table 1 funcref) (elem (i32.const 0) 0) (func)`, from: [0x41, 0, 0x0b, 1, 0], to: [0x41, 0, 0x0b, 1, 1] },
    { name: "type of a function", text: `(func)`, from: [3, 2, 1, 0], to: [3, 2, 1, 1] },
    { name: "start", text: `(func $f) (start $f)`, from: [8, 1, 0], to: [8, 1, 1] },
    { name: "call of what starts", text: `(func $f (call 0)) (start $f)`, from: [0x10, 0], to: [0x10, 1] },
    { name: "throw", text: `(tag) (func (throw 0))`, from: [0x08, 0, 0x0b], to: [0x08, 1, 0x0b] },
  ];

  test.each(CASES)("$name", ({ text, from, to }) => {
    const valid = compile(`(module ${text})`);
    const broken = replaced(valid, from, to);
    expect(WebAssembly.validate(broken as BufferSource)).toBe(false);
    for (const options of [{ ...ALL, kernel: KERNEL }, { kernel: KERNEL }, ALL, { memoryPages: 1000 }, {}]) {
      limitModule(valid, options); // as it is, it is accepted
      let written: Uint8Array | undefined;
      try {
        written = limitModule(broken, options).bytes;
      } catch (error) {
        expect(error).toBeInstanceOf(WasmError);
      }
      if (written !== undefined) expect(WebAssembly.validate(written as BufferSource)).toBe(false);
    }
  });

  test("names of the host are refused", () => {
    for (const text of [`(func (export "tenon:start"))`, `(import "tenon:host" "interrupt" (func))`])
      expect(() => limitModule(compile(`(module ${text})`), ALL)).toThrow(expect.objectContaining({ reason: "reserved" }) as Error);
  });
});

describe("whatever the bytes", () => {
  const REAL = readFileSync(fileURLToPath(new URL("./llvm.core3.wasm", import.meta.resolve("@yowasp/clang"))));
  const SMALL = compile(`(module (import "a" "b" (func $i (param i32))) (memory 1 2) (table 2 funcref) (elem (i32.const 0) $f) (global $g (mut i64) (i64.const 5)) (tag $e (param i32))
    (func $f (export "f") (param i32) (result i32) (local f64) (block $b (loop $l (br_if $b (local.get 0)) (call $i (i32.const 1)) (try (do (throw $e (i32.const 4))) (catch $e (drop)) (catch_all)) (br_table $l $b (i32.const 1)))) (i32.load offset=8 (i32.const 0)))
    (func $s (memory.fill (i32.const 0) (i32.const 0) (i32.const 100))) (start $s) (data (i32.const 0) "abc"))`);

  test.each([{ name: "a small module", bytes: SMALL, runs: 3000 }, { name: "a real one", bytes: REAL, runs: 300 }])("mutations of $name are refused, or stay as valid as they were", ({ bytes, runs }) => {
    const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    const found = fc.check(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const mutated = Uint8Array.from(bytes);
        for (const [offset, value] of edits) mutated[offset] = value;
        let written: Uint8Array;
        try {
          written = limitModule(mutated, ALL).bytes;
        } catch (error) {
          if (error instanceof WasmError) return Number.isInteger(error.offset) && error.offset >= 0 && error.offset <= bytes.length;
          throw error;
        }
        return WebAssembly.validate(mutated as BufferSource) === WebAssembly.validate(written as BufferSource);
      }),
      { numRuns: runs },
    );
    expect(found.counterexample).toBeNull();
    expect(found.failed).toBe(false);
  });

  test("every prefix of a module is refused or as valid as the result", () => {
    for (let length = 0; length < SMALL.length; length++) {
      const prefix = SMALL.slice(0, length);
      let written: Uint8Array | undefined;
      try {
        written = limitModule(prefix, ALL).bytes;
      } catch (error) {
        expect(error).toBeInstanceOf(WasmError);
      }
      if (written !== undefined) expect(WebAssembly.validate(written as BufferSource)).toBe(WebAssembly.validate(prefix as BufferSource));
    }
  });
});

function replaced(bytes: Uint8Array, from: readonly number[], to: readonly number[]): Uint8Array {
  const text = Array.from(bytes).join(",");
  const changed = `,${text},`.replace(`,${from.join(",")},`, `,${to.join(",")},`);
  if (changed === `,${text},`) throw new Error("The bytes to replace are not there");
  return Uint8Array.from(changed.slice(1, -1).split(","), Number);
}
