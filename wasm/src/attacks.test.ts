import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ADDED, limitModule, type LimitOptions, parseModule, WasmError } from "./mod.ts";
import { drive } from "../fuzz/driver.ts";
import { compile, compileFile } from "../fuzz/text.ts";

const ATTACKS = readdirSync(new URL("../attacks/", import.meta.url)).map((file) => file.replace(".wat", ""));

describe.each(ATTACKS)("%s", (name) => {
  const bytes = compileFile(`attacks/${name}.wat`);
  const isKnown = WebAssembly.validate(bytes as BufferSource);
  const entry = parseModule(bytes).start === undefined ? "run" : ADDED.start;
  // The host function that calls back into the plug-in, for the attack by way of an import.
  const imports = { host: { again: (count: number) => (back.current as (count: number) => void)(count) } };
  const back: { current: unknown } = { current: undefined };

  // skipped because this engine does not validate the attack's instructions, so it could not run unlimited either
  test.skipIf(!isKnown)("is stopped by an interrupt, and the next call runs", (context) => {
    if (!isKnown) context.skip("this engine does not know its instructions");
    const driven = drive(limitModule(bytes, { interrupt: true }), { countdown: 10_000, looks: 20, imports });
    back.current = driven.exports["back"];
    expect(() => driven.call(entry)).toThrow(WebAssembly.RuntimeError);
    expect(driven.looks()).toBe(20);
    expect(() => driven.call(entry)).toThrow(WebAssembly.RuntimeError);
    expect(driven.looks()).toBe(20);
  });

  // skipped because this engine does not validate the attack's instructions, so it could not run unlimited either
  test.skipIf(!isKnown)("runs out of fuel, and of the same fuel every time", () => {
    const driven = drive(limitModule(bytes, { fuel: true }), { fuel: 3_000_000, imports });
    back.current = driven.exports["back"];
    expect(() => driven.call(entry)).toThrow(WebAssembly.RuntimeError);
    const used = driven.used();
    expect(used).toBeGreaterThan(3_000_000);
    expect(() => driven.call(entry)).toThrow(WebAssembly.RuntimeError);
    expect(driven.used()).toBe(used);
  });

  // skipped because this engine does not validate the attack's instructions, so it could not run unlimited either
  test.skipIf(!isKnown)("is stopped by either when all is asked for", () => {
    const options = { fuel: true, interrupt: true, stack: true, memoryPages: 1000, tableElements: 2_000_000 };
    const byFuel = drive(limitModule(bytes, options), { fuel: 1_000_000, countdown: 10_000, stack: 1000, imports });
    back.current = byFuel.exports["back"];
    expect(() => byFuel.call(entry)).toThrow(WebAssembly.RuntimeError);
    expect(byFuel.used()).toBeGreaterThan(1_000_000);
    const byLooks = drive(limitModule(bytes, options), { fuel: 1e12, countdown: 10_000, looks: 5, stack: 1000, imports });
    back.current = byLooks.exports["back"];
    expect(() => byLooks.call(entry)).toThrow(WebAssembly.RuntimeError);
    expect(byLooks.looks()).toBe(5);
  });
});

