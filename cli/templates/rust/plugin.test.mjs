/** The plug-in in the sandbox that it will run in; `tenon test` builds it first. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlugin } from "@tenon/test";

test("before_checkout() gives new customers with a full cart a discount", async () => {
  const plugin = await openPlugin();
  const ask = async (cart) => (await plugin.call("before_checkout", cart)).output.json();
  assert.deepEqual(await ask({ is_new_customer: true, cart_total_in_cents: 10_000 }), { discount_percent: 20 });
  assert.deepEqual(await ask({ is_new_customer: false, cart_total_in_cents: 10_000 }), { discount_percent: 0 });
  await plugin.close();
});

test("before_checkout() refuses what is no cart", async () => {
  const plugin = await openPlugin();
  await assert.rejects(plugin.call("before_checkout", "tea"));
  await plugin.close();
});
