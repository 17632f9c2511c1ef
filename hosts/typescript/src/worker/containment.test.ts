import { describe, expect, test } from "vitest";

import { ATTACKS, timeFor } from "../../test/attacks.ts";
import { failureOf } from "../../test/engine-suite.ts";
import { turn } from "../../test/hand-clock.ts";
import { CAN_COUNT_RESOURCES, countResources, settleResources } from "../../test/resources.ts";
import { ECHO, OUTPUT_H, plugin, wat } from "../../test/wat.ts";
import { HAS_THREADS, lostWorkers, workerPlatform } from "../../test/worker-platform.ts";
import { type CallContext, hostFunction, type LogEntry, type Plugin, type PluginOptions, type PluginSource } from "../mod.ts";
import { createPlugin } from "../node.ts";
import type { StartWorker, WorkerHandle } from "../platform.ts";
import { CAN_SUSPEND } from "../imports/jspi.ts";
import type { Directory, Folder, OpenFile } from "../wasi/file-tree.ts";
import { memoryFolder } from "../wasi/memory-folder.ts";
import { type SharedKernel, SharedKernels } from "./shared-kernel.ts";

const { startWorker, ...noThreads } = workerPlatform;

/** Threads of one test: which were started, and which have ended. */
function countThreads(): { readonly started: WorkerHandle[]; readonly ended: unknown[]; readonly startWorker: StartWorker } {
  const started: WorkerHandle[] = [];
  const ended: unknown[] = [];
  return {
    started,
    ended,
    startWorker: (listener) => {
      const handle = startWorker({ ...listener, lost: (reason) => (ended.push(reason), listener.lost(reason)) });
      started.push(handle);
      return handle;
    },
  };
}

const create = (source: PluginSource, options: PluginOptions = {}, start = startWorker): Promise<Plugin> =>
  createPlugin(source, { ...options, engine: "worker", platform: { ...noThreads, startWorker: start } });

