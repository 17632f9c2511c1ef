/**
 * The shop: every merchant's plug-in is asked for a discount on every cart, and one merchant only makes trouble.
 *
 * usage: node main.mjs [--json]       (`npm start` at the root builds what is missing first)
 *
 * Who writes a shop of their own starts with `system.mjs`, then `askMerchant`; `table.mjs` only prints.
 */
import { readFileSync } from "node:fs";

import { PluginError } from "@tenon/host";

import { buildPlugins } from "./build.mjs";
import { discounts, imports } from "./system.mjs";
import { printTable } from "./table.mjs";

/**
 * Asks one merchant for the discount on every cart.
 *
 * @param {{ name: string, language: string, wasm: string }} merchant The merchant, and the path of the plug-in.
 * @param {{ cart_total_in_cents: number }[]} carts The carts.
 * @returns {Promise<object>} What came of it: calls, failures by code with the first message of each, median time, discount in cents.
 */
async function askMerchant({ name, language, wasm }, carts) {
  // The configuration is a dare to rogue, which then also loops for ever and takes all memory it can get.
  const plugin = await discounts.load(readFileSync(wasm), { name, imports, config: { endless: "yes" } });
  const microseconds = [];
  const failuresByCode = {};
  const messages = {};
  let totalDiscount = 0;
  for (const cart of carts) {
    try {
      // Typed, and checked in both directions: what a plug-in says is not believed.
      const { discount_percent } = await plugin.before_checkout(cart);
      totalDiscount += Math.round((cart.cart_total_in_cents * discount_percent) / 100);
    } catch (error) {
      // The plug-in failed: this cart gets no discount, and the next call works.
      if (!PluginError.is(error)) throw error;
      failuresByCode[error.code] = (failuresByCode[error.code] ?? 0) + 1;
      messages[error.code] ??= error.message;
    }
    microseconds.push(plugin.$plugin.lastCall.durationMs * 1000);
  }
  await plugin.$close();
  const failures = Object.values(failuresByCode).reduce((sum, count) => sum + count, 0);
  return { merchant: name, language, calls: carts.length, failures, failuresByCode, messages, medianMicroseconds: median(microseconds), totalDiscount };
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
