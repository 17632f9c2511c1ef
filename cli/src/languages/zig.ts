/** Zig 0.15: on the PATH, in the variable ZIG, or as Python's package `ziglang`. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source, type Tool } from "./language.ts";
import { packageFolder } from "./package-folder.ts";
import { answerOf, npmPackage, runTool } from "./tool.ts";

const ZIG: Tool = {
  name: "zig",
  install: "Run pip install ziglang==0.15.2, or set ZIG to the program of Zig 0.15",
  isThere: async () => (await findZig()) !== undefined,
};
const KIT = npmPackage("@tenon/pdk-zig");

/** The driver. */
export const zig: Language = { name: "zig", title: "Zig", entries: ["plugin.zig", "src/plugin.zig"], files: /\.zig$/, tools: [ZIG, KIT], build };

type Zig = { readonly command: readonly [string, ...string[]]; readonly version: string };

async function findZig(): Promise<Zig | undefined> {
  const candidates: readonly (readonly [string, ...string[]])[] = [[process.env["ZIG"] ?? "zig"], ["python3", "-m", "ziglang"], ["python", "-m", "ziglang"]];
  for (const command of candidates) {
    const version = await answerOf([...command, "version"]);
    if (version?.startsWith("0.15.")) return { command, version };
  }
  return undefined;
}

async function build({ folder, entry }: Source, options: BuildOptions): Promise<Built> {
  const found = await findZig();
  if (found === undefined) throw new BuildFailed(`Cannot build the plug-in: Zig 0.15 is missing. ${ZIG.install}`);
  const kit = packageFolder("@tenon/pdk-zig", folder);
  if (kit === undefined) throw new BuildFailed(`Cannot build the plug-in: the kit is missing. Run ${KIT.install}`);
  const scratch = await mkdtemp(join(tmpdir(), "tenon-zig-"));
  try {
    const out = join(scratch, "plugin.wasm");
    const flags = ["-target", "wasm32-freestanding", "-O", "ReleaseSmall", "-fstrip", "-fno-entry", "-rdynamic", `-femit-bin=${out}`, "--cache-dir", join(scratch, "cache")];
    const modules = ["--dep", "tenon", `-Mroot=${relative(folder, entry)}`, `-Mtenon=${relative(folder, join(kit, "src/tenon.zig"))}`];
    await runTool(ZIG, [...found.command, "build-exe", ...flags, ...modules], folder, options);
    return { wasm: await readFile(out), warnings: [], compiler: `zig ${found.version}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
