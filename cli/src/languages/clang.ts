/** C and C++: clang, lld and the libraries for WASI from the npm package `@yowasp/clang`, so that nothing else has to be installed. */

import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source } from "./language.ts";
import { packageFolder } from "./package-folder.ts";
import { npmPackage } from "./tool.ts";

const CLANG = npmPackage("@yowasp/clang");

/** Small, without a C runtime that wants to be a program, and with the stamp of a plug-in system if there is one. */
const FLAGS = ["--target=wasm32-wasip1", "-mexec-model=reactor", "-Os", "-mbulk-memory", "-Wall", "-Wextra", "-Wl,--keep-section=tenon:system"];

/** Names of functions are for stack traces. */
const NAMED = "-Wl,--strip-debug";
const STRIPPED = "-Wl,--strip-all";

/** C with the kit of one header. */
export const c: Language = {
  name: "c",
  title: "C",
  entries: ["plugin.c", "src/plugin.c"],
  files: /\.c$/,
  tools: [CLANG, npmPackage("@tenon/pdk-c")],
  build: async (source, options) => await build(source, options, ["-std=c23"]),
};

/** C++ on top of it. */
export const cpp: Language = {
  name: "cpp",
  title: "C++",
  entries: ["plugin.cpp", "src/plugin.cpp", "plugin.cc", "src/plugin.cc"],
  files: /\.(?:cpp|cc|cxx)$/,
  tools: [CLANG, npmPackage("@tenon/pdk-cpp"), npmPackage("@tenon/pdk-c")],
  build: async (source, options) => await build(source, options, ["-std=c++23", "-fno-exceptions"]),
};

/**
 * Runs clang.
 *
 * @param folder Absolute path of the project, whose package is taken.
 * @param args What to compile or link, and flags; `-o plugin.wasm` is added.
 * @param files Contents by name; what is compiled or included has to be there.
 * @param isCpp Whether for C++.
 * @returns The module, what was warned of, and which compiler it was.
 * @throws {BuildFailed} If the package is missing or clang refuses.
 */
export async function runClang(folder: string, args: readonly string[], files: Readonly<Record<string, Uint8Array>>, isCpp = false): Promise<{ readonly wasm: Uint8Array; readonly messages: string; readonly compiler: string }> {
  const place = packageFolder("@yowasp/clang", folder);
  if (place === undefined) throw new BuildFailed(`Cannot build the plug-in: "@yowasp/clang" is missing. Run ${CLANG.install}`);
  const { commands } = (await import(pathToFileURL(join(place, "gen/bundle.js")).href)) as Clang;
  const command = commands[isCpp ? "clang++" : "clang"];
  // Loading first, by itself, is what keeps it from printing its progress.
  // oxlint-disable-next-line no-null -- the package asks for it
  await command(null, {}, { fetchProgress: () => {} });
  const chunks: Uint8Array[] = [];
  const stderr = (bytes: Uint8Array | null): void => {
    if (bytes !== null) chunks.push(bytes.slice());
  };
  const messages = (): string => Buffer.concat(chunks).toString();
  let made: Readonly<Record<string, unknown>>;
  try {
    made = await command([...args, "-o", "plugin.wasm"], files, { stderr });
  } catch {
    // What is thrown carries all files and nothing of use; what is wrong is in the messages.
    throw new BuildFailed("Cannot build the plug-in: clang refuses it", { output: messages() });
  }
  const wasm = made["plugin.wasm"];
  if (!(wasm instanceof Uint8Array)) throw new BuildFailed("Cannot build the plug-in: clang made no module", { output: messages() });
  const { version } = JSON.parse(await readFile(join(place, "package.json"), "utf8")) as { readonly version: string };
  return { wasm, messages: messages(), compiler: `@yowasp/clang ${version}` };
}

type Command = (args: readonly string[] | null, files: Readonly<Record<string, Uint8Array>>, options: object) => Promise<Readonly<Record<string, unknown>>>;
type Clang = { readonly commands: Readonly<Record<"clang" | "clang++", Command>> };

async function build({ folder, entry }: Source, { isMinified }: BuildOptions, flags: readonly string[]): Promise<Built> {
  const files: Record<string, Uint8Array> = {};
  for (const kit of ["@tenon/pdk-c", "@tenon/pdk-cpp"]) {
    const place = packageFolder(kit, folder);
    if (place !== undefined) Object.assign(files, await headersOf(place));
  }
  // A header that lies beside the source counts more than the kit's own.
  Object.assign(files, await headersOf(dirname(entry)));
  const name = basename(entry);
  files[name] = await readFile(entry);
  const { wasm, messages, compiler } = await runClang(folder, [...FLAGS, ...flags, isMinified ? STRIPPED : NAMED, name], files, !name.endsWith(".c"));
  return { wasm, warnings: messages === "" ? [] : [{ message: messages.trimEnd() }], compiler };
}

/** What a source may include, by name. */
async function headersOf(folder: string): Promise<Record<string, Uint8Array>> {
  const names = (await readdir(folder)).filter((name) => /\.(?:h|hpp|inc|c|cpp|json|txt)$/.test(name));
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
