/**
 * What does a plug-in on another thread cost? Ours and npm `@extism/extism` with `runInWorker`, in one process, in turn.
 *
 *   npm run bench:worker -- [--json] [--quick]
 *
 * Host functions are plain and return the block they got: with another number, with a block of their own, from the
 * second call on with a promise, or after some dozen calls anyway, the rival hangs; so that case has few rounds, and those
 * with promises are ours alone: on another thread, and on this one where the engine has JSPI.
 * Prints our and the rival's microseconds an operation, with `--json` nanoseconds, and the ratio (rival ÷ ours: above 1 we
 * are faster).
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { createPlugin } from "@tenon/host";
import createRival from "@extism/extism";

import { echoPlugin, passPlugin } from "./echo.mjs";
import { machine, race, repeat, rivalName, rounded } from "./rounds.mjs";

const isJson = process.argv.includes("--json");
const rounds = process.argv.includes("--quick") ? 5 : 21;

const bytes = await echoPlugin();
const askBytes = await passPlugin();
const onWorker = { engine: "worker" };
const rivalWorker = { runInWorker: true };

/** The first of a process, which has neither a thread to reuse nor code that ran before; and a thread of Node with nothing in it. */
const FIRSTS = {
  ours: () => createPlugin(bytes, onWorker),
  rival: () => createRival({ wasm: [{ data: bytes.slice() }] }, rivalWorker),
  empty: () => new Promise((resolve) => { new Worker('require("node:worker_threads").parentPort.postMessage(0)', { eval: true }).once("message", resolve); }),
};
const first = process.argv.find((word) => word.startsWith("--first="))?.slice("--first=".length);
if (first !== undefined) {
  const startMs = performance.now();
  await FIRSTS[first]();
  console.log(performance.now() - startMs);
  process.exit();
}
const firstStart = await race(
  Object.fromEntries(
    Object.keys(FIRSTS).map((name) => [name, async () => Number(spawnSync(process.execPath, ["--no-warnings", fileURLToPath(import.meta.url), `--first=${name}`], { encoding: "utf8" }).stdout) * 1e6]),
  ),
  { count: 1, rounds, isTimedInside: true },
);

const ours = await createPlugin(bytes, onWorker);
const rival = await createRival({ wasm: [{ data: bytes.slice() }] }, rivalWorker);
const echo = (input) => ({
  ours: repeat(async () => (await ours.call("echo", input)).length),
  rival: repeat(async () => (await rival.call("echo", input)).byteLength),
});

const functions = { "extism:host/user": { next: (_context, block) => block } };
const oursAsking = await createPlugin(askBytes, { ...onWorker, functions });
const rivalAsking = await createRival({ wasm: [{ data: askBytes.slice() }] }, { ...rivalWorker, functions });

const cases = [
  { name: "echo 16 B", count: 500, contenders: echo(new Uint8Array(16).fill(7)) },
  { name: "echo 1 MiB", count: 5, contenders: echo(new Uint8Array(1 << 20).fill(7)) },
  {
    name: "100 host function calls",
    count: 1,
    rounds: 5,
    contenders: {
      ours: repeat(async () => (await oursAsking.call("pass_100")).length),
      rival: repeat(async () => Number((await rivalAsking.call("pass_100"))?.byteLength ?? 0)),
    },
  },
  {
    name: "create and close, later ones",
    count: 5,
    contenders: {
      ours: repeat(async () => {
        const plugin = await createPlugin(bytes, onWorker);
        await plugin.close();
        return plugin.functions.length;
      }),
      rival: repeat(async () => {
        const plugin = await createRival({ wasm: [{ data: bytes.slice() }] }, rivalWorker);
        await plugin.close();
        return 1;
      }),
    },
  },
];

const row = (name, mine, other) => ({ name, oursNs: Math.round(mine), ...(other !== undefined && { rivalNs: Math.round(other), ratio: rounded(other / mine) }) });
const results = [row("create, the first of a process", firstStart.ours, firstStart.rival), row("an empty thread of Node itself", firstStart.empty)];
for (const { name, count, contenders: both, rounds: few } of cases) {
  const { ours: mine, rival: other } = await race(both, { count, rounds: few ?? rounds });
  results.push(row(name, mine, other));
}

const promising = { "extism:host/user": { next: async (_context, block) => block } };
const waiting = { "on another thread": await createPlugin(askBytes, { ...onWorker, functions: promising }) };
if (typeof WebAssembly.Suspending === "function") waiting["on this thread, by JSPI"] = await createPlugin(askBytes, { engine: "inline", functions: promising });
const promised = await race(
  Object.fromEntries(Object.entries(waiting).map(([where, plugin]) => [where, repeat(async () => (await plugin.call("pass_100")).length)])),
  { count: 1, rounds },
);
for (const [where, figure] of Object.entries(promised)) results.push(row(`100 promises, ${where}`, figure));
await Promise.all(Object.values(waiting).map((plugin) => plugin.close()));
await Promise.all([ours.close(), rival.close(), oursAsking.close(), rivalAsking.close()]);

if (isJson) console.log(JSON.stringify({ machine, rival: rivalName, results }, undefined, 2));
else {
  const us = (nanoseconds) => (nanoseconds === undefined ? "" : `${(nanoseconds / 1000).toFixed(1)} µs`).padStart(14);
  console.log(`${machine}; rival: ${rivalName}`);
  console.log("".padEnd(40), "ours".padStart(14), "rival".padStart(14), "ratio".padStart(8));
  for (const { name, oursNs, rivalNs, ratio } of results) console.log(name.padEnd(40), us(oursNs), us(rivalNs), (ratio?.toFixed(1) ?? "").padStart(8));
}
