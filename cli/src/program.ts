/** The command line: its commands, its help, and what happens when somebody mistypes. */

import { createRequire } from "node:module";

import { Command, CommanderError } from "commander";

import { addCall } from "./call.ts";
import { escapeLines } from "./escape.ts";
import { EXIT_CODES, type ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { addInspect } from "./inspect.ts";
import { addPrepare } from "./prepare.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command and tells its exit code. */
export type Run = (command: () => Promise<ExitCode>) => Promise<void>;

/**
 * Runs one command line.
 *
 * @param args What stands after the program's name.
 * @param terminal Where to read and write.
 * @returns The exit code.
 */
export async function runTenon(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Command("tenon")
    .description("Call, inspect and prepare WebAssembly plug-ins")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .configureHelp({ sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.messages.write(escapeLines(text)),
      outputError: (text, write) => write(text.replace(/^error/, terminal.messages.paint("red", "error"))),
    })
    .exitOverride()
    .addHelpText("after", `\nExit codes:\n${formatExitCodes()}\n\nExamples:\n  tenon inspect discount.wasm\n  tenon call discount.wasm before_checkout --input '{"total": 12000}'\n`);
  const run: Run = async (command) => {
    exitCode = await command();
  };
  for (const add of [addCall, addInspect, addPrepare]) {
    const command = add(program, terminal, run);
    command.showHelpAfterError(`(tenon ${command.name()} --help lists all options)`);
  }
  program.showHelpAfterError("(tenon --help lists all commands)");
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return finishFailed(error, terminal, false);
  }
}

function formatExitCodes(): string {
  return Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code.padStart(2)}  ${meaning}`).join("\n");
}

function readVersion(): string {
  const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };
  return version;
}