const FINE = `(func (export "fine") (result i32) (i32.const 0))`;
const ask = plugin(
  `(func (export "run") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${OUTPUT_H} (i32.const 0))
   (func (export "forever") (loop $l (br $l)))
   (func (export "catch_forever") (try (do (drop (call $ask (i64.const 0)))) (catch_all)) (loop $l (br $l)))
   (func (export "ask_forever") (drop (call $ask (i64.const 0))) (loop $l (br $l))) ${FINE}`,
  `(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))`,
);
/** Asks its host from as deep as the input says, a number of 8 bytes; a frame takes some 500 bytes of the stack. */
const ASK_DEEP = plugin(
  `(func $deeper (param $left i64) ${Array.from({ length: 60 }, (_, index) => `(local $l${index} i64)`).join(" ")}
     ${Array.from({ length: 60 }, (_, index) => `(local.set $l${index} (i64.load (i32.const ${index * 8})))`).join(" ")}
     (if (i64.eqz (local.get $left)) (then (drop (call $ask (i64.const 0)))) (else (call $deeper (i64.sub (local.get $left) (i64.const 1)))))
     ${Array.from({ length: 60 }, (_, index) => `(i64.store (i32.const ${index * 8}) (local.get $l${index}))`).join(" ")})
   (func (export "run") (result i32) (call $deeper (call $input_load_u64 (i64.const 0))) (i32.const 0))`,
  `(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))
   (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))`,
);
const depthInput = (depth: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(depth)).buffer);
const withAsk = (run: (context: CallContext, handle: bigint) => bigint | Promise<bigint>): PluginOptions => ({
  functions: { "extism:host/user": { ask: run as never } },
});
const never = (): Promise<bigint> => new Promise(() => {});
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("attacks on another thread", () => {
  // Each ends a thread, and a renderer of Chromium has room for 124 memories, which it takes its time to collect.
  const options = (codes: readonly string[]): PluginOptions => ({ limits: { timeoutMs: timeFor({ codes }, 150), memoryPages: 256 }, functions: { "extism:host/user": { nothing: () => {} } }, logger: () => {} });

  test.each(ATTACKS.filter(({ isAtStart }) => !isAtStart))("$name is stopped, and the next call works", async ({ bytes, codes }) => {
    await using sut = await create(bytes(), options(codes));
    expect(codes).toContain((await failureOf(sut.call("run"))).code);
    expect((await sut.call("fine")).length).toBe(0);
  });

  test.each(ATTACKS.filter(({ isAtStart }) => isAtStart))("$name is refused or stopped", async ({ bytes, codes }) => {
    expect(codes).toContain((await failureOf(create(bytes(), options(codes)))).code);
  });
});

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("a call is ended", () => {
  test("by its signal while the plug-in runs, with the plug-in's stack, and the thread lives on", async () => {
    const threads = countThreads();
    const controller = new AbortController();
    // Once it has asked it surely runs, and loops when it has its answer.
    const leaveSoon = (): bigint => (setTimeout(() => controller.abort(new Error("the client left"))), 0n);
    await using sut = await create(ask, withAsk(leaveSoon), threads.startWorker);
    const failure = await failureOf(sut.call("ask_forever", "", { signal: controller.signal }));
    expect(failure.code).toBe("call/aborted");
    expect(failure.cause).toMatchObject({ message: "the client left" });
    expect((await sut.call("fine")).length).toBe(0);
    expect(threads).toMatchObject({ started: { length: 1 }, ended: [] });
    expect(failure.guestStack).not.toEqual([]);
  });

  test("by ending the thread, if the plug-in has no limits and does not stop, however a call before was ended; the next call gets another", async () => {
    const threads = countThreads();
    const [waiting, looping] = [new AbortController(), new AbortController()];
    const abortSoon = (): bigint | Promise<bigint> => {
      if (!waiting.signal.aborted) {
        setTimeout(() => waiting.abort());
        return never();
      }
      setTimeout(() => looping.abort(), 5); // the plug-in has its answer by then, and loops
      return 0n;
    };
    await using sut = await create(ask, { ...withAsk(abortSoon), limits: "none" }, threads.startWorker);
    expect((await failureOf(sut.call("run", "", { signal: waiting.signal }))).code).toBe("call/aborted");
    expect((await sut.call("fine")).length).toBe(0);
    expect(threads).toMatchObject({ started: { length: 1 }, ended: [] });
    expect((await failureOf(sut.call("ask_forever", "", { signal: looping.signal }))).code).toBe("call/aborted");
    expect((await sut.call("fine")).length).toBe(0);
    expect(threads.started.length).toBe(2);
    expect(threads.ended.length).toBe(1);
  });

  test("by close() while the plug-in runs", async () => {
    const sut = await create(ask, withAsk(() => 0n));
    const run = failureOf(sut.call("forever"));
    await sut.close();
    expect((await run).code).toBe("plugin/closed");
    expect((await failureOf(sut.call("fine"))).code).toBe("plugin/closed");
  });

  test("when its thread ends; the next call gets another and still has the variables", async () => {
    const threads = countThreads();
    let context: CallContext | undefined;
    await using sut = await create(ask, withAsk((its) => {
      context = its;
      context.vars.set("kept", new Uint8Array([1]));
      void threads.started[0]?.terminate();
      return never();
    }), threads.startWorker);
    const failure = await failureOf(sut.call("run"));
    expect(failure.code).toBe("engine/lost");
    expect(failure.message).toContain("run");
    expect((await sut.call("fine")).length).toBe(0);
    expect(context?.vars.get("kept")).toEqual(new Uint8Array([1]));
  });

  test("when a plug-in catches what ends it and goes on calling host functions", async () => {
    const stubborn = plugin(
      `(func (export "run") (loop $l (try (do (call $ask)) (catch_all)) (br $l))) ${FINE}`,
      `(import "extism:host/user" "ask" (func $ask))`,
    );
    let calls = 0;
    await using sut = await create(stubborn, { functions: { "extism:host/user": { ask: () => { calls += 1; return new Promise(() => {}); } } } });
    expect((await failureOf(sut.call("run", "", { timeoutMs: 100 }))).code).toBe("call/timeout");
    expect((await sut.call("fine")).length).toBe(0);
    expect(calls).toBe(1);
  });
});

