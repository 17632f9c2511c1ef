/**
 * What does a TypeScript plug-in cost? Size, build time, time from bytes to the first result, a call, the interpreter, and
 * a hundred of them in one process.
 *
 *   node benchmarks/compiler.mjs [--json] [--quick]
 *
 * Builds and starts are timed in fresh processes, the median of seven (with `--quick` three), because that is what a person waits for. The
 * aims stand beside the figures: hello at most 780 kB, 260 kB by brotli, built in 500 ms, started in 15 ms. Times mean
 * something relative to each other on one idle machine; sizes are exact.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { compile } from "@tenon/compiler";
import { createPlugin } from "@tenon/host";
import { rounded } from "./rounds.mjs";
import { SCRIPTS } from "./scripts.mjs";

const HELLO = `type Cart = { items: { price: number; quantity: number }[] };
export function before_checkout(cart: Cart): { total: number } {
  return { total: cart.items.reduce((sum, { price, quantity }) => sum + price * quantity, 0) };
}
export function greet(name: string): string { return \`Hello, \${name}!\`; }
`;
/** About 200 kB of npm code, most of it alive. */
const LARGE = `import { parse } from "yaml"; import Mustache from "mustache";
export function greet(name: string): string { return Mustache.render("Hello, {{name}}!", { name }); }
export function all(): unknown { return [parse("a: 1")]; }
`;
/** Without any host of ours: what the engine itself takes from bytes to the first result. */
const START = `
  const start = performance.now();
  const module = await WebAssembly.compile(bytes);
  const blocks = new Map(); let next = 16n, output = [0n, 0n]; const input = new TextEncoder().encode("World");
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
  const memory = new DataView(new ArrayBuffer(65536));
  Object.assign(imports["extism:host/env"], {
    alloc: (length) => { const at = next; next += (length + 15n) & ~15n; return at; }, free() {}, length: () => 0n,
    load_u8: (at) => memory.getUint8(Number(at)), load_u64: (at) => memory.getBigUint64(Number(at), true),
    store_u8: (at, value) => memory.setUint8(Number(at), value), store_u64: (at, value) => memory.setBigUint64(Number(at), value, true),
    input_length: () => 5n, input_load_u8: (at) => input[Number(at)], output_set: (...range) => { output = range; }, config_get: () => 0n, var_get: () => 0n, http_request: () => 0n, http_headers: () => 0n,
  });
  const instance = await WebAssembly.instantiate(module, imports);
  if (instance.exports.greet() !== 0 || output[1] !== 13n) throw new Error("no result");
  console.log(performance.now() - start);`;

