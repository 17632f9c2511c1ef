import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallContext } from "@extism/extism";
import { afterAll, describe, expect, it } from "vitest";
import { importsOf, instantiate, load, needsWasi } from "../test/host.ts";
import { compile, CompileError } from "./mod.ts";

const folder = mkdtempSync(join(tmpdir(), "tenon-compile-"));
afterAll(() => rmSync(folder, { recursive: true }));

function project(files: Record<string, string>): string {
  const root = mkdtempSync(join(folder, "p-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

async function failure(run: Promise<unknown>): Promise<CompileError> {
  return run.then(() => { throw new Error("Expected the build to fail"); }, (error: unknown) => {
    expect(error).toBeInstanceOf(CompileError);
    return error as CompileError;
  });
}

describe("input and output", () => {
  it("follow from the types", async () => {
    const plugin = await load(`
      type Name = string; type Cart = { items: number[] };
      export function text(input: string) { return input.length; }
      export function alias(input: Name) { return input + "!"; }
      export function union(input: "a" | "b" | undefined) { return typeof input; }
      export function bytes(input: Uint8Array) { return input.map((byte) => byte + 1); }
      export const buffer = (input: ArrayBuffer) => new Uint8Array(input).length;
      export function json(cart: Cart) { return { count: cart.items.length }; }
      export function number(n: number) { return n * 2; }
      export function nothing() {}
      export function none() { return null; }
      export const arrow = async (input: string): Promise<string> => input.toUpperCase();
      const inner = (input: string) => "inner " + input; export { inner as renamed };
      export default function (input: string) { return "default " + input; }
      export const VERSION = "1.0";
      export type Ignored = string;
    `);
    expect(plugin.exports).toEqual([
      { name: "text", input: "text" }, { name: "alias", input: "text" }, { name: "union", input: "text" }, { name: "bytes", input: "bytes" },
      { name: "buffer", input: "buffer" }, { name: "json", input: "json" }, { name: "number", input: "json" }, { name: "nothing", input: "none" },
      { name: "none", input: "none" }, { name: "arrow", input: "text" }, { name: "renamed", input: "text" }, { name: "default", input: "text" },
    ]);
    expect(await plugin.call("text", "héé")).toBe("3");
    expect(await plugin.call("alias", "x")).toBe("x!");
    expect(await plugin.call("union", "5")).toBe("string");
    expect([...(await plugin.bytes("bytes", new Uint8Array([0, 127, 255])))]).toEqual([1, 128, 0]);
    expect(await plugin.call("buffer", new Uint8Array(10))).toBe("10");
    expect(await plugin.call("json", '{"items":[1,2,3]}')).toBe('{"count":3}');
    expect(await plugin.call("number", "21")).toBe("42");
    expect(await plugin.call("nothing", "ignored")).toBe("");
    expect(await plugin.call("none")).toBe("null");
    expect(await plugin.call("arrow", "up")).toBe("UP");
    expect(await plugin.call("renamed", "r")).toBe("inner r");
    expect(await plugin.call("default", "d")).toBe("default d");
  });

  it("follow from comments in JavaScript", async () => {
    const plugin = await load({ "plugin.js": `
      /** @param {string} input */
      export function text(input) { return typeof input; }
      /** Says how many. @param {Uint8Array} input the bytes */
      export const bytes = (input) => input.length;
      export function json(input) { return typeof input; }` });
    expect(await plugin.call("text", "5")).toBe("string");
    expect(await plugin.call("bytes", "abc")).toBe("3");
    expect(await plugin.call("json", "5")).toBe("number");
  });

  it.each([0, 1, 7, 8, 9, 15, 16, 1000, 70_001])("carry %i bytes exactly", async (length) => {
    const plugin = await echo;
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + 7) & 255);
    expect(await plugin.bytes("bytes", bytes)).toEqual(bytes);
  });

  it.each(["", "plain", "zero \0 byte", "ü €, 😀", "x".repeat(100_000), "é".repeat(9), "😀".repeat(33)])("carry text exactly: %#", async (text) => {
    expect(await (await echo).call("text", text)).toBe(text);
  });

  it("replace what is not UTF-8, in and out", async () => {
    const plugin = await echo;
    expect(await plugin.call("text", new Uint8Array([0x61, 0xff, 0x62]))).toBe("a\ufffdb");
    expect(await plugin.call("lone")).toBe("a\ufffdb\ufffd😀");
  });

  it("take an empty input as undefined where JSON is expected", async () => {
    expect(await (await echo).call("optional", "")).toBe("undefined");
  });

  it("say what is wrong with input that is not JSON", async () => {
    expect(await (await echo).fail("optional", "{nope")).toMatch(/^TypeError: Cannot read the input of "optional" as JSON: .*; a parameter of type string or Uint8Array takes the input as it is/);
  });

  const echo = load(`
    export function bytes(input: Uint8Array): Uint8Array { return input; }
    export function text(input: string): string { return input; }
    export function lone(): string { return "a\\ud800b\\udc00" + "\\ud83d" + "\\ude00"; }
    export function optional(input?: { a: number }): string { return typeof input; }`);
});

describe("errors", () => {
  const source = [
    'import { inner } from "./lib/inner.ts";',
    "export function direct(input: string): string {",
    '  throw new RangeError("too far");',
    "}",
    "export function nested(input: string): string { return inner(input); }",
    "export async function later(): Promise<void> { await 0; inner('later'); }",
    "export function odd(): void { throw { code: 7 }; }",
    'export function text(): void { throw "just text"; }',
    "export function caused(): void { try { inner('c'); } catch (cause) { throw new Error('outer', { cause }); } }",
    "export function good(): string { return 'good'; }",
  ].join("\n");
  const inner = "type Unused = {\n  a: string;\n};\nexport function inner(name: string): string {\n  const missing = undefined as unknown as { x: string };\n  return name + missing.x;\n}\n";

  it.each([false, true])("carry the author's file, line and column (minified: %s)", async (minify) => {
    const plugin = await load({ "plugin.ts": source, "lib/inner.ts": inner }, { minify });
    expect(await plugin.fail("direct", "x")).toMatch(/^RangeError: too far\n {4}at .*\(?plugin\.ts:3:(9|13|23)\)?$/);
    const nested = await plugin.fail("nested", "x");
    expect(nested).toMatch(/^TypeError: cannot read property 'x' of undefined\n/);
    expect(nested.split("\n").slice(1).map((line) => /([\w/]+\.ts:\d+)/.exec(line)?.[1])).toEqual(["lib/inner.ts:6", "plugin.ts:5"]);
    expect(await plugin.fail("later")).toMatch(/lib\/inner\.ts:6:.*\n.*plugin\.ts:6/);
    expect(await plugin.fail("caused")).toMatch(/^Error: outer\n.*plugin\.ts:9.*\ncaused by TypeError: .*\n.*lib\/inner\.ts:6/);
  });

  it("carry values that are no errors, and leave the plug-in usable", async () => {
    const plugin = await load({ "plugin.ts": source, "lib/inner.ts": inner });
    expect(await plugin.fail("odd")).toBe('Uncaught {"code":7}');
    expect(await plugin.fail("text")).toBe("Uncaught just text");
    expect(await plugin.call("good")).toBe("good");
  });

  it("of a deep recursion can be caught, again and again", async () => {
    const plugin = await load(`
      let depth = 0;
      function down(): number { depth++; return down() + 1; }
      function viaNative(): unknown { return [1].map(viaNative); }
      const cycle: { self?: object } = {}; let text = "";
      export function caught(): string { depth = 0; try { down(); } catch (error) { text = String(error); } return text + " " + (depth > 500); }
      export function native(): string { try { viaNative(); return "no"; } catch (error) { return (error as Error).name; } }
      export function uncaught(): number { return down(); }`);
    for (let round = 0; round < 3; round++) {
      expect(await plugin.call("caught")).toBe("RangeError: Maximum call stack size exceeded true");
      expect(await plugin.call("native")).toBe("RangeError");
      expect(await plugin.fail("uncaught")).toMatch(/^RangeError: Maximum call stack size exceeded\n {4}at down \(plugin\.ts:3/);
    }
  });
});

describe("deep recursion", () => {
  const recursive = load(`
    let depth = 0;
    class Loop { get x(): number { depth++; return this.x + 1; } }
    function* generator(): Generator { depth++; yield* generator(); }
    const runs: Record<string, () => unknown> = {
      getter: () => new Loop().x,
      proxy: () => new Proxy({} as Record<string, unknown>, { get(_target, key, receiver: Record<string, unknown>) { depth++; return receiver[key as string]; } })["x"],
      sort: () => { const again = (): unknown => [2, 1].sort(() => { depth++; again(); return 0; }); return again(); },
      replace: () => { const again = (text: string): string => text.replace(/a/g, () => { depth++; return again("aa"); }); return again("a"); },
      constructor: () => { class Made { constructor() { depth++; Reflect.construct(Made, []); } } return new Made(); },
      generator: () => [...generator()],
      toJSON: () => { const value = { toJSON() { depth++; return JSON.stringify(value); } }; return JSON.stringify(value); },
      parse: () => JSON.parse("[".repeat(50_000) + "]".repeat(50_000)),
      stringify: () => { let value: unknown[] = []; for (let i = 0; i < 50_000; i++) value = [value]; return JSON.stringify(value); },
      join: () => { let value: unknown[] = []; for (let i = 0; i < 50_000; i++) value = [value]; return String(value); },
    };
    export function run(name: string): string { depth = 0; try { runs[name]!(); return "no error"; } catch (error) { return (error as Error).name; } }
    export function deepJson(levels: number): number { return JSON.stringify(JSON.parse("[".repeat(levels) + "]".repeat(levels))).length; }
    export function input(value: unknown): string { return typeof value; }`);

  it.each(["getter", "proxy", "sort", "replace", "constructor", "generator", "toJSON", "parse", "stringify", "join"])("by %s is a RangeError, and the plug-in goes on", async (name) => {
    const plugin = await recursive;
    expect(await plugin.call("run", name)).toBe("RangeError");
    expect(await plugin.call("deepJson", "900")).toBe("1800");
  });

  it("in the input's JSON is an error of the call", async () => {
    expect(await (await recursive).fail("input", "[".repeat(100_000))).toMatch(/^TypeError: Cannot read the input of "input" as JSON: Maximum call stack size exceeded/);
    expect(await (await recursive).call("input", "[[[]]]")).toBe("object");
  });
});

describe("asynchronous exports", () => {
  const asynchronous = load(`
    const wait = (ms: number) => new Promise<void>((settle) => setTimeout(settle, ms));
    export async function order(): Promise<string> {
      const seen: string[] = [];
      setTimeout(() => seen.push("late"), 20); setTimeout(() => seen.push("early"), 10);
      queueMicrotask(() => seen.push("micro")); Promise.resolve().then(() => seen.push("then"));
      seen.push("sync"); await wait(50); return seen.join();
    }
    export async function interval(): Promise<number> {
      let n = 0; return new Promise((settle) => { const id = setInterval(() => { if (++n === 5) { clearInterval(id); settle(n); } }, 1); });
    }
    export function leaked(): string { setInterval(() => {}, 1); return "out"; }
    let after = 0;
    export function started(): string { setTimeout(() => { after++; }, 5); return String(after); }
    export function never(): Promise<void> { return new Promise(() => {}); }
    export async function rejected(): Promise<void> { await wait(1); throw new Error("no"); }
    export function unhandled(): string { Promise.reject(new Error("nobody looks")); return "x"; }
    export function handledLater(): string { const p = Promise.reject(new Error("later")); setTimeout(() => p.catch(() => {}), 1); return "fine"; }
    export function thrown(): string { queueMicrotask(() => { throw new Error("in a job"); }); return "x"; }
    export function thenable() { return { then(settle: (value: string) => void) { settle("then"); } }; }
    export async function* generator() { yield 1; }`);

  it.each([
    { name: "order", output: "sync,micro,then,early,late" },
    { name: "interval", output: "5" },
    { name: "leaked", output: "out" },
    { name: "handledLater", output: "fine" },
    { name: "thenable", output: "then" },
  ])("$name", async ({ name, output }) => {
    expect(await (await asynchronous).call(name)).toBe(output);
  });

  it("run timers that nobody awaits within the call", async () => {
    const plugin = await asynchronous;
    expect(await plugin.call("started")).toBe("0");
    expect(await plugin.call("started")).toBe("1");
  });

  it.each([
    { name: "never", error: /^Error: Cannot finish "never": its promise never settles/ },
    { name: "rejected", error: /^Error: no\n.*plugin\.ts:16/ },
    { name: "unhandled", error: /^Error: nobody looks\n.*plugin\.ts:17/ },
    { name: "thrown", error: /^Error: in a job/ },
  ])("$name fails", async ({ name, error }) => {
    const plugin = await asynchronous;
    expect(await plugin.fail(name)).toMatch(error);
    expect(await plugin.call("interval")).toBe("5");
  });

  it("await at the top level while the plug-in is built", async () => {
    const plugin = await load(`const table = await Promise.resolve([1, 2]); export function size(): number { return table.length; }`);
    expect(await plugin.call("size")).toBe("2");
  });
});

describe("the PDK", () => {
  const source = `
    import { config, host, vars, type i32, type u32, type f32 } from "@tenon/pdk";
    interface Host {
      text(a: string, b: string): string; bytes(data: Uint8Array): Uint8Array; numbers(a: i32, b: bigint, c: f32, d: number, e: boolean): number;
      json(value: { a: number[] }): { sum: number }; wide(): bigint; unsigned(x: u32): u32; note(text: string): void; later(key: string): Promise<string>; six(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32): i32;
    }
    const user = host<Host>("extism:host/user");
    const other = host<{ text(a: string): string }>("custom");
    export function call(): unknown {
      user.note("noted");
      return [user.text("a€", "b"), [...user.bytes(new Uint8Array([1, 2, 3]))], user.numbers(-1, 2n ** 40n, 1.5, 0.25, true), user.json({ a: [1, 2] }).sum, String(user.wide()), user.unsigned(4294967295), other.text("o"), user.six(1, 2, 3, 4, 5, 6)];
    }
    export async function later(): Promise<string> { return user.later("k"); }
    export function settings(): unknown { return [config.get("a"), config.get("missing") ?? "none", config.require("a")]; }
    export function missing(): string { return config.require("b"); }
    export function count(): number { const n = Number(vars.getText("n") ?? 0) + 1; vars.set("n", String(n)); return n; }
    export function kept(): unknown { vars.setJson("j", { a: 1 }); const before = vars.getJson("j"); vars.delete("j"); return [before, vars.get("j") ?? "gone"]; }
  `;

  it("calls host functions with the types of their declaration", async () => {
    const notes: string[] = [];
    const plugin = await load(source, {}, {
      "extism:host/user": {
        text: (context: CallContext, a: bigint, b: bigint) => context.store(`${context.read(a)?.text()}+${context.read(b)?.text()}`),
        bytes: (context: CallContext, data: bigint) => context.store((context.read(data)?.bytes() ?? new Uint8Array()).map((byte: number) => byte * 2)),
        numbers: (_: CallContext, a: number, b: bigint, c: number, d: number, e: number) => a + Number(b) + c + d + e,
        json: (context: CallContext, value: bigint) => context.store(JSON.stringify({ sum: (JSON.parse(context.read(value)?.text() ?? "") as { a: number[] }).a.reduce((x, y) => x + y) })),
        wide: () => -(2n ** 63n),
        unsigned: (_: CallContext, x: number) => x,
        note: (context: CallContext, text: bigint) => void notes.push(context.read(text)?.text() ?? ""),
        later: (context: CallContext, key: bigint) => context.store(`late ${context.read(key)?.text()}`),
        six: (_: CallContext, ...values: number[]) => values.reduce((x, y) => x + y),
      },
      custom: { text: (context: CallContext, a: bigint) => context.store(`custom ${context.read(a)?.text()}`) },
    } as never, { a: "A" });
    expect(JSON.parse(await plugin.call("call"))).toEqual(["a€+b", [2, 4, 6], 2 ** 40 - 1 + 1.5 + 0.25 + 1, 3, "-9223372036854775808", 4294967295, "custom o", 21]);
    expect(notes).toEqual(["noted"]);
    expect(await plugin.call("later")).toBe("late k");
    expect(JSON.parse(await plugin.call("settings"))).toEqual(["A", "none", "A"]);
    expect(await plugin.fail("missing")).toMatch(/^Error: Cannot read the configuration: the host sets no value for "b"/);
    expect([await plugin.call("count"), await plugin.call("count")]).toEqual(["1", "2"]);
    expect(JSON.parse(await plugin.call("kept"))).toEqual([{ a: 1 }, "gone"]);
  });

  it("logs what the host wants", async () => {
    const { wasm } = await compile({ "plugin.ts": `
      import { log } from "@tenon/pdk";
      export function logs(): void { log.info("plain", { a: [1, "x"] }); console.warn("%s is %d", "x", 5, [1]); log.error(new Error("shown")); }` });
    const lines: string[] = [];
    const keep = (level: string) => (text: unknown) => void lines.push(`${level}: ${String(text)}`);
    const plugin = await instantiate(wasm, {}, {}, { info: keep("info"), warn: keep("warn"), error: keep("error") });
    await plugin.call("logs");
    expect(lines[0]).toBe('info: plain { a: [ 1, "x" ] }');
    expect(lines[1]).toBe("warn: x is 5 [ 1 ]");
    expect(lines[2]).toMatch(/^error: Error: shown\n/);
  });

  it("checks input by a schema of any Standard Schema library", async () => {
    const plugin = await load(`
      import { typed, type Schema } from "@tenon/pdk";
      const schema: Schema<{ n: number }> = { "~standard": { version: 1, validate: (value) => typeof (value as { n?: unknown })?.n === "number" ? { value: value as { n: number } } : { issues: [{ message: "must be a number", path: ["n"] }] } } };
      export const double = typed({ input: schema }, ({ n }) => n * 2);
      export const later = typed({ input: schema }, async ({ n }) => n * 3);`);
    expect(await plugin.call("double", '{"n":4}')).toBe("8");
    expect(await plugin.call("later", '{"n":4}')).toBe("12");
    expect(await plugin.fail("double", '{"n":"x"}')).toMatch(/^TypeError: Cannot accept the input of "double": n: must be a number/);
  });

  it("refuses the host while the plug-in is built, and says where", async () => {
    const error = await failure(compile({ "plugin.ts": 'import { config } from "@tenon/pdk";\nconst mode = config.get("mode");\nexport function f(): string { return mode ?? ""; }' }));
    expect(error.diagnostics[0]).toMatchObject({ file: "plugin.ts", line: 2, column: 21 });
    expect(error.message).toMatch(/Cannot use config: the plug-in is being built/);
  });

  it("says when the types of host functions cannot be read", async () => {
    const error = await failure(compile({ "plugin.ts": 'import { host } from "@tenon/pdk";\nconst user = host("extism:host/user");\nexport function f(): unknown { return user; }' }));
    expect(error.diagnostics[0]).toMatchObject({ file: "plugin.ts", line: 2, column: 14 });
  });
});

describe("the module", () => {
  it("is the same for the same source", async () => {
    const source = 'export function f(x: { a: number }): number { return x.a + new Map([["a", Math.max(1, 2)]]).size; }';
    const [first, second] = [await compile({ "plugin.ts": source }), await compile({ "plugin.ts": source })];
    expect(Buffer.from(first.wasm).equals(second.wasm)).toBe(true);
  });

  it("imports WASI only for time and chance", async () => {
    const [plain, timed] = [await compile({ "plugin.ts": "export function f(): string { return 'x'; }" }), await compile({ "plugin.ts": "export function f(): number { return Date.now() + Math.random(); }" })];
    expect(needsWasi(plain.wasm)).toBe(false);
    expect(importsOf(timed.wasm).filter((name) => name.startsWith("wasi")).sort()).toEqual(["wasi_snapshot_preview1 clock_time_get", "wasi_snapshot_preview1 random_get"]);
    expect(importsOf(plain.wasm).every((name) => name.startsWith("extism:host/env "))).toBe(true);
  });

  it("has the code of other plug-ins, byte by byte", async () => {
    const code = async (source: string): Promise<string> => {
      const { wasm } = await compile({ "plugin.ts": source });
      const { parseModule, SECTION } = await import("@tenon/wasm");
      const section = parseModule(wasm).sections.find(({ id }) => id === SECTION.code);
      return Buffer.from(wasm.subarray(section?.start, section?.end)).toString("base64");
    };
    expect(await code("export function a(): string { return 'x'; }")).toBe(await code("export function b(n: number): number { return n * n; } export function c(): void {}"));
  });

  it("gives every instance other random numbers, also when some were used at build time", async () => {
    const { wasm, warnings } = await compile({ "plugin.ts": "const early = Math.random(); export function f(): unknown { return [early, Math.random(), crypto.randomUUID()]; }" });
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/^Random numbers were used while the plug-in was built/)]);
    const outputs = await Promise.all([1, 2, 3].map(async () => JSON.parse(await (await instantiate(wasm)).call("f")) as [number, number, string]));
    expect(new Set(outputs.map(([early]) => early)).size).toBe(1);
    expect(new Set(outputs.map(([, now]) => now)).size).toBe(3);
    expect(new Set(outputs.map(([, , uuid]) => uuid)).size).toBe(3);
    for (const [, now] of outputs) expect(now >= 0 && now < 1).toBe(true);
  });

  it("keeps the parser only where code is made from text", async () => {
    const withEval = await load("export function f(x: string): unknown { return new Function('a', 'return a + 1')(1) + (0, eval)(x); }");
    expect(await withEval.call("f", "40")).toBe("42");
    const without = await load("export function f(x: string): unknown { return (() => {}).constructor(x)(); }");
    expect(await without.fail("f", "return 1")).toMatch(/^TypeError: eval is not supported/);
    expect(without.wasm.length).toBeLessThan(withEval.wasm.length - 50_000);
  });

  it("converts each value of a template before the next is computed, as the language has it", async () => {
    const plugin = await load("export function order() { const a = [1]; const raw = String.raw`\\u${a}|${a.push(3)}`; return `${raw} ${a}|${a.push(2)}`; }");
    expect(await plugin.call("order", "")).toBe("\\u1,3|2 1,3|3"); // a tag gets all values at once
  });

  it("holds what the top level made", async () => {
    const plugin = await load("const squares = Array.from({ length: 1000 }, (_, n) => n * n); class Counter { #n = 0; next() { return ++this.#n; } } const counter = new Counter(); export function f(n: number): number { return squares[n]! + counter.next(); }");
    expect([await plugin.call("f", "10"), await plugin.call("f", "10")]).toEqual(["101", "102"]);
  });

  it("survives many calls without growing", async () => {
    const plugin = await load("export function f(x: { a: number[] }): number { return x.a.map((n) => ({ n })).reduce((sum, { n }) => sum + n, 0); }");
    const input = JSON.stringify({ a: Array.from({ length: 2000 }, (_, n) => n) });
    const sizes: number[] = [];
    for (let round = 0; round < 50; round++) {
      expect(await plugin.call("f", input)).toBe("1999000");
      sizes.push(await plugin.memoryBytes());
    }
    expect(sizes.at(-1)).toBe(sizes[4]);
  });

  it("frees an object with its last reference, and no sooner", async () => {
    const plugin = await load(`
      const seen: WeakRef<object>[] = [];
      const made = (): { n: number } => { const object = { n: 1 }; seen.push(new WeakRef(object)); return object; };
      const alive = (): boolean => seen.at(-1)!.deref() !== undefined;
      export function f(): boolean[] {
        made();
        const dropped = alive();
        let local: unknown = made();
        const before = alive();
        local = 1;
        const after = alive();
        const first = made(), list = [first];
        let second: unknown = first;
        second = local;
        const twice = alive();
        const sum = made().n + made().n;
        const read = alive();
        list[0] = { n: sum };
        const compared = made() === second;
        return [dropped, before, after, twice, read, alive(), compared, first.n === 1];
      }`);
    expect(JSON.parse(await plugin.call("f"))).toEqual([false, true, false, true, false, false, false, true]);
  });
});

