/**
 * How many calls does a pool do, what does isolation cost, how fast is it there, and what does an idle plug-in hold?
 *
 *   npm run bench:pool -- [--json] [--quick]
 *
 * The rival, npm `@extism/extism`, has no pool and refuses concurrent calls to one plug-in. What its users do instead runs
 * in turn with us: one plug-in and a promise chain (isolation "plugin"), a new plug-in per call (isolation "call").
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { createPlugin, createPool } from "@tenon/host";
import createRival from "@extism/extism";

import { echoPlugin, workPlugin } from "./echo.mjs";
import { consume, machine, race, repeat, rivalName, rounded } from "./rounds.mjs";

const isJson = process.argv.includes("--json");
const rounds = process.argv.includes("--quick") ? 3 : 11;
/** Calls that are under way at once. */
const CALLERS = 64;
const TENANTS = 8;
/** Plug-ins that are opened to see what one holds. */
const IDLE = 200;

const bytes = await echoPlugin();
const module = await WebAssembly.compile(bytes);
const functions = { "extism:host/user": { next: (_context, n) => n + 1n } };

if (process.argv.includes("--held")) {
  const open = process.argv.includes("rival") ? () => createRival(module, { functions }) : () => createPlugin(bytes, { functions });
  console.log(await heldBytes(open));
  process.exit();
}

const rust = readFileSync(new URL("../conformance/plugins/wasm/kitchen-sink.rust-extism.wasm", import.meta.url));
const rustFunctions = { "extism:host/user": Object.fromEntries(WebAssembly.Module.imports(new WebAssembly.Module(rust)).filter((each) => each.module === "extism:host/user").map(({ name }) => [name, () => 0n])) };

/** Keeps so many calls under way until `count` are done. */
const load = (run) => async (count) => {
  let left = count;
  await Promise.all(
    Array.from({ length: Math.min(CALLERS, count) }, async (_, caller) => {
      while (left > 0) {
        left -= 1;
        consume(await run(`tenant ${caller % TENANTS}`));
      }
    }),
  );
};

/** Calls one after the other. */
const one = (callable, input) => repeat(async () => (await callable.call("echo", input)).length);

const results = [];
for (const [size, name, count] of [[16, "16 B", 4_000], [65_536, "64 KiB", 400], [1 << 20, "1 MiB", 40]]) {
  const input = new Uint8Array(size).fill(7);
  for (const isolation of ["plugin", "tenant", "call"]) {
    const pool = await createPool(bytes, { functions, isolation });
    const contenders = { ours: load(async (tenant) => (await pool.call("echo", input, { tenant })).length) };
    const rival = isolation === "plugin" ? await createRival(module, { functions }) : undefined;
    if (rival !== undefined) {
      let last = Promise.resolve();
      contenders.rival = load(async () => (await (last = last.then(() => rival.call("echo", input)))).byteLength);
    } else if (isolation === "call") {
      contenders.rival = load(async () => {
        const plugin = await createRival(module, { functions });
        const { byteLength } = await plugin.call("echo", input);
        await plugin.close();
        return byteLength;
      });
    }
    await measure(`echo ${name}, isolation "${isolation}", ${CALLERS} callers`, contenders, isolation === "call" ? Math.ceil(count / 4) : count);
    await Promise.all([pool.close(), rival?.close()]);
  }
}

{
  const plugin = await createPlugin(bytes, { functions });
  const pool = await createPool(bytes, { functions, isolation: "plugin" });
  await measure("a pool's own cost: echo 16 B, one caller", { ours: one(pool, new Uint8Array(16)), plugin: one(plugin, new Uint8Array(16)) }, 5_000);
  await Promise.all([pool.close(), plugin.close()]);
}

// Isolation "call" and a plug-in of 170 kB. Under load each call waits for its instance to start; with a pause before, it is
// there already. "plugin" is the same without isolation.
{
  const pool = await createPool(rust, { functions: rustFunctions });
  const shared = await createPool(rust, { functions: rustFunctions, isolation: "plugin" });
  await measure('Rust plug-in, isolation "call", one caller', { ours: one(pool, "x"), plugin: one(shared, "x") }, 100);
  const answersNs = [];
  for (let index = 0; index < 200; index += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const start = performance.now();
    consume((await pool.call("echo", "x")).length);
    answersNs.push((performance.now() - start) * 1e6);
  }
  results.push({ case: 'Rust plug-in, isolation "call", 2 ms after the last call', oursNs: Math.round(answersNs.sort((a, b) => a - b)[100]) });
  await Promise.all([pool.close(), shared.close()]);
}

// What a second thread brings for plug-ins that compute; on a machine that is busy otherwise, less.
{
  const work = await workPlugin();
  const pools = {
    ours: await createPool(work, { engine: "worker", isolation: "plugin", instances: { min: 2, max: 2 } }),
    oneThread: await createPool(work, { engine: "worker", isolation: "plugin", instances: { max: 1 } }),
    inline: await createPool(work, { engine: "inline", isolation: "plugin" }),
  };
  const contenders = Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, load(async () => (await pool.call("work")).length + 1)]));
  await measure("a call that computes for about 1 ms, two threads, 20 callers", contenders, 20);
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
}

await measure(
  "start-up from bytes to the first answer, and close",
  {
    ours: repeat(async () => {
      const pool = await createPool(bytes, { functions });
      const { length } = await pool.call("echo", "x");
      await pool.close();
      return length;
    }),
    rival: repeat(async () => {
      const plugin = await createRival({ wasm: [{ data: bytes }] }, { functions });
      const { byteLength } = await plugin.call("echo", "x");
      await plugin.close();
      return byteLength;
    }),
  },
  50,
);

const memory = { ours: heldByChild("ours"), rival: heldByChild("rival") };

if (isJson) console.log(JSON.stringify({ machine, rival: rivalName, cases: results, idlePluginBytes: memory }, undefined, 2));
else {
  console.log(`${machine}; rival: ${rivalName}; nanoseconds a call, fastest of ${rounds} rounds`);
  console.table(Object.fromEntries(results.map(({ case: name, ...figures }) => [name, figures])));
  console.log(`memory per idle plug-in of one page, resident: ${memory.ours} bytes, rival ${memory.rival}`);
}

async function measure(name, contenders, count) {
  if (!isJson) process.stderr.write(`${name} …\n`);
  const figures = await race(contenders, { count, rounds });
  const ratio = figures.rival === undefined ? undefined : rounded(figures.rival / figures.ours);
  results.push({ case: name, ...Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${key}Ns`, Math.round(value)])), ratio });
}

/** What one more plug-in holds, measured in a process of its own. */
function heldByChild(whose) {
  const { stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", fileURLToPath(import.meta.url), "--held", whose], { encoding: "utf8" });
  if (!/^\d+$/.test(stdout.trim())) throw new Error(`Cannot measure the memory of "${whose}": ${stderr}`);
  return Number(stdout);
}

/** Resident bytes that one more plug-in holds which has answered a call and is idle. */
async function heldBytes(open) {
  const rest = async () => {
    for (let index = 0; index < 3; index += 1) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return process.memoryUsage.rss();
  };
  const plugins = [];
  const openMore = async (count) => {
    for (let index = 0; index < count; index += 1) {
      const plugin = await open();
      await plugin.call("echo", "x");
      plugins.push(plugin);
    }
  };
  // The first ones pay for what all share.
  await openMore(20);
  const before = await rest();
  await openMore(IDLE);
  const held = Math.round(((await rest()) - before) / IDLE);
  await Promise.all(plugins.map((plugin) => plugin.close()));
  return held;
}
