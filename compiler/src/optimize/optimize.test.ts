import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { load, type Loaded } from "../../test/host.ts";
import { programOf } from "../../test/programs.ts";

const open: Loaded[] = [];
afterEach(async () => { for (const each of open.splice(0)) await each.close(); });

/** The same source interpreted and optimized. */
async function both(source: string): Promise<readonly [interpreted: Loaded, optimized: Loaded]> {
  const pair = [await load({ "plugin.js": source }), await load({ "plugin.js": source }, { optimize: true })] as const;
  open.push(...pair);
  return pair;
}

const EXPORTS = "\nexport function plain() { return runAll(false); } export function stacks() { return runAll(true); }";
/** How many of the PDK's own functions are compiled in every plug-in. */
async function compiledOf(source: string): Promise<number> {
  const loaded = await load({ "plugin.js": source }, { optimize: true });
  open.push(loaded);
  return loaded.optimized?.compiled ?? 0;
}

describe("optimized programs answer as Node and the interpreter do, stack traces included", () => {
  test.each(Array.from({ length: 16 }, (_, index) => ({ seed: index + 1 })))("program $seed", async ({ seed }) => {
    const source = programOf(seed);
    const node = runInNewContext(`"use strict"; ${source}; runAll(false);`, {}, { timeout: 10_000 }) as string;
    const [interpreted, optimized] = await both(source + EXPORTS);
    expect(optimized.optimized?.compiled).toBeGreaterThan(0);
    for (let round = 0; round < 2; round += 1) expect((await optimized.call("plain")).split("\n")).toEqual(node.split("\n"));
    expect((await optimized.call("stacks")).split("\n")).toEqual((await interpreted.call("stacks")).split("\n"));
  });
});

const SCRIPTS = {
  overflow: "let i = 2147483640; const out = []; for (let k = 0; k < 12; k++) out.push(i++); for (let k = 0; k < 12; k++) out.push(i--); return out.join();",
  negativeZero: "const f = (a, b) => a * b; const g = (a) => -a; const h = (a, b) => a % b; return [f(0, -1), f(-1, 0), g(0), h(-4, 2), 0 / -3, f(0, 1)].map((x) => Object.is(x, -0)).join();",
  extremes: "const f = (a, b) => [a * b, a - b, a + b, a / b, a % b, -a, ~a, a << b, a >> b, a >>> b, a & b, a | b, a ^ b].join(); const v = [-2147483648, 2147483647, -1, 0, 1, 4294967296, -4294967297, 9007199254740993, 1e19, NaN, 0.1]; const out = []; for (const x of v) for (const y of v) out.push(f(x, y)); return out.join(';');",
  recursion: "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } function even(n) { return n === 0 ? true : odd(n - 1); } function odd(n) { return n === 0 ? false : even(n - 1); } return [fib(18), even(100), odd(7)].join();",
  overflowOfTheStack: "function down(n) { return 1 + down(n + 1); } try { return String(down(0)); } catch (e) { return e.name + e.message; }",
  caught: "function f(x) { let s = 0; for (let i = 0; i < 5; i++) { try { s += i; if (i === x) throw new Error('at ' + i); s += g(x); } catch (e) { s += 1000; } finally { s += 7; } } return s; } function g(x) { return x.y.z; } return [f(3), f({ y: { z: 4 } }), f(null)].join();",
  replaced: "function step(x) { return x + 1; } function run(n) { let s = 0; for (let i = 0; i < n; i++) s = step(s); return s; } const before = run(10); step = (x) => x + 2; return before + ',' + run(10);",
  references: "function make(n) { const a = []; for (let i = 0; i < n; i++) { const o = { i, next: a[i - 1] }; a[i] = o; o.self = o; } return a; } let s = 0; for (let k = 0; k < 50; k++) { const a = make(40); s += a[39].self.next.i; a.length = 3; } return s;",
  argumentsGiven: "function f(a, b, c) { a = a + 1; b = b === undefined ? 5 : b; return a + b + (c === undefined ? 0.5 : c); } return [f(1), f(1, 2), f(1, 2, 3), f(1, 2, 3, 4), f.call(null, 1), f.length, f.name].join();",
  getters: "const log = []; const o = { get x() { log.push('x'); return 2; }, set x(v) { log.push('set' + v); } }; function f(o) { let s = 0; for (let i = 0; i < 3; i++) { s += o.x; o.x = s; } return s; } return f(o) + log.join();",
  coercions: "const log = []; const v = (n) => ({ valueOf() { log.push(n); return n; } }); function f(a, b) { return [a + b, a - b, a < b, a * b, a | b].join(); } return f(v(1), v(2)) + f('3', 4) + f(null, true) + f(undefined, 1) + log.join();",
  arrays: "function sort(a) { for (let i = 1; i < a.length; i++) { const v = a[i]; let j = i - 1; while (j >= 0 && a[j] > v) { a[j + 1] = a[j]; j--; } a[j + 1] = v; } return a; } const holes = [3, , 1]; const frozen = Object.freeze([2, 1]); let thrown = ''; try { sort(frozen); } catch (e) { thrown = e.name; } return sort([5, 2, 9, -1, 3.5]).join() + sort(['b', 'a']).join() + sort(new Float64Array([2, 1])).join() + thrown + holes.length + sort({ length: 2, 0: 2, 1: 1 })[0];",
  equality: "function f(a, b) { return [a === b, a !== b, a == b, a != b, a == null, a === undefined].map(Number).join(''); } const o = {}; const v = [0, -0, NaN, '', '0', null, undefined, false, o, [], 1n]; const out = []; for (const x of v) for (const y of v) out.push(f(x, y)); return out.join();",
  truth: "function f(a) { let s = 0; if (a) s += 1; if (!a) s += 2; while (a && s < 5) s += 3; return s; } return [0, -0, NaN, 1, '', 'a', null, undefined, true, false, {}, [], 0n, 1n, 0.1].map(f).join();",
  globals: "function f(x) { return Math.max(Math.floor(x), Math.abs(-x), Math.imul(x, 3)) + Number.MAX_SAFE_INTEGER % 7; } let missing = ''; function g(n) { return n < 1 ? nowhere : g(n - 1); } try { g(2); } catch (e) { missing = e.name + e.message; } return f(2.5) + missing;",
} as const;

