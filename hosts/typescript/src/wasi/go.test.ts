/** A program of the standard Go toolchain on our WASI, built here: 3 MB are too many to keep in the repository. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { run } from "../../test/wasi/run.ts";
import { memoryFolder } from "./memory-folder.ts";

const source = fileURLToPath(new URL("../../test/wasi/files.go", import.meta.url));
const hasGo = spawnSync("go", ["version"]).status === 0;

// skipped because there is no Go toolchain on this machine
test.skipIf(!hasGo)("a Go program sleeps, draws random bytes and uses files", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tenon-go-"));
  const output = path.join(folder, "files.wasm");
  const env = { ...process.env, GOOS: "wasip1", GOARCH: "wasm", GO111MODULE: "off", GOTOOLCHAIN: "local" };
  const build = spawnSync("go", ["build", "-ldflags=-s -w", "-o", output, source], { env, encoding: "utf8" });
  expect(build.stderr).toBe("");
  const program = new Uint8Array(readFileSync(output));
  rmSync(folder, { recursive: true });

  // Time that passes only while the guest sleeps makes the run repeatable and short.
  let elapsedMs = 0;
  const data = memoryFolder({ "in.txt": "x" });
  const { exitCode, stdout, stderr } = run(program, {
    monotonic: () => elapsedMs,
    sleep: (ms) => void (elapsedMs += ms),
    files: [{ guest: "/data", access: "write", folder: data }],
  });
  expect(stdout.split("\n")).toEqual([
    "random 100000 <nil>",
    "slept true",
    "goroutine",
    "mkdir <nil>",
    "write <nil>",
    "read hello <nil>",
    "walk /data true <nil>",
    "walk /data/a true <nil>",
    "walk /data/a/b true <nil>",
    "walk /data/a/b/c.txt false <nil>",
    "walk /data/in.txt false <nil>",
    "rename <nil>",
    "remove <nil>",
    "stat 5 true <nil>",
    "outside true",
    "above true",
    "none true",
    "",
  ]);
  expect([exitCode, stderr]).toEqual([3, ""]);
  expect(data.paths()).toEqual(["d.txt", "in.txt"]);
  expect(elapsedMs).toBeGreaterThanOrEqual(5000);
});
