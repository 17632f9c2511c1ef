/** `tenon check`: says whether a plug-in fits a plug-in system, without running any of it. */

import { readPlugin } from "@tenon/host";
import { type Difference, readStamp, type SystemStamp } from "@tenon/system";
import { type Command, Option } from "commander";

import { escapeLine, formatJson } from "./escape.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { writeOutput } from "./output-file.ts";
import type { Run } from "./program.ts";
import { Status } from "./status.ts";
import { addSystemOptions, loadSystem, SYSTEM_FILES, type SystemFlags } from "./system-file.ts";
import type { Channel, Terminal } from "./terminal.ts";

const EXAMPLES = `
PLUGIN is a WebAssembly file, a manifest (JSON) of one module, or a URL of either. Nothing of it is run.
${SYSTEM_FILES}

It exits with 0 if the plug-in fits and with 3 if it does not.

Examples:
  tenon check discount.wasm --system shop.ts
  tenon check discount.wasm --system shop.json --json | jq -r '.differences[].message'
  tenon check discount.wasm --system shop.ts --stamp discount.wasm
`;

type Flags = SystemFlags & { readonly system: string; readonly stamp?: string; readonly json?: true };

/** What `--json` prints. */
interface CheckReport {
  readonly ok: boolean;
  readonly system: { readonly name: string; readonly version: string; readonly hash: string };
  /** What the plug-in says it was built for. */
  readonly stamp: SystemStamp | undefined;
  readonly differences: readonly Difference[];
}

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addCheck(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("check")
    .description("compare a plug-in with a plug-in system")
    .argument("<plugin>", "path or URL of a plug-in of one module")
    .addOption(new Option("-s, --system <file>", "the plug-in system").makeOptionMandatory())
    .option("--stamp <file>", "if it fits, write it with the interface's name, version and hash in it; for plug-ins that are built without tenon build");
  return addSystemOptions(command)
    .option("--json", "print what is different as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: Flags) => await run(() => checkPlugin(source, flags, terminal)));
}

async function checkPlugin(source: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  try {
    status.show(`reading ${flags.system}`);
    const system = await loadSystem(flags.system, flags);
    const hash = await system.hash();
    status.show(`reading ${source}`);
    const { modules } = await readPlugin(source);
    const bytes = modules[0]?.bytes;
    if (bytes === undefined || modules.length > 1) throw new UsageError(`Cannot check "${source}": it has ${modules.length} modules; check its main module by itself`);
    const differences = system.check(bytes);
    const report: CheckReport = { ok: differences.length === 0, system: { name: system.name, version: system.version, hash }, stamp: readStamp(bytes), differences };
    if (report.ok && flags.stamp !== undefined) await writeOutput(flags.stamp, await system.stamp(bytes));
    status.clear();
    if (flags.json) terminal.output.write(`${formatJson(report)}\n`);
    else printReport(source, report, terminal.output);
    return report.ok ? 0 : 3;
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, flags.json === true);
  }
}

function printReport(source: string, { ok, system, stamp, differences }: CheckReport, channel: Channel): void {
  const plugin = escapeLine(source);
  const name = `"${system.name}" ${system.version}`;
  if (!ok) return channel.write(`${channel.paint("red", "does not fit")}: ${plugin} and the plug-in system ${name}\n${differences.map(({ message }) => `- ${escapeLine(message)}\n`).join("")}`);
  const built = stamp === undefined ? "" : stamp.hash === system.hash ? ", built for exactly this interface" : `, built for version ${escapeLine(stamp.version)}`;
  channel.write(`fits: ${plugin} and the plug-in system ${name}${built}\n`);
}