describe("stack", () => {
  const RECURSIONS = [
    { name: "direct", text: `(module (func $f (call $f)) (func (export "run") (call $f)))` },
    { name: "by table", text: `(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (type $t) (i32.const 0))) (func (export "run") (call $f)))` },
    { name: "mutual", text: `(module (func $f (call $g)) (func $g (call $f)) (func (export "run") (call $f)))` },
    { name: "closed by a tail call", text: `(module (func $f (call $g)) (func $g (return_call $h)) (func $h (return_call $f)) (func (export "run") (call $f)))` },
    { name: "closed by a tail call by table", text: `(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call $g)) (func $g (return_call_indirect (type $t) (i32.const 0))) (func (export "run") (call $f)))` },
    { name: "caught", text: `(module (global $n (mut i32) (i32.const 0)) (func $f (global.set $n (i32.add (global.get $n) (i32.const 1))) (try (do (call $f)) (catch_all (unreachable)))) (func (export "run") (call $f)))` },
  ];

  test.each(RECURSIONS)("endless recursion $name is a trap at the depth asked for", ({ text }) => {
    const driven = drive(limitModule(compile(text), { stack: true }), { stack: 1000 });
    for (let round = 0; round < 3; round++) expect(() => driven.call("run")).toThrow(/unreachable/i);
    expect((driven.exports[ADDED.stack] as WebAssembly.Global).value).toBe(-1);
  });

  test("counts exactly the calls that are nested", () => {
    const text = `(module (func $f (export "run") (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))`;
    const driven = drive(limitModule(compile(text), { stack: true }), { stack: 500 });
    driven.call("run", 500);
    expect((driven.exports[ADDED.stack] as WebAssembly.Global).value).toBe(500);
    expect(() => driven.call("run", 501)).toThrow(/unreachable/i);
  });

  test("a frame with many locals counts for more", () => {
    const locals = "i64 ".repeat(6400);
    const text = `(module (func $f (export "run") (param i32) (local ${locals}) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))`;
    const driven = drive(limitModule(compile(text), { stack: true }), { stack: 1000 });
    driven.call("run", 9);
    expect(() => driven.call("run", 10)).toThrow(/unreachable/i);
  });

  const UNWINDINGS = [
    { name: "caught in the same frame", text: `(module (tag $e) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e)))) (func (export "run") (local i32) (local.set 0 (i32.const 2000)) (loop $l (try (do (call $f (i32.const 50))) (catch_all)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))` },
    { name: "passed on by delegate", text: `(module (tag $e) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e)))) (func $g (try $o (do (try (do (call $f (i32.const 50))) (delegate $o))) (catch $e))) (func (export "run") (local i32) (local.set 0 (i32.const 2000)) (loop $l (call $g) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))` },
    { name: "landing at the end of the function", text: `(module (tag $e) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e)))) (func $g (try_table (catch_all 0) (call $f (i32.const 50)))) (func (export "run") (local i32) (local.set 0 (i32.const 2000)) (loop $l (call $g) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))` },
    { name: "landing at a block", text: `(module (tag $e) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e)))) (func (export "run") (local i32) (local.set 0 (i32.const 2000)) (loop $l (block $h (try_table (catch_all $h) (call $f (i32.const 50)))) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))` },
    { name: "landing at a loop", text: `(module (tag $e) (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (throw $e)))) (func (export "run") (local i32) (local.set 0 (i32.const 2000)) (loop $h (if (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (then (try_table (catch_all $h) (call $f (i32.const 50))))))))` },
  ];

  test.each(UNWINDINGS)("an exception $name gives back the depth of the frames it leaves", ({ text }, ) => {
    const bytes = compile(text);
    if (!WebAssembly.validate(bytes as BufferSource)) return expect(limitModule(bytes, { stack: true }).bytes.length).toBeGreaterThan(bytes.length);
    const driven = drive(limitModule(bytes, { stack: true, fuel: true }), { stack: 60, fuel: 1e9 });
    driven.call("run");
    expect((driven.exports[ADDED.stack] as WebAssembly.Global).value).toBe(60);
  });
});

describe("shapes of code", () => {
  test("fifty thousand functions that call each other", () => {
    const functions = Array.from({ length: 50_000 }, (_, index) => `(func $f${index} (call $f${(index + 1) % 50_000}))`);
    const driven = drive(limitModule(compile(`(module ${functions.join("")} (func (export "run") (call $f0)))`), { stack: true, interrupt: true }), { stack: 3 });
    expect(() => driven.call("run")).toThrow(/call stack|recursion|unreachable/i); // the engine's own stack ends first, or ours
  });

  test("a hundred thousand blocks in each other", () => {
    const depth = 100_000;
    const bytes = bodyOf([...Array<number>(depth).fill(0x0240).flatMap(() => [0x02, 0x40]), ...Array<number>(depth).fill(0x0b)]);
    expect(WebAssembly.validate(limitModule(bytes, { fuel: true, interrupt: true, stack: true }).bytes as BufferSource)).toBe(true);
  });

  test("a br_table with sixty thousand labels in a loop", () => {
    const labels = Array<number>(60_000).fill(0);
    const bytes = bodyOf([0x03, 0x40, 0x41, 0, 0x0e, ...u32(labels.length), ...labels, 0, 0x0b]);
    const driven = drive(limitModule(bytes, { interrupt: true }), { countdown: 1000, looks: 3 });
    expect(() => driven.call("run")).toThrow(/unreachable/i);
  });

  test("more locals than leave room for those of metering", () => {
    const locals = (count: number): Uint8Array => bodyOf([0x03, 0x40, 0x0c, 0, 0x0b], [1, ...u32(count), 0x7f]);
    expect(WebAssembly.validate(limitModule(locals(49_000), { fuel: true }).bytes as BufferSource)).toBe(true);
    expect(() => limitModule(locals(50_000), { fuel: true })).toThrow(WasmError);
  });
});

