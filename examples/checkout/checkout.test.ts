import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { System } from "@tenon/system";
import { beforeAll, describe, expect, test } from "vitest";
import initWabt from "wabt";

// @ts-expect-error: plain JavaScript without declarations
import { makeCarts } from "./carts.mjs";
// @ts-expect-error: plain JavaScript without declarations
import { discounts as system, imports } from "./system.mjs";

type Discounts = System<{ before_checkout: { input: import("@tenon/system").Payload; output: import("@tenon/system").Payload } }>;
const discounts = system as Discounts;
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

type Cart = {
  readonly id: number;
  readonly customer: string;
  readonly is_new_customer: boolean;
  readonly cart_total_in_cents: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
};
type Result = { readonly language: string; readonly messages: Record<string, string>; readonly calls: number; readonly failures: number; readonly failuresByCode: Record<string, number>; readonly medianMicroseconds: number; readonly totalDiscount: number };
type Report = { readonly merchants: Record<string, Result>; readonly totals: Record<string, number> };

/** What each merchant's plug-in promises, said once more in plain TypeScript. */
const PERCENT: Record<string, (cart: Cart) => number> = {
  loyalty: (cart) => (cart.is_new_customer ? (cart.cart_total_in_cents >= 10_000 ? 20 : 0) : 5),
  volume: (cart) => Math.min(10, Math.floor(cart.items.reduce((sum, item) => sum + item.quantity, 0) / 3)),
  bundle: (cart) => [0, 0, 4, 15][["tea", "pot", "cups"].filter((sku) => cart.items.some((item) => item.sku === sku)).length] ?? 0,
  tiers: (cart) => (cart.cart_total_in_cents >= 15_000 ? 6 : cart.cart_total_in_cents >= 5_000 ? 3 : 0),
  newcomer: (cart) => (cart.is_new_customer && cart.cart_total_in_cents >= 10_000 ? 20 : 0),
  regulars: (cart) => Math.min(9, [...cart.customer].length),
  snack: (cart) => (["tea"].some((sku) => has(cart, sku)) && ["biscuits", "honey"].some((sku) => has(cart, sku)) ? 7 : 0),
};
const has = (cart: Cart, sku: string): boolean => cart.items.some((item) => item.sku === sku);

/** Those of above, and rogue. */
const MERCHANTS = Object.keys(PERCENT).length + 1;

const carts = makeCarts() as readonly Cart[];
let report: Report;

