/**
 * Builds the merchants whose compilers npm does not have, into `prebuilt/`, or with `--check` compares what is there: byte for
 * byte, and where the bytes depend on the folder or on the compiler's version, by what the plug-in answers on every cart.
 *
 * usage: node prebuild.mjs [--check]
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

import { compile, MissingTool } from "@tenon/conformance/toolchains";

import { writeSources } from "./build.mjs";
import { makeCarts } from "./carts.mjs";
import { discounts, imports } from "./system.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROOT = here("../..");

const MERCHANTS = [
  { name: "tiers", bindings: "rust", compile: (folder) => compile("rust", `${folder}/Cargo.toml`) },
  { name: "newcomer", bindings: "rust", compile: (folder) => compile("rust", `${folder}/Cargo.toml`) },
  { name: "regulars", bindings: "zig", compile: (folder) => compile("zig", `${folder}/main.zig`) },
];

const isCheck = process.argv.includes("--check");
mkdirSync(here("prebuilt"), { recursive: true });
for (const { name, bindings, compile: make } of MERCHANTS) {
  const folder = here(`build/${name}`);
  await writeSources(folder, name, bindings);
  if (bindings === "rust") {
    const manifest = join(folder, "Cargo.toml");
    writeFileSync(manifest, `${readFileSync(manifest, "utf8").replace("node_modules/@tenon/pdk-rust", join(ROOT, "pdks/rust"))}\n[workspace]\n`);
  }
  try {
    const { wasm, tool } = await make(relative(ROOT, folder));
    const file = here(`prebuilt/${name}.wasm`);
    const before = existsSync(file) ? readFileSync(file) : undefined;
    if (!isCheck) writeFileSync(file, wasm);
    const state = await compare(before, wasm);
    if (state === "other answers" && isCheck) process.exitCode = 1;
    console.log(`${name}: ${wasm.length} bytes with ${tool}: ${state}${isCheck ? "" : ", written"}`);
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    console.log(`${name}: not rebuilt: ${error.message}`);
    if (!isCheck) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How what was built stands to what is committed. */
async function compare(committed, built) {
  if (committed === undefined) return "new";
  if (committed.equals(built)) return "as committed";
  return isDeepStrictEqual(await answersOf(committed), await answersOf(built)) ? "other bytes, the same answers" : "other answers";
}

/** What a plug-in says to every cart. */
async function answersOf(wasm) {
  const plugin = await discounts.load(Uint8Array.from(wasm), { imports });
  const answers = [];
  for (const cart of makeCarts()) answers.push(await plugin.before_checkout(cart));
  await plugin.$close();
  return answers;
}