describe("long ways through a loop or a function", () => {
  const drops = (count: number): string => "(drop (i32.const 0))".repeat(count); // two instructions each
  const run = (body: string): number => {
    const driven = drive(limitModule(compile(`(module (global $n (mut i32) (i32.const 100)) ${body})`), { interrupt: true }), { countdown: 1_000 });
    driven.call("run");
    return driven.looks();
  };
  const again = "(br_if $l (global.get $n) (global.set $n (i32.sub (global.get $n) (i32.const 1))))";

  test("a round of many instructions counts for what it is", () => {
    expect(run(`(func (export "run") (loop $l ${drops(20_000)} ${again}))`)).toBeGreaterThan(100 * 30);
  });

  test("and if there are blocks in it, for a part of it", () => {
    expect(run(`(func (export "run") (loop $l ${`(block ${drops(400)})`.repeat(100)} ${again}))`)).toBeGreaterThan(100);
  });

  test("bulk instructions of a constant size in a row are looked at, and no sum of them overflows", () => {
    const fill = "(table.fill (i32.const 0) (ref.null func) (i32.const 65535))";
    const bytes = compile(`(module (table 65535 funcref) (func (export "run") ${fill.repeat(33_000)}))`); // 2^31 units
    const driven = drive(limitModule(bytes, { fuel: true }), { fuel: 5_000_000 });
    expect(() => driven.call("run")).toThrow(/unreachable/i);
    expect(driven.used()).toBeGreaterThan(5_000_000);
    expect(driven.used()).toBeLessThan(8_000_000);
  });

  // skipped because this engine does not know try_table (Node 20)
  test.skipIf(!WebAssembly.validate(compile(`(module (func (try_table (catch_all 0))))`) as BufferSource))("a function that ends where its exception lands counts for its long way there", () => {
    const long = `(block ${drops(400)})`.repeat(25);
    expect(run(`(tag $e) (func $f (try_table (catch_all 0) ${long} (throw $e))) (func (export "run") (loop $l (call $f) ${again}))`)).toBeGreaterThan(20);
  });

  test("a call of a long function counts too", () => {
    expect(run(`(func $f ${drops(20_000)}) (func (export "run") (loop $l (call $f) ${again}))`)).toBeGreaterThan(100 * 30);
  });
});