describe("creation", () => {
  // skipped because WebKitGTK shares no memory between threads
  test.skipIf(!HAS_THREADS)("a thread that cannot start is a failure of the engine, not of the process", async () => {
    const lost = await failureOf(create(ECHO, {}, lostWorkers));
    expect(lost.code).toBe("engine/lost");
    expect(lost.message).toMatch(/^Cannot start the plug-in "[^"]+": the thread of the plug-in "[^"]+" ended: ./);
    const refusing: StartWorker = () => { throw new Error("no more threads"); };
    expect((await failureOf(create(ECHO, {}, refusing))).code).toBe("engine/unavailable");
  });

  test("engine: \"worker\" without threads names the alternative", async () => {
    const failure = await failureOf(createPlugin(ECHO, { engine: "worker", platform: noThreads }));
    expect(failure.code).toBe("engine/unavailable");
    expect(failure.message).toContain('engine: "inline"');
  });

  // skipped because WebKitGTK shares no memory between threads
  test.skipIf(!HAS_THREADS)("starts the thread while the module is still being fetched, and uses that one", async () => {
    const threads = countThreads();
    let arrive = (): void => {};
    const arrived = new Promise<Response>((resolve) => {
      arrive = () => resolve(new Response(ECHO));
    });
    const platform = { ...noThreads, startWorker: threads.startWorker, fetch: () => arrived };
    const created = createPlugin(new URL("https://plugins.example/echo.wasm"), { engine: "worker", platform });
    while (threads.started.length === 0) await turn();
    arrive();
    await using sut = await created;
    expect((await sut.call("echo", "x")).text()).toBe("x");
    expect(threads.started.length).toBe(1);
  });

  test("an engine that is none is refused", async () => {
    expect((await failureOf(createPlugin(ECHO, { engine: "thread" as "worker" }))).details).toMatchObject({ path: "options.engine" });
  });

  // skipped because WebKitGTK shares no memory between threads
  test.skipIf(!HAS_THREADS)("auto takes a thread only for what inline cannot do", async () => {
    const threads = countThreads();
    const platform = { ...noThreads, startWorker: threads.startWorker };
    const answer = hostFunction({ params: ["text"], result: "text" }, async (_context, text) => `${text}!`);
    await using plain = await createPlugin(ask, { ...withAsk((_context, handle) => handle), platform });
    expect((await plain.call("run", "a")).text()).toBe("a");
    expect(threads.started.length).toBe(0);
    await using waiting = await createPlugin(ask, { functions: { "extism:host/user": { ask: answer } }, platform });
    expect((await waiting.call("run", "a")).text()).toBe("a!");
    expect(threads.started.length).toBe(CAN_SUSPEND ? 0 : 1);
  });
});

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("callSync()", () => {
  test("is engine/async-only", async () => {
    await using sut = await create(ECHO);
    expect(() => sut.callSync("echo")).toThrow(expect.objectContaining({ code: "engine/async-only" }));
    expect((await sut.call("echo", "later")).text()).toBe("later");
  });
});

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("threads", () => {
  test("are kept for the next plug-in, a few of them", async () => {
    const threads = countThreads();
    for (let round = 0; round < 5; round += 1) {
      await using sut = await create(ECHO, {}, threads.startWorker);
      await sut.call("echo", "x");
    }
    expect(threads.started.length).toBe(1);
    const many = await Promise.all(Array.from({ length: 6 }, () => create(ECHO, {}, threads.startWorker)));
    expect(threads.started.length).toBe(6);
    for (const each of many) await each.close();
    expect(threads.started.length - threads.ended.length).toBe(2);
  });

  test("that are kept have nothing of the plug-in before: no input, output, error, block or variable, not even as it starts", async () => {
    const threads = countThreads();
    const leave = plugin(
      `(func $block (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (i64.const 0x656d616e)) (local.get $h))
       (func (export "leave") (result i32) (call $var_set (call $block) (call $input_offset)) (call $error_set (call $input_offset)) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))`,
    );
    const look = plugin(
      `(global $seen (mut i64) (i64.const 0))
       (func $see (param i64) (global.set $seen (i64.or (global.get $seen) (local.get 0))))
       (func $block (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (i64.const 0x656d616e)) (local.get $h))
       (func (export "_initialize") (call $see (call $input_length)) (call $see (i64.extend_i32_u (call $input_load_u8 (i64.const 0)))) (call $see (call $error_get))
         (call $see (call $var_get (i64.const 0))))
       (func (export "run") (result i32) (local $h i64) (local $at i64)
         (call $see (call $var_get (call $block)))
         (local.set $h (call $alloc (i64.const 32768)))
         (loop $next
           (call $see (call $load_u64 (i64.add (local.get $h) (local.get $at))))
           (local.set $at (i64.add (local.get $at) (i64.const 8)))
           (br_if $next (i64.lt_u (local.get $at) (i64.const 32768))))
         (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (global.get $seen)) ${OUTPUT_H} (i32.const 0))`,
      `(import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32))) (import "extism:host/env" "error_get" (func $error_get (result i64)))`,
    );
    {
      await using former = await create(leave, {}, threads.startWorker);
      expect((await failureOf(former.call("leave", new Uint8Array(32_768).fill(0x73)))).code).toBe("call/failed");
    }
    await using later = await create(look, {}, threads.startWorker);
    expect((await later.call("run")).bytes()).toEqual(new Uint8Array(8));
    expect(threads.started.length).toBe(1);
  });

  // skipped because a page has room for few memories, and collects those of the tests before only when it likes
  test.skipIf("document" in globalThis)("keep the kernels of a few plug-ins for the next, and drop the oldest", () => {
    const kernels = new SharedKernels();
    const used = Array.from({ length: 7 }, () => kernels.borrow(16));
    for (const each of used) kernels.giveBack(each);
    const again = Array.from({ length: 5 }, () => kernels.borrow(16));
    expect(again.map((each) => used.indexOf(each))).toEqual([3, 4, 5, 6, -1]);
    kernels.giveBack(again[0] as SharedKernel);
    expect(kernels.borrow(17)).not.toBe(again[0]); // that one may have another number of pages
  });

  test("of a plug-in that is closed have no file of the host's open any more", async () => {
    const opens = wat(`(module (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) (memory (export "memory") 1) (data (i32.const 0) "file")
      (func (export "run") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 16))))`);
    let opened = 0;
    const memory = memoryFolder({ file: "text" });
    /** The same object with some methods of its own. */
    const but = <Target extends object>(target: Target, own: Partial<Target>): Target => new Proxy(target, {
      get: (_, name) => own[name as keyof Target] ?? ((value: unknown) => (typeof value === "function" ? (value.bind(target) as unknown) : value))(target[name as keyof Target]),
    });
    const counted = but<Folder>(memory, {
      open: (now) => {
        const top = memory.open(now);
        return but<Directory>(top, { openFile: (name, mode) => {
          const file = top.openFile(name, mode);
          opened += 1;
          return but<OpenFile>(file, { close: () => { opened -= 1; file.close(); } });
        } });
      },
    });
    const sut = await create(opens, { allow: { paths: [{ guest: "/", folder: counted }] } });
    await sut.call("run");
    expect(opened).toBe(1);
    await sut.close();
    expect(opened).toBe(0);
  });

  test("of a page are given up after so many instances, because no other thread can have their memories collected", async () => {
    const threads = countThreads();
    const asInPage: StartWorker = (listener) => ({ ...threads.startWorker(listener), isSleeper: false });
    for (let round = 0; round < 25; round += 1) await (await create(ECHO, {}, asInPage)).close();
    expect([threads.started.length, threads.ended.length]).toEqual([1, 1]);
    await using next = await create(ECHO, {}, asInPage);
    expect((await next.call("echo", "x")).text()).toBe("x");
    expect(threads.started.length).toBe(2);
  });

  test("are ended when no plug-in has come for a minute, by a timer that does not hold the process", async () => {
    const threads = countThreads();
    const timers: { readonly run: () => void; readonly delayMs: number | undefined; isHeld: boolean; isOver: boolean }[] = [];
    const { setTimeout: start, clearTimeout: stop } = globalThis;
    const startNoted = (run: () => void, delayMs?: number): unknown => {
      if (delayMs !== 60_000) return start(run, delayMs);
      const timer = { run, delayMs, isHeld: true, isOver: false, unref: () => void (timer.isHeld = false) };
      timers.push(timer);
      return timer;
    };
    const stopNoted = (timer: unknown): void => {
      const noted = timers.find((each) => each === timer);
      if (noted === undefined) stop(timer as number);
      else noted.isOver = true;
    };
    Object.assign(globalThis, { setTimeout: startNoted, clearTimeout: stopNoted });
    try {
      const running = (): readonly (typeof timers)[number][] => timers.filter(({ isOver }) => !isOver);
      const first = await create(ECHO, {}, threads.startWorker);
      expect(running()).toEqual([]);
      await first.close();
      const [timer] = running();
      expect([running().length, timer?.isHeld]).toEqual([1, false]);
      const second = await create(ECHO, {}, threads.startWorker);
      expect([running().length, threads.started.length]).toEqual([0, 1]);
      await second.close();
      expect([running().length, threads.ended.length]).toEqual([1, 0]);
      running()[0]?.run();
      await using third = await create(ECHO, {}, threads.startWorker);
      expect((await third.call("echo", "x")).text()).toBe("x");
      expect([threads.started.length, running().length]).toEqual([2, 0]);
    } finally {
      Object.assign(globalThis, { setTimeout: start, clearTimeout: stop });
    }
  });

  test("are shared past the cap, and a host function may call a plug-in of its own thread", async () => {
    const threads = countThreads();
    const many: Plugin[] = [];
    for (let index = 0; index < 33; index += 1) many.push(await create(ECHO, {}, threads.startWorker));
    expect(threads.started.length).toBe(32);
    await many[0]?.close();
    const inner = await create(ECHO, {}, threads.startWorker);
    const answer = hostFunction({ params: ["text"], result: "text" }, async (_context, text) => {
      const outputs = await Promise.all([inner, ...many.slice(1)].map((each) => each.call("echo", `${text}!`)));
      return outputs.map(String).join("");
    });
    await using outer = await create(ask, { functions: { "extism:host/user": { ask: answer } } }, threads.startWorker);
    expect(threads.started.length).toBe(32);
    expect((await outer.call("run", "a")).text()).toBe("a!".repeat(33));
    for (const each of [inner, ...many.slice(1)]) await each.close();
  });

  // skipped because a page has no room for so many memories
  test.skipIf("document" in globalThis)("are shared with the slow alone by a plug-in that ran out of time where others waited", async () => {
    const threads = countThreads();
    const many: Plugin[] = [];
    for (let index = 0; index < 32; index += 1) many.push(await create(ask, withAsk(never), threads.startWorker));
    await using slow = await create(ask, { ...withAsk(never), limits: { timeoutMs: 200 } }, threads.startWorker);
    expect((await failureOf(slow.call("forever"))).code).toBe("call/timeout");
    expect(threads.started.length).toBe(32);
    expect((await failureOf(slow.call("forever"))).code).toBe("call/timeout");
    expect(threads.started.length).toBe(33);
    const looping = failureOf(slow.call("forever", "", { timeoutMs: 2000 }));
    for (const each of many) await each.call("fine", "", { timeoutMs: 1000 });
    expect((await looping).code).toBe("call/timeout");
    await using other = await create(ECHO, {}, threads.startWorker);
    expect((await other.call("echo", "x")).text()).toBe("x");
    expect(threads.started.length).toBe(33);
    for (const each of many) await each.close();
  });

  // skipped because a page has no room for so many memories, and Bun may not end a thread that loops for ever
  test.skipIf("document" in globalThis || "Bun" in globalThis)("live on when a plug-in that was given up lies beneath a neighbour's call, and end when it goes on for ever then", async () => {
    const threads = countThreads();
    const beneath = new AbortController();
    const first = await create(ask, { ...withAsk(never), limits: "none" }, threads.startWorker);
    const many = [first];
    for (let index = 1; index < 32; index += 1) many.push(await create(ECHO, {}, threads.startWorker));
    const answers: ((handle: bigint) => void)[] = [];
    const neighbour = await create(ask, withAsk(() => new Promise((resolve) => answers.push(resolve))), threads.startWorker);
    const given = failureOf(first.call("catch_forever", "", { signal: beneath.signal }));
    await turn();
    const onTop = neighbour.call("run", "", { timeoutMs: 4000 });
    await until(() => answers.length === 1);
    beneath.abort();
    expect((await given).code).toBe("call/aborted");
    expect((await failureOf(first.call("fine", "", { timeoutMs: 700 }))).code).toBe("call/timeout");
    answers[0]?.(0n);
    expect((await onTop).length).toBe(0);
    await until(() => threads.ended.length === 1);
    expect((await first.call("fine")).length).toBe(0);
    expect((await neighbour.call("fine")).length).toBe(0);
    for (const each of [neighbour, ...many]) await each.close();
  });

  // skipped because a page has no room for so many memories, and on Deno nothing is loaded into a busy thread
  test.skipIf("document" in globalThis || "Deno" in globalThis)("live on when a plug-in is given up that was to be loaded into a busy one", async () => {
    const threads = countThreads();
    const lost = await create(ask, { ...withAsk(() => (void threads.started[0]?.terminate(), never())) }, threads.startWorker);
    expect((await failureOf(lost.call("run"))).code).toBe("engine/lost");
    let isRunning = false;
    const many = [await create(ask, withAsk(() => ((isRunning = true), 0n)), threads.startWorker)];
    for (let index = 1; index < 32; index += 1) many.push(await create(ECHO, {}, threads.startWorker));
    const busy = failureOf((many[0] as Plugin).call("ask_forever", "", { timeoutMs: 1500 }));
    await until(() => isRunning);
    expect((await failureOf(lost.call("fine", "", { signal: AbortSignal.timeout(20) }))).code).toBe("call/aborted");
    expect((await busy).code).toBe("call/timeout");
    expect((await lost.call("fine")).length).toBe(0);
    expect([threads.started.length, threads.ended.length]).toEqual([33, 1]);
    for (const each of [lost, ...many]) await each.close();
  });

  // skipped because a page has no room for so many memories, and Bun may not end a thread that loops for ever
  test.skipIf("document" in globalThis || "Bun" in globalThis)("are left to the others by a plug-in whose thread had to be ended", async () => {
    const threads = countThreads();
    const many: Plugin[] = [];
    for (let index = 0; index < 32; index += 1) many.push(await create(ask, withAsk(never), threads.startWorker));
    const controller = new AbortController();
    const leaveSoon = (): bigint => (setTimeout(() => controller.abort(), 5), 0n);
    await using endless = await create(ask, { ...withAsk(leaveSoon), limits: "none" }, threads.startWorker);
    expect((await failureOf(endless.call("ask_forever", "", { signal: controller.signal }))).code).toBe("call/aborted");
    await until(() => threads.ended.length === 1);
    expect((await endless.call("fine")).length).toBe(0);
    for (const each of many) await each.call("fine");
    expect(threads.started.length).toBe(34); // one for the plug-in, one for the neighbour that lost its own
    for (const each of many) await each.close();
  });

  // skipped because a page has no room for so many memories
  test.skipIf("document" in globalThis)("are no more because slow plug-ins come and go, and a plug-in may be closed while it moves", async () => {
    const threads = countThreads();
    const many: Plugin[] = [];
    for (let index = 0; index < 32; index += 1) many.push(await create(ECHO, {}, threads.startWorker));
    for (let round = 0; round < 3; round += 1) {
      const slow = await create(ask, { ...withAsk(never), limits: { timeoutMs: 30 } }, threads.startWorker);
      await failureOf(slow.call("forever"));
      await slow.call("fine");
      await slow.close();
      many.push(await create(ECHO, {}, threads.startWorker));
      const moving = await create(ask, { ...withAsk(never), limits: { timeoutMs: 30 } }, threads.startWorker);
      await failureOf(moving.call("forever"));
      const failure = failureOf(moving.call("fine"));
      await Promise.resolve();
      await Promise.resolve();
      await moving.close();
      expect((await failure).code).toBe("plugin/closed");
    }
    expect(threads.started.length).toBe(33);
    for (const each of many) await each.close();
    expect(threads.started.length - threads.ended.length).toBe(2);
  });

  // skipped because a page has no room for so many memories
  test.skipIf("document" in globalThis)("serve the others, sooner or later, when a plug-in asks its host at the end of the stack", async () => {
    const threads = countThreads();
    const others: Plugin[] = [];
    for (let index = 0; index < 32; index += 1) others.push(await create(ECHO, {}, threads.startWorker));
    let answers: Promise<unknown>[] = [];
    const answer = async (_context: CallContext, handle: bigint): Promise<bigint> => {
      answers = others.map(async (each) => await each.call("echo", "x"));
      answers.push(create(ECHO, {}, threads.startWorker).then(async (late) => await late.close()));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return handle;
    };
    await using deep = await create(ASK_DEEP, { ...withAsk(answer), limits: { stackDepth: "none" } }, threads.startWorker);
    let [fits, fails] = [0, 100_000];
    while (fails - fits > 1) {
      const middle = (fits + fails) >> 1;
      const isEnough = await deep.call("run", depthInput(middle)).then(() => true, () => false);
      await Promise.all(answers);
      if (isEnough) fits = middle;
      else fails = middle;
    }
    expect(fits).toBeGreaterThan(100);
    for (const each of others) await each.close();
  });

  // skipped because pages and Bun do not tell what is open
  test.skipIf(!CAN_COUNT_RESOURCES)("hold the process only while a call runs, and leave no timer", async () => {
    const resources = (): number => countResources("MessagePort", "Timeout");
    await settleResources("Timeout");
    await using sut = await create(ask, withAsk(async (_context, handle) => handle));
    const during = sut.call("run", "a");
    const held = resources();
    await during;
    const left = resources();
    expect(held).toBeGreaterThan(left);
    for (let round = 0; round < 50; round += 1) await sut.call("run", "a");
    expect(resources()).toBe(left);
  });
});

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("logs", () => {
  test("arrive in order, before the result, with those of the host function between them", async () => {
    const chatty = plugin(
      `(data (i32.const 0) "\\10\\00\\00\\00\\03\\00\\00\\00________out")
       (func (export "run") (result i32) (call $log_info (call $input_offset)) (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))) (call $ask) (i32.const 0))`,
      `(import "extism:host/user" "ask" (func $ask)) (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))`,
    );
    const entries: string[] = [];
    const logger = ({ source, text }: LogEntry): void => void entries.push(`${source} ${text}`);
    await using sut = await create(chatty, { logger, functions: { "extism:host/user": { ask: (context) => context.log("info", "host") } } });
    await sut.call("run", "first");
    expect(entries).toEqual(["log first", "log host", "stdout out"]);
  });

  test("a logger that throws fails the call alone", async () => {
    const logging = plugin(`(func (export "log") (result i32) (call $log_info (call $input_offset)) (i32.const 0)) (func (export "log_and_loop") (call $log_info (call $input_offset)) (loop $l (br $l))) ${FINE}`);
    await using sut = await create(logging, { logger: () => { throw new Error("disk full"); }, limits: { timeoutMs: "none" } });
    for (const name of ["log", "log_and_loop"]) expect((await failureOf(sut.call(name, "x"))).code).toBe("call/host-function");
    expect((await sut.call("fine")).length).toBe(0);
  });
});

