/** `tenon test`: builds a plug-in and runs the tests beside it, by the project's vitest or by Node's own runner. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Command } from "commander";

import { addBuildOptions, type BuildFlags, buildOptionsOf, sourceOf } from "./build.ts";
import type { ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { printFindings } from "./findings.ts";
import type { Found } from "./languages/table.ts";
import type { Run } from "./program.ts";
import { stampBuilt } from "./stamp.ts";
import { Status } from "./status.ts";
import type { Terminal } from "./terminal.ts";
import { findTests, runTests } from "./test-runner.ts";
import { watchFolder } from "./watch.ts";

const EXAMPLES = `
Every *.test.ts, *.test.mts, *.test.js and *.test.mjs of the project runs: by vitest if the project's package.json lists it,
else by Node's own test runner. They find the plug-in by openPlugin() of @tenon/test; TENON_PLUGIN has its path.
openPlugin({ system, imports }) holds it to the types and limits of a plug-in system.

Examples:
  tenon test
  tenon test --watch
  tenon test plugins/discount.ts
  tenon test --update        after the plug-in has grown on purpose
`;

type Flags = BuildFlags & { readonly watch?: true; readonly update?: true };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addTest(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("test")
    .description("build a plug-in and run its tests in the real sandbox")
    .argument("[source]", "file, or folder of a project", ".")
    .option("-w, --watch", "again at every change, until Ctrl-C")
    .option("-u, --update", "take the sizes of now as those to compare with");
  return addBuildOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: Flags) => await run(() => test(source, flags, terminal)));
}

async function test(path: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const made = await mkdtemp(join(tmpdir(), "tenon-test-"));
  try {
    const found = await sourceOf(path, flags);
    const once = async (signal: AbortSignal): Promise<ExitCode> => await testOnce(found, join(made, "plugin.wasm"), flags, terminal, signal);
    if (!flags.watch) return await once(AbortSignal.any([]));
    return await watchFolder(found.source.folder, [], terminal, once);
  } catch (error) {
    return finishFailed(error, terminal, false);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

async function testOnce({ language, source }: Found, plugin: string, flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  try {
    const files = await findTests(source.folder);
    status.show(`building ${source.entry}`);
    const { wasm, warnings } = await stampBuilt(source, await language.build(source, buildOptionsOf(flags, terminal, signal)));
    await writeFile(plugin, wasm);
    status.clear();
    printFindings(warnings, "warning", source.folder, terminal.messages);
    return await runTests(source.folder, files, { plugin, isUpdating: flags.update === true, signal });
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, false);
  }
}
