/**
 * Runs the benchmarks one after the other on the Node that runs this, and keeps what they measured in `results.json`, from
 * which the site makes its page of figures. Run it on an idle machine, once with each Node to be shown:
 *
 *   npm run build && node benchmarks/save.mjs [--quick] [NAME …]
 *
 * Figures of other versions of Node stay. It measures nothing itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("results.json", import.meta.url));
const ALL = ["bench", "worker", "pool", "compiler", "engine", "systems", "languages"];

const words = process.argv.slice(2);
const flags = words.filter((word) => word.startsWith("--"));
const names = words.filter((word) => !word.startsWith("--"));
const version = `Node ${process.versions.node.split(".")[0]}`;
const results = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
const own = (results[version] ??= {});
own.machine = `node ${process.versions.node}, V8 ${process.versions.v8}, ${cpus().length} × ${cpus()[0]?.model ?? "an unknown processor"}`;
for (const name of names.length > 0 ? names : ALL) {
  process.stderr.write(`${name} …\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), "--json", ...flags], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`Cannot run the benchmark "${name}": ${stderr.trim().split("\n").at(-1)}`);
  own[name] = JSON.parse(stdout);
  writeFileSync(FILE, `${JSON.stringify(results, undefined, 1)}\n`);
}
