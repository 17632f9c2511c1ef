/** `tenon build`: from a source in any language to a plug-in, once or at every change. */

import { basename, dirname, extname, join, relative, resolve } from "node:path";

import { type Command, Option } from "commander";

import { escapeLine, formatJson } from "./escape.ts";
import type { ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { printFindings } from "./findings.ts";
import type { BuildOptions } from "./languages/language.ts";
import { findSource, type Found, languageOf, LANGUAGES } from "./languages/table.ts";
import { writeOutput } from "./output-file.ts";
import type { Run } from "./program.ts";
import { stampBuilt } from "./stamp.ts";
import { Status } from "./status.ts";
import type { Terminal } from "./terminal.ts";
import { watchFolder } from "./watch.ts";

const EXAMPLES = `
SOURCE is a file, or a project's folder, in which what tenon bindgen wrote or one of these is looked for:
${LANGUAGES.map(({ title, entries }) => `  ${title.padEnd(16)}${entries.join(", ")}`).join("\n")}

Examples:
  tenon build plugin.ts
  tenon build plugin.ts -o dist/discount.wasm --minify --source-map
  tenon build --watch
  tenon build plugin.ts --json | jq .bytes
`;

/** Options that say how to build; `tenon test` has them too. */
export type BuildFlags = {
  readonly lang?: string;
  readonly minify?: true;
  readonly optimize?: true;
  readonly sourceMap?: true;
  readonly check: boolean;
  readonly tsconfig?: string;
};

type Flags = BuildFlags & { readonly output?: string; readonly watch?: true; readonly json?: true };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addBuild(program: Command, terminal: Terminal, run: Run): Command {
  const command = program
    .command("build")
    .description("build a plug-in from its source")
    .argument("[source]", "file, or folder of a project", ".")
    .option("-o, --output <file>", "file to write; by default plugin.wasm in the folder, or beside a file and named after it")
    .option("-w, --watch", "build again at every change, until Ctrl-C");
  return addBuildOptions(command)
    .option("--json", "print what was built or what failed as one JSON object, with --watch one a build")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: Flags) => await run(() => build(source, flags, terminal)));
}

/**
 * Adds the options that say how to build.
 *
 * @param command A command that builds.
 * @returns The command.
 */
export function addBuildOptions(command: Command): Command {
  return command
    .addOption(new Option("-l, --lang <language>", "language of the source, if its files do not tell").choices(LANGUAGES.map(({ name }) => name)))
    .option("--minify", "shorter names and no spaces; stack traces stay right")
    .option("--optimize", "compile what computes to WebAssembly (TypeScript and JavaScript): the same answers, sooner")
    .option("--source-map", "write the source map beside the plug-in")
    .option("--no-check", "do not check the types")
    .option("--tsconfig <file>", "by default the nearest tsconfig.json");
}

/**
 * @param source What stands on the command line.
 * @param flags Options of the command line.
 * @returns What to build.
 * @throws {UsageError} If there is nothing to build.
 */
export async function sourceOf(source: string, flags: BuildFlags): Promise<Found> {
  return await findSource(source, flags.lang === undefined ? undefined : languageOf(flags.lang));
}

/**
 * @param flags Options of the command line.
 * @param terminal Where the messages of tools go.
 * @param signal Ends the build.
 * @returns The options for a driver.
 */
export function buildOptionsOf({ minify, optimize, sourceMap, check, tsconfig }: BuildFlags, terminal: Terminal, signal: AbortSignal): BuildOptions {
  const isColored = terminal.messages.paint("bold", "") !== "";
  return { isMinified: minify === true, isOptimized: optimize === true, hasSourceMap: sourceMap === true, isChecked: check, tsconfig: tsconfig === undefined ? undefined : resolve(tsconfig), isColored, signal };
}

async function build(path: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const isJson = flags.json === true;
  try {
    const found = await sourceOf(path, flags);
    const output = resolve(flags.output ?? outputOf(path, found));
    if (!flags.watch) return await buildOnce(found, output, flags, terminal, AbortSignal.any([]));
    return await watchFolder(found.source.folder, [output, `${output}.map`], terminal, async (signal) => await buildOnce(found, output, flags, terminal, signal));
  } catch (error) {
    return finishFailed(error, terminal, isJson);
  }
}

function outputOf(path: string, { source: { folder, entry } }: Found): string {
  const isFolder = resolve(path) === folder;
  return isFolder ? join(folder, "plugin.wasm") : join(dirname(entry), `${basename(entry, extname(entry))}.wasm`);
}

async function buildOnce({ language, source }: Found, output: string, flags: Flags, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  const isJson = flags.json === true;
  const start = performance.now();
  try {
    status.show(`building ${relative(process.cwd(), source.entry)}`);
    const built = await stampBuilt(source, await language.build(source, buildOptionsOf(flags, terminal, signal)));
    await writeOutput(output, built.wasm, flags.output === undefined ? dirname(output) : undefined);
    if (built.sourceMap !== undefined) await writeOutput(`${output}.map`, built.sourceMap, dirname(output));
    status.clear();
    const durationMs = Math.round(performance.now() - start);
    const { wasm, warnings } = built;
    if (isJson) terminal.output.write(`${formatJson({ ok: true, output, language: language.name, bytes: wasm.length, durationMs, warnings })}\n`);
    else {
      printFindings(warnings, "warning", source.folder, terminal.messages);
      const { messages } = terminal;
      messages.write(`built ${escapeLine(relative(process.cwd(), output))} ${messages.paint("dim", `${wasm.length.toLocaleString("en-US")} bytes in ${(durationMs / 1000).toFixed(2)} s`)}\n`);
    }
    return 0;
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, isJson);
  }
}
