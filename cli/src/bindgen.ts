/** `tenon bindgen`: writes the bindings of a plug-in system for a language. */

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { BINDING_LANGUAGES, type BindingLanguage, type GeneratedFile, generateBindings } from "@tenon/system";
import { type Command, Option } from "commander";

import { escapeLine, formatJson } from "./escape.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { writeOutput } from "./output-file.ts";
import type { Run } from "./program.ts";
import { addSystemOptions, loadDocument, SYSTEM_FILES, type SystemFlags } from "./system-file.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
${SYSTEM_FILES}

Types, imports and exports are written anew each time. The file that you go on writing, such as plugin.ts, is written only
if it is not there. Its first lines say how to build it: tenon build in the folder takes what bindgen wrote there.

Examples:
  tenon bindgen shop.ts --lang rust -o my-plugin
  tenon bindgen shop.json --lang c --optional none -o my-plugin
  tenon bindgen shop.yaml --lang typescript-host -o src
`;

type Flags = SystemFlags & { readonly lang: BindingLanguage; readonly output: string; readonly optional?: string; readonly json?: true };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addBindgen(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("bindgen")
    .description("write types, imports and exports of a plug-in system for a language")
    .argument("<system>", "the plug-in system")
    .addOption(new Option("-l, --lang <language>", "language of the plug-in, or typescript-host for an application").choices([...BINDING_LANGUAGES]).makeOptionMandatory())
    .option("-o, --output <folder>", "folder to write to", ".")
    .option("--optional <names|none>", "optional exports that the plug-in shall have, with commas between; all by default");
  return addSystemOptions(command)
    .option("--json", "print which files were written as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (system: string, flags: Flags) => await run(() => bindgen(system, flags, terminal)));
}

async function bindgen(system: string, { lang, output, optional, json, ...flags }: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const document = await loadDocument(system, flags);
    const chosen = optional === undefined ? {} : { optional: optional === "none" ? [] : optional.split(",").map((name) => name.trim()) };
    const files = await generate(() => generateBindings(document, { language: lang, packages: packagesFrom(output), ...chosen }));
    const written: string[] = [];
    const kept: string[] = [];
    for (const { path, text, isSkeleton } of files) {
      const file = join(output, path);
      if (isSkeleton && existsSync(file)) kept.push(file);
      else {
        await writeOutput(file, text, output);
        written.push(file);
      }
    }
    if (json) terminal.output.write(`${formatJson({ ok: true, written, kept })}\n`);
    else terminal.messages.write([...written.map((file) => `wrote ${escapeLine(file)}\n`), ...kept.map((file) => `kept ${escapeLine(file)}, which is yours\n`)].join(""));
    return 0;
  } catch (error) {
    return finishFailed(error, terminal, json === true);
  }
}

/** Where npm puts packages for what lies in a folder, as seen from there: the nearest project has them. */
function packagesFrom(folder: string): string {
  const start = resolve(folder);
  for (let place = start; ; place = dirname(place)) {
    if (existsSync(join(place, "package.json"))) return join(relative(start, place), "node_modules").replaceAll("\\", "/");
    if (place === dirname(place)) return "node_modules";
  }
}

/** What the interface or the choice makes impossible is a mistake of whoever asks. */
async function generate(make: () => Promise<readonly GeneratedFile[]>): Promise<readonly GeneratedFile[]> {
  try {
    return await make();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message, { cause: error }) : error;
  }
}