describe("optimized scripts answer as the interpreter does", () => {
  test.each(Object.entries(SCRIPTS))("%s", async (_, body) => {
    const [interpreted, optimized] = await both(`export function run() { ${body} }`);
    const expected = await interpreted.call("run");
    for (let round = 0; round < 2; round += 1) expect(await optimized.call("run")).toBe(expected);
  });
});

describe("optimize", () => {
  const WORK = "function work(n) { let s = 0; for (let i = 0; i < n; i++) s = (s + i * 3) | 0; return s; } export function run() { return String(work(1000)); }";

  test("compiles what computes, and says how much", async () => {
    expect(await compiledOf(WORK)).toBe((await compiledOf("export function run() { return ''; }")) + 1);
  });

  test("leaves alone what the interpreter's frame is needed for", async () => {
    const plain = await compiledOf("export function run() { return ''; }");
    for (const made of ["function work() { return arguments.length + 1; }", "function work(...rest) { return rest.length + 1; }", "function* work() { yield 1 + 1; }", "async function work(n) { return n + 1; }"])
      expect(await compiledOf(`${made} export function run() { return String(work(1)); }`)).toBe(plain);
  });

  test("gives the same bytes for the same source, and others without", async () => {
    const [first, second] = [await load({ "plugin.js": WORK }, { optimize: true }), await load({ "plugin.js": WORK }, { optimize: true })];
    open.push(first, second);
    expect(Buffer.compare(first.wasm, second.wasm)).toBe(0);
  });

  test("stays away from eval, and says so", async () => {
    const loaded = await load({ "plugin.js": "export function run() { return String(eval('1 + 1')); }" }, { optimize: true });
    open.push(loaded);
    expect(loaded.optimized).toBeUndefined();
    expect(loaded.warnings.map(({ message }) => message).join()).toContain("eval");
    expect(await loaded.call("run")).toBe("2");
  });
});
