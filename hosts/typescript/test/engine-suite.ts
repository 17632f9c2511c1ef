/**
 * What is true of every engine: run with the inline engine, the worker engine, and each way to link the kernel.
 *
 * Longer than 350 lines because it is one list: what is tried elsewhere is not promised of every engine.
 */

import { describe, expect, test } from "vitest";

import { type CallContext, type HostFunction, hostFunction, type LogEntry, type Logger, type Plugin, PluginError, type PluginOptions, type PluginSource } from "../src/mod.ts";
import { countResources, settleResources } from "./resources.ts";
import { ECHO, OUTPUT_H, plugin, wat } from "./wat.ts";

/** Makes a plug-in on the engine under test. */
export type Create = (source: PluginSource, options?: PluginOptions) => Promise<Plugin>;

/** The failure that a promise ends with, or an error if it does not. */
export async function failureOf(run: Promise<unknown>): Promise<PluginError> {
  try {
    await run;
  } catch (error) {
    if (PluginError.is(error)) return error;
    throw error;
  }
  throw new Error("Expected a failure: it succeeded");
}

/** Collects the rejections that nobody handles, until it is stopped. */
function watchRejections(): { stop(): readonly unknown[] } {
  const found: unknown[] = [];
  if (typeof process === "object") {
    const onRejection = (reason: unknown): void => void found.push(reason);
    process.on("unhandledRejection", onRejection);
    return { stop: () => (process.off("unhandledRejection", onRejection), found) };
  }
  const onEvent = ({ reason }: PromiseRejectionEvent): void => void found.push(reason);
  addEventListener("unhandledrejection", onEvent);
  return { stop: () => (removeEventListener("unhandledrejection", onEvent), found) };
}

/** Reads a key from data, looks it up by `lookup`, and outputs what it finds, or `-`. */
const lookupPlugin = (lookup: string): Uint8Array<ArrayBuffer> =>
  plugin(`
    (func (export "run") (result i32) (local $k i64) (local $h i64) (local $i i64)
      (local.set $k (call $alloc (call $input_length)))
      (block $done (loop $copy
        (br_if $done (i64.ge_u (local.get $i) (call $input_length)))
        (call $store_u8 (i64.add (local.get $k) (local.get $i)) (call $load_u8 (i64.add (call $input_offset) (local.get $i))))
        (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $copy)))
      (local.set $h (call $${lookup} (local.get $k)))
      (if (i64.eqz (local.get $h)) (then (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (i32.const 45))))
      ${OUTPUT_H} (i32.const 0))`);

/**
 * Runs the suite.
 *
 * @param name Name of the engine.
 * @param create Makes plug-ins on it.
 * @param canWait Whether host functions may return promises.
 */
