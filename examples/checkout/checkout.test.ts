import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, test } from "vitest";

// @ts-expect-error: plain JavaScript without declarations
import { makeCarts } from "./carts.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

type Cart = {
  readonly id: number;
  readonly is_new_customer: boolean;
  readonly cart_total_in_cents: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
};
type Result = { readonly calls: number; readonly failures: number; readonly failuresByCode: Record<string, number>; readonly medianMicroseconds: number; readonly totalDiscount: number };
type Report = { readonly merchants: Record<string, Result>; readonly totals: Record<string, number> };

/** What each merchant's plug-in promises, said once more in plain TypeScript. */
const PERCENT: Record<string, (cart: Cart) => number> = {
  loyalty: (cart) => (cart.is_new_customer ? (cart.cart_total_in_cents >= 10_000 ? 20 : 0) : 5),
  volume: (cart) => Math.min(10, Math.floor(cart.items.reduce((sum, item) => sum + item.quantity, 0) / 3)),
  bundle: (cart) => [0, 0, 4, 15][["tea", "pot", "cups"].filter((sku) => cart.items.some((item) => item.sku === sku)).length] ?? 0,
};

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
        "shop/bad-answer": count(6, 7, 8, 9),
        "call/failed": count(10, 11, 13),
        "call/fuel": count(12),
      },
      totalDiscount: honest.reduce((sum, cart) => sum + Math.round(cart.cart_total_in_cents / 100), 0),
    });
  });

  test("adds up", () => {
    const results = Object.values(report.merchants);
    const sum = (read: (result: Result) => number) => results.reduce((total, result) => total + read(result), 0);
    expect(report.totals).toEqual({ carts: 3000, calls: 12_000, failures: sum((each) => each.failures), totalDiscount: sum((each) => each.totalDiscount) });
  });
});

test("tenon calls a merchant's plug-in", () => {
  const volume = fileURLToPath(new URL("build/volume.wasm", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/tenon.mjs"), "call", volume, "before_checkout", "--input", '{"items":[{"quantity":7}]}'], { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '{"discount_percent":2}', stderr: "" });
});
