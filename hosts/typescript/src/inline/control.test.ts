import { describe, expect, test } from "vitest";

import { ATTACKS, timeFor } from "../../test/attacks.ts";
import { failureOf } from "../../test/engine-suite.ts";
import { OUTPUT_H, plugin, wat } from "../../test/wat.ts";
import { createPlugin } from "../node.ts";
import { type CallContext, type HostFunction, hostFunction, type PluginOptions, type PluginSource } from "../mod.ts";

const options = (codes: readonly string[], limits: { readonly fuel?: number } = {}): PluginOptions => ({
  limits: { timeoutMs: timeFor({ codes }, 50), memoryPages: 256, ...limits },
  functions: { "extism:host/user": { nothing: () => {} } },
  logger: () => {},
});

describe("attacks on the calling thread, with fuel", () => {
  test.each(ATTACKS.filter(({ isAtStart }) => !isAtStart))("$name is stopped, and the next call works", async ({ bytes, codes }) => {
    await using sut = await createPlugin(bytes(), options(codes, { fuel: 3_000_000 }));
    expect([...codes, "call/fuel"]).toContain((await failureOf(sut.call("run"))).code);
    expect((await sut.call("fine")).length).toBe(0);
  });
});

describe("attacks on the calling thread", () => {
  test.each(ATTACKS.filter(({ isAtStart }) => !isAtStart))("$name is stopped, and the next call works", async ({ bytes, codes }) => {
    await using sut = await createPlugin(bytes(), options(codes));
    for (let round = 0; round < 2; round += 1) {
      expect(codes).toContain((await failureOf(sut.call("run"))).code);
      expect((await sut.call("fine")).length).toBe(0);
    }
  });

  test.each(ATTACKS.filter(({ isAtStart }) => isAtStart))("$name is refused or stopped", async ({ bytes, codes }) => {
    expect(codes).toContain((await failureOf(createPlugin(bytes(), options(codes)))).code);
  });
});

