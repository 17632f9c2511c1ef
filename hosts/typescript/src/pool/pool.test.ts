/**
 * What a pool promises, by a clock and engines that are moved by hand where time matters, and by real ones elsewhere.
 *
 * Longer than 350 lines because waiting, fairness, breakers and closing meet in one pool, and are tried on one plug-in.
 */

import { afterEach, describe, expect, test } from "vitest";

import { failureOf } from "../../test/engine-suite.ts";
import { GatedEngine, Gates } from "../../test/gated-engine.ts";
import { HandClock, turns } from "../../test/hand-clock.ts";
import { CAN_COUNT_RESOURCES, countResources, settleResources } from "../../test/resources.ts";
import { ECHO, OUTPUT_H, plugin } from "../../test/wat.ts";
import { HAS_THREADS, workerPlatform } from "../../test/worker-platform.ts";
import { preparePlugin } from "../create.ts";
import type { Engine } from "../engine.ts";
import { CAN_SUSPEND } from "../imports/jspi.ts";
import { createPool, type Isolation, type Output, PluginError, type PoolCallOptions, type PoolEvent, type PoolOptions, type PluginSource } from "../node.ts";
import { parsePoolOptions } from "./options.ts";
import { Pool } from "./pool.ts";

/** Counts its calls in a global, and keeps its input in a variable; can go wrong in every way. */
const COUNTER = plugin(`
  (global $n (mut i32) (i32.const 48))
  (func $show (param $byte i32) (result i32) (local $h i64)
    (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (local.get $byte)) ${OUTPUT_H} (i32.const 0))
  (func $name (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (i32.const 97)) (local.get $h))
  (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $show (global.get $n)))
  (func (export "remember") (result i32) (local $h i64)
    (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (call $load_u8 (call $input_offset)))
    (call $var_set (call $name) (local.get $h)) (i32.const 0))
  (func (export "recall") (result i32) (local $h i64) (local.set $h (call $var_get (call $name))) ${OUTPUT_H} (i32.const 0))
  (func (export "echo") (result i32) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))
  (func (export "report") (result i32) (i32.const 1))
  (func (export "trap") (result i32) unreachable)
  (func (export "spin") (result i32) (loop $again (br $again)) (i32.const 0))`);

const pools: Pool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

async function open(source: PluginSource, options: PoolOptions = {}): Promise<Pool> {
  const pool = await createPool(source, options);
  pools.push(pool);
  return pool;
}

/** A pool on engines behind gates, with time that stands still. `start` may refuse to make one. */
async function gated(options: PoolOptions = {}, start: (real: () => Promise<Engine>) => Promise<Engine> = (real) => real()) {
  const gates = new Gates();
  const clock = new HandClock();
  const events: PoolEvent[] = [];
  const settings = parsePoolOptions({ onEvent: (event) => events.push(event), ...options });
  const prepared = await preparePlugin(COUNTER, {});
  const real = async (): Promise<Engine> => new GatedEngine(await prepared.start(), gates);
  const pool = new Pool({ ...prepared, start: () => start(real) }, settings, clock, [await real()]);
  pools.push(pool);
  const call = (input: string, callOptions?: PoolCallOptions): Promise<string> => pool.call("echo", input, callOptions).then(String);
  return { pool, gates, clock, events, call };
}

const text = async (output: Promise<Output>): Promise<string> => (await output).text();

describe("calls", () => {
  test("many at once all get their own answer", async () => {
    const pool = await open(ECHO, { queue: { waitMs: 60_000 } });
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => text(pool.call("echo", `call ${index}`))));
    expect(answers).toEqual(Array.from({ length: 500 }, (_, index) => `call ${index}`));
    expect(pool.functions).toEqual(["echo"]);
  });

  test("what the caller does to its array afterwards changes nothing, waiting or not", async () => {
    const { pool, gates } = await gated({ instances: { max: 1 } });
    const bytes = new TextEncoder().encode("right");
    const answers = [pool.call("echo", bytes), pool.call("echo", bytes), pool.call("echo", bytes.buffer)];
    bytes.fill(0);
    await turns();
    gates.isOpen = true;
    await gates.openNext();
    expect((await Promise.all(answers)).map(String)).toEqual(["right", "right", "right"]);
  });

  test("the host context is that of the call", async () => {
    const who = plugin(`(func (export "who") (result i32) (local $h i64) (local.set $h (call $ask)) ${OUTPUT_H} (i32.const 0))`, `(import "extism:host/user" "ask" (func $ask (result i64)))`);
    const pool = await open(who, { functions: { "extism:host/user": { ask: (context) => context.store(context.hostContext<string>()) } } });
    const answers = await Promise.all(["a", "b", "c"].map((hostContext) => text(pool.call("who", "", { hostContext }))));
    expect(answers).toEqual(["a", "b", "c"]);
  });

  test.each([
    { name: "a function that is not there", called: "nope", code: "function/not-found" },
    { name: "a reported error", called: "report", code: "call/failed" },
    { name: "a trap", called: "trap", code: "call/trap" },
    { name: "an endless loop", called: "spin", code: "call/timeout" },
  ])("$name fails that call with $code, and the next one works", async ({ called, code }) => {
    const pool = await open(COUNTER, { limits: { timeoutMs: 20 }, instances: { max: 1 } });
    const [failure, next] = await Promise.all([failureOf(pool.call(called)), text(pool.call("echo", "next"))]);
    expect([failure.code, next]).toEqual([code, "next"]);
    expect(pool.metrics().failures).toEqual({ [code]: 1 });
  });

  test.each([
    { name: "a tenant that is no string", options: { tenant: 5 }, error: TypeError },
    { name: "a negative time", options: { timeoutMs: -1 }, error: RangeError },
    { name: "a time that is no number", options: { waitMs: Number.NaN }, error: RangeError },
  ])("$name is the caller's mistake", async ({ options, error }) => {
    const pool = await open(ECHO);
    await expect(pool.call("echo", "", options as PoolCallOptions)).rejects.toThrow(error);
  });

  test.each([
    { name: "an unknown isolation", options: { isolation: "none" }, path: "options.isolation" },
    { name: "no instances at all", options: { instances: { max: 0 } }, path: "options.instances.max" },
    { name: "more kept than allowed", options: { instances: { min: 3, max: 2 } }, path: "options.instances.min" },
    { name: "an unknown field", options: { queue: { length: 3 } }, path: "options.queue.length" },
    { name: "an unknown option of the plug-in", options: { alow: {} }, path: "options.alow" },
  ])("$name is refused and named", async ({ options, path }) => {
    const failure = await failureOf(createPool(ECHO, options as PoolOptions));
    expect(failure.details).toMatchObject({ path });
  });
});

