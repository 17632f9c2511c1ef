/**
 * The migration suite: each program runs once with npm's `@extism/extism` and once with `@tenon/host/extism`, and gives the
 * same answer, or a different one whose reason stands in docs/extism.md. A listed difference that is gone fails too.
 *
 * Longer than 350 lines because it is a program for each thing that the library does, and they share two plug-ins.
 */

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";

import * as theirs from "@extism/extism";
import * as ours from "@tenon/host/extism";
import { describe, expect, onTestFinished, test } from "vitest";

import { Errno } from "../wasi/errno.ts";
import { serve } from "../../test/loopback.ts";
import { ECHO, OUTPUT_H, plugin, wat } from "../../test/wat.ts";

/** What both libraries are to a program. Their types are compared in `declarations.test.ts`; here they are the same. */
type Library = typeof ours;
type Options = ours.ExtismPluginOptions;
type Run = (library: Library) => Promise<unknown>;

const PAGE = readFileSync(new URL("../../../../docs/extism.md", import.meta.url), "utf8");
const USER = "extism:host/user";

/** What a program sees: its answer, or the text of what it caught. */
async function answer(run: Run, library: Library): Promise<unknown> {
  try {
    return { answer: await run(library) };
  } catch (thrown) {
    return { thrown: messageOf(thrown) };
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether that library, too, lets host functions wait without a worker. */
const CAN_SUSPEND = "Suspending" in WebAssembly;

/** @param differs Heading of docs/extism.md that says why the answers differ. */
function both(name: string, run: Run, differs?: string): void {
  test(`${name}${differs === undefined ? "" : ` (differs: ${differs})`}`, async () => {
    const [here, there] = [await answer(run, ours), await answer(run, theirs as unknown as Library)];
    if (differs === undefined) {
      expect(here).toEqual(there);
      return;
    }
    expect(PAGE).toContain(`**${differs}.**`);
    expect(here).not.toEqual(there);
  });
}

/** Makes a plug-in that is closed when the test ends. */
async function make({ createPlugin }: Library, wasm: ours.ManifestLike | Uint8Array, options?: Options): Promise<ours.Plugin> {
  const made = await createPlugin(wasm instanceof Uint8Array ? { wasm: [{ data: wasm }] } : wasm, options);
  onTestFinished(() => made.close());
  return made;
}

const caught = async (run: Promise<unknown>): Promise<string> => await run.then((value) => `no failure: ${String(value)}`, messageOf);
const buffer = (bytes: Uint8Array<ArrayBuffer>): ArrayBuffer => bytes.slice().buffer;
const logged = (): { texts: string[]; logger: NonNullable<Options["logger"]> } => {
  const texts: string[] = [];
  const level = (name: string) => (text: unknown): void => void texts.push(`${name}: ${String(text)}`);
  return { texts, logger: { trace: level("trace"), debug: level("debug"), info: level("info"), warn: level("warn"), error: level("error") } };
};

/** Takes its input as a key, looks it up, and outputs what it finds, or nothing. */
const COPY_INPUT = `(local.set $k (call $alloc (call $input_length)))
  (block $done (loop $copy
    (br_if $done (i64.ge_u (local.get $i) (call $input_length)))
    (call $store_u8 (i64.add (local.get $k) (local.get $i)) (call $load_u8 (i64.add (call $input_offset) (local.get $i))))
    (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $copy)))`;
const WITH_KEY = "(result i32) (local $k i64) (local $h i64) (local $i i64)";
const output = `(if (i64.ne (local.get $h) (i64.const 0)) (then ${OUTPUT_H}))`;

const KITCHEN = plugin(
  `(func (export "config") ${WITH_KEY} ${COPY_INPUT} (local.set $h (call $config_get (local.get $k))) ${output} (i32.const 0))
   (func (export "var") ${WITH_KEY} ${COPY_INPUT} (local.set $h (call $var_get (local.get $k))) ${output} (i32.const 0))
   (func (export "set") ${WITH_KEY} ${COPY_INPUT} (call $var_set (local.get $k) (call $input_offset)) (i32.const 0))
   (func (export "unset") ${WITH_KEY} ${COPY_INPUT} (call $var_set (local.get $k) (i64.const 0)) (i32.const 0))
   (func (export "log") ${WITH_KEY} ${COPY_INPUT} (call $log_info (local.get $k)) (i32.const 0))
   (func (export "level") (result i32) (local $h i64) (local.set $h (call $alloc (i64.const 8)))
     (call $store_u64 (local.get $h) (i64.extend_i32_u (call $get_log_level))) ${OUTPUT_H} (i32.const 0))
   (func (export "fail") (result i32) (call $error_set (call $input_offset)) (i32.const 1))
   (func (export "fail_zero") (result i32) (call $error_set (call $input_offset)) (i32.const 0))
   (func (export "code") (result i32) (i32.const 3))
   (func (export "trap") (result i32) unreachable)
   (func (export "deep") (result i32) (call $deep))
   (func $deep (result i32) (i32.add (call $deep) (i32.const 1)))
   (func (export "nothing") (result i32) (i32.const 0))
   (func (export "void"))
   (func (export "empty") (result i32) (call $output_set (call $alloc (i64.const 0)) (i64.const 0)) (i32.const 0))
   (func (export "part") (result i32) (call $output_set (call $input_offset) (i64.const 2)) (i32.const 0))
   (func (export "echo") (result i32) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))
   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
   (func (export "count") (result i32) (local $h i64) (global.set $n (i32.add (global.get $n) (i32.const 1)))
     (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (global.get $n)) ${OUTPUT_H} (i32.const 0))
   (func (export "pages") (result i32) (local $h i64) (drop (memory.grow (i32.const 10)))
     (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (memory.size)) ${OUTPUT_H} (i32.const 0))
   (func (export "block") (result i32) (local $h i64) (local.set $h (call $alloc (i64.const 200000)))
     (if (i64.eqz (local.get $h)) (then (call $error_set (call $input_offset)))) (i32.const 0))
   (global $n (mut i32) (i32.const 0))
   (global (export "number") i32 (i32.const 7))`,
);

/** Calls one host function with its input, and outputs what comes back. */
const ASKING = plugin(
  `(func (export "ask") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${output} (i32.const 0))
   (func (export "numbers") (result i32) (call $numbers (i32.const -3) (i64.const -4) (f32.const 1.5) (f64.const 2.25)))
   (func (export "echo") (result i32) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))`,
  `(import "${USER}" "ask" (func $ask (param i64) (result i64)))
   (import "${USER}" "numbers" (func $numbers (param i32 i64 f32 f64) (result i32)))`,
);
type Ask = (context: ours.CallContext, address: bigint) => unknown;
const asking = (ask: Ask, numbers: (...values: unknown[]) => unknown = () => 0): Options => ({ functions: { [USER]: { ask, numbers } } });
const shout: Ask = (context, address) => context.store(`${context.read(address)?.text() ?? "null"}!`);

describe("calls", () => {
  both("text and bytes", async (library) => {
    const made = await make(library, ECHO);
    const inputs = ["hello", "", "ünïcödé €", new Uint8Array([0, 1, 254, 255]), Buffer.from("pooled"), new Uint8Array([9, 8, 7, 6]).subarray(1, 3), "x".repeat(100_000)];
    const outputs: unknown[] = [];
    for (const input of inputs) outputs.push(Array.from((await made.call("echo", input))?.bytes() ?? []));
    return outputs;
  });
  both("no output is null, an empty one is not", async (library) => {
    const made = await make(library, KITCHEN);
    const results = [await made.call("nothing"), await made.call("void"), await made.call("empty"), await made.call("nothing", "again")];
    return results.map((each) => each?.byteLength ?? null);
  });
  both("no input: nothing, null and numbers", async (library) => {
    const made = await make(library, plugin(`(func (export "length") (result i32) (local $h i64) (local.set $h (call $alloc (i64.const 8)))
      (call $store_u64 (local.get $h) (call $input_length)) ${OUTPUT_H} (i32.const 0))`));
    return [await made.call("length"), await made.call("length", null), await made.call("length", 7), await made.call("length", "abc")].map((each) => each?.getBigUint64(0, true));
  });
  both("every way to read an output", async (library) => {
    const made = await make(library, ECHO);
    const out = (await made.call("echo", '{"a": [1, 2, "three"], "b": "padding to eight"}')) as ours.PluginOutput;
    const numbers = [out.getInt8(0), out.getUint8(1), out.getInt16(0, true), out.getUint16(0), out.getInt32(0), out.getUint32(0, true), out.getFloat32(0), out.getFloat64(0, true), out.getBigInt64(0), out.getBigUint64(0, true)];
    const texts = [out.json(), out.text(), out.string(), out.bytes().length, out.arrayBuffer().byteLength, out.byteOffset, out.byteLength];
    return { numbers: numbers.map(String), texts, isView: out instanceof DataView, sameBytes: out.bytes() === out.bytes(), tag: Object.prototype.toString.call(out), sameBuffer: out.arrayBuffer() === out.buffer };
  });
  both("an output refuses to be written", async (library) => {
    const out = (await (await make(library, ECHO)).call("echo", "12345678")) as ours.PluginOutput;
    const writes = [() => out.setInt8(0, 1), () => out.setInt16(0, 1), () => out.setInt32(0, 1), () => out.setUint8(0, 1), () => out.setUint16(0, 1), () => out.setUint32(0, 1), () => out.setFloat32(0, 1), () => out.setFloat64(0, 1), () => out.setBigInt64(0, 1n), () => out.setBigUint64(0, 1n)];
    return writes.map((write) => {
      try {
        write();
        return "written";
      } catch (error) {
        return messageOf(error);
      }
    });
  });
  both("an output that is no JSON", async (library) => {
    const out = (await (await make(library, ECHO)).call("echo", "nope")) as ours.PluginOutput;
    try {
      return out.json() as unknown;
    } catch (error) {
      return (error as Error).name;
    }
  });
  both("outputs stay as they were", async (library) => {
    const made = await make(library, ECHO);
    const first = await made.call("echo", "first");
    await made.call("echo", "other");
    return first?.text();
  });
  both("part of a block", async (library) => (await (await make(library, KITCHEN)).call("part", "abcdef"))?.text(), "The output is the range that was set");
  both("an instance keeps its state between calls", async (library) => {
    const made = await make(library, KITCHEN);
    await made.call("count");
    return (await made.call("count"))?.getUint8(0);
  });
  both("calls that overlap", async (library) => {
    const made = await make(library, ECHO);
    return (await Promise.all(["a", "b", "c"].map(async (each) => await made.call("echo", each)))).map((each) => each?.text());
  }, "Calls do not get into each other");
});

describe("failures", () => {
  for (const name of ["fail", "fail_zero"]) {
    both(`${name}: the plug-in's own text`, async (library) => {
      const made = await make(library, KITCHEN);
      const thrown = await made.call(name, "no stock").catch((error: unknown) => error);
      return [messageOf(thrown), thrown instanceof Error, (await made.call("echo", "next"))?.text()];
    });
  }
  both("a return code without a text", async (library) => await (await make(library, KITCHEN)).call("code"), "A return code that is not 0 is a failure");
  both("a trap", async (library) => {
    const made = await make(library, KITCHEN);
    const thrown = await made.call("trap").catch((error: unknown) => error);
    return [thrown instanceof WebAssembly.RuntimeError, messageOf(thrown), (await made.call("echo", "next"))?.text()];
  });
  both("endless recursion", async (library) => {
    const made = await make(library, KITCHEN);
    await made.call("deep").catch(() => "caught");
    return (await made.call("echo", "next"))?.text();
  });
  both("the state after a trap", async (library) => {
    const made = await make(library, KITCHEN);
    await made.call("count");
    await made.call("trap").catch(() => "caught");
    return (await made.call("count"))?.getUint8(0);
  }, "A call that was stopped ends the instance");
  both("no such function", async (library) => await (await make(library, KITCHEN)).call("nope"));
  both("an export that is no function", async (library) => [await caught((await make(library, KITCHEN)).call("memory")), await caught((await make(library, KITCHEN)).call("number"))]);
  both("a function with parameters", async (library) => (await (await make(library, KITCHEN)).call("add")) === null, "Only plug-in functions can be called");
  both("what a host function throws arrives as it is", async (library) => {
    const reason = new RangeError("sold out");
    const made = await make(library, ASKING, asking(() => { throw reason; }));
    const thrown = await made.call("ask", "x").catch((error: unknown) => error);
    return [thrown === reason, (await made.call("echo", "next"))?.text()];
  });
  both("a module that is none", async (library) => {
    await make(library, new Uint8Array([1, 2, 3]));
  }, "Failures to load have texts of our own");
  both("a missing import", async (library) => await make(library, ASKING, { functions: { [USER]: { numbers: () => 0 } } }), "Failures to load have texts of our own");
  both("a missing namespace", async (library) => await make(library, ASKING));
});

describe("a plug-in's methods", () => {
  both("functionExists()", async (library) => {
    const made = await make(library, KITCHEN);
    return await Promise.all(["echo", "add", "nope", "memory", "number", "toString", "__proto__"].map(async (name) => await made.functionExists(name)));
  });
  both("getExports() and getImports()", async (library) => {
    const made = await make(library, ASKING, asking(shout));
    const sorted = (list: readonly object[]): string[] => list.map((each) => JSON.stringify(each, ["module", "name", "kind"])).toSorted();
    return [sorted(await made.getExports()), sorted(await made.getImports())];
  });
  both("getInstance()", async (library) => {
    const made = await make(library, KITCHEN);
    const instance = await made.getInstance();
    const { add, memory } = instance.exports as { add: (a: number, b: number) => number; memory: WebAssembly.Memory };
    return [instance instanceof WebAssembly.Instance, add(2, 3), memory.buffer.byteLength, Object.keys(instance.exports).toSorted().join()];
  });
  both("getInstance() on another thread", async (library) => {
    const made = await make(library, ECHO, { runInWorker: true });
    await made.getInstance();
  }, "An instance on another thread cannot be had");
  both("isActive(), also within a host function", async (library) => {
    const seen: boolean[] = [];
    const made = await make(library, ASKING, asking(() => { seen.push(made.isActive()); return 0n; }));
    seen.push(made.isActive());
    await made.call("ask", "x");
    return [...seen, made.isActive()];
  });
  both("isActive() after an unknown function", async (library) => {
    const made = await make(library, ECHO);
    await made.call("nope").catch(() => "caught");
    return made.isActive();
  }, "Whatever a call ends with, it is over");
  both("reset() keeps variables and the instance", async (library) => {
    const made = await make(library, KITCHEN);
    await made.call("set", "kept");
    await made.call("count");
    return [await made.reset(), (await made.call("var", "kept"))?.text(), (await made.call("count"))?.getUint8(0)];
  });
  both("reset() while a call runs", async (library) => {
    let reset: Promise<boolean> | undefined;
    const made = await make(library, ASKING, asking(() => { reset = made.reset(); return 0n; }));
    await made.call("ask", "x");
    return await reset;
  });
  both("close() twice", async (library) => {
    const made = await make(library, ECHO);
    await made.close();
    await made.close();
  });
  both("a call after close()", async (library) => {
    const made = await make(library, ECHO);
    await made.close();
    return (await made.call("echo", "late"))?.text();
  }, "A closed plug-in is closed");
});

describe("what host functions see", () => {
  both("read() and store()", async (library) => (await (await make(library, ASKING, asking(shout))).call("ask", "hello"))?.text());
  both("numbers of every type, in and out", async (library) => {
    let seen: unknown[] = [];
    const made = await make(library, ASKING, asking(shout, (_context, ...values) => { seen = values; return 0; }));
    await made.call("numbers");
    return seen.map((each) => `${typeof each} ${String(each)}`);
  });
  both("hostContext()", async (library) => {
    const made = await make(library, ASKING, asking((context) => context.store(JSON.stringify({ seen: context.hostContext<unknown>() }))));
    const contexts = [{ user: 7 }, "text", undefined];
    const seen: unknown[] = [];
    for (const each of contexts) seen.push((await made.call("ask", "x", each))?.json());
    return seen;
  });
  both("length(), of a block and of none", async (library) => {
    const seen: unknown[] = [];
    const made = await make(library, ASKING, asking((context, address) => { seen.push(context.length(address), context.length(context.store("four"))); return 0n; }));
    await made.call("ask", "hello");
    return seen;
  });
  both("alloc(), filled through read()", async (library) => {
    const made = await make(library, ASKING, asking((context) => {
      const address = context.alloc(5);
      context.read(address)?.bytes().set(new TextEncoder().encode("alloc"));
      return address;
    }));
    return (await made.call("ask", "x"))?.text();
  });
  both("alloc() by bigint, and what it holds at first", async (library) => {
    const made = await make(library, ASKING, asking((context) => context.alloc(4n)));
    return Array.from((await made.call("ask", "x"))?.bytes() ?? []);
  });
  both("the plug-in's block, changed in place", async (library) => {
    const made = await make(library, ASKING, asking((context, address) => {
      context.read(address)?.bytes().fill(122);
      return address;
    }));
    return (await made.call("ask", "hello"))?.text();
  });
  both("read() of the same block twice", async (library) => {
    const made = await make(library, ASKING, asking((context, address) => {
      context.read(address)?.bytes().fill(97);
      return context.store(context.read(address)?.text() ?? "");
    }));
    return (await made.call("ask", "hello"))?.text();
  });
  both("read() of what is no block", async (library) => {
    let seen: unknown;
    const made = await make(library, ASKING, asking((context) => { seen = context.read(0x7777_0000_0000_0000n); return 0n; }));
    await made.call("ask", "x");
    return seen;
  });
  both("variables: get, set, delete, bytes and text", async (library) => {
    const seen: unknown[] = [];
    const made = await make(library, ASKING, asking((context) => {
      seen.push(context.getVariable("a"));
      context.setVariable("a", "text");
      context.setVariable("b", new Uint8Array([1, 2]));
      seen.push(context.getVariable("a")?.text(), Array.from(context.getVariable("b")?.bytes() ?? []));
      context.deleteVariable("a");
      context.deleteVariable("never");
      seen.push(context.getVariable("a"));
      return 0n;
    }));
    await made.call("ask", "x");
    return seen;
  });
  both("a variable that is changed through what getVariable() gave", async (library) => {
    const made = await make(library, ASKING, asking((context) => {
      if (context.getVariable("a") === null) context.setVariable("a", new Uint8Array([1]));
      context.getVariable("a")?.bytes().fill(9);
      return context.store(context.getVariable("a")?.bytes() ?? "");
    }));
    return (await made.call("ask", "x"))?.getUint8(0);
  }, "What is stored is a copy");
  both("setVariable() beyond the limit", async (library) => {
    let seen = "";
    const made = await make(library, ASKING, { ...asking((context) => {
      try {
        context.setVariable("a", "x".repeat(1000));
      } catch (error) {
        seen = messageOf(error).replaceAll(/\d+/g, "N");
      }
      return 0n;
    }), memory: { maxVarBytes: 100 } });
    await made.call("ask", "x");
    return seen;
  });
  both("setError(), text and Error", async (library) => {
    const made = await make(library, ASKING, asking((context, address) => { context.setError(context.read(address)?.text() === "e" ? new Error("as error") : "as text"); return 0n; }));
    return [await caught(made.call("ask", "e")), await caught(made.call("ask", "t")), (await made.call("echo", "next"))?.text()];
  });
  both("setError(null)", async (library) => {
    const made = await make(library, ASKING, asking((context) => { context.setError("first"); context.setError(null); return 0n; }));
    return await made.call("ask", "x");
  }, "An error can be taken back");
  both("logLevel, read and changed", async (library) => {
    const { texts, logger } = logged();
    const seen: unknown[] = [];
    const made = await make(library, KITCHEN, { logger, logLevel: "error", functions: {} });
    await made.call("log", "too low");
    const second = await make(library, ASKING, { ...asking((context) => { seen.push(context.logLevel); context.logLevel = "debug"; seen.push(context.logLevel); return 0n; }), logger, logLevel: "error" });
    await second.call("ask", "x");
    await second.call("ask", "x");
    return [texts, seen];
  });
  both("an async host function on another thread", async (library) => {
    const made = await make(library, ASKING, { ...asking(async (context, address) => { await Promise.resolve(); return shout(context, address); }), runInWorker: true });
    return (await made.call("ask", "later"))?.text();
  });
  both("an async host function without a word about threads", async (library) => {
    const made = await make(library, ASKING, asking(async (context, address) => { await Promise.resolve(); return shout(context, address); }));
    return (await made.call("ask", "later"))?.text();
  }, CAN_SUSPEND ? undefined : "Host functions may return promises");
  both("two plug-ins with the same functions object share nothing", async (library) => {
    const functions = { [USER]: { ask: (context: ours.CallContext) => { const old = context.getVariable("a")?.text() ?? "none"; context.setVariable("a", "set"); return context.store(old); }, numbers: () => 0 } };
    const [one, two] = [await make(library, ASKING, { functions }), await make(library, ASKING, { functions })];
    return [(await one.call("ask"))?.text(), (await two.call("ask"))?.text(), (await one.call("ask"))?.text(), Object.keys(functions)];
  });
});

describe("options", () => {
  both("config of the options, of the manifest, of both", async (library) => {
    const wasm = [{ data: KITCHEN }];
    const read = async (manifest: ours.Manifest, options: Options): Promise<unknown> => {
      const made = await make(library, manifest, options);
      return [(await made.call("config", "a"))?.text() ?? null, (await made.call("config", "b"))?.text() ?? null];
    };
    return [await read({ wasm }, { config: { a: "1" } }), await read({ wasm, config: { b: "2" } }, {}), await read({ wasm, config: { a: "m", b: "m" } }, { config: { a: "o" } })];
  });
  both("config of names that JavaScript knows", async (library) => {
    const made = await make(library, KITCHEN, { config: { a: "1" } });
    return (await made.call("config", "toString"))?.text() ?? null;
  }, "Names are only names");
  both("logs reach the logger from their level on", async (library) => {
    const seen: unknown[] = [];
    for (const logLevel of ["trace", "info", "warn", "silent", undefined] as const) {
      const { texts, logger } = logged();
      const made = await make(library, KITCHEN, { logger, ...(logLevel === undefined ? {} : { logLevel }) });
      await made.call("log", "hello");
      seen.push([logLevel, texts, (await made.call("level"))?.getUint32(0, true)]);
    }
    return seen;
  });
  both("an unknown log level", async (library) => await make(library, KITCHEN, { logLevel: "loud" as "info" }));
  both("maxVarBytes within the plug-in", async (library) => {
    const { logger } = logged();
    const made = await make(library, KITCHEN, { memory: { maxVarBytes: 100 }, logger });
    return [(await caught(made.call("set", "x".repeat(200)))).replaceAll(/\d+/g, "N"), (await made.call("var", "x".repeat(200))) === null];
  });
  both("maxPages limits blocks", async (library) => {
    const { logger } = logged();
    const made = await make(library, KITCHEN, { memory: { maxPages: 2 }, logger });
    return await caught(made.call("block", "too much"));
  });
  both("maxPages limits the plug-in's own memory", async (library) => {
    const { logger } = logged();
    return (await (await make(library, KITCHEN, { memory: { maxPages: 4 }, logger })).call("pages"))?.getUint8(0);
  }, "Limits hold");
  both("maxPages of a compiled module", async (library) => {
    await make(library, { wasm: [{ module: await WebAssembly.compile(KITCHEN) }] }, { memory: { maxPages: 4 } });
  }, "A compiled module cannot be limited");
  both("without maxPages memory grows", async (library) => (await (await make(library, KITCHEN)).call("pages"))?.getUint8(0));
  both("timeoutMs on another thread", async (library) => {
    const made = await make(library, plugin('(func (export "loop") (result i32) (loop $l (br $l)) (i32.const 0)) (func (export "fine"))'), { runInWorker: true, timeoutMs: 3000, logger: logged().logger });
    return [await caught(made.call("loop")), await made.call("fine")];
  });
  both("timeoutMs on the calling thread", async (library) => {
    const made = await make(library, plugin('(func (export "loop") (result i32) (loop $l (br $l)) (i32.const 0))'), { timeoutMs: 50 });
    return await caught(made.call("loop"));
  }, "Limits hold");
  both("timeoutMs of null and 0 is no limit", async (library) => [(await (await make(library, ECHO, { timeoutMs: null })).call("echo", "a"))?.text(), (await (await make(library, ECHO, { timeoutMs: 0 })).call("echo", "b"))?.text()]);
  both("useWasi left out", async (library) => await make(library, wat(`(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (memory (export "memory") 1) (func (export "run")))`)));
  both("runInWorker: calls, variables, failures", async (library) => {
    const made = await make(library, KITCHEN, { runInWorker: true, config: { a: "1" } });
    return [(await made.call("echo", "w"))?.text(), (await made.call("config", "a"))?.text(), await made.call("nothing"), await caught(made.call("fail", "no")), await made.functionExists("echo"), await made.reset(), made.isActive()];
  });
  both("sharedArrayBufferSize and nodeWorkerArgs are taken", async (library) => (await (await make(library, ECHO, { runInWorker: true, sharedArrayBufferSize: 1 << 18, nodeWorkerArgs: { name: "mine" } })).call("echo", "a"))?.text());
});

/** `read` outputs the file `note` of the first folder, `empty` empties it and returns what that gave. */
const READER = wat(`(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 100) "note") (data (i32.const 200) "said\\n")
  (func $send (param $from i32) (param $length i32) (local $h i64) (local $i i32)
    (local.set $h (call $alloc (i64.extend_i32_u (local.get $length))))
    (block $done (loop $next (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
      (call $store_u8 (i64.add (local.get $h) (i64.extend_i32_u (local.get $i))) (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
    (call $output_set (local.get $h) (i64.extend_i32_u (local.get $length))))
  (func (export "read") (result i32)
    (if (i32.ne (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)) (i32.const 0)) (then unreachable))
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 64))
    (drop (call $read (i32.load (i32.const 40)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $send (i32.const 1000) (i32.load (i32.const 8))) (i32.const 0))
  (func (export "empty") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 8) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 40)))
  (func (export "where") (result i32) (drop (call $name (i32.const 3) (i32.const 1000) (i32.const 5))) (call $send (i32.const 1000) (i32.const 5)) (i32.const 0))
  (func (export "say") (result i32) (i32.store (i32.const 0) (i32.const 200)) (i32.store (i32.const 4) (i32.const 5))
    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "leave") (call $exit (i32.const 0)))
  (func (export "fail") (call $exit (i32.const 3))))`);

describe("WASI", () => {
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "tenon-migration-"));
    onTestFinished(() => rm(path, { recursive: true }));
    await writeFile(join(path, "note"), "from a file");
    return path;
  };
  both("allowedPaths maps the plug-in's path to the host's", async (library) => {
    const made = await make(library, READER, { useWasi: true, allowedPaths: { "/mnt/": await folder() } });
    return [(await made.call("read"))?.text(), (await made.call("where"))?.text()];
  });
  both("allowedPaths of the manifest too", async (library) => (await (await make(library, { wasm: [{ data: READER }], allowedPaths: { "/mnt/": await folder() } }, { useWasi: true })).call("read"))?.text());
  both("allowedPaths on another thread", async (library) => (await (await make(library, READER, { useWasi: true, runInWorker: true, allowedPaths: { "/mnt/": await folder() } })).call("read"))?.text());
  both("a read-only folder", async (library) => (await (await make(library, READER, { useWasi: true, allowedPaths: { "/mnt/": `ro:${await folder()}` } })).call("read"))?.text(), "Folders can be read-only");
  both("a read-only folder, said at the plug-in's path", async (library) => (await (await make(library, READER, { useWasi: true, allowedPaths: { "ro:/mnt/": await folder() } })).call("read"))?.text());
  test.each([
    { said: "at the host's path of the options", isRead: true, of: (path: string) => [READER, { allowedPaths: { "/mnt/": `ro:${path}` } }] as const },
    { said: "at the plug-in's path of the options", isRead: true, of: (path: string) => [READER, { allowedPaths: { "ro:/mnt/": path } }] as const },
    { said: "at the host's path of the manifest", isRead: true, of: (path: string) => [{ wasm: [{ data: READER }], allowedPaths: { "/mnt/": `ro:${path}` } }, {}] as const },
    { said: "at the plug-in's path of the manifest", isRead: true, of: (path: string) => [{ wasm: [{ data: READER }], allowedPaths: { "ro:/mnt/": path } }, {}] as const },
    { said: "nowhere", isRead: false, of: (path: string) => [READER, { allowedPaths: { "/mnt/": path } }] as const },
  ])("a folder is read-only, said $said", async ({ of, isRead }) => {
    const path = await folder();
    const before = readFileSync(join(path, "note"), "utf8");
    const [wasm, options] = of(path);
    const made = await make(ours, wasm, { useWasi: true, ...options });
    expect((await made.call("read"))?.text()).toBe(before);
    expect(await caught(made.call("empty"))).toBe(isRead ? `Plugin error: function "empty" returned ${Errno.rofs}` : "no failure: null");
    expect(readFileSync(join(path, "note"), "utf8")).toBe(isRead ? before : "");
  });
  both("standard output is dropped unless it is asked for", async (library) => {
    const { texts, logger } = logged();
    const made = await make(library, READER, { useWasi: true, logger, logLevel: "trace" });
    return [await made.call("say"), texts];
  });
  both("exit with 0", async (library) => await (await make(library, READER, { useWasi: true })).call("leave"), "An exit ends a call");
  both("exit with 3", async (library) => await (await make(library, READER, { useWasi: true })).call("fail"), "An exit ends a call");
});