describe("limits", () => {
  const loop = plugin(`(func (export "run") (result i32) (local $i i32) (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 1000)))) (i32.const 0))
    (func (export "forever") (loop $l (br $l))) (func (export "ask") (call $ask))`, `(import "extism:host/user" "ask" (func $ask))`);
  const ask: PluginOptions["functions"] & object = { "extism:host/user": { ask: () => {} } };

  test("fuel is exact: the same call costs the same, just enough is enough, one less is call/fuel", async () => {
    const used = await (async () => {
      await using sut = await createPlugin(loop, { functions: ask, limits: { fuel: 1_000_000 } });
      await sut.call("run");
      const first = sut.lastCall?.fuel;
      await sut.call("run");
      expect(sut.lastCall?.fuel).toBe(first);
      return first ?? 0;
    })();
    expect(used).toBeGreaterThan(1000);
    await using enough = await createPlugin(loop, { functions: ask, limits: { fuel: used } });
    await enough.call("run");
    await using short = await createPlugin(loop, { functions: ask, limits: { fuel: used - 1 } });
    const failure = await failureOf(short.call("run"));
    expect(failure.code).toBe("call/fuel");
    expect(failure.details).toEqual({ limit: used - 1 });
    await enough.call("run");
  });

  test("fuel is the same on every engine, whether the kernel is merged or linked", async () => {
    const mixed = plugin(`(func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "run") (local $h i64) (local $i i32)
        (loop $l (local.set $h (call $alloc (i64.const 1000))) (call $store_u64 (local.get $h) (i64.const 7)) (call $free (local.get $h))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 5000)) (memory.copy (i32.const 0) (i32.const 8) (i32.wrap_i64 (i64.load (i32.const 6000))))
        (call $down (i32.const 50)) (call $var_set (call $alloc (i64.const 1)) (call $alloc (i64.const 100000))))`);
    await using sut = await createPlugin(mixed, { limits: { fuel: 1_000_000 } });
    for (let round = 0; round < 2; round += 1) {
      await sut.call("run");
      expect(sut.lastCall?.fuel).toBe(19_126);
    }
  });

  test("fuel stops a loop that no clock stops", async () => {
    await using sut = await createPlugin(loop, { functions: ask, limits: { fuel: 10_000, timeoutMs: "none" } });
    expect((await failureOf(sut.call("forever"))).code).toBe("call/fuel");
    await sut.call("run");
    expect(sut.lastCall?.fuel).toBeGreaterThan(0);
  });

  const OVER = [
    { limit: "fuel", body: "(loop $l (br $l))", limits: { fuel: 10_000 }, code: "call/fuel", why: "its fuel of 10000 is used up" },
    { limit: "stackDepth", body: "(call $run)", limits: { stackDepth: 100 }, code: "call/stack-overflow", why: "its calls are nested deeper than 100" },
  ];
  test.each(OVER)("$limit at the start: the message says what was stopped, wherever the limit was passed", async ({ body, limits, code, why }) => {
    const run = `(func $run (export "run") ${body})`;
    const sources: PluginSource[] = [
      wat(`(module ${run} (start $run))`),
      wat(`(module ${run} (func (export "_initialize") (call $run)))`),
      { wasm: [{ name: "side", data: wat(`(module ${run})`) }, { name: "main", data: wat('(module (import "side" "run" (func $run)) (func (export "_initialize") (call $run)))') }] },
      { wasm: [{ name: "side", data: wat(`(module ${run})`) }, { name: "main", data: wat('(module (import "side" "run" (func $run)) (start $run))') }] },
    ];
    for (const source of sources) {
      const failure = await failureOf(createPlugin(source, { name: "shop", limits }));
      expect([failure.code, failure.message]).toEqual([code, `Cannot start the plug-in "shop": ${why}`]);
    }
  });

  test("linked modules share the fuel of a call evenly", async () => {
    const side = wat(`(module (func (export "spin") (loop $l (br $l))))`);
    const main = wat(`(module (import "side" "spin" (func $spin)) (func (export "run") (call $spin)))`);
    await using sut = await createPlugin({ wasm: [{ data: side, name: "side" }, { data: main, name: "main" }] }, { limits: { fuel: 100_000 } });
    expect((await failureOf(sut.call("run"))).code).toBe("call/fuel");
    expect(sut.lastCall?.fuel).toBeLessThanOrEqual(100_000);
  });

  test("lastCall.fuel is undefined where fuel is not counted", async () => {
    await using sut = await createPlugin(loop, { functions: ask });
    await sut.call("run");
    expect(sut.lastCall?.fuel).toBeUndefined();
  });

  test("a call may lower its time limit, not raise it", async () => {
    await using sut = await createPlugin(loop, { functions: ask, limits: { timeoutMs: 30 } });
    expect((await failureOf(sut.call("forever", "", { timeoutMs: 10 }))).details).toEqual({ limitMs: 10 });
    expect((await failureOf(sut.call("forever", "", { timeoutMs: 1_000_000 }))).details).toEqual({ limitMs: 30 });
  });

  test.each([true, false])("time spent in host functions counts, with measure: %s", async (measure) => {
    let now = 0;
    const { defaultPlatform } = await import("../platform.ts");
    const clock = { ...defaultPlatform(), now: () => (now += 1) };
    const slow = { "extism:host/user": { ask: () => void (now += 1_000) } };
    const calling = plugin(`(func (export "run") (call $ask) (loop $l (br $l)))`, `(import "extism:host/user" "ask" (func $ask))`);
    await using sut = await createPlugin(calling, { functions: slow, limits: { timeoutMs: 500 }, platform: clock, measure });
    const before = now;
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(now - before).toBeLessThan(1_100);
  });

  const TAKING = [
    { name: "reads nothing", size: 16, stepMs: 1, most: 100 + 32 },
    { name: "reads a mebibyte each time, as text", size: 1_048_576, stepMs: 40, most: 4, params: ["text"] as const },
    { name: "reads a mebibyte each time, as bytes", size: 1_048_576, stepMs: 40, most: 4, params: ["bytes"] as const },
    { name: "reads a mebibyte each time by its handle", size: 1_048_576, stepMs: 40, most: 4, read: (context: CallContext, handle: bigint) => void context.bytes(handle) },
  ];
  test.each(TAKING)("a host function that takes its time and $name is stopped between two of the plug-in's looks", async ({ size, stepMs, most, params, read }) => {
    let now = 0;
    let calls = 0;
    const take = (): void => {
      calls += 1;
      now += stepMs;
    };
    const { defaultPlatform } = await import("../platform.ts");
    const raw: HostFunction = (context, handle) => (take(), read?.(context, handle as bigint));
    const asking = plugin(
      `(func (export "run") (local $h i64) (local.set $h (call $alloc (i64.const ${size}))) (loop $l (try (do (call $ask (local.get $h))) (catch_all)) (br $l))) (func (export "fine"))`,
      `(import "extism:host/user" "ask" (func $ask (param i64)))`,
    );
    await using sut = await createPlugin(asking, {
      functions: { "extism:host/user": { ask: params === undefined ? raw : hostFunction({ params, result: "none" }, take) } },
      limits: { timeoutMs: 100 },
      platform: { ...defaultPlatform(), now: () => now },
    });
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(calls).toBeLessThanOrEqual(most);
    await sut.call("fine");
  });

  test("a variable that is read for ever is stopped between two of the plug-in's looks", async () => {
    let now = 0;
    const { defaultPlatform } = await import("../platform.ts");
    const reading = plugin(`(global $n (mut i64) (i64.const 0))
      (func $key (result i64) (local $k i64) (local.set $k (call $alloc (i64.const 1))) (call $store_u8 (local.get $k) (i32.const 110)) (local.get $k))
      (func $number (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (global.get $n)) (local.get $h))
      (func (export "run") (call $var_set (i64.const 0) (call $alloc (i64.const 1000000)))
        (loop $l (global.set $n (i64.add (global.get $n) (i64.const 1))) (call $var_set (call $key) (call $number)) (call $free (call $var_get (i64.const 0))) (br $l)))
      (func (export "count") (local $h i64) (local.set $h (call $var_get (call $key))) ${OUTPUT_H})`);
    await using sut = await createPlugin(reading, { limits: { timeoutMs: 100 }, platform: { ...defaultPlatform(), now: () => (now += 10) } });
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(new DataView((await sut.call("count")).bytes().buffer).getUint32(0, true)).toBeLessThan(16);
  });

  test("a time limit of 0 stops every call that looks at the clock", async () => {
    await using sut = await createPlugin(loop, { functions: ask, limits: { timeoutMs: 0 } });
    expect((await failureOf(sut.call("forever"))).code).toBe("call/timeout");
  });

  test("stackDepth is the depth, on every engine", async () => {
    const deep = plugin(`(func $down (param $n i32) (if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "ok") (call $down (i32.const 90))) (func (export "over") (call $down (i32.const 200)))`);
    await using sut = await createPlugin(deep, { limits: { stackDepth: 100 } });
    for (let round = 0; round < 3; round += 1) {
      await sut.call("ok");
      const failure = await failureOf(sut.call("over"));
      expect(failure.code).toBe("call/stack-overflow");
      expect(failure.details).toEqual({ limit: 100 });
    }
  });

  test("memoryPages bounds the plug-in's memory and, again, its blocks", async () => {
    const grow = plugin(`(func (export "own") (result i32) (i32.add (i32.mul (memory.grow (i32.const 3)) (i32.const 10)) (memory.grow (i32.const 1))))
      (func (export "blocks") (result i32) (i64.ne (call $alloc (i64.const 524288)) (i64.const 0)))`);
    await using sut = await createPlugin(grow, { limits: { memoryPages: 4 } });
    // From one page to four: 1, and then refused: -1.
    expect((await failureOf(sut.call("own"))).details).toMatchObject({ returnCode: 9 });
    expect((await sut.call("blocks")).length).toBe(0);
    expect((await failureOf(sut.call("blocks", new Uint8Array(524_288)))).details).toMatchObject({ lengthBytes: 524_288, limitBytes: 262_144 });
  });

  test("the modules of a plug-in share eight memories evenly, or have one each", async () => {
    const module = (name: string, memories: number) => ({ name, data: wat(`(module ${"(memory 1)".repeat(memories)} (func (export "run")))`) });
    const refused = await failureOf(createPlugin({ wasm: [module("side", 5), module("main", 1)] }, options(["memory/limit"])));
    expect(refused).toMatchObject({ code: "module/unlimitable", details: { module: "side", construct: "memories" } });
    const many = Array.from({ length: 20 }, (_, index) => module(`side${index}`, index === 13 ? 2 : 1));
    expect((await failureOf(createPlugin({ wasm: [...many, module("main", 1)] }, options(["memory/limit"])))).details).toMatchObject({ module: "side13" });
    await using single = await createPlugin({ wasm: many.filter((_, index) => index !== 13) }, options(["memory/limit"]));
    expect((await single.call("run")).length).toBe(0);
  });

  test("a manifest's limits hold: the embedder's text lowers them, its code sets them", async () => {
    const object = { wasm: [{ data: loop }], timeout_ms: 20 } as unknown as Parameters<typeof createPlugin>[0];
    await using set = await createPlugin(object, { functions: ask });
    expect((await failureOf(set.call("forever"))).details).toEqual({ limitMs: 20 });
    const text = JSON.stringify({ wasm: [{ data: Buffer.from(loop).toString("base64") }], timeout_ms: 15 });
    await using lowered = await createPlugin(text, { functions: ask, limits: { timeoutMs: 100 } });
    expect((await failureOf(lowered.call("forever"))).details).toEqual({ limitMs: 15 });
    expect((await failureOf(createPlugin(text, { functions: ask, limits: { timeoutMs: 10 } }))).code).toBe("manifest/not-granted");
  });

  test('limits: "none" leaves a module as it is', async () => {
    await using sut = await createPlugin(wat(`(module (func (export "run")))`), { limits: "none" });
    await sut.call("run");
    const module = await WebAssembly.compile(wat(`(module (func (export "run")))`));
    await using compiled = await createPlugin(module, { limits: "none" });
    await compiled.call("run");
    expect((await failureOf(createPlugin(module))).code).toBe("module/unlimitable");
  });
});