export function engineSuite(name: string, create: Create, canWait: boolean): void {
  // skipped because an inline engine without JSPI cannot wait; there `host-function/async` is tested instead
  describe.skipIf(!canWait)(`${name}: host functions that return promises`, () => {
    const ask = plugin(
      `(func (export "run") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${OUTPUT_H} (i32.const 0))
      (func (export "twice") (result i32) (local $h i64)
        (local.set $h (call $ask (call $ask (call $input_offset)))) ${OUTPUT_H} (i32.const 0))
      (func (export "numbers") (result i32) (call $note (i32.const 1) (f64.const 2)) (call $add (i32.const 3) (i32.const 4)))
      (func (export "fine") (result i32) (i32.const 0))`,
      `(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))
       (import "extism:host/user" "add" (func $add (param i32 i32) (result i32)))
       (import "extism:host/user" "note" (func $note (param i32 f64)))`,
    );
    const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
    const functions = (answer: HostFunction): PluginOptions["functions"] & object => ({
      "extism:host/user": {
        ask: answer,
        add: async (_context, a, b) => {
          await later();
          return Number(a) + Number(b);
        },
        note: () => later(),
      },
    });
    const shout = hostFunction({ params: ["text"], result: "text" }, async (_context, text) => {
      await later();
      return `${text}!`;
    });

    test("call() waits for them, each in turn, in both forms", async () => {
      await using sut = await create(ask, { functions: functions(shout) });
      expect((await sut.call("run", "a")).text()).toBe("a!");
      expect((await sut.call("twice", "b")).text()).toBe("b!!");
      expect((await failureOf(sut.call("numbers"))).details).toMatchObject({ returnCode: 7 });
      expect(sut.lastCall?.hostCalls).toBe(2);
    });

    test("any promise will do, and no promise too", async () => {
      // oxlint-disable-next-line unicorn/no-thenable -- a promise of another make is what this is about
      const then = { then: (resolve: (value: bigint) => void): void => resolve(0n) } as unknown as Promise<bigint>;
      for (const answer of [() => Promise.resolve(0n), () => then, () => 0n]) {
        await using sut = await create(ask, { functions: functions(answer) });
        expect((await sut.call("run", "a")).length).toBe(0);
      }
    });

    test("a rejection fails that call with its cause, and the next call works", async () => {
      const reason = new Error("database is down");
      await using sut = await create(ask, { functions: functions(async () => { await later(); throw reason; }) });
      const failure = await failureOf(sut.call("run", "a"));
      expect(failure.code).toBe("call/host-function");
      expect(failure.cause).toMatchObject({ message: reason.message });
      expect((await sut.call("fine")).length).toBe(0);
    });

    const THENABLES: { name: string; run: (resolve: (value: bigint) => void, reject: (cause: Error) => void) => void; code: string | undefined }[] = [
      { name: "throws", run: () => { throw new Error("broken"); }, code: "call/host-function" },
      { name: "settles twice", run: (resolve, reject) => { resolve(0n); reject(new Error("late")); }, code: undefined },
      { name: "settles and throws", run: (resolve) => { resolve(0n); throw new Error("late"); }, code: undefined },
    ];
    test.each(THENABLES)("a promise of another make that $name is taken as the language would", async ({ run, code }) => {
      // oxlint-disable-next-line unicorn/no-thenable -- a promise of another make is what this is about
      await using sut = await create(ask, { functions: functions(() => ({ then: run }) as unknown as Promise<bigint>) });
      const failure = await sut.call("run", "a").then(() => undefined, (error: unknown) => error as PluginError);
      expect(failure?.code).toBe(code);
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("a resolved value of the wrong type fails that call alone", async () => {
      const wrong = hostFunction({ params: ["text"], result: "text" }, async () => 1 as unknown as string);
      await using sut = await create(ask, { functions: functions(wrong) });
      expect((await failureOf(sut.call("run", "a"))).code).toBe("host-function/bad-value");
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("the deadline cuts off a host function that never settles, and the next call works", async () => {
      await using sut = await create(ask, { functions: functions(() => new Promise(() => {})), limits: { timeoutMs: 100 } });
      const failure = await failureOf(sut.call("run", "a"));
      expect(failure.code).toBe("call/timeout");
      expect(failure.details).toEqual({ limitMs: 100 });
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("a signal cuts off a waiting call with its reason", async () => {
      await using sut = await create(ask, { functions: functions(() => new Promise(() => {})) });
      const controller = new AbortController();
      const run = failureOf(sut.call("run", "a", { signal: controller.signal }));
      await later();
      controller.abort(new Error("the client left"));
      const failure = await run;
      expect(failure.code).toBe("call/aborted");
      expect(failure.cause).toMatchObject({ message: "the client left" });
      expect((await failureOf(sut.call("fine", "", { signal: controller.signal }))).code).toBe("call/aborted");
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("close() settles a waiting call", async () => {
      const sut = await create(ask, { functions: functions(() => new Promise(() => {})) });
      const run = failureOf(sut.call("run", "a"));
      await later();
      await sut.close();
      expect((await run).code).toBe("plugin/closed");
    });

    test("a second call while one waits is call/reentrant and leaves the first alone", async () => {
      await using sut = await create(ask, { functions: functions(shout) });
      const first = sut.call("run", "first");
      expect((await failureOf(sut.call("fine"))).code).toBe("call/reentrant");
      expect((await first).text()).toBe("first!");
    });

    test.each(["resolved", "rejected"])("a host function that is %s after the deadline reaches no later call", async (how) => {
      let settle = (): void => {};
      const slow = hostFunction({ params: ["text"], result: "text" }, (_context, text) => {
        if (text !== "slow") return `${text}!`;
        return new Promise<string>((resolve, reject) => {
          settle = () => (how === "resolved" ? resolve("secret of the first tenant") : reject(new Error("late")));
        });
      });
      const unhandled = watchRejections();
      await using sut = await create(ask, { functions: functions(slow), limits: { timeoutMs: 100 } });
      expect((await failureOf(sut.call("twice", "slow"))).code).toBe("call/timeout");
      const next = sut.call("run", "next");
      settle();
      expect((await next).text()).toBe("next!");
      await later();
      await later();
      expect((await sut.call("run", "again")).text()).toBe("again!");
      expect(unhandled.stop()).toEqual([]);
    });

    test("no timer and no listener outlives its call", async () => {
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => { listeners += 1; add(...args); };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => { listeners -= 1; remove(...args); };
      await using sut = await create(ask, { functions: functions(shout) });
      for (let round = 0; round < 20; round += 1) await sut.call("run", "a", { signal });
      expect(listeners).toBe(0);
      await settleResources("Timeout");
      const before = countResources("Timeout");
      await sut.call("run", "a", { signal });
      expect(countResources("Timeout")).toBe(before);
    });
  });

  describe(`${name}: input and output`, () => {
    const INPUTS = [
      { name: "nothing", input: undefined, bytes: 0 },
      { name: "text beyond ASCII", input: "zoë 🦊", bytes: 9 },
      { name: "one byte", input: new Uint8Array([255]), bytes: 1 },
      { name: "a view into a larger buffer", input: new Uint8Array([1, 2, 3, 4]).subarray(1, 3), bytes: 2 },
      { name: "an ArrayBuffer", input: new Uint8Array([1, 2, 3]).buffer, bytes: 3 },
      { name: "16 MiB", input: new Uint8Array(1 << 24).fill(7), bytes: 1 << 24 },
    ];
    test.each(INPUTS)("call() echoes $name", async ({ input, bytes }) => {
      await using echo = await create(ECHO);
      const output = await echo.call("echo", input);
      expect(output.length).toBe(bytes);
      const sent = typeof input === "string" ? new TextEncoder().encode(input) : new Uint8Array(input ?? []);
      expect(Buffer.compare(output.bytes(), sent)).toBe(0);
      expect(echo.lastCall).toMatchObject({ function: "echo", inputBytes: bytes, outputBytes: bytes });
    });

    test("an output turns into its text, so JSON.parse(output) works", async () => {
      await using echo = await create(ECHO);
      const output = await echo.call("echo", '{"a":[1]}');
      const parsed: { a: number[] } = JSON.parse(output);
      expect(parsed).toEqual({ a: [1] });
      expect(String(output)).toBe('{"a":[1]}');
      expect(output.json()).toEqual({ a: [1] });
    });

    test("an output keeps its bytes when later calls write others", async () => {
      await using echo = await create(ECHO);
      const first = await echo.call("echo", "first");
      await echo.call("echo", "other");
      expect(first.text()).toBe("first");
    });

    test("output_set() counts offset and length, and the last one wins", async () => {
      const range = plugin(`(func (export "run")
        (call $output_set (call $input_offset) (i64.const 1))
        (call $output_set (i64.add (call $input_offset) (i64.const 2)) (i64.const 3)))`);
      await using sut = await create(range);
      expect((await sut.call("run", "abcdefgh")).text()).toBe("cde");
    });

    test("output_set() of a range outside the blocks fails the call and not the host", async () => {
      const wild = plugin(`(func (export "run") (result i32) (call $output_set (i64.const -16) (i64.const 64)) (i32.const 0))
        (func (export "fine") (result i32) (i32.const 0))`);
      await using sut = await create(wild);
      expect((await failureOf(sut.call("run", "abc"))).code).toBe("memory/out-of-bounds");
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("blocks of one call are gone in the next", async () => {
      const keeper = plugin(`(global $h (mut i64) (i64.const 0))
        (func (export "keep") (result i32) (global.set $h (call $alloc (i64.const 100000)))
          (call $store_u64 (global.get $h) (i64.const 0x4142434445464748)) (i32.const 0))
        (func (export "peek") (result i32) (local $h i64)
          (local.set $h (call $alloc (i64.const 16)))
          (call $store_u64 (local.get $h) (call $length (global.get $h)))
          (call $store_u64 (i64.add (local.get $h) (i64.const 8)) (call $load_u64 (global.get $h)))
          ${OUTPUT_H} (i32.const 0))`);
      await using sut = await create(keeper);
      await sut.call("keep");
      const output = (await sut.call("peek")).bytes();
      // The new block may stand where the old one stood; then its own bytes are read.
      expect([0n, 16n]).toContain(new DataView(output.buffer).getBigUint64(0, true));
      expect(Buffer.from(output).includes("HGFEDCBA")).toBe(false);
    });
  });

  describe(`${name}: results and failures`, () => {
    const failing = plugin(`
      (data (i32.const 0) "oops")
      (func $text (result i64) (local $h i64)
        (local.set $h (call $alloc (i64.const 4)))
        (call $store_u8 (local.get $h) (i32.const 111)) (call $store_u8 (i64.add (local.get $h) (i64.const 1)) (i32.const 111))
        (call $store_u8 (i64.add (local.get $h) (i64.const 2)) (i32.const 112)) (call $store_u8 (i64.add (local.get $h) (i64.const 3)) (i32.const 255))
        (local.get $h))
      (func (export "text") (result i32) (call $error_set (call $text)) (i32.const 1))
      (func (export "text_zero") (result i32) (call $error_set (call $text)) (i32.const 0))
      (func (export "wild") (result i32) (call $error_set (i64.const 12345)) (i32.const 0))
      (func (export "cleared") (result i32) (call $error_set (call $text)) (call $error_set (i64.const 0)) (i32.const 0))
      (func (export "code") (result i32) (i32.const 7))
      (func $inner unreachable)
      (func $outer (export "trap") (result i32) (call $inner) (i32.const 0))
      (func (export "bounds") (result i32) (i32.load (i32.const -4)))
      (func (export "divide") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))
      (table 1 funcref)
      (func (export "null") (result i32) (call_indirect (i32.const 0)) (i32.const 0))
      (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
      (func (export "none"))
      (func (export "fine") (result i32) (i32.const 0))
      (func (export "takes") (param i32) (result i32) (local.get 0))
      (func (export "wide") (result i64) (i64.const 0))`);
    const CASES = [
      { name: "text", code: "call/failed", details: { returnCode: 1, text: "oop\uFFFD" } },
      { name: "text_zero", code: "call/failed", details: { returnCode: 0, text: "oop\uFFFD" } },
      { name: "wild", code: "call/failed", details: { returnCode: 0, text: "" } },
      { name: "code", code: "call/failed", details: { returnCode: 7, text: "" } },
      { name: "trap", code: "call/trap", details: { kind: "unreachable" } },
      { name: "bounds", code: "call/trap", details: { kind: "memory-out-of-bounds" } },
      { name: "divide", code: "call/trap", details: { kind: "integer-divide-by-zero" } },
      { name: "null", code: "call/trap", details: { kind: "indirect-call" } },
      { name: "deep", code: "call/stack-overflow", details: {} },
      { name: "missing", code: "function/not-found", details: { name: "missing" } },
      { name: "toString", code: "function/not-found", details: { name: "toString" } },
      { name: "memory", code: "function/not-found", details: { name: "memory" } },
      { name: "takes", code: "function/not-callable", details: { name: "takes" } },
      { name: "wide", code: "function/not-callable", details: { name: "wide" } },
    ];
    test.each(CASES)("calling $name fails with $code, and the next call works", async ({ name: called, code, details }) => {
      await using sut = await create(failing, { name: "shop" });
      const failure = await failureOf(sut.call(called));
      expect(failure.code).toBe(code);
      expect(failure.details).toMatchObject(details);
      expect(failure).toMatchObject({ plugin: "shop", function: called });
      expect((await sut.call("fine")).length).toBe(0);
      expect((await sut.call("none")).length).toBe(0);
      expect((await sut.call("cleared")).length).toBe(0);
    });

    test("a trap carries the plug-in's own stack with function names", async () => {
      await using sut = await create(failing);
      const failure = await failureOf(sut.call("trap"));
      expect(failure.guestStack.slice(0, 2)).toEqual(["inner", "outer"]);
      expect(failure.cause).toBeDefined();
    });

    test("functions lists what can be called, and nothing else", async () => {
      await using sut = await create(failing);
      expect(sut.functions).toContain("fine");
      expect(sut.functions).not.toContain("memory");
      expect(sut.functions).not.toContain("takes");
      expect(sut.functions).not.toContain("wide");
      expect(sut.hasFunction("none")).toBe(true);
    });
  });

  describe(`${name}: life of an instance`, () => {
    const counter = plugin(`(global $n (mut i32) (i32.const 48))
      (func $show (result i32) (local $h i64)
        (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (global.get $n)) ${OUTPUT_H} (i32.const 0))
      (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $show))
      (func (export "fail") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.const 1))
      (func (export "trap") (result i32) unreachable)`);

    test("state lives from call to call, also after a reported failure, and is new after a trap and after reset()", async () => {
      await using sut = await create(counter);
      const count = async (): Promise<string> => (await sut.call("count")).text();
      expect([await count(), await count()]).toEqual(["1", "2"]);
      await failureOf(sut.call("fail"));
      expect(await count()).toBe("4");
      await failureOf(sut.call("trap"));
      expect(await count()).toBe("1");
      await sut.reset();
      expect(await count()).toBe("1");
    });

    test("two plug-ins of one source share nothing", async () => {
      await using one = await create(counter);
      await using two = await create(counter);
      await one.call("count");
      expect((await two.call("count")).text()).toBe("1");
    });

    const STARTS = [
      { name: "hs_init after _initialize", exports: ["_initialize", "hs_init", "__wasm_call_ctors"], order: "ih" },
      { name: "__wasm_call_ctors before _initialize", exports: ["_initialize", "__wasm_call_ctors"], order: "c" },
      { name: "_initialize alone", exports: ["_initialize"], order: "i" },
      { name: "hs_init alone", exports: ["hs_init"], order: "h" },
      { name: "none", exports: [], order: "" },
    ];
    test.each(STARTS)("start-up runs once per instance: $name", async ({ exports, order }) => {
      const letters: Record<string, number> = { _initialize: 105, hs_init: 104, __wasm_call_ctors: 99 };
      const functions = exports.map((each) => `(func (export "${each}")
        (i32.store8 (global.get $n) (i32.const ${letters[each]})) (global.set $n (i32.add (global.get $n) (i32.const 1))))`);
      const source = plugin(`(global $n (mut i32) (i32.const 0)) ${functions.join("\n")}
        (func (export "order") (result i32) (local $h i64)
          (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (i64.load (i32.const 0)))
          (call $output_set (local.get $h) (i64.extend_i32_u (global.get $n))) (i32.const 0))`);
      await using sut = await create(source);
      expect((await sut.call("order")).text()).toBe(order);
      expect((await sut.call("order")).text()).toBe(order);
      expect(sut.functions).toEqual(["order"]);
    });

    test("a start function that traps is start/failed", async () => {
      const failure = await failureOf(create(wat(`(module (func $boom unreachable) (start $boom))`), { name: "shop" }));
      expect(failure.code).toBe("start/failed");
      expect(failure.plugin).toBe("shop");
      expect(failure.guestStack).toContain("boom");
    });

    test.each([
      { name: "start function", source: "(module (func $spin (loop $l (br $l))) (start $spin))" },
      { name: "constructor", source: '(module (func (export "_initialize") (loop $l (br $l))))' },
    ])("a $name that takes too long is call/timeout, and the message says what was stopped", async ({ source }) => {
      const failure = await failureOf(create(wat(source), { name: "shop", limits: { timeoutMs: 20 } }));
      expect([failure.code, failure.message]).toEqual(["call/timeout", 'Cannot start the plug-in "shop": it took longer than 20 ms']);
    });

    test("a host function that fails at the start is call/host-function, and the message says what was stopped", async () => {
      const asks = wat('(module (import "extism:host/user" "ask" (func $ask)) (func (export "_initialize") (call $ask)))');
      const ask = (): never => {
        throw new TypeError("no answer");
      };
      const failure = await failureOf(create(asks, { name: "shop", functions: { "extism:host/user": { ask } } }));
      expect([failure.code, failure.message]).toEqual(["call/host-function", 'Cannot start the plug-in "shop": the host function "extism:host/user.ask" failed: no answer']);
    });

    test("a plug-in that catches its own exit has exited all the same", async () => {
      const stubborn = wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
        (func (export "run") (try (do (call $exit (i32.const 3))) (catch_all))) (func (export "fine")))`);
      await using sut = await create(stubborn);
      expect((await failureOf(sut.call("run"))).details).toEqual({ exitCode: 3 });
      expect((await sut.call("fine")).length).toBe(0);
    });

    const OPTIONS = [
      { name: "timeoutMs: NaN", options: { timeoutMs: Number.NaN }, error: RangeError },
      { name: "timeoutMs: -5", options: { timeoutMs: -5 }, error: RangeError },
      { name: "timeoutMs as text", options: { timeoutMs: "5" as unknown as number }, error: RangeError },
      { name: "an unknown name", options: { timeoutMS: 5 } as object, error: TypeError },
      { name: "a signal that is none", options: { signal: "stop" as unknown as AbortSignal }, error: TypeError },
    ];
    test.each(OPTIONS)("call() refuses $name as the caller's mistake", async ({ options, error }) => {
      await using sut = await create(ECHO);
      await expect(sut.call("echo", "a", options)).rejects.toBeInstanceOf(error);
      expect((await sut.call("echo", "b")).text()).toBe("b");
    });

    test("calls after close() fail, closing twice is safe", async () => {
      const sut = await create(ECHO);
      await sut.close();
      await sut.close();
      expect((await failureOf(sut.call("echo"))).code).toBe("plugin/closed");
      expect((await failureOf(sut.reset())).code).toBe("plugin/closed");
    });

    test("a WASI command's _start runs anew at each call", async () => {
      const command = wat(`(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
        (import "extism:host/env" "input_length" (func $input_length (result i64)))
        (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
        (memory (export "memory") 1) (global $ran (mut i32) (i32.const 0))
        (func (export "_start") (if (global.get $ran) (then unreachable)) (global.set $ran (i32.const 1))
          (call $output_set (call $input_offset) (call $input_length))
          (call $exit (i32.wrap_i64 (i64.sub (call $input_length) (i64.const 3)))))
      )`);
      await using sut = await create(command);
      expect((await sut.call("_start", "abc")).text()).toBe("abc");
      expect((await sut.call("_start", "xyz")).text()).toBe("xyz");
      const failure = await failureOf(sut.call("_start", "four"));
      expect(failure.code).toBe("call/exit");
      expect(failure.details).toEqual({ exitCode: 1 });
      expect((await sut.call("_start", "abc")).text()).toBe("abc");
    });
  });

  describe(`${name}: configuration, variables, logs`, () => {
    test.each(["constructor", "__proto__", "toString", "missing", ""])('config_get("%s") finds only what is configured', async (key) => {
      await using sut = await create(lookupPlugin("config_get"), { config: { set: "value" } });
      expect((await sut.call("run", key)).text()).toBe("-");
      expect((await sut.call("run", "set")).text()).toBe("value");
    });

    test("config may be a Map, and overrides the manifest's", async () => {
      const manifest = { wasm: [{ data: lookupPlugin("config_get") }], config: { a: "manifest", b: "manifest" } };
      await using sut = await create(manifest, { config: new Map([["b", "options"]]) });
      expect([(await sut.call("run", "a")).text(), (await sut.call("run", "b")).text()]).toEqual(["manifest", "options"]);
    });

    const vars = plugin(`
      (func $name (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (i32.const 97)) (local.get $h))
      (func $copy (result i64) (local $h i64) (local $i i64)
        (local.set $h (call $alloc (call $input_length)))
        (block $done (loop $next (br_if $done (i64.ge_u (local.get $i) (call $input_length)))
          (call $store_u8 (i64.add (local.get $h) (local.get $i)) (call $load_u8 (i64.add (call $input_offset) (local.get $i))))
          (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $next)))
        (local.get $h))
      (func (export "set") (result i32) (call $var_set (call $name) (call $copy)) (i32.const 0))
      (func (export "delete") (result i32) (call $var_set (call $name) (i64.const 0)) (i32.const 0))
      (func (export "freed") (result i32) (local $k i64) (local $v i64)
        (local.set $k (call $name)) (local.set $v (call $copy)) (call $var_set (local.get $k) (local.get $v))
        (i32.wrap_i64 (i64.add (call $length (local.get $k)) (call $length (local.get $v)))))
      (func (export "trap") (result i32) (call $var_set (call $name) (call $copy)) unreachable)
      (func (export "get") (result i32) (local $h i64) (local.set $h (call $var_get (call $name))) ${OUTPUT_H} (i32.const 0))
      (func (export "scribble") (result i32) (local $h i64) (local.set $h (call $var_get (call $name)))
        (call $store_u8 (local.get $h) (i32.const 33)) ${OUTPUT_H} (i32.const 0))`);

    test("variables live until reset(), also over a trap, and reads are copies", async () => {
      await using sut = await create(vars);
      const get = async (): Promise<string> => (await sut.call("get")).text();
      expect(await get()).toBe("");
      await sut.call("set", "one");
      expect((await sut.call("scribble")).text()).toBe("!ne");
      expect(await get()).toBe("one");
      await failureOf(sut.call("trap", "two"));
      expect(await get()).toBe("two");
      await sut.call("delete");
      expect(await get()).toBe("");
      await sut.call("set", "three");
      await sut.reset();
      expect(await get()).toBe("");
    });

    test("var_set() frees the blocks of the name and the value", async () => {
      await using sut = await create(vars);
      await sut.call("freed", "value");
      expect((await sut.call("get")).text()).toBe("value");
    });

    test("a variable over the budget fails the call and the old value stays", async () => {
      await using sut = await create(vars, { limits: { varBytes: 4 } });
      await sut.call("set", "abc");
      expect((await failureOf(sut.call("set", "abcd"))).code).toBe("vars/over-budget");
      expect((await sut.call("get")).text()).toBe("abc");
    });

    test("a budget of 0 turns variables off", async () => {
      await using sut = await create({ wasm: [{ data: vars }], memory: { max_var_bytes: 0 } } as PluginSource);
      expect((await failureOf(sut.call("set", "a"))).code).toBe("vars/disabled");
      expect((await sut.call("get")).text()).toBe("");
    });

    const logging = plugin(`(func (export "log") (result i32) (call $log_info (call $input_offset)) (i32.const 0))
      (func (export "many") (result i32) (local $i i32) (local $h i64) (loop $next
        (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (i64.const 0x4141414141414141))
        (call $log_info (local.get $h)) (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 100)))) (i32.const 0))
      (func (export "empty") (result i32) (local $i i32) (loop $next (call $log_info (i64.const 0))
        (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $next (i32.lt_u (local.get $i) (i32.const 1000)))) (i32.const 0))
      (func (export "wild") (result i32) (call $log_info (i64.const 987654)) (i32.const 0))
      (func (export "level") (result i32) (call $get_log_level))`);

    test("logs carry level, plug-in and function; what is no UTF-8 is replaced", async () => {
      const entries: LogEntry[] = [];
      await using sut = await create(logging, { name: "shop", logger: (entry) => entries.push(entry) });
      await sut.call("log", new Uint8Array([104, 105, 255]));
      expect(entries).toEqual([{ level: "info", text: "hi\uFFFD", plugin: "shop", function: "log", source: "log" }]);
    });

    test("a logger whose promise is rejected fails the call it was for, if that still runs, and nothing else", async () => {
      await using sut = await create(logging, { logger: (() => Promise.reject(new Error("disk full"))) as unknown as Logger });
      const failure = await sut.call("log", "x").then(() => undefined, (error: unknown) => error as PluginError);
      expect([undefined, "call/host-function"]).toContain(failure?.code);
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await failureOf(sut.call("level"))).details).toMatchObject({ returnCode: 2 });
    });

    test("logs below the level are dropped, and the plug-in can ask for the level", async () => {
      const entries: LogEntry[] = [];
      await using sut = await create(logging, { logger: (entry) => entries.push(entry), logLevel: "warn" });
      await sut.call("log", "no");
      expect(entries).toEqual([]);
      expect((await failureOf(sut.call("level"))).details).toMatchObject({ returnCode: 3 });
      await using silent = await create(logging);
      expect((await failureOf(silent.call("level"))).details).toMatchObject({ returnCode: 2147483647 });
    });

    test("logBytes bounds what one call logs", async () => {
      const entries: LogEntry[] = [];
      await using sut = await create(logging, { logger: (entry) => entries.push(entry), limits: { logBytes: 25 } });
      await sut.call("many", "0123456789");
      expect(entries.length).toBeLessThan(5);
      entries.length = 0;
      await sut.call("log", "again");
      expect(entries.map((entry) => entry.text)).toEqual(["again"]);
    });

    test("logBytes counts UTF-8 and each entry, so that neither letters of several bytes nor empty texts are free", async () => {
      const entries: LogEntry[] = [];
      await using sut = await create(logging, { logger: (entry) => entries.push(entry), limits: { logBytes: 100 } });
      await sut.call("log", "ü".repeat(200));
      expect(new TextEncoder().encode(entries[0]?.text.replace(/….*/, "")).length).toBeLessThanOrEqual(102);
      entries.length = 0;
      await sut.call("empty");
      expect(entries.length).toBeLessThan(5);
    });

    test("a forged handle given to a log function fails that call alone", async () => {
      await using sut = await create(logging, { logger: () => {} });
      expect((await failureOf(sut.call("wild"))).code).toBe("memory/bad-handle");
      await sut.call("log", "fine");
    });
  });

  describe(`${name}: host functions`, () => {
    const NUMBERS = `(import "extism:host/user" "all" (func $all (param i32 i64 f32 f64 i32 i64 f32) (result f64)))`;
    const numbers = wat(`(module ${NUMBERS} (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
      (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64))) (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
      (func (export "run") (result i32) (local $h i64) (local.set $h (call $alloc (i64.const 8)))
        (call $store_u64 (local.get $h) (i64.reinterpret_f64 (call $all (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const 1e300) (i32.const 5) (i64.const 6) (f32.const 7))))
        (call $output_set (local.get $h) (i64.const 8)) (i32.const 0)))`);

    test("the low form gets raw numbers of every type, in any number", async () => {
      const seen: unknown[] = [];
      const all = (_context: CallContext, ...values: (number | bigint)[]): number => {
        seen.push(...values);
        return 2.5;
      };
      await using sut = await create(numbers, { functions: { "extism:host/user": { all } } });
      const output = (await sut.call("run")).bytes();
      expect(seen).toEqual([-1, -2n, 0.5, 1e300, 5, 6n, 7]);
      expect(new DataView(output.buffer).getFloat64(0, true)).toBe(2.5);
      expect(sut.lastCall?.hostCalls).toBe(1);
    });

    const ask = plugin(`
      (func (export "run") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${OUTPUT_H} (i32.const 0))
      (func (export "wild") (result i32) (drop (call $ask (i64.const 4242))) (i32.const 0))
      (func (export "fine") (result i32) (i32.const 0))`, `(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))`);
    const withAsk = (body: PluginOptions["functions"]): PluginOptions => ({ functions: body ?? {} });

    test("the comfortable form takes and returns text, bytes and JSON", async () => {
      const FORMS = [
        { name: "text", ask: hostFunction({ params: ["text"], result: "text" }, (_context, text) => text.toUpperCase()), input: "zoë", output: "ZOË" },
        { name: "bytes", ask: hostFunction({ params: ["bytes"], result: "bytes" }, (_context, bytes) => bytes.reverse()), input: "abc", output: "cba" },
        { name: "json", ask: hostFunction({ params: ["json"], result: "json" }, (_context, value) => ({ value })), input: "[1]", output: '{"value":[1]}' },
        { name: "nothing", ask: hostFunction({ params: ["text"], result: "text" }, () => undefined), input: "a", output: "" },
      ];
      for (const form of FORMS) {
        await using sut = await create(ask, withAsk({ "extism:host/user": { ask: form.ask } }));
        expect((await sut.call("run", form.input)).text(), form.name).toBe(form.output);
      }
    });

    test("the low form reads and stores blocks through its context, and sees the host context", async () => {
      const options = withAsk({
        "extism:host/user": {
          ask: (context, handle) => context.store(`${context.text(handle as bigint)}/${context.hostContext<{ tenant: string }>().tenant}/${context.plugin}/${context.function}`),
        },
      });
      await using sut = await create(ask, { ...options, name: "shop" });
      expect((await sut.call("run", "a", { hostContext: { tenant: "t1" } })).text()).toBe("a/t1/shop/run");
      expect((await sut.call("run", "b", { hostContext: { tenant: "t2" } })).text()).toBe("b/t2/shop/run");
    });

    test("plug-ins that share one object of functions share no call, and leave it as it is", async () => {
      const who = hostFunction({ params: ["text"], result: "text" }, (context, text) => `${text} of ${context.plugin} for ${context.hostContext<string>()}`);
      const user = Object.freeze({ ask: who });
      const options = Object.freeze(withAsk(Object.freeze({ "extism:host/user": user })));
      await using one = await create(ask, { ...options, name: "one" });
      await using other = await create(ask, { ...options, name: "other" });
      const outputs = await Promise.all([one.call("run", "a", { hostContext: "ann" }), other.call("run", "b", { hostContext: "bob" })]);
      expect(outputs.map(String)).toEqual(["a of one for ann", "b of other for bob"]);
      await other.close();
      expect((await one.call("run", "c", { hostContext: "cid" })).text()).toBe("c of one for cid");
      expect(Object.entries(user)).toEqual([["ask", who]]);
    });

    test("a host function that throws fails that call with its cause and harms nothing else", async () => {
      const thrown = new Error("database is down");
      const options = withAsk({ "extism:host/user": { ask: () => { throw thrown; } } });
      await using sut = await create(ask, options);
      const failure = await failureOf(sut.call("run", "a"));
      expect(failure.code).toBe("call/host-function");
      expect(failure.details).toEqual({ namespace: "extism:host/user", name: "ask" });
      expect(failure.cause).toMatchObject({ message: "database is down" });
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("a host function that throws what has no text fails that call as any other does", async () => {
      const options = withAsk({ "extism:host/user": { ask: () => { throw Object.create(null); } } });
      await using sut = await create(ask, options);
      expect((await failureOf(sut.call("run", "a"))).code).toBe("call/host-function");
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("a result that throws when it is looked at fails that call", async () => {
      const cause = new Error("no such property");
      // oxlint-disable-next-line unicorn/no-thenable -- what asks for it is the host
      await using sut = await create(ask, withAsk({ "extism:host/user": { ask: () => ({ get then() { throw cause; } }) as never } }));
      const failure = await failureOf(sut.call("run", "x"));
      expect(failure.code).toBe("call/host-function");
      expect(failure.cause).toMatchObject({ message: cause.message });
    });

    const BAD_VALUES = [
      { name: "a forged handle", called: "wild", ask: hostFunction({ params: ["text"], result: "text" }, (_context, text) => text), code: "memory/bad-handle" },
      { name: "text that is no JSON", called: "run", ask: hostFunction({ params: ["json"], result: "text" }, () => ""), code: "host-function/bad-value" },
      { name: "a result of another type", called: "run", ask: hostFunction({ params: ["text"], result: "text" }, () => 1 as unknown as string), code: "host-function/bad-value" },
      { name: "text from the low form", called: "run", ask: (() => "text") as never, code: "host-function/bad-value" },
      { name: "half a number as i64", called: "run", ask: () => 0.5, code: "host-function/bad-value" },
    ];
    test.each(BAD_VALUES)("$name fails that call alone with $code", async ({ called, ask: bad, code }) => {
      await using sut = await create(ask, withAsk({ "extism:host/user": { ask: bad } }));
      expect((await failureOf(sut.call(called, "x"))).code).toBe(code);
      expect((await sut.call("fine")).length).toBe(0);
    });

    test("a context kept beyond its call reads nothing of the next", async () => {
      let kept: CallContext | undefined;
      let handle = 0n;
      const options = withAsk({
        "extism:host/user": {
          ask: (context, value) => {
            if (kept === undefined) {
              kept = context;
              handle = value as bigint;
            }
            return 0n;
          },
        },
      });
      await using sut = await create(ask, options);
      await sut.call("run", "first");
      expect(() => kept?.text(handle)).toThrow(PluginError);
      await sut.call("run", "secret");
      expect(() => kept?.text(handle)).toThrow(PluginError);
      expect(() => kept?.store("x")).toThrow(PluginError);
    });

    test("calling the plug-in from its own host function is call/reentrant, and the outer call goes on", async () => {
      const codes: unknown[] = [];
      const holder: { plugin?: Plugin } = {};
      const options = withAsk({
        "extism:host/user": {
          ask: (_context, handle) => {
            try {
              holder.plugin?.callSync("fine");
            } catch (error) {
              codes.push((error as PluginError).code);
            }
            return handle;
          },
        },
      });
      await using sut = await create(ask, options);
      holder.plugin = sut;
      expect((await sut.call("run", "still here")).text()).toBe("still here");
      expect(codes).toEqual(["call/reentrant"]);
    });

    test("functions of env are looked for in extism:host/user too", async () => {
      const old = wat(`(module (import "env" "give" (func $give (result i32))) (func (export "run") (result i32) (call $give)))`);
      await using sut = await create(old, { functions: { "extism:host/user": { give: () => 9 } } });
      expect((await failureOf(sut.call("run"))).details).toMatchObject({ returnCode: 9 });
    });

    const REFUSED = [
      { name: "a function reference", text: `(import "extism:host/user" "ask" (func (param funcref)))` },
      { name: "one name with two types", text: `(import "extism:host/user" "ask" (func (param i32))) (import "extism:host/user" "ask" (func (param i64)))` },
    ];
    test.each(REFUSED)("an import of $name is link/mismatch", async ({ text }) => {
      const failure = await failureOf(create(wat(`(module ${text})`), withAsk({ "extism:host/user": { ask: () => 0 } })));
      expect(failure.code).toBe("link/mismatch");
    });

    test("imports whose names differ only in where a line breaks are two", async () => {
      const both = wat(`(module (import "a" "b\\0ac" (func $first (result i32))) (import "a\\0ab" "c" (func $second (param i32) (result i32)))
        (func (export "run") (result i32) (call $second (call $first))))`);
      await using sut = await create(both, { functions: { a: { "b\nc": () => 4 }, "a\nb": { c: (_context, n) => Number(n) + 3 } } });
      expect((await failureOf(sut.call("run"))).details).toMatchObject({ returnCode: 7 });
    });

    test("what catches a host function's exception does not hide the failure", async () => {
      const catching = wat(`(module (import "extism:host/user" "ask" (func $ask (result i32)))
        (func (export "run") (result i32) (try (result i32) (do (call $ask)) (catch_all (i32.const 0)))))`);
      await using sut = await create(catching, withAsk({ "extism:host/user": { ask: () => { throw new Error("no"); } } }));
      expect((await failureOf(sut.call("run"))).code).toBe("call/host-function");
    });
  });

  describe(`${name}: what a host function does with blocks`, () => {
    const asking = plugin(
      `(func (export "run") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${OUTPUT_H} (i32.const 0))
       (func (export "clear") (result i32) (drop (call $ask (call $input_offset))) (call $error_set (i64.const 0)) (i32.const 0))
       (func (export "nothing"))
       (func (export "empty") (call $output_set (i64.const 0) (i64.const 0)))
       (func (export "empty_block") (call $output_set (call $input_offset) (i64.const 0)))`,
      '(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))',
    );
    const ask = (run: (context: CallContext, handle: bigint) => bigint): PluginOptions => ({ functions: { "extism:host/user": { ask: (context, handle) => run(context, handle as bigint) } } });

    test("alloc() and write() make a block, length() measures it", async () => {
      const lengths: number[] = [];
      await using sut = await create(asking, ask((context, handle) => {
        const made = context.alloc(4);
        context.write(made, new Uint8Array([104, 105]));
        lengths.push(context.length(handle), context.length(made), context.length(made + 1n), context.length(0n));
        return made;
      }));
      expect((await sut.call("run", "input")).text()).toBe("hi\0\0");
      expect(lengths).toEqual([5, 4, 0, 0]);
    });

    test("write() refuses what does not fit, and what is no block", async () => {
      await using sut = await create(asking, ask((context, handle) => {
        expect(() => context.write(handle, new Uint8Array(6))).toThrow(RangeError);
        expect(() => context.write(handle + 1n, new Uint8Array(1))).toThrow(PluginError);
        return handle;
      }));
      expect((await sut.call("run", "input")).text()).toBe("input");
    });

    test("alloc() gives 0 where there is no room", async () => {
      const handles: bigint[] = [];
      await using sut = await create(asking, { ...ask((context, handle) => {
        handles.push(context.alloc(10_000_000), context.alloc(0));
        return handle;
      }), limits: { memoryPages: 4 } });
      await sut.call("run", "input");
      expect(handles).toEqual([0n, 0n]);
    });

    test("setError() fails the call, unless the plug-in clears it", async () => {
      await using sut = await create(asking, ask((context, handle) => {
        context.setError("from the host");
        return handle;
      }));
      expect((await failureOf(sut.call("run", "a"))).details).toEqual({ returnCode: 0, text: "from the host" });
      expect((await sut.call("clear", "a")).isSet).toBe(false);
      await using taking = await create(asking, ask((context, handle) => {
        context.setError("from the host");
        context.setError(undefined);
        return handle;
      }));
      expect((await taking.call("run", "a")).text()).toBe("a");
    });

    test("an output that was set and one that was not are told apart, call for call", async () => {
      await using sut = await create(asking, ask((_context, handle) => handle));
      const seen: [string, boolean][] = [];
      for (const each of ["nothing", "empty", "nothing", "empty_block", "nothing", "run"]) seen.push([each, (await sut.call(each, "a")).isSet]);
      expect(seen).toEqual([["nothing", false], ["empty", true], ["nothing", false], ["empty_block", true], ["nothing", false], ["run", true]]);
    });

    test("logLevel tells the level, and changes it for host functions", async () => {
      const texts: string[] = [];
      await using sut = await create(asking, { ...ask((context, handle) => {
        context.log("info", `at ${context.logLevel}`);
        context.logLevel = "info";
        context.log("info", `at ${context.logLevel}`);
        return handle;
      }), logger: ({ text }) => texts.push(text), logLevel: "error" });
      await sut.call("run", "a");
      expect(texts).toEqual(["at info"]);
    });
  });

  describe(`${name}: linking`, () => {
    const MISSING = [
      { name: "a host function", import: `(import "extism:host/user" "nope" (func))`, details: { namespace: "extism:host/user", name: "nope", kind: "function" } },
      { name: "an ABI function that is none", import: `(import "extism:host/env" "call_begin" (func))`, details: { namespace: "extism:host/env", name: "call_begin" } },
      { name: "a WASI function that is none", import: `(import "wasi_snapshot_preview1" "constructor" (func))`, details: { name: "constructor" } },
      { name: "a method of Object", import: `(import "extism:host/user" "toString" (func))`, details: { name: "toString" } },
      { name: "a memory", import: `(import "env" "memory" (memory 1))`, details: { namespace: "env", name: "memory", kind: "memory" } },
    ];
    test.each(MISSING)("a missing import is named: $name", async ({ import: text, details }) => {
      const failure = await failureOf(create(wat(`(module ${text})`), { functions: { "extism:host/user": { other: () => 0 } } }));
      expect(failure.code).toBe("link/missing-import");
      expect(failure.details).toMatchObject(details);
    });

    const main = wat(`(module (import "side" "seven" (func $seven (result i32))) (import "side" "shared" (memory 1)) (import "side" "g" (global $g i32)) (import "side" "t" (table 1 funcref))
      (func (export "run") (result i32) (i32.add (i32.add (call $seven) (global.get $g)) (i32.add (i32.load (i32.const 8)) (call_indirect (result i32) (i32.const 0))))))`);
    const side = wat(`(module (memory (export "shared") 1) (global (export "g") i32 (i32.const 100)) (table (export "t") funcref (elem $seven))
      (func $seven (export "seven") (result i32) (i32.const 7)) (func (export "_start") (i32.store (i32.const 8) (i32.const 1000))))`);

    test("functions, memories, tables and globals link by name; a command among the side modules runs", async () => {
      await using sut = await create({ wasm: [{ data: side, name: "side" }, { data: main, name: "main" }] });
      expect((await failureOf(sut.call("run"))).details).toMatchObject({ returnCode: 1114 });
    });

    test("the main module is the one named main, else the last", async () => {
      await using named = await create({ wasm: [{ data: main, name: "main" }, { data: side, name: "side" }] });
      expect(named.functions).toEqual(["run"]);
      await using last = await create({ wasm: [{ data: main, name: "other" }, { data: side, name: "side" }] });
      expect(last.functions).toContain("seven");
    });

    test("two functions from one circular partner link", async () => {
      const a = wat(`(module (import "b" "two" (func $two (result i32))) (import "b" "three" (func $three (result i32)))
        (func (export "one") (result i32) (i32.const 1)) (func (export "run") (result i32) (i32.add (call $two) (call $three))))`);
      const b = wat(`(module (import "main" "one" (func $one (result i32)))
        (func (export "two") (result i32) (i32.mul (call $one) (i32.const 2))) (func (export "three") (result i32) (i32.mul (call $one) (i32.const 3))))`);
      await using sut = await create({ wasm: [{ data: b, name: "b" }, { data: a, name: "main" }] });
      expect((await failureOf(sut.call("run"))).details).toMatchObject({ returnCode: 5 });
    });

    test("a circle of memories is link/circular", async () => {
      const a = wat(`(module (import "b" "m" (memory 1)) (func (export "run")))`);
      const b = wat(`(module (import "main" "run" (func)) (import "main" "x" (global i32)) (memory (export "m") 1))`);
      const withGlobal = wat(`(module (import "b" "m" (memory 1)) (global (export "x") i32 (i32.const 1)) (func (export "run")))`);
      expect((await failureOf(create({ wasm: [{ data: b, name: "b" }, { data: a, name: "main" }] }))).code).toBe("link/missing-import");
      expect((await failureOf(create({ wasm: [{ data: b, name: "b" }, { data: withGlobal, name: "main" }] }))).code).toBe("link/circular");
    });

    test("an import of another type is link/mismatch", async () => {
      const wrong = wat(`(module (import "side" "seven" (func (param i32))))`);
      expect((await failureOf(create({ wasm: [{ data: side, name: "side" }, { data: wrong, name: "main" }] }))).code).toBe("link/mismatch");
      const kind = wat(`(module (import "side" "shared" (func)))`);
      expect((await failureOf(create({ wasm: [{ data: side, name: "side" }, { data: kind, name: "main" }] }))).code).toBe("link/mismatch");
    });
  });

  describe(`${name}: sources`, () => {
    const text = JSON.stringify({ wasm: [{ data: Buffer.from(ECHO).toString("base64") }] });
    const SOURCES: { name: string; source: () => PluginSource }[] = [
      { name: "bytes", source: () => ECHO },
      { name: "a view into a larger buffer", source: () => Uint8Array.from([0, 0, ...ECHO, 0]).subarray(2, ECHO.length + 2) },
      { name: "an ArrayBuffer", source: () => ECHO.slice().buffer },
      { name: "a Buffer from Node's pool", source: () => Buffer.from(ECHO) },
      { name: "a data: URL", source: () => new URL(`data:application/wasm;base64,${Buffer.from(ECHO).toString("base64")}`) },
      { name: "a Response", source: () => new Response(ECHO) },
      { name: "a Response with a manifest", source: () => new Response(text) },
      { name: "a manifest object", source: () => ({ wasm: [{ data: ECHO }] }) },
      { name: "one module", source: () => ({ data: ECHO }) },
      { name: "JSON text of a manifest", source: () => ` \n${text}` },
      { name: "bytes of a manifest", source: () => new TextEncoder().encode(text) },
      { name: "a manifest with a response", source: () => ({ wasm: [{ response: new Response(ECHO) }] }) },
    ];
    test.each(SOURCES)("accepts $name", async ({ source }) => {
      await using sut = await create(source());
      expect((await sut.call("echo", "hello")).text()).toBe("hello");
    });

    test("the hash is that of exactly the module's bytes, and is compared first", async () => {
      const hash = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", ECHO)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      const view = Uint8Array.from([9, ...ECHO, 9]).subarray(1, ECHO.length + 1);
      await using sut = await create({ wasm: [{ data: view, hash: hash.toUpperCase() }] });
      expect(sut.functions).toEqual(["echo"]);
      const junk = { wasm: [{ data: new Uint8Array([1, 2, 3]), hash }] };
      expect((await failureOf(create(junk))).code).toBe("source/hash-mismatch");
    });

    const BAD: { name: string; source: PluginSource; code: string }[] = [
      { name: "bytes that are no module", source: new Uint8Array([1, 2, 3]), code: "module/invalid" },
      { name: "no bytes", source: new Uint8Array(0), code: "module/invalid" },
      { name: "a number", source: 5 as unknown as PluginSource, code: "source/unsupported" },
      { name: "a file that is not there", source: "/nowhere/at/all.wasm", code: "source/unreadable" },
      { name: "a response with status 404", source: new Response(ECHO, { status: 404 }), code: "source/unreadable" },
      { name: "broken JSON", source: "{", code: "manifest/invalid" },
      { name: "an unknown option of a module", source: { data: ECHO, sha: "" } as PluginSource, code: "manifest/invalid" },
    ];
    test.each(BAD)("refuses $name with $code", async ({ source, code }) => {
      expect((await failureOf(create(source))).code).toBe(code);
    });

    test("an unknown option is refused and named", async () => {
      const failure = await failureOf(create(ECHO, { alow: {} } as PluginOptions));
      expect(failure.details).toMatchObject({ path: "options.alow" });
    });
  });
}