describe("manifests", () => {
  const file = async (bytes: Uint8Array, name = "plugin.wasm"): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "tenon-migration-"));
    onTestFinished(() => rm(path, { recursive: true }));
    await writeFile(join(path, name), bytes);
    return join(path, name);
  };
  const says = async (made: ours.Plugin): Promise<unknown> => (await made.call("echo", "hi"))?.text();
  const hash = createHash("sha256").update(ECHO).digest("hex");

  both("bytes, path, module, response, and a promise of one", async (library) => [
    await says(await make(library, buffer(ECHO))),
    await says(await make(library, await file(ECHO))),
    await says(await make(library, await WebAssembly.compile(ECHO))),
    await says(await make(library, new Response(ECHO, { headers: { "content-type": "application/wasm" } }))),
    await says(await library.createPlugin(Promise.resolve({ wasm: [{ data: ECHO }] }))),
  ]);
  both("each kind of item", async (library) => {
    const path = await file(ECHO);
    const items = [{ data: ECHO }, { path }, { module: await WebAssembly.compile(ECHO) }, { response: new Response(ECHO, { headers: { "content-type": "application/wasm" } }) }, { data: ECHO, name: "main", hash }];
    const answers: unknown[] = [];
    for (const item of items) answers.push(await says(await make(library, { wasm: [item] })));
    return answers;
  });
  both("URLs of a module, of a manifest, and in a manifest", async (library) => {
    const server = await serve((request, response) => {
      const isManifest = request.url === "/manifest";
      response.writeHead(200, { "content-type": isManifest ? "application/json" : "application/wasm" });
      response.end(isManifest ? JSON.stringify({ wasm: [{ url: `${server.origin}/module` }] }) : ECHO);
    });
    return [await says(await make(library, `${server.origin}/module`)), await says(await make(library, new URL(`${server.origin}/manifest`))), await says(await make(library, { wasm: [{ url: `${server.origin}/module` }] }))];
  });
  both("fetch of the options loads modules", async (library) => {
    const asked: string[] = [];
    const fetch = async (url: unknown): Promise<Response> => {
      asked.push(String(url));
      return new Response(ECHO, { headers: { "content-type": "application/wasm" } });
    };
    return [await says(await make(library, { wasm: [{ url: "https://plugins.example/echo.wasm" }] }, { fetch: fetch as typeof globalThis.fetch })), asked];
  });
  both("JSON text, fields of others, and absent ones", async (library) => {
    const path = await file(ECHO);
    const extra = { wasm: [{ path, version: 3 }], description: "for somebody else", allowedHosts: undefined, memory: undefined, timeoutMs: null };
    return [await says(await make(library, JSON.stringify({ wasm: [{ path }], config: { a: "1" } }))), await says(await make(library, `\n  ${JSON.stringify(extra)}`)), await says(await make(library, extra as ours.Manifest))];
  });
  both("JSON text with bytes in base64", async (library) => await says(await make(library, JSON.stringify({ wasm: [{ data: Buffer.from(ECHO).toString("base64") }] }))), "A manifest in JSON may carry its bytes");
  both("text that is no JSON", async (library) => {
    await make(library, "{ nope");
  });
  both("a manifest without modules, with none, with an item without a source", async (library) => {
    const bad = [{}, { wasm: "x" }, { wasm: [{}] }, { wasm: [{ data: ECHO }, { name: "x" }] }];
    const texts: string[] = [];
    for (const manifest of bad) texts.push(await caught(make(library, manifest as ours.Manifest)));
    return texts;
  });
  both("a hash that is not the module's", async (library) => await make(library, { wasm: [{ data: ECHO.slice(), hash: "0".repeat(64) }] }));
  both("a hash of bytes within a larger buffer", async (library) => {
    const large = new Uint8Array(ECHO.length + 10);
    large.set(ECHO, 5);
    return await says(await make(library, { wasm: [{ data: large.subarray(5, 5 + ECHO.length), hash }] }));
  }, "The hash is of the module's bytes");
  both("a file that is not there", async (library) => {
    await make(library, "/nowhere/plugin.wasm");
  }, "Failures to load have texts of our own");
  both("linked modules", async (library) => {
    const side = wat('(module (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))');
    const main = plugin(`(func (export "run") (result i32) (local $h i64) (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (call $twice (i32.const 21))) ${OUTPUT_H} (i32.const 0))`, '(import "side" "twice" (func $twice (param i32) (result i32)))');
    return [(await (await make(library, { wasm: [{ data: side, name: "side" }, { data: main, name: "main" }] })).call("run"))?.getUint8(0), (await (await make(library, { wasm: [{ data: main, name: "main" }, { data: side, name: "side" }] })).call("run"))?.getUint8(0)];
  });
  both("two functions from one circular module", async (library) => {
    const a = wat('(module (import "main" "one" (func $one (result i32))) (import "main" "two" (func $two (result i32))) (func (export "sum") (result i32) (i32.add (call $one) (call $two))))');
    const main = wat('(module (import "a" "sum" (func $sum (result i32))) (func (export "one") (result i32) (i32.const 1)) (func (export "two") (result i32) (i32.const 2)) (func (export "run") (result i32) (i32.sub (call $sum) (i32.const 3))))');
    return await (await make(library, { wasm: [{ data: a, name: "a" }, { data: main, name: "main" }] })).call("run");
  }, "Circular modules link");
  both("a single module of another name", async (library) => await says(await make(library, { wasm: [{ data: ECHO, name: "echo" }] })), "The last module is the main one");
  both("a manifest in JSON text that asks for hosts", async (library) => await says(await make(library, JSON.stringify({ wasm: [{ path: await file(ECHO) }], allowed_hosts: ["example.com"] }), { runInWorker: true })), "A manifest only asks");
});

