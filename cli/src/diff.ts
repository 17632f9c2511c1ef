/** `tenon diff`: says what changed between two versions of a plug-in system, and what it does to the plug-ins there are. */

import { type Change, diffSystems, type SystemDiff } from "@tenon/system";
import { type Command, Option } from "commander";

import { escapeLine, formatJson } from "./escape.ts";
import type { ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import type { Run } from "./program.ts";
import { addSystemOptions, loadDocument, SYSTEM_FILES, type SystemFlags } from "./system-file.ts";
import type { Channel, Style, Terminal } from "./terminal.ts";

const EXAMPLES = `
${SYSTEM_FILES}

A change is breaking if plug-ins built for OLD fail with NEW, additive if there is something new for them, a patch if only
words changed. By default it exits with 6 if NEW's version is not raised as far as its changes need; --fail-on says what
else shall fail.

Examples:
  tenon diff shop-1.2.0.json shop.ts
  tenon diff old.json new.json --fail-on breaking
  tenon diff old.json new.json --json | jq -r .neededVersion
`;

type Flags = SystemFlags & { readonly failOn: "version" | Change["level"]; readonly json?: true };

const WEIGHT = { none: 0, patch: 1, additive: 2, breaking: 3 } as const;
const STYLES: Readonly<Record<Change["level"], Style>> = { breaking: "red", additive: "cyan", patch: "dim" };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addDiff(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("diff")
    .description("show what changed between two versions of a plug-in system")
    .argument("<old>", "the plug-in system that plug-ins were built for")
    .argument("<new>", "the plug-in system as it is to be")
    .addOption(new Option("--fail-on <level>", "exit with 6 from this change on, or if the version is too low").choices(["version", "patch", "additive", "breaking"]).default("version"));
  return addSystemOptions(command)
    .option("--json", "print the changes as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (before: string, after: string, flags: Flags) => await run(() => diff(before, after, flags, terminal)));
}

async function diff(before: string, after: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const [old, now] = [await loadDocument(before, flags), await loadDocument(after, flags)];
    const found = diffSystems(old, now);
    const isFailed = flags.failOn === "version" ? !found.isVersionEnough : WEIGHT[found.level] >= WEIGHT[flags.failOn];
    if (flags.json) terminal.output.write(`${formatJson({ ok: !isFailed, version: now.version, ...found })}\n`);
    else printDiff(found, now.version, terminal.output);
    return isFailed ? 6 : 0;
  } catch (error) {
    return finishFailed(error, terminal, flags.json === true);
  }
}

function printDiff({ level, changes, neededVersion, isVersionEnough }: SystemDiff, version: string, channel: Channel): void {
  if (level === "none") return channel.write("no change\n");
  for (const { level: each, path, message } of changes.toSorted((a, b) => WEIGHT[b.level] - WEIGHT[a.level])) {
    channel.write(`${channel.paint(STYLES[each], each.padEnd(8))}  ${escapeLine(path)}: ${escapeLine(message)}\n`);
  }
  channel.write(`\n${level}: ${isVersionEnough ? `version ${version} says so` : `the version must be ${neededVersion} or higher, it is ${version}`}\n`);
}
