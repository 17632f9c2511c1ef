/**
 * The differential fuzzer: random valid modules, plain and under every set of limits. What is compared: `compare.ts`.
 *
 *   npm run fuzz -- [--seconds N] [--seed S] [--modules N]
 *
 * Modules come from `generator/`, a Rust program (cargo builds it), and follow from their seed. A worker compares them,
 * for a limit that does not hold hangs whoever runs it: no word from it for some seconds is a finding too. Each finding
 * is printed with its seed, and the module is kept in `build/`. The last line is the figures; exit code 1 if there are
 * findings, 2 if there is no cargo.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

const HANG_MS = 30_000;
const BATCH = 200;
const MAX_FINDINGS = 20;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: "1" }, modules: { type: "string", default: "Infinity" } },
});
const [seconds, first, most] = [Number(values.seconds), Number(values.seed), Number(values.modules)];
if (!(seconds > 0) || !Number.isSafeInteger(first) || first < 0 || !(most > 0)) {
  throw new RangeError(`Cannot fuzz: --seconds "${values.seconds}" --seed "${values.seed}" --modules "${values.modules}" are not numbers it can use`);
}

const folder = fileURLToPath(new URL("build/", import.meta.url));
const generator = buildGenerator();
const features = engineFeatures();
await build({
  entryPoints: [fileURLToPath(new URL("worker.ts", import.meta.url))],
  outfile: `${folder}worker.mjs`,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "es2024",
  logLevel: "error",
});

const total = { modules: 0, skipped: 0, calls: 0, endless: 0, counted: 0, findings: 0 };
const reasons = new Map();
const until = performance.now() + seconds * 1000;
let worker = new Worker(`${folder}worker.mjs`);
for (let seed = first; isGoingOn(); seed += BATCH) {
  const modules = await generate(seed);
  for (let index = 0; index < modules.length && isGoingOn(); index += 1) note(seed + index, modules[index], await compared(seed + index, modules[index]));
}
await worker.terminate();
for (const [reason, count] of reasons) console.log(`${count} skipped: ${reason}`);
console.log(
  `${total.modules} modules from seed ${first} (${["mvp", ...features].join(", ")}), ${total.calls} calls the same, ` +
    `${total.endless} endless ones stopped, fuel of ${total.counted} counted, ${total.skipped} skipped, ${total.findings} findings`,
);
process.exitCode = total.findings > 0 ? 1 : 0;

function isGoingOn() {
  return performance.now() < until && total.modules < most && total.findings < MAX_FINDINGS;
}

/** Builds the generator and says where it is. */
function buildGenerator() {
  const manifest = fileURLToPath(new URL("generator/Cargo.toml", import.meta.url));
  const { status, error, stderr } = spawnSync("cargo", ["build", "--release", "--locked", "--quiet", "--manifest-path", manifest], { encoding: "utf8" });
  if (error?.code === "ENOENT") {
    console.log("Cannot fuzz: there is no cargo, which builds the generator; install Rust");
    process.exit(2);
  }
  if (status !== 0) throw new Error(`Cannot build the generator: ${stderr}`);
  return fileURLToPath(new URL("generator/target/release/generator", import.meta.url));
}

/** What the generator may use because this engine validates it. */
function engineFeatures() {
  const module = (...sections) => new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections]);
  const body = (...code) => module(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, code.length + 4, 1, code.length + 2, 0, ...code, 0x0b);
  const smallest = {
    exceptions: body(0x1f, 0x40, 0, 0x0b), // try_table
    "extended-const": module(6, 9, 1, 0x7f, 0, 0x41, 0, 0x41, 0, 0x6a, 0x0b),
    gc: module(1, 3, 1, 0x5f, 0), // an empty struct
    memory64: module(5, 3, 1, 4, 0),
    "multi-memory": module(5, 5, 2, 0, 0, 0, 0),
    "tail-calls": body(0x12, 0),
  };
  return Object.keys(smallest).filter((name) => WebAssembly.validate(smallest[name]));
}

/** The modules of a batch of seeds. */
async function generate(seed) {
  const child = spawn(generator, [String(seed), String(BATCH), ...features], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`The generator ended with ${status} at seed ${seed}`);
  const bytes = Buffer.concat(chunks);
  const modules = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = bytes.readUInt32LE(offset);
    modules.push(Uint8Array.from(bytes.subarray(offset + 4, offset + 4 + length)));
    offset += 4 + length;
  }
  return modules;
}

/** What came of a module; a worker that hangs is replaced. */
async function compared(seed, bytes) {
  const signal = AbortSignal.timeout(HANG_MS);
  worker.postMessage({ seed, bytes }); // oxlint-disable-line unicorn/require-post-message-target-origin -- a thread has none
  try {
    const [comparison] = await once(worker, "message", { signal });
    return comparison;
  } catch (error) {
    await worker.terminate();
    worker = new Worker(`${folder}worker.mjs`);
    const what = signal.aborted ? `it hangs for ${HANG_MS / 1000} s` : `it ends the worker: ${error.message}`;
    return { findings: [what], skipped: undefined, calls: 0, isEndless: false, isCounted: false };
  }
}

function note(seed, bytes, { findings, skipped, calls, isEndless, isCounted }) {
  total.modules += 1;
  total.calls += calls;
  if (isEndless) total.endless += 1;
  if (isCounted) total.counted += 1;
  if (skipped !== undefined) {
    total.skipped += 1;
    reasons.set(skipped, (reasons.get(skipped) ?? 0) + 1);
  }
  if (findings.length === 0) return;
  total.findings += findings.length;
  const file = `${folder}finding-${seed}.wasm`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  for (const finding of findings) console.log(`seed ${seed}: ${finding}`);
}
