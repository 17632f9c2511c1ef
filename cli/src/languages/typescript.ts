/** TypeScript and JavaScript: `@tenon/compiler`, which comes with this program, so that nothing has to be installed. */

import { relative } from "node:path";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source } from "./language.ts";

/** The driver. */
export const typescript: Language = {
  name: "typescript",
  title: "TypeScript",
  entries: ["plugin.ts", "src/plugin.ts", "plugin.js", "plugin.mjs", "src/plugin.js", "index.ts", "src/index.ts", "index.js", "src/index.js"],
  files: /\.[cm]?[jt]sx?$/,
  tools: [],
  build,
};

async function build({ folder, entry }: Source, { isMinified, isOptimized, hasSourceMap, isChecked, tsconfig }: BuildOptions): Promise<Built> {
  const { compile, CompileError } = await import("@tenon/compiler");
  try {
    const options = { root: folder, minify: isMinified, optimize: isOptimized, check: isChecked, ...(tsconfig === undefined ? {} : { tsconfig }) };
    const { wasm, map, warnings } = await compile(relative(folder, entry), options);
    return { wasm, warnings, ...(hasSourceMap ? { sourceMap: map } : {}) };
  } catch (cause) {
    if (!(cause instanceof CompileError)) throw cause;
    throw new BuildFailed(`Cannot build the plug-in: ${cause.diagnostics.length} error${cause.diagnostics.length === 1 ? "" : "s"}`, { findings: cause.diagnostics, folder, cause });
  }
}