describe("functions that take long to compile", () => {
  const blocks = (count: number): number[] => Array.from({ length: count }, () => [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b]).flat();

  test("locals times blocks and branches are limited when it must be stopped", () => {
    const bytes = bodyOf(blocks(50), [1, ...u32(45_000), 0x7e]);
    expect(() => limitModule(bytes, { interrupt: true })).toThrow(expect.objectContaining({ reason: "unlimitable", construct: "function" }) as Error);
    expect(limitModule(bytes, { fuel: true }).bytes.length).toBeGreaterThan(bytes.length);
    expect(limitModule(bodyOf(blocks(40), [1, ...u32(45_000), 0x7e]), { interrupt: true }).bytes.length).toBeGreaterThan(0);
  });

  test("so do operands on the stack, whatever put them there", () => {
    const many = (count: number, ...instruction: number[]): number[] => Array.from({ length: count }, () => instruction).flat();
    const PUSHES = [
      { name: "a constant", push: [0x41, 0] },
      { name: "the result of a block", push: [0x02, 0x7f, 0x41, 0, 0x0b] },
      { name: "what an if leaves", push: [0x41, 0, 0x04, 0x7f, 0x41, 0, 0x05, 0x41, 0, 0x0b] },
      { name: "a vector", push: [0xfd, 0x0c, ...many(16, 0)] },
    ];
    const limited = (push: readonly number[], count: number): Uint8Array =>
      limitModule(bodyOf([...many(count, ...push), ...blocks(600), ...many(count, 0x1a)]), { interrupt: true }).bytes;
    for (const { name, push } of PUSHES) {
      expect(() => limited(push, 5_000), name).toThrow("too long to compile");
      expect(WebAssembly.validate(limited(push, 1_000) as BufferSource), name).toBe(true);
      // What is dropped again is not there.
      expect(WebAssembly.validate(limitModule(bodyOf([...many(20_000, ...push, 0x1a), ...blocks(600)]), { interrupt: true }).bytes as BufferSource), name).toBe(true);
    }
    const results = `(func $f (result ${"i32 ".repeat(1000)}) unreachable) (func (export "run") ${"(call $f)".repeat(20)} ${"(block (br_if 0 (i32.const 0)))".repeat(600)} unreachable)`;
    expect(() => limitModule(compile(`(module ${results})`), { interrupt: true })).toThrow("too long to compile");
    const taken = `(func $f (param ${"i32 ".repeat(20)})) (func (export "run") ${`(call $f ${"(i32.const 0)".repeat(20)}) (block (br_if 0 (i32.const 0)))`.repeat(3_000)})`;
    expect(limitModule(compile(`(module ${taken})`), { interrupt: true }).bytes.length).toBeGreaterThan(0);
  });

  test("labels of a br_table count, as often as there are blocks around", () => {
    const tables = (count: number): number[] => Array.from({ length: count }, () => [0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 1, 0x0b]).flat();
    const nest = [...Array<number>(300).fill(0).flatMap(() => [0x02, 0x40]), 0x41, 0, 0x0e, ...u32(1_000), ...Array<number>(1_001).fill(0), ...Array<number>(300).fill(0x0b)];
    const locals = [1, ...u32(40_000), 0x7e];
    expect(() => limitModule(bodyOf(tables(40), locals), { interrupt: true })).toThrow("too long to compile");
    expect(() => limitModule(bodyOf(nest, locals), { interrupt: true })).toThrow("too long to compile");
    expect(limitModule(bodyOf(tables(25), locals), { interrupt: true }).bytes.length).toBeGreaterThan(0);
  });

  const results = (count: number, calls: number): string =>
    `(func $same (param ${"i32 ".repeat(count)}) (result ${"i32 ".repeat(count)}) unreachable)
     (func $f (export "run") (block (br_if 0 (i32.const 1)) ${"(i32.const 0) ".repeat(count)} ${"(call $same) ".repeat(calls)} ${"drop ".repeat(count)}))`;

  test("results of calls count as often as there are operands, though nothing runs there", () => {
    const limited = (count: number, calls: number): Uint8Array => limitModule(compile(`(module ${results(count, calls)})`), { interrupt: true }).bytes;
    expect(() => limited(1_000, 200)).toThrow("too long to compile");
    expect(WebAssembly.validate(limited(1_000, 20) as BufferSource)).toBe(true);
    expect(WebAssembly.validate(limited(10, 10_000) as BufferSource)).toBe(true);
  });

  test("so does every instruction above many operands, without a block or branch", () => {
    const bytes = (operands: number): Uint8Array =>
      compile(`(module (global $g (mut i32) (i32.const 0)) (func (export "run") (local ${"i32 ".repeat(40)}) ${"(i32.const 0) ".repeat(operands)}
        ${Array.from({ length: 20_000 }, (_, index) => `(local.set ${index % 40} (global.get $g))`).join(" ")} ${"drop ".repeat(operands)}))`);
    expect(() => limitModule(bytes(20_000), { interrupt: true })).toThrow("too long to compile");
    expect(limitModule(bytes(1_000), { interrupt: true }).bytes.length).toBeGreaterThan(0);
  });

  const times = (count: number, text: string): string => Array.from({ length: count }, () => text).join(" ");
  const LOCALS = `(local ${"i64 ".repeat(10_000)})`;
  const SHAPES: readonly { name: string; text: (count: number) => string; few: number; many: number }[] = [
    { name: "calls of what is not known", text: (count) => `(type $t (func)) (table 1 funcref) (func ${LOCALS} ${times(count, "(call_indirect (type $t) (i32.const 0))")})`, few: 40, many: 60 },
    { name: "calls of what is known", text: (count) => `(func $f) (func ${LOCALS} ${times(count, "(call $f)")})`, few: 15_000, many: 30_000 },
    { name: "bulk instructions", text: (count) => `(memory 1) (func (param $size i32) ${LOCALS} ${times(count, "(memory.fill (i32.const 0) (i32.const 0) (local.get $size))")})`, few: 80, many: 120 },
    { name: "operations on locals", text: (count) => `(func ${LOCALS} (local $i i32) ${times(count, "(local.set $i (i32.clz (local.get $i)))")})`, few: 4_000, many: 8_000 },
    { name: "calls where something is caught", text: (count) => `(func $f) (func ${LOCALS} (try (do ${times(count, "(call $f)")}) (catch_all)))`, few: 60, many: 90 },
    { name: "clauses that catch", text: (count) => `(tag $e) (func ${LOCALS} (try (do) ${times(count, "(catch $e)")}))`, few: 60, many: 80 },
    { name: "loops", text: (count) => `(func ${LOCALS} ${times(count, "(loop)")})`, few: 70, many: 90 },
    { name: "blocks that take and give much, where nothing leads", text: (count) => `(type $t (func (param ${"i32 ".repeat(500)}) (result ${"i32 ".repeat(500)}))) (func (return) ${times(count, "(block (type $t))")} unreachable)`, few: 3_000, many: 5_000 },
  ];
  test.each(SHAPES)("$name beside many locals are too many at some number", ({ text, few, many }) => {
    const limited = (count: number): Uint8Array => limitModule(compile(`(module ${text(count)})`), { interrupt: true, stack: true }).bytes;
    expect(limited(few).length).toBeGreaterThan(0);
    expect(() => limited(many)).toThrow("too long to compile");
  });

  test("blocks of all functions that take and give much count together", () => {
    const some = `(func (return) ${times(3_000, "(block (type $t))")} unreachable)`;
    const limited = (count: number): Uint8Array => limitModule(compile(`(module (type $t (func (param ${"i32 ".repeat(500)}) (result ${"i32 ".repeat(500)}))) ${times(count, some)})`), { interrupt: true }).bytes;
    expect(limited(1).length).toBeGreaterThan(0);
    expect(() => limited(2)).toThrow("too long to compile");
  });

  test("vectors and atomics leave as many operands as they do", () => {
    const xor = bodyOf(Array.from({ length: 8_000 }, () => [0x20, 0, 0x20, 0, 0xfd, 81, 0x21, 0]).flat(), [1, 1, 0x7b]);
    const shuffled = bodyOf(Array.from({ length: 4_000 }, () => [0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 82, 0x20, 0, 0xfd, 0x6e, 0x21, 0]).flat(), [1, 1, 0x7b]);
    for (const bytes of [xor, shuffled]) expect(limitModule(bytes, { interrupt: true }).bytes.length).toBeGreaterThan(0);
  });

  test("many that each take a little are looked at, and cost no fuel", () => {
    const many = Array.from({ length: 200 }, (_, index) => results(300, 10).replace('(export "run")', "").replaceAll("$f", `$f${index}`).replaceAll("$same", `$same${index}`)).join("");
    const bytes = compile(`(module ${many} (func (export "run") ${Array.from({ length: 200 }, (_, index) => `(call $f${index})`).join("")}))`);
    const used = [{ interrupt: true }, { interrupt: true, fuel: true }, { fuel: true }].map((options) => {
      const driven = drive(limitModule(bytes, options), { countdown: 10_000, fuel: 1_000_000 });
      driven.call("run");
      if ("interrupt" in options) expect(driven.looks()).toBeGreaterThan(20);
      return "fuel" in options ? driven.used() : 0;
    });
    expect(used.slice(1)).toEqual([200 * 3, 200 * 3]); // i32.const, br_if, call
  });

  test("so are many small ones, and not those of a module that takes a tenth of a second at most", () => {
    const looks = (count: number, options: LimitOptions): number => {
      const small = Array.from({ length: count }, (_, index) => `(func $f${index})`).join("");
      const driven = drive(limitModule(compile(`(module ${small} (func (export "run") ${Array.from({ length: count }, (_, index) => `(call $f${index})`).join(" ")}))`), options), { countdown: 10_000, fuel: 1e12 });
      driven.call("run");
      return driven.looks();
    };
    expect(looks(30_000, { interrupt: true })).toBeGreaterThan(4);
    expect(looks(15_000, { interrupt: true })).toBe(0);
    expect(looks(15_000, { interrupt: true, modules: 4 })).toBeGreaterThan(2);
  });

  test("and so are larger ones that are called by a table", () => {
    const all = Array.from({ length: 1_500 }, (_, index) => `(func $f${index} (local ${"i64 ".repeat(100)}) ${"(block (br_if 0 (i32.const 0)))".repeat(20)})`).join("");
    const loop = `(func (export "run") (local $i i32) (loop $l (call_indirect (local.get $i)) (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1500)))))`;
    const table = `(table funcref (elem ${Array.from({ length: 1_500 }, (_, index) => `$f${index}`).join(" ")}))`;
    const driven = drive(limitModule(compile(`(module ${table} ${all} ${loop})`), { interrupt: true }), { countdown: 10_000 });
    driven.call("run");
    expect(driven.looks()).toBeGreaterThan(10);
  });

  test("behind so much, every call of a large one is looked at", () => {
    const slow = (name: string): string => `(func ${name} (local ${"i64 ".repeat(20_000)}) ${"(block (br_if 0 (i32.const 0)))".repeat(90)})`;
    for (const options of [{ interrupt: true }, { interrupt: true, fuel: true }]) {
      const driven = drive(limitModule(compile(`(module ${slow("$first")} ${slow("$f")} (func (export "run") (call $first) ${"(call $f)".repeat(5)}))`), options), { countdown: 100_000, fuel: 1e12 });
      driven.call("run");
      expect(driven.looks()).toBeGreaterThanOrEqual(5);
    }
  });
});

