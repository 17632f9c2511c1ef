/**
 * The shop: every merchant's plug-in is asked for a discount on every cart, and one merchant only makes trouble.
 *
 * usage: node main.mjs [--json]       (`npm start` at the root builds what is missing first)
 *
 * Who writes a shop of their own starts with `askMerchant`; `table.mjs` only prints.
 */
import { readFileSync } from "node:fs";

import { createPlugin, PluginError } from "@tenon/host";

import { buildPlugins } from "./build.mjs";
import { printTable } from "./table.mjs";

/**
 * What a merchant may use. Without a word about limits the defaults hold; a checkout wants tighter ones. Fuel counts
 * instructions, so what is stopped does not depend on the machine.
 */
const LIMITS = { memoryPages: 64, fuel: 1_000_000 };

/**
 * Asks one merchant for the discount on every cart.
 *
 * @param {{ name: string, language: string, wasm: string }} merchant The merchant, and the path of the plug-in.
 * @param {{ cart_total_in_cents: number }[]} carts The carts.
 * @returns {Promise<object>} What came of it: calls, failures by code, median time, discount in cents.
 */
async function askMerchant({ name, language, wasm }, carts) {
  // The configuration is a dare to rogue, which then also loops for ever and takes all memory it can get.
  const plugin = await createPlugin(wasm, { name, limits: LIMITS, config: { endless: "yes" } });
  const microseconds = [];
  const failuresByCode = {};
  let totalDiscount = 0;
  for (const cart of carts) {
    let failure;
    try {
      const output = await plugin.call("before_checkout", JSON.stringify(cart));
      const percent = readPercent(output);
      if (percent === undefined) failure = "shop/bad-answer";
      else totalDiscount += Math.round((cart.cart_total_in_cents * percent) / 100);
    } catch (error) {
      // The plug-in failed: this cart gets no discount, and the next call works.
      if (!PluginError.is(error)) throw error;
      failure = error.code;
    }
    if (failure !== undefined) failuresByCode[failure] = (failuresByCode[failure] ?? 0) + 1;
    microseconds.push(plugin.lastCall.durationMs * 1000);
  }
  await plugin.close();
  const failures = Object.values(failuresByCode).reduce((sum, count) => sum + count, 0);
  return { merchant: name, language, calls: carts.length, failures, failuresByCode, medianMicroseconds: median(microseconds), totalDiscount };
}

/** The discount in an answer, or `undefined`. What a plug-in says is checked like anything else that comes from outside. */
function readPercent(output) {
  try {
    const percent = output.json()?.discount_percent;
    return typeof percent === "number" && percent >= 0 && percent <= 100 ? percent : undefined;
  } catch {
    return undefined; // not even JSON
  }
}

function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  return Math.round((sorted[sorted.length >> 1] ?? 0) * 10) / 10;
}

const isJson = process.argv.includes("--json");
const { carts: cartsFile, merchants } = await buildPlugins();
const carts = JSON.parse(readFileSync(cartsFile, "utf8"));

const results = [];
for (const merchant of merchants) {
  console.error(`asking ${merchant.name} about ${carts.length} carts`);
  results.push(await askMerchant(merchant, carts));
}
const sum = (name) => results.reduce((total, result) => total + result[name], 0);
const totals = { carts: carts.length, calls: sum("calls"), failures: sum("failures"), totalDiscount: sum("totalDiscount") };
if (isJson) console.log(JSON.stringify({ merchants: Object.fromEntries(results.map(({ merchant, ...result }) => [merchant, result])), totals }));
else printTable(results, totals);
