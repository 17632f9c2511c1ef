/** `tenon docs`: writes the page that authors of plug-ins read, from a plug-in system. */

import { describeSystem } from "@tenon/system";
import { type Command, Option } from "commander";

import { escapeLine, escapeLines } from "./escape.ts";
import type { ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { writeOutput } from "./output-file.ts";
import type { Run } from "./program.ts";
import { addSystemOptions, loadDocument, SYSTEM_FILES, type SystemFlags } from "./system-file.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
${SYSTEM_FILES}

The page says what to export, what may be imported, the types, the limits and how values travel, with a plug-in to begin
with in each language. An HTML page is one file, without scripts.

Examples:
  tenon docs shop.ts > shop.md
  tenon docs shop.ts -o shop.html
`;

type Flags = SystemFlags & { readonly output?: string; readonly format?: "markdown" | "html" };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addDocs(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("docs")
    .description("write the page that authors of plug-ins read")
    .argument("<system>", "the plug-in system")
    .option("-o, --output <file>", "file to write; standard output by default")
    .addOption(new Option("--format <format>", "form of the page; by default what the file's name says, else markdown").choices(["markdown", "html"]));
  return addSystemOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (system: string, flags: Flags) => await run(() => docs(system, flags, terminal)));
}

async function docs(system: string, { output, format, ...flags }: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const page = await describeSystem(await loadDocument(system, flags));
    const text = page[format ?? (/\.html?$/i.test(output ?? "") ? "html" : "markdown")];
    if (output === undefined) terminal.output.write(terminal.output.isTerminal ? escapeLines(text) : text);
    else {
      await writeOutput(output, text);
      terminal.messages.write(`wrote ${escapeLine(output)}\n`);
    }
    return 0;
  } catch (error) {
    return finishFailed(error, terminal, false);
  }
}