beforeAll(() => {
  const { status, stdout, stderr } = spawnSync("npm", ["start", "--silent", "--", "--json"], { cwd: ROOT, encoding: "utf8", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
  report = JSON.parse(stdout) as Report;
}, 180_000);

describe("npm start -- --json", () => {
  test.each(Object.keys(PERCENT))("reports what %s takes off every cart", (name) => {
    const expected = carts.reduce((sum, cart) => sum + Math.round((cart.cart_total_in_cents * (PERCENT[name]?.(cart) ?? 0)) / 100), 0);
    expect(report.merchants[name]).toMatchObject({ calls: carts.length, failures: 0, failuresByCode: {}, totalDiscount: expected });
    expect(report.merchants[name]?.medianMicroseconds).toBeGreaterThan(0);
  });

  test("counts every prank of rogue as a failure and every honest answer as a discount", () => {
    // Fourteen pranks, chosen by the cart's number; only the first is none.
    const honest = carts.filter((cart) => cart.id % 14 === 0);
    const count = (...pranks: readonly number[]) => carts.filter((cart) => pranks.includes(cart.id % 14)).length;
    expect(report.merchants["rogue"]).toMatchObject({
      calls: carts.length,
      failures: carts.length - honest.length,
      failuresByCode: {
        "call/trap": count(1, 2, 3),
        "call/stack-overflow": count(4),
        "memory/out-of-bounds": count(5),
        "system/invalid-output": count(6, 7, 8, 9),
        "call/failed": count(10, 11, 13),
        "call/fuel": count(12),
      },
      totalDiscount: honest.reduce((sum, cart) => sum + Math.round(cart.cart_total_in_cents / 100), 0),
    });
  });

  test("adds up", () => {
    const results = Object.values(report.merchants);
    const sum = (read: (result: Result) => number) => results.reduce((total, result) => total + read(result), 0);
    expect(report.totals).toEqual({ carts: 3000, calls: 3000 * MERCHANTS, failures: sum((each) => each.failures), totalDiscount: sum((each) => each.totalDiscount) });
  });
});

test("merchants are written in six languages, and each says which interface it was built for", () => {
  expect(new Set(Object.values(report.merchants).map(({ language }) => language))).toEqual(new Set(["AssemblyScript", "C", "C++", "Rust", "Zig", "TypeScript"]));
  for (const name of Object.keys(PERCENT)) {
    const { status, stdout } = tenon("check", at(`build/${name}.wasm`), "--system", at("system.mjs"));
    expect({ name, status, stdout }).toEqual({ name, status: 0, stdout: expect.stringContaining("built for exactly this interface") as string });
  }
});

test("tenon calls a merchant's plug-in", () => {
  const cart = { id: 1, customer: "Ada", is_new_customer: false, cart_total_in_cents: 4830, items: [{ sku: "tea", price_in_cents: 690, quantity: 7 }] };
  expect(tenon("call", at("build/volume.wasm"), "before_checkout", "--input", JSON.stringify(cart))).toEqual({ status: 0, stdout: '{"discount_percent":2}', stderr: "" });
});

describe("a merchant is told what is wrong", () => {
  const answer = async (reply: string): Promise<unknown> => {
    const plugin = await discounts.load(await replying("before_checkout", reply), { name: "corner shop", imports });
    try {
      return ((await plugin.before_checkout(carts[0])) as { readonly discount_percent: number }).discount_percent;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await plugin.$close();
    }
  };

  test.each([
    { name: "a right answer", reply: '{"discount_percent":12.5}', expected: 12.5 },
    { name: "a field of another name", reply: '{"discount":10}', expected: 'Cannot take the output of "before_checkout" from plug-in "corner shop": discount_percent: Invalid input: expected number, received undefined' },
    { name: "a field of another type", reply: '{"discount_percent":"10"}', expected: 'Cannot take the output of "before_checkout" from plug-in "corner shop": discount_percent: Invalid input: expected number, received string' },
    { name: "more than all", reply: '{"discount_percent":110}', expected: 'Cannot take the output of "before_checkout" from plug-in "corner shop": discount_percent: Too big: expected number to be <=100' },
  ])("$name", async ({ reply, expected }) => {
    expect(await answer(reply)).toBe(expected);
  });

  test("an export of another name is refused before anything runs", async () => {
    await expect(discounts.load(await replying("beforeCheckout", "{}"), { name: "corner shop", imports })).rejects.toThrow('Cannot load "corner shop": it does not fit the plug-in system "shop/discounts" 1.0.0:\n- it does not export "before_checkout"; rename its export "beforeCheckout"');
  });
});

function tenon(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/tenon.mjs"), ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** A plug-in with one export that always gives the same answer. */
async function replying(name: string, reply: string): Promise<Uint8Array<ArrayBuffer>> {
  const wabt = await initWabt();
  const stores = [...reply].map((letter, index) => `(call $store (i64.add (local.get 0) (i64.const ${index})) (i32.const ${letter.codePointAt(0)}))`).join("\n");
  const text = `(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
    (func (export "${name}") (result i32) (local i64)
      (local.set 0 (call $alloc (i64.const ${reply.length})))
      ${stores}
      (call $output_set (local.get 0) (i64.const ${reply.length}))
      (i32.const 0)))`;
  return Uint8Array.from(wabt.parseWat("reply.wat", text).toBinary({}).buffer);
}
