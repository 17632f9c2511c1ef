/** `tenon inspect`: says what a plug-in is and what it would ask for, without running any of it. */

import { createHash } from "node:crypto";

import { type PluginContents, type PluginModule, readPlugin } from "@tenon/host";
import { inspect, type Inspection } from "@tenon/wasm";
import type { Command } from "commander";

import { formatJson } from "./escape.ts";
import type { ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { describeImport } from "./meaning.ts";
import type { Run } from "./program.ts";
import { printSheet } from "./sheet.ts";
import { Status } from "./status.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
PLUGIN is a WebAssembly file, a manifest (JSON), or a URL of either. Nothing of it is run.

Examples:
  tenon inspect discount.wasm
  tenon inspect discount.wasm --json | jq '.modules[0].pluginFunctions'
`;

/** What is known of one module. */
export interface ModuleReport extends Inspection {
  readonly name: string;
  readonly isMain: boolean;
  /** Length of the file in bytes. */
  readonly bytes: number;
  /** In hex; what a manifest states as `hash`. */
  readonly sha256: string;
  /** Exports that can be called as a plug-in's functions. */
  readonly pluginFunctions: readonly string[];
  readonly imports: readonly (Inspection["imports"][number] & { readonly meaning: string })[];
}

/** What is known of a plug-in. */
export interface PluginReport {
  readonly modules: readonly ModuleReport[];
  /** What its manifest asks for. */
  readonly asks: Pick<PluginContents, "hosts" | "paths">;
}

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addInspect(program: Command, terminal: Terminal, run: Run): Command {
  return program
    .command("inspect")
    .description("show what a plug-in exports, imports and would ask for")
    .argument("<plugin>", "path or URL of a plug-in or a manifest")
    .option("--json", "print everything as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: { readonly json?: true }) => await run(() => inspectPlugin(source, flags.json === true, terminal)));
}

async function inspectPlugin(source: string, isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  try {
    status.show(`reading ${source}`);
    const { modules, hosts, paths } = await readPlugin(source);
    const names = modules.map(({ name }) => name);
    const report: PluginReport = { modules: modules.map((module) => reportModule(module, names)), asks: { hosts, paths } };
    status.clear();
    if (isJson) terminal.output.write(`${formatJson(report)}\n`);
    else printSheet(report, terminal.output);
    return 0;
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, isJson);
  }
}

function reportModule({ name, isMain, bytes = new Uint8Array(0) }: PluginModule, names: readonly string[]): ModuleReport {
  const inspection = inspect(bytes);
  return {
    name,
    isMain,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    pluginFunctions: inspection.exports.filter(isPluginFunction).map((each) => each.name),
    ...inspection,
    imports: inspection.imports.map((each) => ({ ...each, meaning: describeImport(each.module, each.name, names.filter((other) => other !== name)) })),
  };
}

/** Exports that a host calls by itself, once, before the first call. */
const STARTUP = new Set(["hs_init", "__wasm_call_ctors", "_initialize"]);

function isPluginFunction({ name, type }: Inspection["exports"][number]): boolean {
  return (type === "() -> i32" || type === "() -> ()") && !STARTUP.has(name);
}
