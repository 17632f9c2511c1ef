/**
 * Forbids committed plug-ins that their sources do not make: rebuilds those whose compiler is here, compares bytes where
 * the same version of the compiler made both, and names what is missing for the others.
 */
import { check, firstLine, run } from "../check.mjs";

/** What a machine with Node, npm and the toolchains of CONTRIBUTING.md always has. */
const ALWAYS = ["kitchen-sink.c-none", "kitchen-sink.c-tenon", "kitchen-sink.cpp-tenon", "kitchen-sink.as-extism", "kitchen-sink.as-tenon"];

await check((fail) => {
  const { ok, stdout, stderr } = run(process.execPath, ["conformance/plugins/build.mjs", "--check"]);
  const built = stdout.split("\n").flatMap((line) => /^(\S+): \d+ bytes .*: (as committed|differs from what is committed)$/.exec(line)?.slice(1, 3) ?? []);
  const names = built.filter((_, index) => index % 2 === 0);
  for (const name of ALWAYS) if (!names.includes(name)) fail(`conformance/plugins/wasm/${name}.wasm`, `cannot be rebuilt: ${firstLine(stderr)}`);
  const complaints = stderr.split("\n").filter((line) => /^\S+: /.test(line));
  const failed = complaints.filter((line) => /The same compiler|rror/.test(line));
  if (!ok) for (const line of failed) fail("conformance/plugins", line.slice(0, 300));
  const missing = complaints.filter((line) => !failed.includes(line)).map((line) => line.split(":")[0]);
  const same = built.filter((word) => word === "as committed").length;
  return `${names.length} rebuilt, ${same} byte for byte${missing.length > 0 ? `; no compiler here for ${missing.join(", ")}` : ""}`;
});