describe("projects", () => {
  it("import JSON, text, packages of their own and paths of their tsconfig", async () => {
    const root = project({
      "src/plugin.ts": 'import data from "./data.json"; import text from "./note.txt"; import { twice } from "@lib/twice"; import { three } from "three"; export * from "./more.ts"; export function f(): unknown { return [data.a, text.trim(), twice(2), three]; }',
      "src/more.ts": "export function extra(input: Uint8Array): number { return input.length; }",
      "src/data.json": '{"a":[1]}', "src/note.txt": "note\n", "lib/twice.ts": "export const twice = (n: number): number => n * 2;",
      "node_modules/three/package.json": '{"name":"three","main":"index.js"}', "node_modules/three/index.js": "exports.three = 3;",
      "tsconfig.json": '{"compilerOptions":{"paths":{"@lib/*":["./lib/*"]},"strict":true,"module":"esnext","moduleResolution":"bundler","resolveJsonModule":true,"allowImportingTsExtensions":true,"noEmit":true}}',
    });
    const { wasm, exports } = await compile("src/plugin.ts", { root, check: false });
    expect(exports).toEqual([{ name: "f", input: "none" }, { name: "extra", input: "bytes" }]);
    const plugin = await instantiate(wasm);
    expect(JSON.parse(await plugin.call("f"))).toEqual([[1], "note", 4, 3]);
    expect(await plugin.call("extra", "abc")).toBe("3");
  });

  it("are checked for types", async () => {
    const root = project({ "plugin.ts": 'export function f(input: string): number {\n  return input;\n}\n' });
    const error = await failure(compile("plugin.ts", { root }));
    expect(error.diagnostics).toEqual([{ file: "plugin.ts", line: 2, column: 3, length: 6, lineText: "  return input;", code: "TS2322", message: "Type 'string' is not assignable to type 'number'." }]);
    expect(error.message).toContain("plugin.ts:2:3 - error TS2322: Type 'string' is not assignable to type 'number'.");
    await expect(compile("plugin.ts", { root, check: false })).resolves.toMatchObject({ exports: [{ name: "f", input: "text" }] });
  });

  it.each([
    { name: "a syntax error", source: "export function f( { return 1; }", at: { file: "plugin.ts", line: 1 } },
    { name: "a package that is not there", source: 'import x from "not-there-at-all";\nexport function f(): unknown { return x; }', at: { file: "plugin.ts", line: 1, column: 15 } },
    { name: "a built-in of Node", source: 'import { readFileSync } from "node:fs";\nexport function f(): unknown { return readFileSync; }', at: { file: "plugin.ts", line: 1 } },
    { name: "an error at the top level", source: "const a = 1;\nthrow new Error('top');\nexport function f(): number { return a; }", at: { file: "plugin.ts", line: 2 } },
    { name: "no exports", source: "const a = 1; void a;", at: {} },
    { name: "a top level that never ends", source: "await new Promise(() => {}); export function f(): void {}", at: {} },
  ])("that have $name are refused", async ({ source, at }) => {
    const error = await failure(compile({ "plugin.ts": source }));
    expect(error.diagnostics[0]).toMatchObject(at);
  });
});
