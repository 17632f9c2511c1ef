/**
 * Fuzzing: random inputs against laws, one file for each law, until the time is up.
 *
 *   npm run fuzz                          every target for a minute
 *   npm run fuzz -- abi module            these
 *   npm run fuzz -- abi --seconds 600     longer
 *   npm run fuzz -- abi --seed 7          the same inputs again; --json prints one JSON object a target
 *
 * Targets are the files of `hosts/typescript/fuzz` and `compiler/fuzz`, and `limits`, which is `wasm/fuzz` with its own
 * generator. Each runs in a process of its own, and one that hangs or ends is a finding too. A finding is printed in its
 * smallest form; it becomes an entry of `examples` in the target's file, which `npm test` and every later run try first.
 * Exit code 1 if there are findings.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { files, root } from "./tree.mjs";

const GRACE_MS = 120_000;
const folder = join(root, "build/fuzz");

/** What looks for a file beside itself looks where it was written. */
const ownAddress = {
  name: "own-address",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({ loader: "ts", contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)) }));
  },
};

const targets = new Map(files(/^(hosts\/typescript|compiler)\/fuzz\/[a-z-]+\.ts$/).map((file) => [basename(file, ".ts"), file]));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
const names = positionals.length > 0 ? positionals : [...targets.keys(), "limits"];
const unknown = names.find((name) => name !== "limits" && !targets.has(name));
if (values.help) {
  console.log(`npm run fuzz -- [TARGET…] [--seconds N] [--seed S] [--json]\ntargets: ${[...targets.keys(), "limits"].join(", ")}`);
} else if (unknown !== undefined || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(unknown === undefined ? `Cannot fuzz: --seconds "${values.seconds}" --seed "${values.seed}" are not numbers it can use` : `Cannot fuzz "${unknown}": there are ${[...targets.keys(), "limits"].join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of names) {
    const result = name === "limits" ? await fuzzLimits() : await fuzz(name);
    if (result.finding) process.exitCode = 1;
    if (values.json) console.log(JSON.stringify({ target: name, ...result }));
    else console.log(`${result.finding ? "FOUND" : "ok   "} ${name.padEnd(12)} ${result.runs ?? "?"} runs${result.note ? `, ${result.note}` : ""}, seed ${seed}${result.finding ? `\n${result.finding}` : ""}`);
  }
}

/** Runs one target; gives how often, and what was found. */
async function fuzz(name) {
  mkdirSync(folder, { recursive: true });
  const script = join(folder, `${name}.mjs`);
  const contents = `
    import fc from "fast-check";
    import * as target from ${JSON.stringify(join(root, targets.get(name)))};
    const details = await fc.check(target.property, { seed: ${seed}, numRuns: 1e9, interruptAfterTimeLimit: ${seconds * 1000}, markInterruptAsFailure: false, examples: target.examples ?? [] });
    console.log(JSON.stringify({ runs: details.numRuns, finding: details.failed ? \`\${fc.stringify(details.counterexample)}\\n\${details.errorInstance?.stack ?? details.errorInstance}\` : undefined }));
    process.exit(0);`;
  await build({ stdin: { contents, resolveDir: root, loader: "js" }, outfile: script, bundle: true, format: "esm", platform: "node", target: "es2022", packages: "external", supported: { using: false }, logLevel: "error", plugins: [ownAddress] });
  const { stdout, stderr, status, isHung } = await run(script, []);
  const last = stdout.trim().split("\n").at(-1) ?? "";
  if (status === 0 && last.startsWith("{")) return JSON.parse(last);
  return { finding: isHung ? `it hangs, from seed ${seed} on` : `it ended with ${status}: ${stderr.trim().split("\n").slice(-20).join("\n")}` };
}

async function fuzzLimits() {
  const { stdout, status } = await run(join(root, "wasm/fuzz/run.mjs"), ["--seconds", String(seconds), "--seed", String(seed)]);
  const lines = stdout.trim().split("\n");
  if (status === 2) return { note: lines.at(-1) };
  return { runs: Number(/^(\d+) modules/.exec(lines.at(-1))?.[1]), note: lines.at(-1), finding: status === 0 ? undefined : lines.slice(0, -1).join("\n") };
}

/** Runs a script in a process of its own, and ends it if it does not come back. */
function run(script, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--no-warnings", script, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) child[stream].on("data", (chunk) => (output[stream] = (output[stream] + chunk).slice(-100_000)));
    let isHung = false;
    const timer = setTimeout(() => {
      isHung = true;
      child.kill("SIGKILL");
    }, seconds * 1000 + GRACE_MS);
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve({ ...output, status, isHung });
    });
  });
}
