import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

test("examples/database: host functions await SQLite, calls at once share the stock, shops see only their own rows", { timeout: 180_000 }, () => {
  const program = fileURLToPath(new URL("main.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--json"], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const { answers, stock } = JSON.parse(stdout) as { answers: { customer: string; shop: string; orders: number; gift: string }[]; stock: unknown };
  expect(answers.filter(({ customer }) => customer === "ann").map(({ orders }) => orders)).toEqual([4, 4, 4, 4, 4]);
  expect(answers.filter(({ gift }) => gift === "mug").length).toBe(3);
  expect(stock).toEqual({ north: 0, south: 100 });
  expect(answers.slice(5).map(({ shop, orders }) => `${shop} ${orders}`)).toEqual(["north 1", "south 1", "south 0"]);
});
