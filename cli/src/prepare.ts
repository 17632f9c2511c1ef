/** `tenon prepare`: writes a module with its limits built in, for hosts that cannot rewrite at run time. */

import { readPlugin } from "@tenon/host";
import { prepareModule } from "@tenon/host/prepare";
import { type Command, Option } from "commander";

import { parseLimit } from "./call.ts";
import { escapeLine } from "./escape.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import { writeOutput } from "./output-file.ts";
import type { Run } from "./program.ts";
import { Status } from "./status.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
The module that is written can be stopped, its memory and stack are bounded, and without --kernel it runs on any WebAssembly
engine. Load it with createPlugin(module, { prepared: true, limits: { timeoutMs: 50 } }): how long a call may run is said there.

Examples:
  tenon prepare discount.wasm -o discount.prepared.wasm
  tenon prepare untrusted.wasm -o prepared.wasm --memory-pages 16 --fuel
  tenon prepare discount.wasm -o edge.wasm --kernel
`;

type Flags = {
  readonly output: string;
  readonly memoryPages?: number | "none";
  readonly fuel: boolean;
  readonly kernel: boolean;
};

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addPrepare(program: Command, terminal: Terminal, run: Run): Command {
  return program
    .command("prepare")
    .description("build limits into a module, for hosts that cannot do it at run time")
    .argument("<plugin>", "path or URL of a plug-in of one module")
    .addOption(new Option("-o, --output <file>", "file to write").makeOptionMandatory())
    .option("--memory-pages <n|none>", "pages of 64 KiB the module's memories may have", parseLimit)
    .option("--fuel", "count instructions, so that fuel can be limited; costs speed", false)
    .option("--kernel", "build the kernel in too, for platforms that compile nothing at run time; they must take modules with two memories", false)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: Flags) => await run(() => preparePlugin(source, flags, terminal)));
}

async function preparePlugin(source: string, { output, memoryPages, fuel, kernel }: Flags, terminal: Terminal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  try {
    status.show(`preparing ${source}`);
    const { modules } = await readPlugin(source);
    const bytes = modules[0]?.bytes;
    if (bytes === undefined || modules.length > 1) throw new UsageError(`Cannot prepare "${source}": it has ${modules.length} modules; prepare each by itself`);
    const prepared = prepareModule(bytes, { fuel, kernel, ...(memoryPages !== undefined && { memoryPages }) });
    await writeOutput(output, prepared);
    status.clear();
    terminal.messages.write(`prepared ${escapeLine(output)}: ${prepared.length} bytes, from ${bytes.length}\n`);
    return 0;
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, false);
  }
}
