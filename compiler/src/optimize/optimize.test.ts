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
let kit: Promise<number> | undefined;
/** How many functions are compiled in a plug-in that has none worth it: the kit's own. */
async function ofKit(): Promise<number> {
  return await (kit ??= compiledOf("export function run() { return ''; }"));
}

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
  overflow: "function count(out, i, by) { for (let k = 0; k < 12; k++) { out.push(i++); i += by; } for (let k = 0; k < 12; k++) { out.push(i--); i -= by; out.push(-i, ++i, --i); } return i; } const out = []; for (const start of [2147483640, -2147483645, 4294967290, 0.5]) for (const by of [0, 1, -3]) out.push(count(out, start, by)); return out.join();",
  negativeZero: "const f = (a, b) => a * b; const g = (a) => -a; const h = (a, b) => a % b; return [f(0, -1), f(-1, 0), g(0), h(-4, 2), 0 / -3, f(0, 1)].map((x) => Object.is(x, -0)).join();",
  extremes: "function f(k, a, b) { let r = 0; if (k === 0) r = a * b; else if (k === 1) r = a - b; else if (k === 2) r = a + b; else if (k === 3) r = a / b; else if (k === 4) r = a % b; else if (k === 5) r = -a; else if (k === 6) r = ~a; else if (k === 7) r = a << b; else if (k === 8) r = a >> b; else if (k === 9) r = a >>> b; else if (k === 10) r = a & b; else if (k === 11) r = a | b; else r = a ^ b; return r; } const v = [-2147483648, -2147483648 | 0, 2147483647, -1, -0, 0, 1, 4294967296, -4294967297, 9007199254740993, 1e19, -1e300, NaN, Infinity, 0.1, -2.5]; const out = []; for (let k = 0; k < 13; k++) for (const x of v) for (const y of v) { const r = f(k, x, y); out.push(Object.is(r, -0) ? '-0' : r); } return out.join(';');",
  recursion: "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } function even(n) { return n === 0 ? true : odd(n - 1); } function odd(n) { return n === 0 ? false : even(n - 1); } return [fib(18), even(100), odd(7)].join();",
  overflowOfTheStack: "function down(n) { return 1 + down(n + 1); } try { return String(down(0)); } catch (e) { return e.name + e.message; }",
  caught: "function f(x) { let s = 0; for (let i = 0; i < 5; i++) { try { s += i; if (i === x) throw new Error('at ' + i); s += g(x); } catch (e) { s += 1000; } finally { s += 7; } } return s; } function g(x) { return x.y.z; } return [f(3), f({ y: { z: 4 } }), f(null)].join();",
  replaced: "function step(x) { return x + 1; } function run(n) { let s = 0; for (let i = 0; i < n; i++) s = step(s); return s; } const before = run(10); step = (x) => x + 2; return before + ',' + run(10);",
  references: "function make(a, n) { for (let i = 0; i < n; i++) a[i] = link(a, i); return a; } const link = (a, i) => { const o = { i, next: a[i - 1] }; o.self = o; return o; }; let s = 0; for (let k = 0; k < 50; k++) { const a = make([], 40); s += a[39].self.next.i; a.length = 3; } return s;",
  argumentsGiven: "function f(a, b, c) { a = a + 1; b = b === undefined ? 5 : b; return a + b + (c === undefined ? 0.5 : c); } return [f(1), f(1, 2), f(1, 2, 3), f(1, 2, 3, 4), f.call(null, 1), f.length, f.name].join();",
  getters: "const log = []; const o = { get x() { log.push('x'); return 2; }, set x(v) { log.push('set' + v); } }; function f(o) { let s = 0; for (let i = 0; i < 3; i++) { s += o.x; o.x = s; } return s; } return f(o) + log.join();",
  coercions: "const log = []; const v = (n) => ({ valueOf() { log.push(n); return n; } }); function f(k, a, b) { let r = 0; if (k === 0) r = a + b; else if (k === 1) r = a - b; else if (k === 2) r = a < b; else if (k === 3) r = a * b; else if (k === 4) r = a | b; else if (k === 5) r = a >= b; else { a++; --b; r = a + b; } return r; } const out = []; for (let k = 0; k < 7; k++) { out.push(f(k, v(1), v(2)), f(k, '3', 4), f(k, null, true), f(k, undefined, 1), f(k, 5, '2')); try { f(k, 1n, 1); } catch (e) { out.push(e.name); } } return out.join() + log.join();",
  arrays: "function sort(a) { for (let i = 1; i < a.length; i++) { const v = a[i]; let j = i - 1; while (j >= 0 && a[j] > v) { a[j + 1] = a[j]; j--; } a[j + 1] = v; } return a; } const holes = [3, , 1]; const frozen = Object.freeze([2, 1]); let thrown = ''; try { sort(frozen); } catch (e) { thrown = e.name; } return sort([5, 2, 9, -1, 3.5]).join() + sort(['b', 'a']).join() + sort(new Float64Array([2, 1])).join() + thrown + holes.length + sort({ length: 2, 0: 2, 1: 1 })[0];",
  equality: "function f(a, b) { let s = 0; if (a === b) s += 1; if (a !== b) s += 2; if (a == b) s += 4; if (a != b) s += 8; return s; } function g(a) { let s = 0; if (a == null) s += 1; if (a != null) s += 2; if (a === undefined) s += 4; if (a !== undefined) s += 8; if (a === null) s += 16; if (a !== null) s += 32; if (null == a) s += 64; return s; } function h(a, b) { let s = 0; if (a !== b) s += 1; if (b === a) s += 2; return s; } const o = {}; const v = [0, -0, 1, 1.5, NaN, '', '0', 'a' + 'b', 'ab', null, undefined, false, true, o, [], 1n, 2n ** 70n, 2n ** 70n]; const out = []; for (const x of v) { out.push(g(x)); for (const y of v) out.push(f(x, y), h(x, y)); } return out.join();",
  truth: "function f(a) { let s = 0; if (a) s += 1; if (!a) s += 2; while (a && s < 5) s += 3; return s; } return [0, -0, NaN, 1, '', 'a', null, undefined, true, false, {}, [], 0n, 1n, 0.1].map(f).join();",
  counted: "const alive = []; const gone = (make) => { let o = { big: 1 }; const w = new WeakRef(o); make(o); o = undefined; alive.push(w.deref() === undefined); }; const box = { f(o, n) { return n + 1; }, o: 0 }; const list = [0, 0]; function pass(o, n) { o = o; return n + 1; } function extra(o, n) { let s = 0; s += pass(o, n); s += pass(o, n, o, o); s += box.f(o, n); return s; } function keep(o, n) { box.o = o; list[0] = o; list[1] = list[0]; let p = box.o; p = list[1]; box.o = n; list[0] = n; list[1] = n + 1; return p === o ? 1 : 2; } let held; function capture(o, n) { held = o; held = n; return n + 1; } function keyed(o, n) { const t = 'k' + n; box[t] = o; box[t] = n; const u = { [t]: o }; return u[t] === o ? n + 1 : n; } function test(o, n) { let s = n + 1; if (o) s += 1; if (!o) s += 2; if (o === n) s += 4; if (o !== box) s += 8; if (o == null) s += 16; return s; } function leave(o, n) { let q = o; let s = n + 1; s = s + o; return q === o ? s : s; } function fail(o, n) { let q = o; let s = n + 1; try { s += o.none.none; } catch (e) { s += 2; } return q === o ? s : 0; } function made(o, n) { const w = new Holder(o); return w.o === o ? n + 1 : n + 2; } class Holder { constructor(o) { this.o = o; } } for (let k = 0; k < 3; k++) for (const f of [pass, extra, keep, capture, keyed, test, leave, fail, made]) gone((o) => f(o, k)); return alive.join();",
  keys: "const log = []; const key = (k) => ({ toString() { log.push(k); return k; } }); const sym = Symbol('s'); function set(o, k, v) { let s = 1; o[k] = v; s += o[k] === v ? 1 : 0; o[k] += 1; o[k]++; return s; } function count(o, n) { for (let i = 0; i < n; i++) o[i] = i * 2; let s = 0; for (let i = 0; i < n; i++) { o[i] += 1; s += o[i]; } return s; } const out = []; for (const k of [0, 1, 1.5, -1, 7, 'x', sym, true, null, undefined, 2n, key('z'), 4294967294, 'length']) { const o = [5, 6]; try { out.push(set(o, k, k === 'length' ? 3 : 4), o.length, String(o[k]), Object.keys(o).join('|')); } catch (e) { out.push(e.name); } } for (const o of [null, undefined, 5]) { try { out.push(set(o, key('w'), 1)); } catch (e) { out.push(e.name + e.message); } } out.push(count([], 30), count(new Uint8Array(4), 6), count(new Float32Array(4), 4), count({}, 3), count([1, 2, 3], 3)); try { count(Object.freeze([1]), 1); } catch (e) { out.push(e.message); } class L extends Array { set 0(v) { out.push('set'); } } out.push(count(new L(), 2)); return out.join() + log.join();",
  globals: "function f(x) { return Math.max(Math.floor(x), Math.abs(-x), Math.imul(x, 3)) + Number.MAX_SAFE_INTEGER % 7; } let missing = ''; function g(n) { return n < 1 ? nowhere : g(n - 1); } try { g(2); } catch (e) { missing = e.name + e.message; } return f(2.5) + missing;",
} as const;

describe("optimized scripts answer as the interpreter does", () => {
  test.each(Object.entries(SCRIPTS))("%s", async (_, body) => {
    const [interpreted, optimized] = await both(`export function run() { ${body} }`);
    expect(optimized.optimized?.compiled).toBeGreaterThan(await ofKit());
    const expected = await interpreted.call("run");
    for (let round = 0; round < 2; round += 1) expect(await optimized.call("run")).toBe(expected);
  });
});

describe("optimize", () => {
  const WORK = "function work(n) { let s = 0; for (let i = 0; i < n; i++) s = (s + i * 3) | 0; return s; } export function run() { return String(work(1000)); }";

  test("compiles what computes, and says how much", async () => {
    expect(await compiledOf(WORK)).toBe((await ofKit()) + 1);
  });

  test("leaves alone what the interpreter's frame is needed for", async () => {
    const plain = await ofKit();
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
