/**
 * Runs the kitchen-sink cases of every plug-in, and the host cases, on one host, on Node, Deno or Bun. `cases.mjs` says what
 * an adapter is.
 *
 * usage: node conformance/run.mjs conformance/adapters/HOST.mjs [--engine NAME] [--host | --plugins] [--only TEXT] [--wasm DIR] [--json FILE] [--verbose]
 *        --host runs the host cases alone, --plugins those of plug-ins; TEXT selects what contains it in `PLUGIN: CASE`; DIR has plug-ins to take instead of the committed ones
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { runCases, runHostCases } from "./cases.mjs";
import { loadHostCases } from "./host/assemble.mjs";
import { startServer } from "./server.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const WASM = fileURLToPath(new URL("plugins/wasm", import.meta.url));

/**
 * Runs the cases with the files and the server of this machine.
 *
 * @param {object} adapter See `cases.mjs`.
 * @param {{ engine?: string, only?: string, wasm?: string, report?: (result: Result) => void }} options `wasm` is a folder.
 * @returns {Promise<Result[]>} As `runCases` of `cases.mjs`.
 */
export async function runOnThisMachine(adapter, { engine, wasm: folder = WASM, ...options } = {}) {
  const { plugins } = JSON.parse(read("plugins/plugins.json"));
  const { cases } = JSON.parse(read("plugins/cases.json"));
  const load = (name) => {
    const path = join(folder, `kitchen-sink.${name}.wasm`);
    return existsSync(path) ? readFileSync(path) : undefined;
  };
  const server = await startServer();
  try {
    return await runCases(adapter, { plugins, cases, page: read("plugins/kitchen-sink.md"), load, origin: server.origin, engine }, options);
  } finally {
    server.close();
  }
}

/**
 * Runs the host cases with the server of this machine.
 *
 * @param {object} adapter See `cases.mjs`.
 * @param {{ engine?: string, only?: string, report?: (result: Result) => void }} options As above.
 * @returns {Promise<Result[]>} As `runHostCases` of `cases.mjs`.
 */
export async function runHostOnThisMachine(adapter, { engine, ...options } = {}) {
  const server = await startServer();
  try {
    return await runHostCases(adapter, { tests: loadHostCases(), origin: server.origin, engine }, options);
  } finally {
    server.close();
  }
}

async function main() {
  const text = { type: "string" };
  const options = { engine: text, only: text, wasm: text, json: text, host: { type: "boolean", default: false }, plugins: { type: "boolean", default: false }, verbose: { type: "boolean", default: false } };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (positionals.length !== 1) {
    console.error("usage: node conformance/run.mjs ADAPTER [--engine NAME] [--host | --plugins] [--only TEXT] [--wasm DIR] [--json FILE] [--verbose]");
    process.exitCode = 2;
    return;
  }
  const adapter = await import(pathToFileURL(positionals[0]).href);
  const report = ({ name, outcome, detail }) => {
    if (outcome === "failed" || values.verbose) console.log(`${outcome.padEnd(7)} ${name}${detail ? `\n        ${detail}` : ""}`);
  };
  const { host, plugins, ...selection } = values;
  const results = [...(host ? [] : await runOnThisMachine(adapter, { ...selection, report })), ...(plugins ? [] : await runHostOnThisMachine(adapter, { ...selection, report }))];
  await adapter.end?.();
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results));
  const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("known")} known deviations, ${count("skipped")} skipped, ${count("open")} left open`);
  process.exitCode = count("failed") === 0 && results.length > 0 ? 0 : 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
