/**
 * The compiler: random programs give in a plug-in what they give in Node. Programs are total: they end, and use nothing that
 * is not the same on every engine (no time, no locale, no stack texts).
 */

import { runInNewContext, Script } from "node:vm";

import fc from "fast-check";

import { compile } from "../src/mod.ts";
import { instantiate } from "../test/host.ts";

/** Functions of one plug-in: compiling costs more than running. */
const BATCH = 40;

const { expression, statement } = fc.letrec<{ expression: string; statement: string; block: string }>((tie) => {
  const sub = tie("expression");
  const variable = fc.constantFrom("a", "b", "c");
  const literal = fc.oneof(
    fc.constantFrom("0", "-0", "1", "-1", "2.5", "NaN", "Infinity", "1e21", "5e-324", "2**31", "2**53", "null", "undefined", "true", "false", "[]", "{}", "\"\"", "\"abc\"", "\"ünï€😀\"", "1n", "-7n", "2n**64n", "/a+/g", "[3,1,2]", "[,1]", "({x:1,y:[2]})", "new Map([[1,2]])", "new Set('aab')", "new Uint8Array([1,300])", "Symbol.iterator.description"),
    fc.integer().map((value) => `(${value})`),
    fc.double().map((value) => (Object.is(value, -0) ? "(-0)" : `(${value})`)),
    fc.string({ maxLength: 6 }).map((value) => JSON.stringify(value)),
  );
  const unary = fc.tuple(fc.constantFrom("-", "+", "!", "~", "typeof ", "void "), sub).map(([operator, value]) => `(${operator}(${value}))`);
  const binary = fc.tuple(sub, fc.constantFrom("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", ">>>", "<", "<=", "==", "===", "!=", "&&", "||", "??", ","), sub).map(([left, operator, right]) => `((${left})${operator}(${right}))`);
  const call = fc.tuple(
    fc.constantFrom("String", "Number", "Boolean", "Object.keys", "Object.entries", "Array.from", "JSON.stringify", "parseInt", "parseFloat", "Math.floor", "Math.round", "Math.trunc", "Math.sign", "Math.imul", "Math.clz32", "Math.fround", "Math.max", "Math.min", "isNaN", "Number.isInteger", "encodeURIComponent", "Array.isArray", "BigInt.asUintN.bind(null, 8)", "Object.is"),
    fc.array(sub, { minLength: 1, maxLength: 2 }),
  ).map(([name, args]) => `${name}(${args.join()})`);
  const method = fc.tuple(
    sub,
    fc.constantFrom("toString()", "toString(16)", "toFixed(2)", "toPrecision(3)", "slice(1)", "slice(-2)", "split('')", "join('-')", "concat([1],2)", "indexOf('a')", "includes(1)", "reverse()", "sort()", "map((x,i)=>[x,i])", "filter(x=>x)", "reduce((x,y)=>x+'|'+y,'')", "flat()", "padStart(5,'.')", "repeat(2)", "replace(/[a-c]/g,x=>x+x)", "match(/(?<k>b)/)?.groups?.k", "at(-1)", "charCodeAt(0)", "codePointAt(0)", "normalize('NFD').length", "trim()", "toUpperCase()", "size", "length", "constructor.name", "x", "valueOf()", "entries().next().value", "toSorted?.()", "lastIndexOf(1)", "splice(0,1)", "push(9)", "every(x=>x>0)", "findLast(x=>x>1)"),
  ).map(([value, name]) => `(${value})?.${name}`);
  const other = fc.oneof(
    fc.array(sub, { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc.tuple(sub, sub).map(([x, y]) => `({x:${x},[String(${y})]:1})`),
    fc.tuple(sub, sub).map(([x, y]) => `[...(Array.isArray(${x})?[1,2]:"no"),${y}]`),
    fc.tuple(sub, sub, sub).map(([x, y, z]) => `(${x}?${y}:${z})`),
    fc.tuple(sub, sub).map(([x, y]) => `\`<\${${x}}|\${${y}}>\``),
    fc.tuple(sub, sub).map(([x, y]) => `((p,{q=2,...r}={},...s)=>[p,q,r,s])(${x},{z:${y}},3)`),
    sub.map((x) => `[...(function*(){try{yield ${x};yield 2}finally{a=1}})()]`),
    sub.map((x) => `new (class A{#p=${x};static s=1;get p(){return this.#p}toString(){return "A:"+String(this.#p)}})().p`),
    fc.tuple(variable, sub).map(([x, y]) => `(${x}=${y})`),
  );
  const block = fc.array(tie("statement"), { minLength: 1, maxLength: 3 }).map((lines) => `{${lines.join("")}}`);
  return {
    expression: fc.oneof({ maxDepth: 4, depthSize: "small" }, { arbitrary: variable, weight: 2 }, { arbitrary: literal, weight: 4 }, { arbitrary: unary, weight: 1 }, { arbitrary: binary, weight: 4 }, { arbitrary: call, weight: 2 }, { arbitrary: method, weight: 4 }, { arbitrary: other, weight: 2 }),
    block,
    statement: fc.oneof(
      { maxDepth: 2, depthSize: "small" },
      { arbitrary: sub.map((x) => `out.push(${x});`), weight: 4 },
      { arbitrary: fc.tuple(variable, sub).map(([x, y]) => `${x}=${y};`), weight: 3 },
      { arbitrary: fc.tuple(sub, tie("block"), tie("block")).map(([x, y, z]) => `if(${x})${y}else${z}`), weight: 1 },
      { arbitrary: fc.tuple(tie("block"), tie("block"), tie("block")).map(([x, y, z]) => `try${x}catch(e){out.push(e instanceof Error?e.name:e);${y}}finally${z}`), weight: 1 },
      { arbitrary: fc.tuple(sub, tie("block")).map(([x, y]) => `for(const k of Object.keys(Object(${x})).slice(0,3)){out.push(k);${y}}`), weight: 1 },
      { arbitrary: fc.tuple(tie("block")).map(([x]) => `for(let i=0;i<3;i++){(()=>{l:for(;;){for(;;){if(i===1)break l;${x}break}break}})();}`), weight: 1 },
      { arbitrary: fc.tuple(sub, tie("block")).map(([x, y]) => `switch(${x}){case 1:out.push("one");default:${y}break;case "a":out.push("a")}`), weight: 1 },
      { arbitrary: sub.map((x) => `throw ${x};`), weight: 1 },
    ),
  };
});

const program = fc.tuple(fc.array(statement, { minLength: 1, maxLength: 4 }), expression).map(([lines, last]) => `${lines.join("\n")}\nreturn ${last};`);

/** What is compared: values as text, with their types, to a depth. Runs on both sides. */
const SHOW = `function show(v, depth = 3) {
  if (typeof v === "number") return Object.is(v, -0) ? "-0" : String(v);
  if (typeof v === "bigint") return v + "n";
  if (typeof v === "string") return JSON.stringify(v.length > 500 ? v.slice(0, 500) + "…" + v.length : v);
  if (typeof v === "function") return "function";
  if (typeof v === "symbol") return "symbol";
  if (v === null || typeof v !== "object") return String(v);
  if (depth === 0) return "…";
  if (v instanceof Error) return v.name;
  if (v instanceof Map || v instanceof Set) return (v instanceof Map ? "Map" : "Set") + show([...v].slice(0, 20), depth - 1);
  if (v instanceof RegExp) return "RegExp" + v.source + v.flags + v.lastIndex;
  if (ArrayBuffer.isView(v)) return "bytes" + Array.prototype.slice.call(v, 0, 20).join();
  if (Array.isArray(v)) return "[" + v.length + ":" + Object.keys(v).slice(0, 20).map((k) => k + "=" + show(v[k], depth - 1)).join() + "]";
  return "{" + Object.keys(v).slice(0, 20).map((k) => k + "=" + show(v[k], depth - 1)).join() + "}";
}
function attempt(run) {
  const out = [];
  try { out.push(run(out)); } catch (e) { out.push("thrown", e instanceof Error ? e.name : e); }
  try { return show(out); } catch (e) { return "cannot show " + (e instanceof Error ? e.name : "it"); }
}`;

/** The law. */
export const property = fc.asyncProperty(fc.array(program, { minLength: 1, maxLength: BATCH, size: "max" }), async (generated) => {
  const programs = generated.filter(isProgram);
  const bodies = programs.map((body, index) => `function p${index}() { return attempt((out) => { let a = 1, b = "bee", c = [1, 2]; ${body} }); }`).join("\n");
  const exports = programs.map((_, index) => `"p${index}"`).join();
  const source = `${SHOW}\n${bodies}\nconst all = { ${programs.map((_, index) => `p${index}`).join()} };\nexport function run(): string { return JSON.stringify([${exports}].map((name) => (all as any)[name]())); }`;
  const expected = JSON.parse(runInNewContext(`${SHOW}\n${bodies}\nJSON.stringify([${programs.map((_, index) => `p${index}()`).join()}])`, {}, { timeout: 10_000 }) as string) as string[];
  const { wasm } = await compile({ "plugin.ts": `// @ts-nocheck\n${source}` }, { check: false });
  const plugin = await instantiate(wasm);
  const actual = JSON.parse(await plugin.call("run")) as string[];
  await plugin.close();
  for (const [index, each] of expected.entries()) {
    if (actual[index] !== each) throw new Error(`program ${index} gives ${actual[index]}, in Node ${each}:\n${programs[index]}`);
  }
});

/** Some texts that are put together are no programs, which is not what this is about. */
function isProgram(body: string): boolean {
  try {
    return new Script(`function program() { ${body} }`) instanceof Script;
  } catch {
    return false;
  }
}
