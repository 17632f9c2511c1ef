/** AssemblyScript: the project's own `assemblyscript` from npm. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source } from "./language.ts";
import { packageFolder } from "./package-folder.ts";
import { npmPackage, runTool } from "./tool.ts";

const ASC = npmPackage("assemblyscript");
const KIT = npmPackage("@tenon/pdk-assemblyscript");

/** Sends uncaught exceptions to the kit: they are logged with their place, and the call fails. */
const ABORT = "abort=~lib/@tenon/pdk-assemblyscript/assembly/call/abort";

/** The driver. */
export const assemblyscript: Language = {
  name: "assemblyscript",
  title: "AssemblyScript",
  entries: ["assembly/plugin.ts", "assembly/index.ts"],
  files: /(?:^|\/)assembly\/[^/]+\.ts$/,
  sign: /^import .* from "@tenon\/pdk-assemblyscript";$/m,
  tools: [ASC, KIT],
  build: async (source, options) => await compileAssemblyScript(source, options, ABORT),
};

/**
 * Runs asc.
 *
 * @param source What to compile.
 * @param options The build's.
 * @param use What the compiler is told to use for what it has not, such as `abort=module/function`.
 * @returns The plug-in.
 * @throws {BuildFailed} If the compiler is missing or refuses.
 */
export async function compileAssemblyScript({ folder, entry }: Source, options: Pick<BuildOptions, "isMinified" | "isColored" | "signal">, use: string): Promise<Built> {
  const place = packageFolder("assemblyscript", folder);
  if (place === undefined) throw new BuildFailed(`Cannot build the plug-in: "assemblyscript" is missing. Run ${ASC.install}`);
  const scratch = await mkdtemp(join(tmpdir(), "tenon-asc-"));
  try {
    const out = join(scratch, "plugin.wasm");
    const level = options.isMinified ? "-Oz" : "-Os";
    const path = relative(folder, entry).replaceAll("\\", "/");
    await runTool(ASC, [process.execPath, join(place, "bin/asc.js"), path, "--outFile", out, level, "--use", use], folder, options);
    const { version } = JSON.parse(await readFile(join(place, "package.json"), "utf8")) as { readonly version: string };
    return { wasm: await readFile(out), warnings: [], compiler: `assemblyscript ${version}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
