/** `tenon call`: loads a plug-in, calls one function, and hands on its output, its logs and its failure. */

import { readFile } from "node:fs/promises";

import { createPlugin, type LogEntry, type LogLevel, type Output, type PathGrant, type Plugin, type PluginOptions } from "@tenon/host";
import { type Command, InvalidArgumentError, Option } from "commander";

import { escapeLine, escapeLines, formatJson } from "./escape.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import type { Run } from "./program.ts";
import { Status } from "./status.ts";
import type { Style, Terminal } from "./terminal.ts";

const EXAMPLES = `
PLUGIN is a WebAssembly file, a manifest (JSON), or a URL of either. Without --input and --input-file the input is what
is piped in, else empty. The output goes to standard output byte for byte, logs and messages to standard error; in a
terminal, characters that would act on it are shown as \\u{1b} and the like.

Nothing is allowed and the default limits hold unless an option says otherwise. A manifest only asks.

Examples:
  tenon call discount.wasm before_checkout --input '{"total": 12000}'
  tenon call resize.wasm resize --input-file photo.png --config width=640 > small.png
  curl -s https://example.com/feed | tenon call feed.wasm parse --json
  tenon call untrusted.wasm run --timeout-ms 50 --memory-pages 16 --fuel 1000000
  tenon call weather.wasm today --allow-host api.example.com
  tenon call index.wasm _start --allow-path ./docs:/docs --allow-path ./out:/out:rw
`;

type Flags = {
  readonly input?: string;
  readonly inputFile?: string;
  readonly config: ReadonlyMap<string, string>;
  readonly logLevel: LogLevel | "off";
  readonly timeoutMs?: number | "none";
  readonly memoryPages?: number | "none";
  readonly fuel?: number | "none";
  readonly allowHost: readonly string[];
  readonly allowPath: readonly PathGrant[];
  readonly worker?: true;
  readonly prepared?: true;
  readonly stats?: true;
  readonly json?: true;
};

