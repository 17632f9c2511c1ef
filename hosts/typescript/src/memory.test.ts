import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { ECHO, plugin } from "../test/wat.ts";

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

test("a block of 100 MB that nobody wrote to takes no memory of the system when it is given out again", () => {
  const bytes = plugin(`(func (export "run") (result i32)
    (if (i64.eqz (call $input_length)) (then (call $free (call $alloc (i64.const 100000000))) (drop (call $alloc (i64.const 100000000))))) (i32.const 0))`);
  const script = fileURLToPath(new URL("../test/block-memory.mjs", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { input: bytes, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
  expect(status, stderr).toBe(0);
  expect(Number(stdout)).toBeLessThan(50);
});
