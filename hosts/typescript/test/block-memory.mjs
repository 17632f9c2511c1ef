/**
 * How much memory of the system does a plug-in take by having large blocks and not writing to them? Run by `memory.test.ts`;
 * prints megabytes.
 *
 * usage: node block-memory.mjs < plugin.wasm
 */
import { readFileSync } from "node:fs";
import { createPlugin } from "@tenon/host";

const plugin = await createPlugin(new Uint8Array(readFileSync(0)), { limits: { timeoutMs: 60_000 } });
plugin.callSync("run", "warm");
const before = process.memoryUsage().rss;
for (let round = 0; round < 3; round += 1) plugin.callSync("run");
console.log((process.memoryUsage().rss - before) / 1e6);
await plugin.close();
