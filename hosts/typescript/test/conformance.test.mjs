/**
 * The conformance cases on this host: plug-ins of official and of our own PDKs, in every language.
 */
import { runOnThisMachine } from "@tenon/conformance";
import { ExtismPlugin } from "@tenon/host";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import * as host from "./conformance-host.mjs";

describe("conformance cases", async () => {
  const results = await runOnThisMachine(host);

  it("are run with plug-ins of at least three official PDKs", () => {
    const plugins = new Set(results.map(({ name }) => name.split(":")[0]));
    expect([...plugins].filter((name) => name?.endsWith("-extism")).length).toBeGreaterThanOrEqual(3);
  });

  it.for(results)("$name", ({ outcome, detail }, { skip }) => {
    if (outcome === "skipped") skip(detail);
    expect({ outcome, detail }).not.toMatchObject({ outcome: "failed" });
  });
});

describe("the smallest real plug-in, in Rust with the official PDK", () => {
  const path = fileURLToPath(new URL("../../../conformance/plugins/wasm/before-checkout.rust-extism.wasm", import.meta.url));

  it.each([
    { name: "a new customer with enough in the cart", isNew: true, total: 10_000, percent: 20 },
    { name: "a new customer with less", isNew: true, total: 9_999, percent: 0 },
    { name: "an old customer", isNew: false, total: 50_000, percent: 0 },
  ])("serves $name", async ({ isNew, total, percent }) => {
    const plugin = await ExtismPlugin.new({ path });
    const cart = JSON.stringify({ is_new_customer: isNew, cart_total_in_cents: total });
    const result = await plugin.call("before_checkout", new TextEncoder().encode(cart));
    expect(JSON.parse(result)).toEqual({ discount_percent: percent });
    await plugin.close();
  });
});
