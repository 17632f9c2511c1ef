/**
 * Builds the merchants' plug-ins: for each the bindings of the shop's system in its language, then the module. Compilers are
 * those that npm installs; Rust and Zig merchants lie built in `prebuilt/`, because their compilers are too large for that.
 * What is newer than its sources is left alone; progress goes to standard error.
 *
 * usage: node build.mjs [NAME], or `await buildPlugins()` from the shop
 */
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { generateBindings, readStamp } from "@tenon/system";

import { makeCarts } from "./carts.mjs";
import { discounts } from "./system.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ROOT = here("../..");
const C_KIT = ["pdks/c/tenon.h"];
const CPP_KIT = ["pdks/cpp/tenon.hpp", ...C_KIT];

/** `bindings` is the language that they are generated for; rogue is written without any, as whoever means harm may do. */
const MERCHANTS = [
  { name: "loyalty", language: "AssemblyScript", bindings: "assemblyscript", sources: ["plugin.ts"], compile: compileAssemblyScript },
  { name: "volume", language: "C", bindings: "c", sources: ["plugin.c"], kit: C_KIT, compile: compileC },
  { name: "bundle", language: "C++", bindings: "cpp", sources: ["plugin.cpp"], kit: CPP_KIT, compile: compileCpp },
  { name: "tiers", language: "Rust", prebuilt: true },
  { name: "newcomer", language: "Rust", prebuilt: true },
  { name: "regulars", language: "Zig", prebuilt: true },
  { name: "snack", language: "TypeScript", bindings: "typescript", sources: ["plugin.ts"], compile: compileTypeScript, needs: "compiler/dist/engine.json" },
  { name: "rogue", language: "C", sources: ["rogue.c", "plugin.h"], compile: compileC },
];

/**
 * Builds what is not up to date.
 *
 * @param {(line: string) => void} report Gets a line before and after each plug-in that is built.
 * @returns {Promise<{ carts: string, merchants: { name: string, language: string, wasm: string }[] }>} Paths of the results.
 */
export async function buildPlugins(report = console.error) {
  mkdirSync(here("build"), { recursive: true });
  const merchants = MERCHANTS.filter(({ name, language, needs }) => {
    const isThere = needs === undefined || existsSync(join(ROOT, needs));
    if (!isThere) report(`leaving out ${name}: npm run build makes the compiler for ${language} first`);
    return isThere;
  });
  for (const { name, prebuilt } of merchants) if (prebuilt) cpSync(here(`prebuilt/${name}.wasm`), wasmOf(name));
  // Compilers keep a thread busy each, so as many run as there are processors; those with most headers begin.
  const stale = merchants.filter((merchant) => !merchant.prebuilt && !isUpToDate(merchant)).toSorted((a, b) => (b.kit?.length ?? 0) - (a.kit?.length ?? 0));
  await Promise.all(Array.from({ length: availableParallelism() }, async () => {
    for (let next = stale.shift(); next !== undefined; next = stale.shift()) await buildApart(next, report);
  }));
  const carts = here("build/carts.json");
  if (!isNewer(carts, [here("carts.mjs")])) writeWhole(carts, JSON.stringify(makeCarts()));
  return { carts, merchants: merchants.map(({ name, language }) => ({ name, language, wasm: wasmOf(name) })) };
}

const wasmOf = (name) => here(`build/${name}.wasm`);

function isUpToDate({ name, sources, kit = [] }) {
  return isNewer(wasmOf(name), [...sources.map((source) => here(`plugins/${name}/${source}`)), here("build.mjs"), here("system.mjs"), ...kit.map((path) => join(ROOT, path))]);
}

/** Builds a plug-in in a process of its own. */
async function buildApart({ name, language }, report) {
  report(`building ${name}.wasm from ${language}`);
  const startMs = performance.now();
  await promisify(execFile)(process.execPath, [here("build.mjs"), name]);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  report(`built ${name}.wasm: ${statSync(wasmOf(name)).size} bytes in ${seconds} s`);
}

/**
 * Writes the bindings of the shop's system and a merchant's own sources into one folder.
 *
 * @param {string} folder The folder; emptied before.
 * @param {string} name Name of the merchant.
 * @param {import("@tenon/system").BindingLanguage | undefined} language Language of the bindings; none if left out.
 */
export async function writeSources(folder, name, language) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { path, text } of language === undefined ? [] : await generateBindings(discounts.document(), { language })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  // Over the skeletons.
  cpSync(here(`plugins/${name}`), folder, { recursive: true });
}

async function buildPlugin({ name, bindings, sources, kit = [], compile }) {
  const folder = here(`build/${name}`);
  await writeSources(folder, name, bindings);
  for (const path of kit) cpSync(join(ROOT, path), join(folder, path.split("/").at(-1)));
  const compiled = await compile(folder, sources);
  // Where the language cannot write it, the interface is named afterwards.
  writeWhole(wasmOf(name), bindings === undefined || readStamp(compiled) !== undefined ? compiled : await discounts.stamp(compiled));
}

/** Writes a file so that nobody who reads it meanwhile sees half of it. */
function writeWhole(file, content) {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

/** Whether a file is there and no source is younger. */
function isNewer(file, sources) {
  const builtMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.every((source) => statSync(source).mtimeMs < builtMs);
}

async function compileAssemblyScript(folder) {
  const { main } = await import("assemblyscript/asc");
  let wasm;
  const { error, stderr } = await main(["main.ts", "--baseDir", ROOT, "--outFile", "plugin.wasm", "-O3", "--use", "abort=~lib/@tenon/pdk-assemblyscript/assembly/call/abort"], {
    // The merchant's files are at the root of what the compiler sees, the kit among the packages.
    readFile: (path) => [folder, ROOT].map((base) => join(base, path)).filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8"))[0] ?? null,
    writeFile: (name, contents) => void (name === "plugin.wasm" && (wasm = contents)),
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`Cannot compile "${folder}": ${stderr}`, { cause: error });
  return Uint8Array.from(wasm);
}

async function compileTypeScript(folder) {
  const { compile } = await import("@tenon/compiler");
  return (await compile(join(folder, "main.ts"))).wasm;
}

const WASM_FLAGS = ["-O2", "-Wall", "-Wextra", "-Wno-unused-function", "-mbulk-memory", "-Wl,--strip-all,--keep-section=tenon:system", "-o", "plugin.wasm"];

function compileC(folder, sources) {
  return compileClang("clang", ["--target=wasm32", "-std=c23", "-nostdlib", "-fno-builtin", "-Wl,--no-entry", ...WASM_FLAGS], folder, sources);
}

function compileCpp(folder, sources) {
  return compileClang("clang++", ["--target=wasm32-wasip1", "-std=c++23", "-fno-exceptions", "-mexec-model=reactor", ...WASM_FLAGS], folder, sources);
}

async function compileClang(command, flags, folder, [source]) {
  const { commands } = await import("@yowasp/clang");
  // Loading the compiler first, by itself, is what keeps it from printing its progress to standard output.
  await commands[command](null, {}, { fetchProgress: () => {} });
  const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const messages = [];
  try {
    const stderr = (bytes) => void (bytes && messages.push(Buffer.from(bytes)));
    return (await commands[command]([...flags, source], files, { stderr }))["plugin.wasm"];
  } catch {
    // What is thrown carries all files and nothing of use; what is wrong is in the messages.
    throw new Error(`Cannot compile "${source}" of "${folder}": ${Buffer.concat(messages)}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const merchant = MERCHANTS.find(({ name }) => name === process.argv[2]);
  await (merchant === undefined ? buildPlugins() : buildPlugin(merchant));
}
