/**
 * One plug-in, twenty shops, one of them far too busy: a pool keeps it from slowing down the others.
 *
 * usage: node examples/pool/main.mjs [--json]
 */
import { readFileSync } from "node:fs";

import { createPool, PluginError } from "@tenon/host";

import { buildPlugins } from "../checkout/build.mjs";

const { carts: cartsFile, merchants } = await buildPlugins();
const carts = JSON.parse(readFileSync(cartsFile, "utf8")).map((cart) => JSON.stringify(cart));
const merchant = merchants.find(({ name }) => name === "volume");

const pool = await createPool(merchant.wasm, {
  name: merchant.name,
  limits: { memoryPages: 64, timeoutMs: 50 },
  queue: { calls: 1000, waitMs: 30_000 },
});

/** Asks for the discount on some carts, all at once, in the name of one shop. */
const askForDiscounts = (shop, from, count) => carts.slice(from, from + count).map((cart) => askForDiscount(shop, cart));

/** Calls that ended, in their order: whose they were, and the failure's code if they failed. */
const ended = [];

async function askForDiscount(shop, cart) {
  try {
    const output = await pool.call("before_checkout", cart, { tenant: shop });
    ended.push({ shop, discount: output.json().discount_percent });
  } catch (error) {
    if (!PluginError.is(error)) throw error;
    ended.push({ shop, code: error.code });
  }
}

// The busy one comes first, with more than the queue takes.
const busy = askForDiscounts("busy", 0, 2000);
const quiet = Array.from({ length: 19 }, (_, shop) => askForDiscounts(`quiet ${shop}`, shop * 20, 20)).flat();
await Promise.all([...busy, ...quiet]);
const { calls, failures, instances, waitMs } = pool.metrics();
await pool.close();

const isBusy = ({ shop }) => shop === "busy";
const answered = ended.filter(({ code }) => code === undefined);
const lastQuiet = answered.findLastIndex((call) => !isBusy(call));
const report = {
  quiet: { answered: answered.filter((call) => !isBusy(call)).length, failed: ended.filter((call) => !isBusy(call) && call.code !== undefined).length },
  busy: { answered: answered.filter(isBusy).length, failures, answeredBeforeTheLastQuietOne: answered.slice(0, lastQuiet).filter(isBusy).length },
  calls,
  instances,
};
if (process.argv.includes("--json")) console.log(JSON.stringify(report));
else {
  console.log(`19 quiet shops: ${report.quiet.answered} of 380 answered, ${report.quiet.failed} failed`);
  console.log(`1 busy shop: ${report.busy.answered} of 2000 answered, ${failures["pool/full"] ?? 0} refused because the queue was full`);
  console.log(`When the last quiet call was answered, the busy shop had ${report.busy.answeredBeforeTheLastQuietOne} answers.`);
  console.log(`Waiting took ${(waitMs.sumMs / waitMs.count).toFixed(1)} ms on average; ${instances.started} instances were started.`);
}
