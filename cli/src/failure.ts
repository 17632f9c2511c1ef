/** Says what went wrong: message, code, the plug-in's stack, and what to do. The same as JSON. */

import { type FailureCode, PluginError } from "@tenon/host";
import { WasmError } from "@tenon/wasm";

import { escapeLine, escapeLines, formatJson } from "./escape.ts";
import { type ExitCode, exitCodeOf, UsageError } from "./exit.ts";
import { printFindings } from "./findings.ts";
import { BuildFailed } from "./languages/language.ts";
import type { Channel, Terminal } from "./terminal.ts";

/** A failure as `--json` prints it. */
interface FailureReport {
  /** Stable code of the host; one of the others if the failure is none of the host's. */
  readonly code: FailureCode | "usage" | "build" | "internal";
  readonly message: string;
  readonly details: unknown;
  /** The plug-in's functions, innermost first. */
  readonly guestStack: readonly string[];
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
}

/** What to do on the command line, for failures that have such an answer. */
const HINTS: { readonly [Code in FailureCode]?: string } = {
  "source/unreadable": "Check the path or URL",
  "manifest/invalid": 'A manifest looks like {"wasm": [{"path": "plugin.wasm"}]}',
  "manifest/not-granted": "A manifest only asks; grant it by option, such as --allow-host HOST or --timeout-ms N, if you trust it",
  "module/invalid": "Is it a WebAssembly file, and whole? What tenon prepare wrote takes --prepared",
  "link/missing-import": "tenon call offers WASI and the plug-in ABI; other functions come from the application that the plug-in was written for",
  "function/not-found": "tenon inspect PLUGIN lists what can be called",
  "function/not-callable": "tenon inspect PLUGIN lists what can be called",
  "call/timeout": "Give it more with --timeout-ms N, or --timeout-ms none",
  "call/fuel": "Give it more with --fuel N",
  "memory/limit": "Give it more with --memory-pages N (64 KiB each), or --memory-pages none",
  "call/input": "Give it more with --memory-pages N (64 KiB each), or --memory-pages none",
  "host-function/async": "Only a running call can wait for a promise or for HTTP; the start of a plug-in cannot",
  "http/not-allowed": "Allow it with --allow-host HOST",
};

function reportFailure(thrown: unknown): FailureReport {
  const error = thrown instanceof WasmError ? invalidModule(thrown) : thrown;
  const exitCode = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BuildFailed) {
    return { code: "build", message, details: { findings: error.findings, output: error.output }, guestStack: [], hint: undefined, exitCode };
  }
  if (!PluginError.is(error)) {
    return { code: error instanceof UsageError ? "usage" : "internal", message, details: {}, guestStack: [], hint: undefined, exitCode };
  }
  return { code: error.code, message, details: error.details, guestStack: error.guestStack, hint: hintFor(error, exitCode), exitCode };
}

/**
 * Ends a command that failed: says why, on standard error for people or on standard output as JSON.
 *
 * @param thrown What it threw.
 * @param terminal Where to write.
 * @param isJson Whether a script reads it.
 * @param more Further fields of the JSON object.
 * @returns The exit code.
 */
export function finishFailed(thrown: unknown, terminal: Terminal, isJson: boolean, more: Readonly<Record<string, unknown>> = {}): ExitCode {
  const report = reportFailure(thrown);
  if (isJson) terminal.output.write(`${formatJson({ ok: false, error: report, ...more })}\n`);
  else if (thrown instanceof BuildFailed) printBuildFailure(thrown, terminal.messages);
  else printFailure(report, terminal.messages);
  if (report.code === "internal" && thrown instanceof Error) terminal.messages.write(`${escapeLines(thrown.stack ?? "")}\n`);
  return report.exitCode;
}

function hintFor({ code }: PluginError, exitCode: ExitCode): string | undefined {
  return code === "manifest/invalid" && exitCode === 2 ? undefined : HINTS[code];
}

function printFailure({ message, code, guestStack, hint }: FailureReport, channel: Channel): void {
  const field = (name: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `  ${channel.paint("dim", name.padEnd(5))} ${lines.join(`\n${" ".repeat(8)}`)}\n`;
  channel.write(
    `${channel.paint("red", "error")}: ${escapeLines(message, "  ")}\n` +
      field("code", code === "usage" ? [] : [code]) +
      field("stack", foldFrames(guestStack).map(escapeLine)) +
      field("hint", hint === undefined ? [] : [hint]),
  );
}

/** Findings speak for themselves; what a tool wrote stands as it is, with its colours. */
function printBuildFailure({ message, findings, folder, output }: BuildFailed, channel: Channel): void {
  printFindings(findings, "error", folder, channel);
  channel.write(output === "" || output.endsWith("\n") ? output : `${output}\n`);
  channel.write(`${channel.paint("red", "error")}: ${escapeLines(message, "  ")}\n`);
}

/** Recursion shows as one line. */
function foldFrames(frames: readonly string[]): readonly string[] {
  return frames.flatMap((frame, index) => {
    if (frame === frames[index - 1]) return [];
    const next = frames.findIndex((other, place) => place > index && other !== frame);
    const times = (next === -1 ? frames.length : next) - index;
    return times === 1 ? [frame] : [`${frame}, ${times} times`];
  });
}

/** The reader of modules has its own error; for the user it is the same as when the host refuses one. */
function invalidModule(error: WasmError): PluginError {
  return new PluginError("module/invalid", error.message, { module: "", offset: error.offset }, { cause: error });
}
