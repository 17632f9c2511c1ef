/**
 * Forbids committed plug-ins that their sources do not make: rebuilds those whose compiler is here, compares bytes where
 * the same version of the compiler made both, runs the cases on those that differ, and names what is missing for others. Those
 * that are not committed are built into their place, for the checks behind it.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, firstLine, run } from "../check.mjs";
import { root } from "../tree.mjs";

/** What a machine with Node, npm and the toolchains of CONTRIBUTING.md always has. */
const ALWAYS = ["kitchen-sink.c-none", "kitchen-sink.c-tenon", "kitchen-sink.cpp-tenon", "kitchen-sink.as-extism", "kitchen-sink.as-tenon"];

await check(async (fail) => {
  // Beside each other: most compilers keep one processor busy.
  const [uncommitted, { ok, stdout, stderr }] = await Promise.all(["--uncommitted", "--check"].map(buildPlugins));
  if (!uncommitted.ok) for (const line of uncommitted.stderr.split("\n").filter((text) => /^\S+: .*rror/.test(text))) fail("conformance/plugins", line.slice(0, 300));
  const built = stdout.split("\n").flatMap((line) => /^(\S+): \d+ bytes .*: (as committed|differs from what is committed)$/.exec(line)?.slice(1, 3) ?? []);
  const names = built.filter((_, index) => index % 2 === 0);
  for (const name of ALWAYS) if (!names.includes(name)) fail(`conformance/plugins/wasm/${name}.wasm`, `cannot be rebuilt: ${firstLine(stderr)}`);
  const complaints = stderr.split("\n").filter((line) => /^\S+: /.test(line));
  const failed = complaints.filter((line) => /The same compiler|rror/.test(line));
  if (!ok) for (const line of failed) fail("conformance/plugins", line.slice(0, 300));
  const others = built.flatMap((word, index) => (word.startsWith("differs") && built[index - 1].startsWith("kitchen-sink.") ? [built[index - 1]] : []));
  for (const name of others) runCases(name, fail);
  const shop = run(process.execPath, ["examples/checkout/prebuild.mjs", "--check"]);
  if (!shop.ok) fail("examples/checkout/prebuilt", firstLine(shop.stdout.split("\n").filter((line) => line.includes("other answers")).join("\n") || shop.stderr));
  const missing = complaints.filter((line) => !failed.includes(line)).map((line) => line.split(":")[0]);
  const same = built.filter((word) => word === "as committed").length;
  return `${names.length} rebuilt, ${same} byte for byte, ${others.length} by their cases${missing.length > 0 ? `; no compiler here for ${missing.join(", ")}` : ""}`;
});

/** @returns Whether it went well, and what it said, as of `run`. */
function buildPlugins(flag) {
  return new Promise((resolve) => {
    execFile(process.execPath, ["conformance/plugins/build.mjs", flag], { cwd: root, env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 1 << 28 }, (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }));
  });
}

/** What has other bytes must do the same. */
function runCases(name, fail) {
  const folder = mkdtempSync(join(tmpdir(), "tenon-fixtures-"));
  try {
    cpSync(join(root, "conformance/plugins/wasm"), folder, { recursive: true });
    const build = run(process.execPath, ["conformance/plugins/build.mjs", "--only", name, "--out", folder]);
    const plugin = name.replace("kitchen-sink.", "");
    const cases = run(process.execPath, ["conformance/run.mjs", "hosts/typescript/test/conformance-host.mjs", "--only", `${plugin}:`, "--wasm", folder]);
    const summary = cases.stdout.trim().split("\n").at(-1) ?? "";
    const passed = Number(/^(\d+) passed/.exec(summary)?.[1] ?? 0);
    if (!build.ok || !cases.ok || passed < 40) fail(`conformance/plugins/wasm/${name}.wasm`, `rebuilt, it does not pass its cases: ${summary || firstLine(build.stderr + cases.stderr)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