const ENGINES: readonly { engine: string; on: PoolOptions }[] = [
  { engine: "inline", on: { engine: "inline" } },
  // skipped because WebKitGTK shares no memory between threads
  ...(HAS_THREADS ? [{ engine: "worker", on: { engine: "worker", platform: workerPlatform } } as const] : []),
];

describe.each(ENGINES)("isolation on the $engine engine", ({ on }) => {
  /** What five calls of `count` see, of tenants a, b, a, a, b. */
  const CASES: { isolation: Isolation; max: number; counts: string; recalled: string[] }[] = [
    { isolation: "call", max: 2, counts: "11111", recalled: ["", ""] },
    { isolation: "tenant", max: 2, counts: "11232", recalled: ["x", ""] },
    { isolation: "tenant", max: 1, counts: "11121", recalled: ["x", ""] },
    { isolation: "plugin", max: 1, counts: "12345", recalled: ["x", "x"] },
  ];
  test.each(CASES)('"$isolation" with $max instances: state and variables', async ({ isolation, max, counts, recalled }) => {
    const pool = await open(COUNTER, { ...on, isolation, instances: { max } });
    let seen = "";
    for (const tenant of ["a", "b", "a", "a", "b"]) seen += await text(pool.call("count", "", { tenant }));
    expect(seen).toBe(counts);
    await pool.call("remember", "x", { tenant: "a" });
    expect([await text(pool.call("recall", "", { tenant: "a" })), await text(pool.call("recall", "", { tenant: "b" }))]).toEqual(recalled);
  });

  test("calls without a tenant are a tenant of their own", async () => {
    const pool = await open(COUNTER, { ...on, isolation: "tenant", instances: { max: 1 } });
    expect(await text(pool.call("count"))).toBe("1");
    expect(await text(pool.call("count"))).toBe("2");
    expect(await text(pool.call("count", "", { tenant: "undefined" }))).toBe("1");
    expect(await text(pool.call("count"))).toBe("1");
  });

  // Only what never ends has little time: the others may be slow, on a thread that a busy machine leaves waiting.
  test.each([{ how: "trap" }, { how: "report" }, { how: "spin", timeoutMs: 100 }])('"call" and "tenant" leave nothing of a call that ends by $how to anybody else', async ({ how, ...options }) => {
    for (const isolation of ["call", "tenant"] as const) {
      const pool = await open(COUNTER, { ...on, isolation, instances: { max: 1 } });
      await pool.call("remember", "s", { tenant: "a" });
      await pool.call("count", "", { tenant: "a" });
      await failureOf(pool.call(how, "", { tenant: "a", ...options }));
      expect(await text(pool.call("recall", "", { tenant: "b" }))).toBe("");
      expect(await text(pool.call("count", "", { tenant: "b" }))).toBe("1");
    }
  });
});

