/**
 * Runs the kitchen-sink cases of every plug-in on one host. The runner knows no host: an adapter brings it.
 *
 * usage: node conformance/run.mjs conformance/adapters/HOST.mjs [--only TEXT] [--wasm DIR] [--verbose]
 *        TEXT selects what contains it in `PLUGIN: CASE`; DIR has plug-ins to take instead of the committed ones
 *
 * An adapter exports
 *   `open({ wasm, config, limits, allowedHosts, functions, log })` → `{ call(name, input), close() }`, where `call` gives
 *     `{ output: Uint8Array }` or `{ failure: { text?, returnCode?, reason } }`: the plug-in's error text, its return code,
 *     and the host's own message with those of its causes,
 *   `omits`: fields of a failure that the host does not report at all, and
 *   `deviations`: what is known to fail, `{ match, reason, skip? }`: `match` is a RegExp on `PLUGIN: CASE`. An unexpected pass
 *     is a failure; what would take the runner down is skipped.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";

import { encode } from "./values.mjs";
import { hostFunctions, startServer } from "./world.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url));
const WASM = fileURLToPath(new URL("plugins/wasm", import.meta.url));

/**
 * Runs the cases.
 *
 * @param {object} adapter See above.
 * @param {{ only?: string, wasm?: string, report?: (result: Result) => void }} options `wasm` is a folder.
 * @returns {Promise<Result[]>} In order, of `{ name, outcome: "passed" | "failed" | "known" | "skipped", detail? }`.
 */
export async function runCases(adapter, { only = "", wasm: folder = WASM, report = () => {} } = {}) {
  const { plugins } = JSON.parse(read("plugins/plugins.json"));
  const { cases } = JSON.parse(read("plugins/cases.json"));
  const exportNames = readExportNames();
  const server = await startServer();
  const results = [];
  const add = (result) => {
    results.push(result);
    report(result);
  };
  try {
    for (const plugin of plugins) {
      const path = join(folder, `kitchen-sink.${plugin.name}.wasm`);
      if (plugin.notCommitted && !existsSync(path)) {
        const title = `${plugin.name}: all cases`;
        if (title.includes(only)) add({ name: title, outcome: "skipped", detail: `not committed: ${plugin.notCommitted}` });
        continue;
      }
      const wasm = readFileSync(path);
      const missing = listMissing(wasm, exportNames);
      const wrong = exportNames.filter((each) => missing.has(each) !== each in plugin.leavesOut);
      const title = `${plugin.name}: exports what it says`;
      if (title.includes(only)) add(wrong.length === 0 ? { name: title, outcome: "passed" } : { name: title, outcome: "failed", detail: wrong.join(", ") });
      for (const test of cases) {
        const name = `${plugin.name}: ${test.name}`;
        if (!name.includes(only) || test.steps.some((step) => missing.has(step.call))) continue;
        const departure = plugin.departs?.[test.name];
        const known = departure ? { reason: departure } : adapter.deviations.find(({ match }) => match.test(name));
        if (known?.skip) {
          add({ name, outcome: "skipped", detail: known.reason });
          continue;
        }
        const detail = await runCase(adapter, wasm, test, server.origin);
        if (known) add(detail ? { name, outcome: "known", detail: `${known.reason}: ${detail}` } : { name, outcome: "failed", detail: `passes, although it is listed: ${known.reason}` });
        else add(detail ? { name, outcome: "failed", detail } : { name, outcome: "passed" });
      }
    }
  } finally {
    server.close();
  }
  return results;
}

/** Names in the first column of the tables of kitchen-sink.md that describe exports, and `http`. */
function readExportNames() {
  const page = read("plugins/kitchen-sink.md").toString();
  const tables = page.matchAll(/^\| export \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm);
  const rows = [...tables].flatMap(([, body]) => body.trimEnd().split("\n"));
  return ["http", ...rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, name]) => name))];
}

function listMissing(wasm, names) {
  const functions = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).filter((entry) => entry.kind === "function");
  const there = new Set(functions.map((entry) => entry.name));
  return new Set(names.filter((name) => !there.has(name)));
}

/** Runs one case on a new instance; gives what is wrong, or nothing. */
async function runCase(adapter, wasm, test, server) {
  const logs = [];
  const notes = [];
  let plugin;
  try {
    plugin = await adapter.open({
      wasm,
      config: test.config ?? {},
      limits: test.limits ?? {},
      allowedHosts: test.server ? ["127.0.0.1"] : [],
      functions: hostFunctions(notes),
      log: (level, text) => logs.push([level, text]),
    });
    for (const step of test.steps) {
      logs.length = notes.length = 0;
      const result = await plugin.call(step.call, encode(step.input, { server }));
      const wrong = compare(step, result, { server }, adapter.omits) ?? compareLists(step, { logs, notes });
      if (wrong) return `${step.call}: ${wrong}`;
    }
  } catch (error) {
    return `the host failed: ${error?.stack ?? error}`;
  } finally {
    await plugin?.close();
  }
  return undefined;
}

function compare(step, { output, failure }, names, omits) {
  if (step.failure) {
    if (!failure) return `succeeded with ${show(output)}`;
    for (const field of ["text", "returnCode"]) {
      if (field in step.failure && !omits.includes(field) && failure[field] !== step.failure[field]) {
        return `failed with ${field} ${JSON.stringify(failure[field])}, expected ${JSON.stringify(step.failure[field])} (${failure.reason})`;
      }
    }
    if ("reason" in step.failure && !failure.reason.includes(step.failure.reason)) return `failed because "${failure.reason}"`;
    return undefined;
  }
  if (failure) return `failed: ${failure.reason}`;
  if ("outputBetween" in step) {
    const [low, high] = step.outputBetween;
    const number = Number(Buffer.from(output).toString());
    return number >= low && number <= high ? undefined : `gave ${show(output)}, expected ${low} to ${high}`;
  }
  const expected = encode(step.output, names);
  return expected.equals(output) ? undefined : `gave ${show(output)}, expected ${show(expected)}`;
}

function compareLists(step, lists) {
  for (const [name, list] of Object.entries(lists)) {
    if (name in step && !isDeepStrictEqual(step[name], list)) return `${name} are ${JSON.stringify(list)}`;
  }
  return undefined;
}

function show(bytes) {
  const text = Buffer.from(bytes).toString("latin1");
  return text.length > 80 ? `${text.length} bytes ${JSON.stringify(text.slice(0, 60))}…` : JSON.stringify(text);
}

async function main() {
  const options = { only: { type: "string" }, wasm: { type: "string" }, verbose: { type: "boolean", default: false } };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (positionals.length !== 1) {
    console.error("usage: node conformance/run.mjs ADAPTER [--only TEXT] [--wasm DIR] [--verbose]");
    process.exitCode = 2;
    return;
  }
  const adapter = await import(pathToFileURL(positionals[0]).href);
  const report = ({ name, outcome, detail }) => {
    if (outcome === "failed" || values.verbose) console.log(`${outcome.padEnd(7)} ${name}${detail ? `\n        ${detail}` : ""}`);
  };
  const results = await runCases(adapter, { ...values, report });
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("known")} known deviations, ${count("skipped")} skipped`);
  process.exitCode = count("failed") === 0 && results.length > 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
