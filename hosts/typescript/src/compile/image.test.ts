import { encodeModule, HEADER, parseModule, readData, Writer } from "@tenon/wasm";
import { splitModule } from "@tenon/wasm/split";
import { describe, expect, test } from "vitest";

import { ATTACKS, timeFor } from "../../test/attacks.ts";
import { type Create, engineSuite, failureOf } from "../../test/engine-suite.ts";
import { OUTPUT_H, plugin, wat } from "../../test/wat.ts";
import { HAS_THREADS, workerPlatform } from "../../test/worker-platform.ts";
import { type CompileSettings, compileModule } from "./compile.ts";
import { CAN_SUSPEND } from "../imports/jspi.ts";
import { MIN_SHARED_BYTES } from "../limits.ts";
import { createPlugin } from "../node.ts";
import { createPool } from "../pool/create-pool.ts";
import type { PluginOptions } from "../options.ts";

/** Makes a module large enough to be split, and gives one without data a zero where there is one already. */
function shareable(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = parseModule(bytes);
  const { memories, imported, sections } = module;
  const padding = { id: 0, parts: [new Writer().string("padding").view(), new Uint8Array(MIN_SHARED_BYTES)] };
  const canHaveData = readData(module).length === 0 && imported.memory === 0 && memories.length === 1 && (memories[0]?.min ?? 0) > 0 && !sections.some(({ id }) => id === 12);
  const added = encodeModule([padding, ...(canHaveData ? [{ id: 11, parts: [Uint8Array.of(1, 0, 0x41, 0, 0x0b, 1, 0)] }] : [])]);
  return Uint8Array.from([...bytes, ...added.subarray(HEADER.length)]);
}

const isModule = (source: unknown): source is Uint8Array => source instanceof Uint8Array && source[0] === 0 && WebAssembly.validate(source as Uint8Array<ArrayBuffer>);
const createShared: Create = (source, options = {}) => createPlugin(isModule(source) ? shareable(source) : source, options);

engineSuite("inline engine, code shared", createShared, CAN_SUSPEND);

describe("attacks of a module whose code is shared", () => {
  const options = (codes: readonly string[]): PluginOptions => ({ limits: { timeoutMs: timeFor({ codes }, 50), memoryPages: 256 }, functions: { "extism:host/user": { nothing: () => {} } }, logger: () => {} });
  test.each(ATTACKS.filter(({ isAtStart }) => !isAtStart))("$name is stopped, and the next call works", async ({ bytes, codes }) => {
    await using sut = await createShared(bytes(), options(codes));
    expect(codes).toContain((await failureOf(sut.call("run"))).code);
    expect((await sut.call("fine")).length).toBe(0);
  });
  test.each(ATTACKS.filter(({ isAtStart }) => isAtStart))("$name is refused or stopped", async ({ bytes, codes }) => {
    expect(codes).toContain((await failureOf(createShared(bytes(), options(codes)))).code);
  });
});

/** Answers with the text at 16, and overwrites it with the input's first byte; `check` by the start function's look at it. */
const teller = (text: string, { pages = 1, call = "tell", more = "" } = {}): Uint8Array<ArrayBuffer> => shareable(wat(`(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") ${pages}) (global $seen (mut i32) (i32.const 0)) (start $begin) (data (i32.const 16) "${text}")
  (func $begin (global.set $seen (i32.load8_u (i32.const 16))))
  (func (export "${call}") (result i32) (local $h i64) (local $i i32)
    (local.set $h (call $alloc (i64.const 4)))
    (loop $l (call $store_u8 (i64.add (local.get $h) (i64.extend_i32_u (local.get $i))) (i32.load8_u offset=16 (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 3))))
    (call $store_u8 (i64.add (local.get $h) (i64.const 3)) (global.get $seen))
    ${OUTPUT_H} (memory.fill (i32.const 0) (i32.const 33) (i32.const 64)) (i32.const 0))
  (func (export "trap") unreachable) ${more})`));