describe("instructions that the text assembler does not know", () => {
  const loop = (...code: readonly number[]): number[] => [0x03, 0x40, ...code, 0x0c, 0, 0x0b];
  const UNASSEMBLED = [
    { name: "recursion by reference", code: [0xd2, 0, 0x14, 0] }, // ref.func 0, call_ref 0
    { name: "branching recursion by reference", code: [0xd2, 0, 0x14, 0, 0xd2, 0, 0x14, 0] },
    { name: "tail calls by reference", code: [0xd2, 0, 0x15, 0] }, // return_call_ref 0
    { name: "arrays without end", code: loop(0x41, 0xa0, 0x8d, 0x06, 0xfb, 7, 1, 0x1a) }, // 100,000 items; array.new_default 1, drop
    { name: "filling an array", code: loop(0x41, 50, 0xfb, 7, 1, 0x41, 0, 0x41, 7, 0x41, 50, 0xfb, 16, 1) }, // array.fill 1
    { name: "a branch by type", code: loop(0x02, 0x6c, 0xd0, 0x6e, 0xfb, 0x18, 3, 0, 0x6e, 0x6c, 0x1a, 0xd0, 0x6c, 0x0b, 0x1a) }, // ref.null any, br_on_cast 0 anyref i31ref
    { name: "a branch on null", code: [0x03, 0x40, 0xd0, 0x70, 0xd5, 0, 0x1a, 0x0b] }, // ref.null func, br_on_null 0
  ];

  test.each(UNASSEMBLED)("$name is stopped, and heap that no page counts is refused", ({ code }) => {
    const bytes = bodyOf(code, [0], [2, 0x60, 0, 0, 0x5e, 0x7f, 1]); // () → (), (array (mut i32))
    const allocates = code.includes(0xfb) && code.includes(7);
    if (allocates) expect(() => limitModule(bytes, { memoryPages: 10 })).toThrow(expect.objectContaining({ reason: "unlimitable", construct: "array.new" }) as Error);
    else expect(limitModule(bytes, { memoryPages: 10, interrupt: true }).bytes.length).toBeGreaterThan(0);
    if (!WebAssembly.validate(bytes as BufferSource)) return; // an engine without them cannot be attacked with them
    const byLooks = drive(limitModule(bytes, { interrupt: true, stack: true }), { countdown: 10_000, looks: 20, stack: 1_000 });
    const byFuel = drive(limitModule(bytes, { fuel: true, stack: true }), { fuel: 1_000_000, stack: 1_000 });
    for (let round = 0; round < 2; round++) {
      expect(() => byLooks.call("run")).toThrow(WebAssembly.RuntimeError);
      expect(() => byFuel.call("run")).toThrow(WebAssembly.RuntimeError);
    }
    expect(byLooks.looks() === 20 || (byLooks.exports[ADDED.stack] as WebAssembly.Global).value === -1).toBe(true);
  });
});

/** A module that exports one function `run`, () → (), out of the bytes of its code without the last `end`. */
function bodyOf(code: readonly number[], locals: readonly number[] = [0], types: readonly number[] = [1, 0x60, 0, 0]): Uint8Array {
  const body = [...locals, ...code, 0x0b];
  const section = (id: number, payload: readonly number[]): number[] => [id, ...u32(payload.length), ...payload];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types), ...section(3, [1, 0]), ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    ...section(10, [1, ...u32(body.length), ...body]),
  ]);
}

function u32(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u32(value >>> 7)];
}
