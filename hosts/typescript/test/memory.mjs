/**
 * Does the host end with the memory it began with? Run by `memory.test.ts` with `--expose-gc`; prints one JSON object.
 *
 * usage: node --expose-gc memory.mjs CALLS CYCLES < plugin.wasm
 */
import { readFileSync } from "node:fs";

import { createPlugin } from "@tenon/host";

const [calls = 0, cycles = 0] = process.argv.slice(2).map(Number);
const bytes = new Uint8Array(readFileSync(0));

/** Memory after everything unreachable is gone; finalisers of one round free what the next one sees. */
async function measure() {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heapUsed, external, arrayBuffers, resources: process.getActiveResourcesInfo().filter((each) => each !== "TTYWrap" && each !== "PipeWrap").length };
}

async function runCalls(count) {
  const plugin = await createPlugin(bytes);
  const input = new Uint8Array(1000).fill(7);
  for (let index = 0; index < count; index += 1) {
    if ((await plugin.call("echo", input)).length !== input.length) throw new Error("wrong output");
  }
  const guestBytes = plugin.lastCall?.memoryBytes;
  await plugin.close();
  return guestBytes;
}

async function runCycles(count) {
  for (let index = 0; index < count; index += 1) {
    const plugin = await createPlugin(bytes);
    if (plugin.callSync("echo", "x").length !== 1) throw new Error("wrong output");
    await plugin.close();
  }
}

await runCalls(1_000);
await runCycles(200);
const before = await measure();
const guestBytes = await runCalls(calls);
await runCycles(cycles);
const after = await measure();
console.log(JSON.stringify({ before, after, guestBytes }));