// skipped because WebKitGTK shares no memory between threads
test.skipIf(!HAS_THREADS)("what a host function threw is the failure's cause, the same object", async () => {
  const thrown = new Error("database is down");
  await using sut = await create(ask, withAsk(() => { throw thrown; }));
  const failure = await failureOf(sut.call("run"));
  expect(failure.cause).toBe(thrown);
  expect(failure.guestStack).not.toEqual([]);
});

// skipped because WebKitGTK shares no memory between threads
test.skipIf(!HAS_THREADS)("blocks grow on both threads and each sees what the other wrote", async () => {
  const sizes = [1, 65_536, 5_000_000, 3, 20_000_000];
  const grow = hostFunction({ params: ["bytes"], result: "bytes" }, async (_context, bytes) => {
    const twice = new Uint8Array(bytes.length * 2);
    twice.set(bytes);
    twice.set(bytes, bytes.length);
    return twice;
  });
  await using sut = await create(ask, { functions: { "extism:host/user": { ask: grow } } });
  for (const size of sizes) {
    const output = await sut.call("run", new Uint8Array(size).map((_, index) => index % 251));
    expect(output.length).toBe(size * 2);
    const bytes = output.bytes();
    expect([bytes[size], bytes[size - 1], bytes.at(-1)]).toEqual([0, (size - 1) % 251, (size - 1) % 251]);
  }
});
