/**
 * What do limits cost? Three questions, printed as tables; `npm run bench` asks them too, and `--json` prints one object.
 *
 * - How much slower is an interpreter (QuickJS running a script) under each limit than without any? Factor: 1 is the same.
 * - How fast is a call with the kernel merged into the plug-in's module, with the kernel linked by import, and on npm
 *   `@extism/extism`, in one process, in turn? Merging needs an engine with multi-memory; without it the two of ours are one.
 * - How long does rewriting take by size of module, the first in a process (a child process) and once warm? Large modules
 *   are a real one whose functions stand there many times.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createPlugin } from "@tenon/host";
import { ADDED, encodeModule, limitModule, parseModule, SECTION, Writer } from "@tenon/wasm";
import createRival from "@extism/extism";
import { QuickJS } from "quickjs-wasi";

import { echoPlugin } from "./echo.mjs";
import { consume, race, repeat, rounded } from "./rounds.mjs";

const COUNTDOWN = 100_000;
const WARM_UP = 100;
const SCRIPT = `(() => { let sum = 0; const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2));
for (let i = 0; i < 4000; i++) { const o = { i, t: "x" + i }; sum += o.t.length + [3, 1, 2].sort()[0] + (i % 7); } return sum + f(17); })()`;
const QUICKJS = fileURLToPath(import.meta.resolve("quickjs-wasi/quickjs.wasm"));
const RUST = fileURLToPath(new URL("../conformance/plugins/wasm/kitchen-sink.rust-extism.wasm", import.meta.url));

/** Every limit that changes code, by name. */
const SETS = {
  plain: {},
  interrupt: { interrupt: true },
  fuel: { fuel: true },
  stack: { stack: true },
  defaults: { interrupt: true, stack: true, memoryPages: 4096, tableElements: 100_000 },
  all: { interrupt: true, fuel: true, stack: true, memoryPages: 4096, tableElements: 100_000 },
};

/** Processes that measure metering: which functions an engine inlines depends on when it looks, and moves a factor by 0.05. */
const PROCESSES = 5;

/**
 * @param options `rounds` per question.
 * @returns `metering`, `kernel` and `rewriting`, each a list of rows.
 */
export async function measureLimits({ rounds }) {
  return { metering: measureMetering(rounds), kernel: await measureKernel(rounds), rewriting: measureRewriting(rounds) };
}

/** The median of some processes for each limit, and the process that was fastest. */
function measureMetering(rounds) {
  const runs = Array.from({ length: PROCESSES }, () => JSON.parse(runItself("--metering", String(Math.ceil(rounds / 2)))));
  const sorted = (limits, field) => runs.map((run) => run[limits][field]).sort((a, b) => a - b);
  return Object.keys(SETS).map((limits) => ({ limits, ms: rounded(sorted(limits, "ms")[0]), factor: rounded(sorted(limits, "factor")[PROCESSES >> 1]) }));
}

async function meterHere(rounds) {
  const bytes = readFileSync(QUICKJS);
  const contenders = {};
  for (const [name, options] of Object.entries(SETS)) {
    const vm = await interpreter(name === "plain" ? bytes : limitModule(bytes, options).bytes);
    contenders[name] = async (count) => {
      for (let index = 0; index < count; index += 1) consume(Number(vm.dump(vm.evalCode(SCRIPT))));
    };
    await contenders[name](WARM_UP); // the engine compiles large functions late, and in the background
  }
  const figures = await race(contenders, { count: 3, rounds });
  return Object.fromEntries(Object.entries(figures).map(([limits, nanoseconds]) => [limits, { ms: nanoseconds / 1e6, factor: nanoseconds / figures.plain }]));
}