/** Sends its input as the request, and outputs the body. */
const FETCHING = plugin(
  `(func (export "fetch") ${WITH_KEY} ${COPY_INPUT} (local.set $h (call $http (local.get $k) (i64.const 0))) ${output} (i32.const 0))
   (func (export "status") ${WITH_KEY} ${COPY_INPUT} (drop (call $http (local.get $k) (i64.const 0)))
     (local.set $h (call $alloc (i64.const 8))) (call $store_u64 (local.get $h) (i64.extend_i32_u (call $status))) ${OUTPUT_H} (i32.const 0))
   (func (export "headers") ${WITH_KEY} ${COPY_INPUT} (drop (call $http (local.get $k) (i64.const 0))) (local.set $h (call $headers)) ${output} (i32.const 0))`,
  `(import "extism:host/env" "http_request" (func $http (param i64 i64) (result i64)))
   (import "extism:host/env" "http_status_code" (func $status (result i32)))
   (import "extism:host/env" "http_headers" (func $headers (result i64)))`,
);

describe("HTTP", () => {
  const open = async (library: Library, options: Options = {}): Promise<ours.Plugin> => await make(library, FETCHING, { runInWorker: true, allowedHosts: ["127.0.0.1"], ...options });
  const shop = async (): Promise<Awaited<ReturnType<typeof serve>>> => {
    const server = await serve((request, response) => {
      if (request.url === "/away") response.writeHead(302, { location: `http://localhost:${server.port}/secret` });
      else response.writeHead(request.url === "/missing" ? 404 : 200, { "x-price": "7" });
      response.end(`${request.method} ${request.url} ${String(request.headers["x-ask"])}`);
    });
    return server;
  };
  both("body, method and headers of a request", async (library) => {
    const { origin } = await shop();
    const made = await open(library);
    const send = async (request: object): Promise<unknown> => (await made.call("fetch", JSON.stringify(request)))?.text();
    return [await send({ url: `${origin}/a` }), await send({ url: `${origin}/b`, method: "put", headers: { "x-ask": "you" } }), await send({ url: `${origin}/c`, header: { "x-ask": "old" } })].map((each) => String(each).replace(origin, ""));
  });
  both("the status of an answer", async (library) => {
    const { origin } = await shop();
    return (await (await open(library)).call("status", JSON.stringify({ url: `${origin}/missing` })))?.getUint32(0, true);
  }, "The status of an answer is told");
  both("headers of the answer, allowed and not", async (library) => {
    const { origin } = await shop();
    const request = JSON.stringify({ url: `${origin}/` });
    const allowed = (await (await open(library, { allowHttpResponseHeaders: true })).call("headers", request))?.json() as Record<string, string>;
    return [allowed["x-price"], await (await open(library)).call("headers", request)];
  });
  both("a host that is not allowed", async (library) => await caught((await open(library)).call("fetch", '{"url":"http://other.example/x?y=1"}')));
  both("no host allowed at all", async (library) => await caught((await make(library, FETCHING, { runInWorker: true })).call("fetch", '{"url":"http://other.example/x"}')));
  both("a redirect to a host that is not allowed", async (library) => {
    const { origin } = await shop();
    return (await (await open(library)).call("fetch", JSON.stringify({ url: `${origin}/away` })))?.text();
  }, "A redirect is checked like a request");
  both("a pattern that would allow everything", async (library) => {
    const { origin } = await shop();
    return (await (await open(library, { allowedHosts: ["!evil.example"] })).call("fetch", JSON.stringify({ url: `${origin}/a` })))?.text();
  }, "A pattern never means everything by accident");
  both("fetch of the options sends requests", async (library) => {
    const fetch = async (url: unknown): Promise<Response> => new Response(`fetched ${String(url)}`);
    return (await (await open(library, { allowedHosts: ["93.184.215.14"], fetch: fetch as typeof globalThis.fetch })).call("fetch", '{"url":"http://93.184.215.14/x"}'))?.text();
  });
  both("an answer beyond maxHttpResponseBytes", async (library) => {
    const server = await serve((_request, response) => void response.end("x".repeat(5000)));
    const made = await open(library, { memory: { maxHttpResponseBytes: 1000 }, logger: logged().logger });
    return await made.call("fetch", JSON.stringify({ url: server.origin }));
  }, "An answer that is too long is a failure");
  both("HTTP on the calling thread", async (library) => {
    const { origin } = await shop();
    return (await (await open(library, { runInWorker: false })).call("fetch", JSON.stringify({ url: `${origin}/a` })))?.text();
  }, CAN_SUSPEND ? undefined : "HTTP and time limits need no worker");
});

describe("the module", () => {
  test("exports what that library exports", () => {
    const names = Object.keys(ours).filter((name) => name !== "module.exports");
    expect(names.toSorted()).toEqual(Object.keys(theirs).filter((name) => name !== "module.exports").toSorted());
    expect(ours.default).toBe(ours.createPlugin);
    expect(ours.newPlugin).toBe(ours.createPlugin);
    expect(ours.CAPABILITIES).toEqual(theirs.CAPABILITIES);
  });

  test("can be required, and what is required be called", async () => {
    const require = createRequire(import.meta.url);
    const [here, there] = [require("@tenon/host/extism") as typeof ours.createPlugin & object, require("@extism/extism") as typeof ours.createPlugin & object];
    expect(Object.keys(here).filter((name) => name in there).toSorted()).toEqual(Object.keys(there).filter((name) => name !== "__esModule").toSorted());
    const made = await here({ wasm: [{ data: ECHO }] });
    expect((await made.call("echo", "required"))?.text()).toBe("required");
    await made.close();
  });
});
