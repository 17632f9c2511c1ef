import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

test("examples/pool: every quiet shop is answered, and the busy one pays for what it does", { timeout: 180_000 }, () => {
  const program = fileURLToPath(new URL("main.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--json"], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const { quiet, busy, calls } = JSON.parse(stdout);
  expect(quiet).toEqual({ answered: 380, failed: 0 });
  expect(busy.failures).toEqual({ "pool/full": 2000 - busy.answered });
  expect(busy.answered).toBeGreaterThan(600);
  // Each quiet shop has 20 calls, and the busy one is one of twenty that take turns.
  expect(busy.answeredBeforeTheLastQuietOne).toBeLessThan(busy.answered / 2);
  expect(calls.succeeded + calls.refused).toBe(2380);
});