/** QuickJS out of a limited module, with so much of everything that nothing stops it. */
async function interpreter(bytes) {
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (module, imports) => {
    const instance = await instantiate(module, { ...imports, [ADDED.namespace]: { [ADDED.interrupt]: () => COUNTDOWN } });
    for (const [name, value] of [[ADDED.countdown, COUNTDOWN], [ADDED.fuel, 2n ** 60n], [ADDED.stack, 100_000]]) if (instance.exports[name]) instance.exports[name].value = value;
    return instance;
  };
  try {
    return await QuickJS.create(await WebAssembly.compile(bytes));
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

async function measureKernel(rounds) {
  const bytes = await echoPlugin();
  const empty = encodeModule([]);
  const ours = await createPlugin(bytes);
  // Two modules share one kernel, so it cannot be merged into either.
  const imported = await createPlugin({ wasm: [{ name: "side", data: empty }, { name: "main", data: bytes }] });
  const rival = await createRival({ wasm: [{ data: bytes.slice() }] });
  const rows = [];
  for (const [name, size, count] of [["16 B", 16, 2_000], ["1 MiB", 1 << 20, 5]]) {
    const input = new Uint8Array(size).fill(7);
    const figures = await race(
      {
        merged: repeat(async () => (await ours.call("echo", input)).length),
        imported: repeat(async () => (await imported.call("echo", input)).length),
        rival: repeat(async () => (await rival.call("echo", input)).byteLength),
      },
      { count, rounds },
    );
    const [merged, byImport, other] = [figures.merged, figures.imported, figures.rival].map(Math.round);
    rows.push({ echo: name, mergedNs: merged, importedNs: byImport, rivalNs: other, rivalByMerged: rounded(other / merged), rivalByImported: rounded(other / byImport) });
  }
  await Promise.all([ours.close(), imported.close(), rival.close()]);
  return rows;
}

function measureRewriting(rounds) {
  const rust = readFileSync(RUST);
  const quickjs = readFileSync(QUICKJS);
  const modules = [
    { name: "10 kB", bytes: readFileSync(fileURLToPath(new URL("../conformance/plugins/wasm/kitchen-sink.c-none.wasm", import.meta.url))), file: "c-none" },
    { name: "Rust plug-in", bytes: rust, file: "rust-extism" },
    { name: "QuickJS", bytes: quickjs, file: "quickjs" },
    { name: "Go plug-in", bytes: readFileSync(fileURLToPath(new URL("../conformance/plugins/wasm/kitchen-sink.go-extism.wasm", import.meta.url))), file: "go-extism" },
    { name: "QuickJS, functions 6 times", bytes: repeated(quickjs, 6), file: "quickjs*6" },
    { name: "QuickJS, functions 50 times", bytes: repeated(quickjs, 50), file: "quickjs*50" },
  ];
  return modules.map(({ name, bytes, file }) => {
    const warm = [];
    for (let index = 0; index < (bytes.length > 5e6 ? 4 : rounds + 5); index += 1) warm.push(timeRewriting(bytes));
    const cold = Array.from({ length: 3 }, () => Number(runItself("--cold", file)));
    const warmMs = Math.min(...warm);
    return { module: name, kB: Math.round(bytes.length / 1000), coldMs: rounded(Math.min(...cold)), warmMs: rounded(warmMs), warmMBs: rounded(bytes.length / warmMs / 1000) };
  });
}

/** Milliseconds for one rewriting with the limits that are on by default. */
function timeRewriting(bytes) {
  const start = performance.now();
  consume(limitModule(bytes, { interrupt: true, stack: true, memoryPages: 4096, tableElements: 100_000 }).bytes.length);
  return performance.now() - start;
}

/** A module whose defined functions stand there so many times; the copies are called by nobody. */
function repeated(bytes, times) {
  const module = parseModule(bytes);
  const defined = module.functions.slice(module.imported.function);
  const sections = module.sections
    .filter(({ id }) => id !== SECTION.custom)
    .map(({ id, start, end }) => {
      if (id !== SECTION.function && id !== SECTION.code) return { id, parts: [bytes.subarray(start, end)] };
      const writer = new Writer(bytes.length * (id === SECTION.code ? times : 1)).u32(defined.length * times);
      for (let copy = 0; copy < times; copy += 1) {
        if (id === SECTION.function) for (const type of defined) writer.u32(type);
        else for (const body of module.code) writer.u32(body.end - body.start).raw(bytes, body.start, body.end);
      }
      return { id, parts: [writer.view()] };
    });
  return encodeModule(sections);
}

/** The first rewriting in this process. */
function measureCold(file) {
  const [name, times] = file.split("*");
  const path = name === "quickjs" ? QUICKJS : fileURLToPath(new URL(`../conformance/plugins/wasm/kitchen-sink.${name}.wasm`, import.meta.url));
  const bytes = readFileSync(path);
  return timeRewriting(times === undefined ? bytes : repeated(bytes, Number(times)));
}

/** What this file prints when it is run with these arguments. */
function runItself(...values) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...values], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot measure "${values.join(" ")}": ${stderr}`);
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [question, value] = process.argv.slice(2);
  if (question === "--cold") console.log(measureCold(value));
  else if (question === "--metering") console.log(JSON.stringify(await meterHere(Number(value))));
  else {
    const figures = await measureLimits({ rounds: process.argv.includes("--quick") ? 5 : 21 });
    if (process.argv.includes("--json")) console.log(JSON.stringify(figures, undefined, 2));
    else for (const rows of Object.values(figures)) console.table(rows);
  }
}