describe("plug-ins that share code", () => {
  const settings: CompileSettings = { memoryPages: 100, modules: 1, tableElements: Infinity, interrupt: true, fuel: false, stack: true, merge: false };
  const compile = (bytes: Uint8Array<ArrayBuffer>, changed: Partial<CompileSettings> = {}): ReturnType<typeof compileModule> => compileModule(bytes, "main", { ...settings, ...changed }, workerPlatform);

  test("have one compiled module, if they differ in data, memory and names of exports alone", async () => {
    const [first, other] = await Promise.all([compile(teller("one")), compile(teller("two", { pages: 5, call: "answer" }))]);
    expect(other.module).toBe(first.module);
    expect(other.exports.map(({ name }) => name)).toEqual(["memory", "answer", "trap"]);
    expect([first.image?.pages, other.image?.pages]).toEqual([1, 5]);
  });

  test.each([
    { name: "other code", bytes: teller("one", { more: "(func (export \"more\"))" }), changed: {} },
    { name: "other limits", bytes: teller("two"), changed: { memoryPages: 99 } },
    { name: "other metering", bytes: teller("two"), changed: { fuel: true } },
  ])("have not: $name", async ({ bytes, changed }) => {
    expect((await compile(bytes, changed)).module).not.toBe((await compile(teller("one"))).module);
  });

  test("nothing built in: the module stays as it came", async () => {
    const none = { memoryPages: Infinity, interrupt: false, stack: false };
    expect((await compile(teller("one"), none)).image).toBeUndefined();
  });

  const ENGINES: readonly { name: string; options: PluginOptions }[] = [
    { name: "inline", options: {} },
    ...(HAS_THREADS ? [{ name: "worker", options: { engine: "worker", platform: workerPlatform } } as const] : []),
  ];
  test.each(ENGINES)("have their own data in every instance, whatever the others write: $name", async ({ options }) => {
    await using one = await createPlugin(teller("one"), options);
    await using two = await createPlugin(teller("two", { pages: 3, call: "answer" }), options);
    for (let round = 0; round < 2; round += 1) {
      expect((await one.call("tell")).text()).toBe("oneo"); // the last letter is what the start function saw
      expect((await two.call("answer")).text()).toBe("twot");
      expect((await one.call("tell")).text()).toBe("!!!o");
      expect((await failureOf(one.call("trap"))).code).toBe("call/trap");
      await two.reset();
    }
    expect((await failureOf(two.call("tell"))).code).toBe("function/not-found");
  });

  test("a pool's calls each begin with the data", async () => {
    await using pool = await createPool(teller("one"));
    await using other = await createPool(teller("two"));
    const answers = await Promise.all([pool, other, pool, other].map(async (each) => (await each.call("tell", "", { tenant: "t" })).text()));
    expect(answers).toEqual(["oneo", "twot", "oneo", "twot"]);
  });

  test("bytes that are overwritten after loading change nothing", async () => {
    const bytes = teller("own");
    await using sut = await createPlugin(bytes);
    bytes.fill(0);
    await failureOf(sut.call("trap"));
    expect((await sut.call("tell")).text()).toBe("owno");
  });

  test("memory limits hold for what a module begins with, and for what it grows to", async () => {
    expect((await failureOf(createPlugin(teller("big", { pages: 9 }), { limits: { memoryPages: 8 } }))).code).toBe("memory/limit");
    const grows = shareable(plugin(`(data (i32.const 0) "a") (func (export "grow") (result i32) (i32.add (memory.grow (i32.const 2)) (i32.const 1)))`));
    await using fits = await createPlugin(grows, { limits: { memoryPages: 3 } });
    expect((await failureOf(fits.call("grow"))).details).toMatchObject({ returnCode: 2 });
    await using tight = await createPlugin(grows, { limits: { memoryPages: 2 } });
    expect((await tight.call("grow")).length).toBe(0);
  });

  test("code that names its segments runs, left whole", async () => {
    const copies = shareable(wat(`(module (memory (export "memory") 1) (data (i32.const 0) "a") (data (i32.const 1) "b")
      (func (export "copy") (result i32) (memory.init 0 (i32.const 8) (i32.const 0) (i32.const 0)) (data.drop 1) (i32.load8_u (i32.const 1))))`));
    expect((await compile(copies)).image).toBeUndefined();
    await using sut = await createPlugin(copies);
    expect((await failureOf(sut.call("copy"))).details).toMatchObject({ returnCode: 98 });
  });

  test("a mistake in shared code is told with its offset in the module", async () => {
    const bytes = teller("bad");
    const body = parseModule(bytes).code[0];
    if (body === undefined) throw new Error("it has no code");
    bytes[body.start + 1] = 0xff;
    expect(splitModule(parseModule(bytes))).toBeDefined();
    const { code, details } = await failureOf(createPlugin(bytes));
    expect({ code, details }).toMatchObject({ code: "module/unlimitable", details: { offset: body.start + 1 } });
  });
});