describe("waiting", () => {
  test("calls wait for an instance and run in their order", async () => {
    const { gates, call, pool } = await gated({ instances: { max: 1 } });
    const answers = ["a", "b", "c"].map((input) => call(input));
    await turns();
    expect(pool.metrics()).toMatchObject({ queued: 2, queuedBytes: 2, running: 1, instances: { live: 1, idle: 0 } });
    expect([await gates.openNext(), await gates.openNext(), await gates.openNext()]).toEqual(["a", "b", "c"]);
    expect(await Promise.all(answers)).toEqual(["a", "b", "c"]);
    expect(pool.metrics()).toMatchObject({ queued: 0, queuedBytes: 0, running: 0, instances: { live: 1, idle: 1 } });
  });

  test("there are never more instances than the maximum, and no more than are needed", async () => {
    const { gates, call, pool } = await gated({ instances: { max: 3 } });
    const answers = ["a", "b"].map((input) => call(input));
    await turns();
    expect(pool.metrics().instances.live).toBe(2);
    answers.push(...["c", "d", "e"].map((input) => call(input)));
    await turns(10);
    expect(pool.metrics()).toMatchObject({ running: 3, queued: 2, instances: { live: 3 } });
    gates.isOpen = true;
    while (gates.calls.length > 0) await gates.openNext();
    expect(await Promise.all(answers)).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("one that is being started counts as one, and where none can be started none is tried while calls run", async () => {
    let starts = 0;
    const failures: (() => void)[] = [];
    const { gates, call, pool } = await gated({ instances: { max: 2 }, breaker: { failures: 1, backoffMs: 1000 } }, async () => {
      starts += 1;
      return await new Promise<Engine>((_, reject) => failures.push(() => reject(new PluginError("start/failed", "Cannot start", { phase: "start" }))));
    });
    const answers = ["a", "b", "c", "d"].map((input) => call(input).catch((error: unknown) => (error as PluginError).code));
    await turns(10);
    answers.push(call("e"));
    await turns(10);
    expect([starts, pool.metrics().running]).toEqual([1, 1]);
    failures[0]?.();
    await turns(10);
    expect([starts, pool.metrics().queued]).toEqual([1, 3]);
    gates.isOpen = true;
    await gates.openNext();
    expect(await Promise.all(answers)).toEqual(["a", "start/failed", "c", "d", "e"]);
  });

  test("calls that compute on this thread do not make more instances", async () => {
    const pool = await open(ECHO, { isolation: "plugin", instances: { max: 8 } });
    await Promise.all(Array.from({ length: 300 }, () => pool.call("echo", "x")));
    expect(pool.metrics().instances.live).toBe(1);
  });

  test("a queue that is full refuses with pool/full at once, and the plug-in is not called", async () => {
    const { gates, call, pool } = await gated({ instances: { max: 1 }, queue: { calls: 2, bytes: 10 } });
    const answers = ["a", "b", "c"].map((input) => call(input));
    const failure = await failureOf(call("d"));
    expect(failure).toMatchObject({ code: "pool/full", details: { queued: 2, queuedBytes: 2 }, function: "echo" });
    expect(pool.metrics()).toMatchObject({ calls: { refused: 1 }, failures: { "pool/full": 1 } });
    gates.isOpen = true;
    await gates.openNext();
    expect(await Promise.all(answers)).toEqual(["a", "b", "c"]);
  });

  test("bytes of waiting inputs are bounded too", async () => {
    const { call } = await gated({ instances: { max: 1 }, queue: { calls: 100, bytes: 10 } });
    const first = [call("a"), call("123456")].map((each) => each.catch(String));
    expect((await failureOf(call("12345"))).details).toEqual({ queued: 1, queuedBytes: 6 });
    expect((await failureOf(call("12345678901"))).code).toBe("pool/full");
    expect(first.length).toBe(2);
  });

  test("bytes may fill the queue to the last, and beyond that whoever takes up most of them loses its newest call", async () => {
    const { call, pool } = await gated({ instances: { max: 1 }, queue: { calls: 100, bytes: 50 } });
    const running = failureOf(call("r"));
    const many = Array.from({ length: 10 }, (_, index) => failureOf(call(`${index}`, { tenant: "many" })));
    const large = ["1", "2"].map((digit) => failureOf(call(digit.repeat(20), { tenant: "large" })));
    expect(pool.metrics()).toMatchObject({ queued: 12, queuedBytes: 50 });
    const small = failureOf(call("12345", { tenant: "small" }));
    expect((await large[1])?.code).toBe("pool/full");
    expect(pool.metrics()).toMatchObject({ queued: 12, queuedBytes: 35 });
    await pool.close();
    expect((await Promise.all([running, ...many, large[0], small])).map((failure) => failure?.code).filter((code) => code === "pool/closed").length).toBe(12);
  });

  test("a call without any time left begins where an instance is free", async () => {
    const { call, gates } = await gated({ instances: { max: 1 } });
    gates.isOpen = true;
    expect(await call("a", { timeoutMs: 0 })).toBe("a");
  });

  test("a call that waits too long ends with pool/wait-timeout, and the others go on", async () => {
    const { gates, clock, call } = await gated({ instances: { max: 1 }, queue: { waitMs: 100 } });
    const running = call("a");
    const patient = call("b", { waitMs: 500 });
    const waiting = failureOf(call("c"));
    const hurried = failureOf(call("d", { waitMs: 20 }));
    await clock.advance(20);
    expect((await hurried).details).toEqual({ waitedMs: 20, limitMs: 20 });
    await clock.advance(80);
    expect((await waiting).code).toBe("pool/wait-timeout");
    await gates.openNext();
    await gates.openNext();
    expect(await Promise.all([running, patient])).toEqual(["a", "b"]);
    expect(clock.timers.size).toBe(0);
  });

  test("waitMs: 0 runs at once or not at all", async () => {
    const { gates, call } = await gated({ instances: { max: 1 } });
    const running = call("a", { waitMs: 0 });
    expect((await failureOf(call("b", { waitMs: 0 }))).code).toBe("pool/wait-timeout");
    await gates.openNext();
    expect(await running).toBe("a");
  });

  test("timeoutMs includes waiting: it ends a call that waits, and what is left limits one that runs", async () => {
    const { gates, clock, pool, call } = await gated({ instances: { max: 1 } });
    const running = call("a");
    const waiting = failureOf(call("b", { timeoutMs: 30 }));
    const spinning = failureOf(pool.call("spin", "", { timeoutMs: 100 }));
    await clock.advance(30);
    expect((await waiting).code).toBe("pool/wait-timeout");
    await clock.advance(30);
    await gates.openNext();
    gates.isOpen = true;
    await gates.openNext();
    expect((await spinning)).toMatchObject({ code: "call/timeout", details: { limitMs: 40 } });
    expect(await running).toBe("a");
  });

  test("a signal takes a waiting call out with its reason, and leaves no listener and no timer", async () => {
    const { gates, clock, call, pool } = await gated({ instances: { max: 1 } });
    const controller = new AbortController();
    const reason = new Error("the client left");
    const running = call("a");
    const waiting = failureOf(call("b", { signal: controller.signal }));
    const other = call("c");
    await turns();
    controller.abort(reason);
    expect(await waiting).toMatchObject({ code: "call/aborted", cause: reason });
    expect(pool.metrics().queued).toBe(1);
    expect((await failureOf(call("d", { signal: controller.signal }))).code).toBe("call/aborted");
    await gates.openNext();
    await gates.openNext();
    expect(await Promise.all([running, other])).toEqual(["a", "c"]);
    expect(clock.timers.size).toBe(0);
  });

  test("a signal that outlives its calls keeps no listener", async () => {
    const { gates, call } = await gated({ instances: { max: 1 } });
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => { listeners += 1; add(...args); };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => { listeners -= 1; remove(...args); };
    const answers = ["a", "b", "c"].map((input) => call(input, { signal }));
    await turns();
    expect(listeners).toBe(2);
    gates.isOpen = true;
    await gates.openNext();
    await Promise.all(answers);
    expect(listeners).toBe(0);
  });

  test("a host function may call its own pool, on another instance", async () => {
    const outer = plugin(`(func (export "outer") (result i32) (call $again) (i32.const 0))
      (func (export "inner") (result i32) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))`, `(import "extism:host/user" "again" (func $again))`);
    const inner: Promise<Output>[] = [];
    const pool: Pool = await open(outer, { instances: { min: 2, max: 2 }, functions: { "extism:host/user": { again: () => void inner.push(pool.call("inner", "within")) } } });
    await pool.call("outer");
    expect(await Promise.all(inner.map(text))).toEqual(["within"]);
  });
});

describe("fairness between tenants", () => {
  test("one tenant's flood does not keep others from their turn: 900 calls waiting, and each of three is answered within four", async () => {
    const { gates, call } = await gated({ instances: { max: 1 } });
    const flood = Array.from({ length: 900 }, (_, index) => call(`flood ${index}`, { tenant: "flood" }).catch(String));
    const few = ["b", "c", "d"].map((tenant) => call(tenant, { tenant }));
    await turns();
    const order: string[] = [];
    for (let index = 0; index < 5; index += 1) order.push(await gates.openNext());
    expect(order.slice(1, 4).toSorted()).toEqual(["b", "c", "d"]);
    expect(await Promise.all(few)).toEqual(["b", "c", "d"]);
    expect(flood.length).toBe(900);
  });

  test("a tenant is charged for the time that its calls take", async () => {
    const { gates, clock, call } = await gated({ instances: { max: 1 } });
    const calls = ["slow", "quick"].flatMap((tenant) => Array.from({ length: 6 }, () => call(tenant, { tenant })));
    const order: string[] = [];
    for (let left = 7; left > 0; left -= 1) {
      await clock.advance(gates.calls[0]?.input === "slow" ? 10 : 1);
      order.push(await gates.openNext());
      await turns();
    }
    expect(order).toEqual(["slow", ...Array<string>(6).fill("quick")]);
    gates.isOpen = true;
    await gates.openNext();
    await Promise.all(calls);
  });

  test("a flood that fills the queue loses its own calls, not those of others", async () => {
    const { gates, call, pool } = await gated({ instances: { max: 1 }, queue: { calls: 10 } });
    const flood = Array.from({ length: 30 }, (_, index) => call(`${index}`, { tenant: "flood" }).catch((error: unknown) => (error as PluginError).code));
    const few = Array.from({ length: 5 }, (_, index) => call(`few ${index}`, { tenant: "few" }));
    await turns();
    expect(pool.metrics()).toMatchObject({ queued: 10, tenants: [{ tenant: "flood", queued: 5, running: 1 }, { tenant: "few", queued: 5, running: 0 }] });
    gates.isOpen = true;
    await gates.openNext();
    expect(await Promise.all(few)).toEqual([0, 1, 2, 3, 4].map((index) => `few ${index}`));
    const answers = await Promise.all(flood);
    expect(answers.filter((answer) => answer === "pool/full").length).toBe(24);
    expect(answers.slice(0, 6)).toEqual(["0", "1", "2", "3", "4", "5"]);
  });

  test("a flood on this thread lets the event loop turn: timers run and a late tenant is served in between", async () => {
    const busy = plugin(`(func (export "work") (result i32) (local $i i32) (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $again (i32.lt_u (local.get $i) (i32.const 2000000)))) (i32.const 0))`);
    const pool = await open(busy, { isolation: "plugin", queue: { calls: 1000, waitMs: 60_000 } });
    let answered = 0;
    const flood = Promise.all(Array.from({ length: 200 }, async () => { await pool.call("work", "", { tenant: "flood" }); answered += 1; }));
    await new Promise((resolve) => setTimeout(resolve, 1));
    await pool.call("work", "", { tenant: "late" });
    expect(answered).toBeLessThan(200);
    await flood;
    expect(answered).toBe(200);
  });
});

describe("the breaker", () => {
  const breaker = { failures: 3, backoffMs: 100, maxBackoffMs: 1000 };

  test("a tenant whose calls keep trapping is stopped, the others are not, and it gets its chance later", async () => {
    const { pool, gates, clock, events } = await gated({ breaker });
    gates.isOpen = true;
    const trap = (tenant: string): Promise<PluginError> => failureOf(pool.call("trap", "", { tenant }));
    for (let index = 0; index < 3; index += 1) expect((await trap("bad")).code).toBe("call/trap");
    expect(await trap("bad")).toMatchObject({ code: "pool/broken", details: { retryAfterMs: 100, lastCode: "call/trap" } });
    expect(await text(pool.call("echo", "fine", { tenant: "good" }))).toBe("fine");
    await clock.advance(100);
    expect((await trap("bad")).code).toBe("call/trap");
    expect((await trap("bad")).details).toMatchObject({ retryAfterMs: 200 });
    await clock.advance(200);
    expect(await text(pool.call("echo", "well again", { tenant: "bad" }))).toBe("well again");
    expect(await text(pool.call("echo", "and again", { tenant: "bad" }))).toBe("and again");
    const opened = events.filter((event) => event.type.startsWith("breaker"));
    expect(opened.map((event) => event.type)).toEqual(["breaker-opened", "breaker-opened", "breaker-closed"]);
    expect(opened[0]).toMatchObject({ tenant: "bad", retryAfterMs: 100, isStart: false });
  });

  test("calls that wait when it opens are refused, not run", async () => {
    const { pool, gates } = await gated({ breaker, instances: { max: 1 } });
    const failures = Array.from({ length: 10 }, () => failureOf(pool.call("trap", "", { tenant: "bad" })));
    const good = text(pool.call("echo", "fine", { tenant: "good" }));
    await turns();
    gates.isOpen = true;
    await gates.openNext();
    const codes = (await Promise.all(failures)).map((failure) => failure.code);
    expect(codes.filter((code) => code === "call/trap").length).toBe(3);
    expect(codes.filter((code) => code === "pool/broken").length).toBe(7);
    expect(await good).toBe("fine");
  });

  test("only one probe runs at a time, and one that says nothing lets the next be a probe", async () => {
    const { pool, gates, clock, call } = await gated({ breaker });
    gates.isOpen = true;
    for (let index = 0; index < 3; index += 1) await failureOf(pool.call("trap"));
    await clock.advance(100);
    gates.isOpen = false;
    const probe = failureOf(pool.call("nope"));
    await turns();
    expect((await failureOf(call("meanwhile"))).code).toBe("pool/broken");
    gates.isOpen = true;
    await gates.openNext();
    expect((await probe).code).toBe("function/not-found");
    expect(await call("probe")).toBe("probe");
  });

  test("a probe that finds no instance free is a probe still when one is", async () => {
    const { pool, gates, clock, call } = await gated({ breaker, instances: { max: 1 } });
    gates.isOpen = true;
    for (let index = 0; index < 3; index += 1) await failureOf(pool.call("trap", "", { tenant: "bad" }));
    gates.isOpen = false;
    await clock.advance(100);
    const running = call("a", { tenant: "good" });
    const probe = call("b", { tenant: "bad" });
    await turns();
    gates.isOpen = true;
    await gates.openNext();
    expect(await Promise.all([running, probe])).toEqual(["a", "b"]);
  });

  const INNOCENT: { name: string; called: string; options?: PoolCallOptions }[] = [
    { name: "an error that the plug-in reports", called: "report" },
    { name: "a function that is not there", called: "nope" },
    { name: "a time limit that the caller lowered", called: "spin", options: { timeoutMs: 5 } },
  ];
  test.each(INNOCENT)("$name does not count", async ({ called, options }) => {
    const pool = await open(COUNTER, { breaker: { ...breaker, failures: 1 } });
    await failureOf(pool.call(called, "", options));
    expect(await text(pool.call("echo", "fine"))).toBe("fine");
  });

  test.each(["trap", "spin"])("%s counts", async (called) => {
    const pool = await open(COUNTER, { breaker: { ...breaker, failures: 1 }, limits: { timeoutMs: 5 } });
    await failureOf(pool.call(called));
    expect((await failureOf(pool.call("echo", "fine"))).code).toBe("pool/broken");
  });

  test('"none" never stops anything', async () => {
    const pool = await open(COUNTER, { breaker: "none" });
    for (let index = 0; index < 20; index += 1) expect((await failureOf(pool.call("trap"))).code).toBe("call/trap");
  });

  test("a plug-in that cannot be started any more is stopped for all, each failure is told once, and it comes back", async () => {
    let isDown = true;
    const down = new PluginError("start/failed", "Cannot start", { phase: "start" });
    const { pool, gates, clock, events, call } = await gated({ breaker, instances: { min: 0, idleMs: 10 } }, (real) => (isDown ? Promise.reject(down) : real()));
    gates.isOpen = true;
    await clock.advance(10);
    expect(pool.metrics().instances.live).toBe(0);
    const codes = await Promise.all(Array.from({ length: 6 }, async (_, index) => (await failureOf(call("x", { tenant: `${index}` }))).code));
    expect(codes.filter((code) => code === "start/failed").length).toBe(3);
    expect(codes.filter((code) => code === "pool/broken").length).toBe(3);
    expect((await failureOf(call("x"))).details).toMatchObject({ lastCode: "start/failed" });
    expect(events.filter((event) => event.type === "breaker-opened")).toMatchObject([{ isStart: true }]);
    isDown = false;
    await clock.advance(100);
    expect(await call("up again")).toBe("up again");
  });
});

// skipped because WebKitGTK shares no memory between threads
test.skipIf(!HAS_THREADS)("on threads, calls run at the same time and close() ends those that compute", async () => {
  const pool = await open(COUNTER, { engine: "worker", platform: workerPlatform, instances: { min: 2, max: 2 }, limits: { timeoutMs: 60_000 } });
  const spinning = [failureOf(pool.call("spin")), failureOf(pool.call("spin"))];
  const waiting = failureOf(pool.call("echo", "x"));
  await turns();
  expect(pool.metrics()).toMatchObject({ running: 2, queued: 1 });
  await pool.close();
  expect((await Promise.all(spinning)).map((failure) => failure.code)).toEqual(["plugin/closed", "plugin/closed"]);
  expect((await waiting).code).toBe("pool/closed");
});

describe("life of instances", () => {
  test("instances beyond the minimum are closed when they were idle for long, and nothing keeps a timer after that", async () => {
    const { pool, gates, clock, call, events } = await gated({ instances: { min: 1, max: 3, idleMs: 100 } });
    const answers = ["a", "b", "c"].map((input) => call(input));
    await turns(10);
    gates.isOpen = true;
    while (gates.calls.length > 0) await gates.openNext();
    await Promise.all(answers);
    expect(pool.metrics().instances.live).toBe(3);
    await clock.advance(99);
    expect(pool.metrics().instances.live).toBe(3);
    await clock.advance(1);
    expect(pool.metrics().instances).toEqual({ live: 1, idle: 1, started: 3, closed: 2 });
    expect(events.filter((event) => event.type === "instance-closed")).toMatchObject([{ reason: "idle" }, { reason: "idle" }]);
    expect(clock.timers.size).toBe(0);
    expect(await call("still here")).toBe("still here");
  });

  test("with a minimum of 0 all are closed, and the next call starts one", async () => {
    const { pool, gates, clock, call } = await gated({ instances: { min: 0, idleMs: 100 } });
    gates.isOpen = true;
    expect(await call("a")).toBe("a");
    await clock.advance(100);
    expect(pool.metrics().instances.live).toBe(0);
    expect(await call("b")).toBe("b");
  });

  test("where the engine has no room for another instance, calls wait for those that there are", async () => {
    let started = 0;
    const { pool, gates, clock, call } = await gated({ instances: { max: 10 } }, async (real) => {
      started += 1;
      if (started > 2) throw new PluginError("memory/limit", "no room", { limitPages: 1 }, { cause: new RangeError("could not allocate memory") });
      return await real();
    });
    const answers = Array.from({ length: 6 }, (_, index) => call(`${index}`));
    await turns(20);
    expect(pool.metrics()).toMatchObject({ running: 3, queued: 3, instances: { live: 3 } });
    expect(started).toBe(3);
    gates.isOpen = true;
    while (gates.calls.length > 0) await gates.openNext();
    expect(await Promise.all(answers)).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(pool.metrics().calls).toEqual({ succeeded: 6, failed: 0, refused: 0 });
    await clock.advance(1000);
  });

  test("where the engine has no room for any, the call fails with memory/limit and a later one works", async () => {
    let isFull = true;
    const full = new PluginError("memory/limit", "no room", { limitPages: 1 }, { cause: new RangeError("could not allocate memory") });
    const { gates, clock, call } = await gated({ instances: { min: 0, idleMs: 10 } }, (real) => (isFull ? Promise.reject(full) : real()));
    gates.isOpen = true;
    await clock.advance(10);
    expect((await failureOf(call("a"))).code).toBe("memory/limit");
    isFull = false;
    expect(await call("b")).toBe("b");
  });

  test("an instance that was closed under the pool is replaced", async () => {
    const engines: Engine[] = [];
    const prepared = await preparePlugin(COUNTER, {});
    const start = async (): Promise<Engine> => {
      const engine = await prepared.start();
      engines.push(engine);
      return engine;
    };
    const pool = new Pool({ ...prepared, start }, parsePoolOptions({ isolation: "plugin" }), new HandClock(), [await start()]);
    pools.push(pool);
    await engines[0]?.close();
    expect((await failureOf(pool.call("echo", "a"))).code).toBe("plugin/closed");
    expect(await text(pool.call("echo", "b"))).toBe("b");
    expect(pool.metrics().instances).toMatchObject({ live: 1, started: 2, closed: 1 });
  });
});

describe("an instance that fails a call for want of something", () => {
  const noRoom = (): PluginError => new PluginError("memory/limit", "no room", { limitPages: 1 }, { cause: new RangeError("could not allocate memory") });
  const noStart = (): PluginError => new PluginError("start/failed", "Cannot start", { phase: "start" });
  /** A pool whose first instances fail their next call this way, in turn. */
  async function failing(failures: readonly (() => PluginError)[], options: PoolOptions = {}, breakFirst: (engine: Engine) => void = () => {}) {
    const left = [...failures];
    const events: PoolEvent[] = [];
    const clock = new HandClock();
    const prepared = await preparePlugin(COUNTER, {});
    const start = async (): Promise<Engine> => {
      const engine = await prepared.start();
      const call = engine.call.bind(engine);
      engine.call = async (...args) => {
        const failure = left.shift();
        if (failure !== undefined) throw failure();
        return await call(...args);
      };
      return engine;
    };
    const engines = await Promise.all(Array.from({ length: options.instances?.min ?? 1 }, start));
    breakFirst(engines[0] as Engine);
    const pool = new Pool({ ...prepared, start }, parsePoolOptions({ onEvent: (event) => events.push(event), ...options }), clock, engines);
    pools.push(pool);
    return { pool, events, clock };
  }

  test("room: it and all idle ones are closed, and the call runs on another one", async () => {
    const { pool, events } = await failing([noRoom], { instances: { min: 3, max: 3 } });
    expect(await text(pool.call("echo", "a"))).toBe("a");
    expect(events.filter((event) => event.type === "instance-closed").map((event) => event.reason)).toEqual(["room", "room", "room"]);
    expect(pool.metrics()).toMatchObject({ calls: { succeeded: 1, failed: 0 }, instances: { live: 1, closed: 3 } });
  });

  test("room, a second time: that is the call's answer", async () => {
    const { pool } = await failing([noRoom, noRoom]);
    expect((await failureOf(pool.call("echo", "a"))).code).toBe("memory/limit");
    expect(await text(pool.call("echo", "b"))).toBe("b");
  });

  test("room, for a call that may not wait, or whose signal is aborted: that is its answer too", async () => {
    const { pool } = await failing([noRoom, () => (controller.abort(), noRoom())]);
    const controller = new AbortController();
    expect((await failureOf(pool.call("echo", "a", { waitMs: 0 }))).code).toBe("memory/limit");
    expect((await failureOf(pool.call("echo", "b", { signal: controller.signal }))).code).toBe("memory/limit");
    expect(await text(pool.call("echo", "c"))).toBe("c");
  });

  test("room, when the pool is closed meanwhile: that is its answer, and closing ends", async () => {
    let closed: Promise<void> | undefined;
    const { pool } = await failing([() => ((closed = pool.close()), noRoom())]);
    expect((await failureOf(pool.call("echo", "a"))).code).toBe("memory/limit");
    await closed;
    expect(pool.metrics()).toMatchObject({ queued: 0, running: 0, instances: { live: 0 } });
  });

  test.each([
    { name: "a reset", breakFirst: (engine: Engine): void => { engine.reset = () => Promise.reject(noStart()); }, told: [] },
    { name: "the start of what the next call needs", breakFirst: (engine: Engine): void => { engine.warm = () => Promise.reject(noStart()); }, told: ["start-failed"] },
    { name: "room for it", breakFirst: (engine: Engine): void => { engine.warm = () => Promise.reject(noRoom()); }, told: [] },
  ])("$name, after a call: it is closed as broken, and the next call has another one", async ({ breakFirst, told }) => {
    const { pool, events } = await failing([], {}, breakFirst);
    expect(await text(pool.call("echo", "a"))).toBe("a");
    await turns();
    expect(events.filter((event) => event.type === "start-failed" || event.type === "instance-closed").map((event) => event.type)).toEqual([...told, "instance-closed"]);
    expect(events.find((event) => event.type === "instance-closed")).toMatchObject({ reason: "broken", live: 0 });
    expect(await text(pool.call("echo", "b"))).toBe("b");
    expect(events.map((event) => event.type)).not.toContain("breaker-closed");
  });

  test("a start: it is replaced, and that counts as a start that failed", async () => {
    const { pool, events } = await failing([noStart], { isolation: "plugin", breaker: { failures: 1, backoffMs: 100 } });
    expect((await failureOf(pool.call("echo", "a"))).code).toBe("start/failed");
    await turns();
    expect(events.map((event) => event.type)).toEqual(["instance-started", "start-failed", "breaker-opened", "call", "instance-closed"]);
    expect(await failureOf(pool.call("echo", "b"))).toMatchObject({ code: "pool/broken", details: { retryAfterMs: 100, lastCode: "start/failed" } });
  });
});

describe("close()", () => {
  test("with drainMs, a call that waits for an instance to start is answered", async () => {
    const starts: (() => void)[] = [];
    const { pool, gates, clock, call } = await gated({ instances: { min: 0, idleMs: 10 } }, async (real) => {
      await new Promise<void>((resolve) => starts.push(resolve));
      return await real();
    });
    gates.isOpen = true;
    await clock.advance(10);
    const answer = call("a");
    await turns();
    const closed = pool.close({ drainMs: 1000 });
    starts[0]?.();
    expect(await answer).toBe("a");
    await closed;
    expect(pool.metrics().instances).toMatchObject({ live: 0, started: 2, closed: 2 });
  });

  test("ends an instance that was on its way, and waits for it", async () => {
    const starts: (() => void)[] = [];
    const { pool, clock, call } = await gated({ instances: { min: 0, idleMs: 10 } }, async (real) => {
      await new Promise<void>((resolve) => starts.push(resolve));
      return await real();
    });
    await clock.advance(10);
    const waiting = failureOf(call("a"));
    await turns();
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    expect((await waiting).code).toBe("pool/closed");
    await turns();
    expect(isClosed).toBe(false);
    starts[0]?.();
    await closed;
    expect(pool.metrics().instances).toMatchObject({ live: 0, started: 2, closed: 2 });
  });

  test("cuts off what waits with pool/closed and what runs with plugin/closed", async () => {
    const { pool, call, clock, gates } = await gated({ instances: { max: 1 } });
    const running = failureOf(call("a"));
    const waiting = failureOf(call("b"));
    await turns();
    await pool.close();
    expect([(await running).code, (await waiting).code]).toEqual(["plugin/closed", "pool/closed"]);
    expect((await failureOf(call("c"))).code).toBe("pool/closed");
    expect(pool.metrics()).toMatchObject({ queued: 0, running: 0, instances: { live: 0, started: 1, closed: 1 } });
    expect([clock.timers.size, gates.calls.length]).toEqual([0, 1]);
    await pool.close();
  });

  test("with drainMs, what waits and runs ends first and new calls are refused", async () => {
    const { pool, gates, call, clock } = await gated({ instances: { max: 1 } });
    const answers = [call("a"), call("b")];
    await turns();
    const closed = pool.close({ drainMs: 1000 });
    expect((await failureOf(call("c"))).code).toBe("pool/closed");
    await gates.openNext();
    await gates.openNext();
    expect(await Promise.all(answers)).toEqual(["a", "b"]);
    await closed;
    expect(pool.metrics().instances.live).toBe(0);
    expect(clock.timers.size).toBe(0);
  });

  test("what is not done after drainMs is cut off", async () => {
    const { pool, call, clock } = await gated({ instances: { max: 1 } });
    const codes = [call("a"), call("b")].map(async (each) => (await failureOf(each)).code);
    await turns();
    const closed = pool.close({ drainMs: 50 });
    await clock.advance(50);
    await closed;
    expect(await Promise.all(codes)).toEqual(["plugin/closed", "pool/closed"]);
  });

  test("from within a host function lets that call end, and ends its instance then", async () => {
    const closing = plugin(`(func (export "run") (result i32) (call $close) (i32.const 0))`, `(import "extism:host/user" "close" (func $close))`);
    const done: Promise<void>[] = [];
    const prepared = await preparePlugin(closing, { functions: { "extism:host/user": { close: () => void done.push(pool.close()) } } });
    const engine = await prepared.start();
    const pool: Pool = new Pool(prepared, parsePoolOptions({}), new HandClock(), [engine]);
    expect((await pool.call("run")).length).toBe(0);
    await Promise.all(done);
    expect(pool.metrics().instances.live).toBe(0);
    expect((await failureOf(engine.reset())).code).toBe("plugin/closed");
  });

  // skipped because pages and Bun do not tell what is open
  test.skipIf(!CAN_COUNT_RESOURCES)("a pool that is open and idle does not keep the process alive, and a closed one leaves nothing", async () => {
    // Timers and what waits for a turn: the rest of what is open is the test runner's.
    const KINDS = ["Timeout", "Immediate"];
    await settleResources(...KINDS);
    const pool = await open(COUNTER, { instances: { min: 0 }, queue: { waitMs: 60_000 } });
    await Promise.all(Array.from({ length: 50 }, () => pool.call("echo", "x")));
    await turns();
    expect(countResources(...KINDS)).toBe(0);
    await pool.close();
    expect(countResources(...KINDS)).toBe(0);
  });
});

// skipped because an engine without JSPI cannot wait for host functions on this thread
describe.skipIf(!CAN_SUSPEND)("host functions that wait", () => {
  const ASK = plugin(`(func (export "run") (result i32) (call $ask) (i32.const 0))`, `(import "extism:host/user" "ask" (func $ask))`);
  async function waiting(options: PoolOptions = {}) {
    const settles: (() => void)[] = [];
    const ask = (): Promise<void> => new Promise((resolve) => settles.push(resolve));
    const pool = await open(ASK, { instances: { max: 3 }, functions: { "extism:host/user": { ask } }, ...options });
    return { pool, settles };
  }

  test("as many calls wait at once as there are instances", async () => {
    const { pool, settles } = await waiting();
    const calls = Array.from({ length: 5 }, () => pool.call("run"));
    await turns(20);
    expect([settles.length, pool.metrics().queued]).toEqual([3, 2]);
    for (let index = 0; index < 5; index += 1) {
      settles[index]?.();
      await turns();
    }
    expect((await Promise.all(calls)).length).toBe(5);
  });

  test("a deadline, a signal and close() each end a call that runs, and the instance serves the next one", async () => {
    const { pool, settles } = await waiting({ instances: { max: 1 } });
    expect((await failureOf(pool.call("run", "", { timeoutMs: 20 }))).code).toBe("call/timeout");
    const controller = new AbortController();
    const aborted = failureOf(pool.call("run", "", { signal: controller.signal }));
    await turns();
    controller.abort();
    expect((await aborted).code).toBe("call/aborted");
    const answered = pool.call("run");
    await turns(10);
    settles.at(-1)?.();
    expect((await answered).length).toBe(0);
    const cut = failureOf(pool.call("run"));
    await turns(10);
    await pool.close();
    expect((await cut).code).toBe("plugin/closed");
  });
});

test("metrics() and events count every call once, by code, with its times", async () => {
  const { pool, gates, clock, events, call } = await gated({ instances: { max: 1 } });
  const first = call("a", { tenant: "t" });
  const second = call("b");
  await turns();
  await clock.advance(30);
  await gates.openNext();
  await clock.advance(2);
  await gates.openNext();
  await Promise.all([first, second]);
  const { waitMs, runMs, calls } = pool.metrics();
  expect(calls).toEqual({ succeeded: 2, failed: 0, refused: 0 });
  expect([waitMs.count, waitMs.sumMs, runMs.count, runMs.sumMs]).toEqual([2, 30, 2, 32]);
  expect(runMs.counts[runMs.boundsMs.indexOf(50)]).toBe(1);
  expect(runMs.counts[runMs.boundsMs.indexOf(2.5)]).toBe(1);
  expect(events.filter((event) => event.type === "call")).toEqual([
    { type: "call", tenant: "t", function: "echo", waitMs: 0, runMs: 30, isRefused: false, code: undefined },
    { type: "call", tenant: undefined, function: "echo", waitMs: 30, runMs: 2, isRefused: false, code: undefined },
  ]);
});

test("an observer that throws fails nothing", async () => {
  const pool = await open(ECHO, { onEvent: () => { throw new Error("observer"); } });
  expect(await text(pool.call("echo", "fine"))).toBe("fine");
});