const REPEATS = process.argv.includes("--quick") ? 3 : 7;
const root = fileURLToPath(new URL("../compiler", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tenon-bench-"));
const figures = {};
try {
  writeFileSync(join(folder, "hello.ts"), HELLO);
  for (const [name, source] of [["hello", HELLO], ["large", LARGE]]) {
    const { wasm } = await compile({ "plugin.ts": source }, { root });
    const minified = await compile({ "plugin.ts": source }, { root, minify: true });
    const path = join(folder, `${name}.wasm`);
    writeFileSync(path, wasm);
    figures[name] = {
      rawKB: kB(wasm.length), gzipKB: kB(gzipSync(wasm).length), brotliKB: kB(brotliCompressSync(wasm).length),
      minifiedRawKB: kB(minified.wasm.length), minifiedBrotliKB: kB(brotliCompressSync(minified.wasm).length),
      buildWarmMs: await median(REPEATS, async () => compile({ "plugin.ts": source }, { root })),
      engineStartMs: fresh(`const { readFileSync } = await import("node:fs"); const bytes = readFileSync(${JSON.stringify(path)}); ${START}`),
      // With loading the host, which is part of what a person waits for.
      hostStartMs: fresh(`const { readFileSync } = await import("node:fs"); const bytes = readFileSync(${JSON.stringify(path)}); const start = performance.now(); const { createPlugin } = await import("@tenon/host"); const plugin = await createPlugin(bytes); (await plugin.call("greet", "World")).text(); console.log(performance.now() - start);`),
    };
  }
  // As a person types it: the program, with its start.
  const cli = (args) => `const { execFileSync } = await import("node:child_process"); const start = performance.now(); execFileSync(process.execPath, [${JSON.stringify(fileURLToPath(new URL("../cli/tenon.mjs", import.meta.url)))}, "build", "hello.ts", ...${JSON.stringify(args)}], { cwd: ${JSON.stringify(folder)}, stdio: "ignore" }); console.log(performance.now() - start);`;
  const build = (check) => `const { compile } = await import("@tenon/compiler"); await compile("hello.ts", { root: ${JSON.stringify(folder)}, check: ${check} }); console.log(performance.now()); process.exit(0);`;
  figures.build = { coldMs: fresh(build(false)), coldWithTypeCheckMs: fresh(build(true)), commandMs: fresh(cli(["--no-check"])), commandWithTypeCheckMs: fresh(cli([])) };
  figures.call = await timeCalls(readFileSync(join(folder, "hello.wasm")));
  figures.interpreterMs = await timeScripts(false);
  figures.optimizedMs = await timeScripts(true);
  figures.hundred = hundred("hello", `export function greet(name: string): string { return "Hello \${i}, " + name; }`);
  figures.hundredLarge = hundred("large", `export const number = \${i};${LARGE.replaceAll("`", "").replaceAll("\n", " ")}`);
} finally {
  rmSync(folder, { recursive: true });
}
if (process.argv.includes("--json")) console.log(JSON.stringify(figures, undefined, 2));
else for (const [name, row] of Object.entries(figures)) console.log(`${name.padEnd(14)} ${Object.entries(row).map(([key, value]) => `${key} ${value}`).join("   ")}`);
process.exit(0);

/** A hundred plug-ins that differ, each loaded and called once, all alive at the end. */
function hundred(name, source) {
  return JSON.parse(node(`
    const { compile } = await import("@tenon/compiler"); const { createPlugin } = await import("@tenon/host");
    const built = []; for (let i = 0; i < 100; i++) built.push((await compile({ "plugin.ts": \`${source}\` }, { root: ${JSON.stringify(root)} })).wasm);
    globalThis.gc?.(); const before = process.memoryUsage().rss; const start = performance.now(); const live = [];
    for (const wasm of built) { const plugin = await createPlugin(wasm); (await plugin.call("greet", "x")).text(); live.push(plugin); }
    console.log(JSON.stringify({ ms: Math.round(performance.now() - start), rssMB: Math.round((process.memoryUsage().rss - before) / 1e6) }));`));
}

/** Node's start and the module's own work, as a person sees them. */
function fresh(script) {
  const times = Array.from({ length: REPEATS }, () => Number(node(script)));
  return rounded(times.sort((a, b) => a - b)[REPEATS >> 1], 1);
}

function node(script) {
  return execFileSync(process.execPath, ["--expose-gc", "--no-warnings", "--input-type=module", "-e", script], { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" }).trim();
}

async function median(count, run) {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return rounded(times.sort((a, b) => a - b)[Math.floor(count / 2)], 1);
}

async function timeCalls(wasm) {
  const plugin = await createPlugin(wasm);
  const cart = JSON.stringify({ items: Array.from({ length: 10 }, (_, i) => ({ price: i, quantity: 2 })) });
  const time = (name, input) => {
    for (let i = 0; i < 3000; i += 1) plugin.callSync(name, input);
    const start = performance.now();
    for (let i = 0; i < 3000; i += 1) plugin.callSync(name, input);
    return rounded(((performance.now() - start) / 3000) * 1000, 1);
  };
  return { textUs: time("greet", "World"), jsonOf10ItemsUs: time("before_checkout", cart) };
}

async function timeScripts(optimize) {
  const source = Object.entries(SCRIPTS).map(([name, body]) => `export function ${name}() { ${body} }`).join("\n");
  const { wasm } = await compile({ "plugin.js": source }, { optimize });
  const plugin = await createPlugin(wasm, { limits: "none" });
  const row = {};
  for (const name of Object.keys(SCRIPTS)) row[name] = await median(REPEATS, async () => plugin.callSync(name).text());
  return row;
}

function kB(bytes) {
  return rounded(bytes / 1000, 1);
}
