import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { ECHO } from "../test/wat.ts";

interface Figures {
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  resources: number;
}

test("100,000 calls and 10,000 create/close cycles end with the memory they began with", () => {
  const script = fileURLToPath(new URL("../test/memory.mjs", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--expose-gc", script, "100000", "10000"], { input: ECHO, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
  expect(status, stderr).toBe(0);
  const { before, after, guestBytes } = JSON.parse(stdout) as { before: Figures; after: Figures; guestBytes: number };
  // A byte kept per call would be 100 kB, a page per cycle 640 MiB; the engine's own caches move within these.
  expect(after.heapUsed - before.heapUsed).toBeLessThan(1_000_000);
  expect(after.external - before.external).toBeLessThan(1_000_000);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
  expect(after.resources).toBeLessThanOrEqual(before.resources);
  expect(guestBytes).toBe(131_072);
});