const LEVEL_STYLES: Readonly<Record<LogLevel, Style>> = { trace: "dim", debug: "dim", info: "cyan", warn: "yellow", error: "red" };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addCall(program: Command, terminal: Terminal, run: Run): Command {
  return program
    .command("call")
    .description("call a function of a plug-in")
    .argument("<plugin>", "path or URL of a plug-in or a manifest")
    .argument("<function>", "the function to call")
    .addOption(new Option("-i, --input <text>", "input as text").conflicts("inputFile"))
    .option("-f, --input-file <file>", "file with the input")
    .addOption(new Option("-c, --config <key=value>", "configuration that the plug-in may read; repeat for more").argParser(parseConfig).default(new Map(), "none"))
    .addOption(new Option("--log-level <level>", "lowest level that is shown").choices(["trace", "debug", "info", "warn", "error", "off"]).default("info"))
    .option("--timeout-ms <n|none>", "milliseconds the call may take", parseLimit)
    .option("--memory-pages <n|none>", "pages of 64 KiB the plug-in's memories may have", parseLimit)
    .option("--fuel <n|none>", "WebAssembly instructions the call may execute", parseLimit)
    .addOption(new Option("--allow-host <host>", "host that the plug-in may send HTTP requests to; repeat for more").argParser(addHost).default([], "none"))
    .addOption(new Option("--allow-path <host:guest[:rw]>", "folder that the plug-in may read, or with :rw change; repeat for more").argParser(addPath).default([], "none"))
    .option("--worker", "run the plug-in on a thread of its own")
    .option("--prepared", "the plug-in is what tenon prepare wrote; only for one that you prepared yourself")
    .option("--stats", "print the figures of the call to standard error")
    .option("--json", "print output, figures and failure as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, name: string, flags: Flags) => await run(() => callFunction(source, name, flags, terminal)));
}

async function callFunction(source: string, name: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const status = new Status(terminal.messages);
  let plugin: Plugin | undefined;
  try {
    const input = await readInput(flags, terminal, status);
    status.show(`loading ${source}`);
    plugin = await createPlugin(source, pluginOptions(flags, terminal, status));
    status.show(`calling ${name}`);
    const output = await plugin.call(name, input);
    status.clear();
    if (flags.json) terminal.output.write(`${formatJson({ ok: true, plugin: plugin.name, function: name, ...describeOutput(output), stats: plugin.lastCall })}\n`);
    else printOutput(output, terminal);
    return 0;
  } catch (error) {
    status.clear();
    return finishFailed(error, terminal, flags.json === true, { stats: plugin?.lastCall });
  } finally {
    if (flags.stats && plugin !== undefined) printStats(plugin, terminal);
    await plugin?.close();
  }
}

async function readInput(flags: Flags, terminal: Terminal, status: Status): Promise<Uint8Array | string> {
  if (flags.input !== undefined) return flags.input;
  if (flags.inputFile !== undefined) {
    try {
      return await readFile(flags.inputFile);
    } catch (cause) {
      throw new UsageError(`Cannot read the input file "${flags.inputFile}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  if (!terminal.hasInput) return "";
  status.show("reading the input from standard input; --input gives it directly");
  return await terminal.readInput();
}

function pluginOptions(flags: Flags, terminal: Terminal, status: Status): PluginOptions {
  const { timeoutMs, memoryPages, fuel } = flags;
  const stated = Object.entries({ timeoutMs, memoryPages, fuel }).filter(([, value]) => value !== undefined);
  return {
    config: flags.config,
    limits: Object.fromEntries(stated),
    allow: { hosts: flags.allowHost, paths: flags.allowPath },
    engine: flags.worker ? "worker" : "auto",
    prepared: flags.prepared === true,
    logLevel: flags.logLevel,
    logger: (entry) => {
      status.clear();
      terminal.messages.write(formatLog(entry, terminal));
    },
  };
}

/** `info discount.before_checkout: text`, every further line indented so that none passes for another entry. */
function formatLog({ level, plugin, function: name, text }: LogEntry, { messages }: Terminal): string {
  const place = escapeLine(name === "" ? plugin : `${plugin}.${name}`);
  return `${messages.paint(LEVEL_STYLES[level], level)} ${messages.paint("dim", `${place}:`)} ${escapeLines(text, "  ")}\n`;
}

function printOutput(output: Output, { output: channel, messages }: Terminal): void {
  if (!channel.isTerminal) return channel.write(output.bytes());
  const { encoding } = describeOutput(output);
  if (encoding === "base64") return messages.write(`not shown: ${output.length} bytes that are no text; send them to a file with > FILE\n`);
  const text = escapeLines(output.text());
  channel.write(text === "" || text.endsWith("\n") ? text : `${text}\n`);
}

/** The output as a JSON field: text if it is UTF-8, else base64. */
function describeOutput(output: Output): { readonly output: string; readonly encoding: "utf-8" | "base64" } {
  try {
    return { output: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output.bytes()), encoding: "utf-8" };
  } catch {
    return { output: Buffer.from(output.bytes()).toString("base64"), encoding: "base64" };
  }
}

function printStats({ lastCall }: Plugin, { messages }: Terminal): void {
  if (lastCall === undefined) return;
  const { durationMs, inputBytes, outputBytes, memoryBytes, hostCalls, fuel } = lastCall;
  const time = durationMs < 1 ? `${(durationMs * 1000).toFixed(0)} µs` : `${durationMs.toFixed(1)} ms`;
  const parts = [time, `${inputBytes} bytes in`, `${outputBytes} bytes out`, `${Math.ceil(memoryBytes / 1024)} KiB of memory`, `${hostCalls} host calls`];
  if (fuel !== undefined) parts.push(`${fuel} fuel`);
  messages.write(`${messages.paint("dim", parts.join(", "))}\n`);
}

function parseConfig(pair: string, config: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const end = pair.indexOf("=");
  if (end < 1) throw new InvalidArgumentError("Expected key=value.");
  return new Map(config).set(pair.slice(0, end), pair.slice(end + 1));
}

function addPath(text: string, paths: readonly PathGrant[]): readonly PathGrant[] {
  // A Windows path has a colon of its own, a guest's path has none.
  const [, host, guest, access] = /^(.+?):([^:]+?)(?::(rw))?$/.exec(text) ?? [];
  if (host === undefined || guest === undefined) throw new InvalidArgumentError("It must be HOST:GUEST or HOST:GUEST:rw, such as ./data:/data.");
  return [...paths, { host, guest, access: access === "rw" ? "read-write" : "read" }];
}

function addHost(host: string, hosts: readonly string[]): readonly string[] {
  return [...hosts, host];
}

/**
 * @param text Value of an option.
 * @returns The number, or "none".
 * @throws {InvalidArgumentError} If it is neither.
 */
export function parseLimit(text: string): number | "none" {
  if (text === "none") return text;
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number or "none".');
  return Number(text);
}
