/**
 * Builds the merchants' plug-ins from source, with compilers that npm installs, and writes the carts: all into `build/`.
 * What is newer than its sources is left alone; progress goes to standard error.
 *
 * usage: node build.mjs, or `await buildPlugins()` from the shop
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { makeCarts } from "./carts.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const MERCHANTS = [
  { name: "loyalty", language: "AssemblyScript", sources: ["loyalty.ts"], compile: compileAssemblyScript },
  { name: "volume", language: "C", sources: ["volume.c", "plugin.h"], compile: compileC },
  { name: "bundle", language: "C++", sources: ["bundle.cpp", "plugin.h"], compile: compileCpp },
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
  for (const { name, language, sources, compile } of MERCHANTS) {
    const wasm = here(`build/${name}.wasm`);
    if (isNewer(wasm, [...sources.map((source) => here(`plugins/${source}`)), here("build.mjs")])) continue;
    report(`building ${name}.wasm from ${language}`);
    const startMs = performance.now();
    writeWhole(wasm, await compile(sources));
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    report(`built ${name}.wasm: ${statSync(wasm).size} bytes in ${seconds} s`);
  }
  const carts = here("build/carts.json");
  if (!isNewer(carts, [here("carts.mjs")])) writeWhole(carts, JSON.stringify(makeCarts()));
  return { carts, merchants: MERCHANTS.map(({ name, language }) => ({ name, language, wasm: here(`build/${name}.wasm`) })) };
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

async function compileAssemblyScript([source]) {
  const { main } = await import("assemblyscript/asc");
  // The compiler takes paths from the working directory, and `--use` names a module by such a path.
  const path = relative(process.cwd(), here(`plugins/${source}`)).replaceAll("\\", "/");
  const module = path.replace(/\.ts$/, "");
  let wasm;
  const { error, stderr } = await main([path, "--outFile", "plugin.wasm", "-O3", "--use", `abort=${module}/onAbort`], {
    writeFile: (name, contents) => void (name === "plugin.wasm" && (wasm = contents)),
  });
  if (error || !wasm) throw new Error(`Cannot compile "${path}": ${stderr}`, { cause: error });
  return wasm;
}

const WASM_FLAGS = ["-O2", "-Wall", "-Wextra", "-Wno-unused-function", "-mbulk-memory", "-o", "plugin.wasm"];

function compileC(sources) {
  return compileClang("clang", ["--target=wasm32", "-std=c23", "-nostdlib", "-fno-builtin", "-Wl,--no-entry,--strip-all", ...WASM_FLAGS], sources);
}

function compileCpp(sources) {
  const flags = ["--target=wasm32-wasip1", "-std=c++23", "-fno-exceptions", "-mexec-model=reactor", "-Wl,--strip-all", ...WASM_FLAGS];
  return compileClang("clang++", flags, sources);
}

async function compileClang(command, flags, sources) {
  const { commands } = await import("@yowasp/clang");
  // Loading the compiler first, by itself, is what keeps it from printing its progress to standard output.
  await commands[command](null, {}, { fetchProgress: () => {} });
  const files = Object.fromEntries(sources.map((source) => [source, readFileSync(here(`plugins/${source}`))]));
  const messages = [];
  try {
    const stderr = (bytes) => void (bytes && messages.push(Buffer.from(bytes)));
    return (await commands[command]([...flags, sources[0]], files, { stderr }))["plugin.wasm"];
  } catch {
    // What is thrown carries all files and nothing of use; what is wrong is in the messages.
    throw new Error(`Cannot compile "${sources[0]}": ${Buffer.concat(messages)}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await buildPlugins();
