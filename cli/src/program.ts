/** The command line: its commands, its help, and what happens when somebody mistypes. */

import { createRequire } from "node:module";

import { Command, CommanderError } from "commander";

import { escapeLines } from "./escape.ts";
import { EXIT_CODES, type ExitCode } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a command and tells its exit code. */
export type Run = (command: () => Promise<ExitCode>) => Promise<void>;

type AddCommand = (program: Command, terminal: Terminal, run: Run) => Command;

/** A command's file is loaded when it is named, so that none waits for what the others need; help loads them all. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  new: async () => (await import("./new.ts")).addNew,
  build: async () => (await import("./build.ts")).addBuild,
  test: async () => (await import("./test.ts")).addTest,
  call: async () => (await import("./call.ts")).addCall,
  inspect: async () => (await import("./inspect.ts")).addInspect,
  prepare: async () => (await import("./prepare.ts")).addPrepare,
  check: async () => (await import("./check.ts")).addCheck,
  diff: async () => (await import("./diff.ts")).addDiff,
  bindgen: async () => (await import("./bindgen.ts")).addBindgen,
  docs: async () => (await import("./docs.ts")).addDocs,
};

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
    .description("Build, test, call and inspect WebAssembly plug-ins")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .configureHelp({ sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.messages.write(escapeLines(text)),
      outputError: (text, write) => write(text.replace(/^error/, terminal.messages.paint("red", "error"))),
    })
    .exitOverride()
    .addHelpText("after", `\nExit codes:\n${formatExitCodes()}\n\nExamples:\n  tenon new discount\n  tenon build plugin.ts\n  tenon inspect discount.wasm\n  tenon call discount.wasm before_checkout --input '{"total": 12000}'\n`);
  const run: Run = async (command) => {
    exitCode = await command();
  };
  const named = args[0] !== undefined && Object.hasOwn(COMMANDS, args[0]) ? COMMANDS[args[0]] : undefined;
  for (const load of named === undefined ? Object.values(COMMANDS) : [named]) {
    const command = (await load())(program, terminal, run);
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

/** @returns The version of this program, which is that of all packages. */
export function readVersion(): string {
  const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };
  return version;
}
