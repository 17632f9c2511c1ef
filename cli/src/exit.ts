/** Exit codes: what a script learns without reading any text. */

import { type FailureCode, PluginError } from "@tenon/host";

import { BuildFailed } from "./languages/language.ts";

/** Exit code → what it means; the table of `tenon --help` and of the README. */
export const EXIT_CODES = {
  0: "done",
  1: "the plug-in failed: it trapped, reported an error, or something it called failed",
  2: "the command line is wrong: an option, a file to read, or a function that is not there",
  3: "the plug-in could not be loaded: unreadable, invalid, not granted, or nothing offers what it imports",
  4: "the plug-in was stopped by a limit: time, memory, fuel, stack or another",
  5: "the plug-in could not be built, or a test of it failed",
  6: "two versions of a plug-in system differ more than is allowed",
  70: "a fault of tenon itself; please report it",
} as const;

/** One of {@link EXIT_CODES}. */
export type ExitCode = keyof typeof EXIT_CODES;

const LIMIT_CODES: ReadonlySet<FailureCode> = new Set<FailureCode>([
  "call/timeout",
  "call/fuel",
  "call/stack-overflow",
  "call/input",
  "memory/limit",
  "vars/over-budget",
  "vars/disabled",
  "source/too-large",
]);
const LOAD_CLASSES: readonly string[] = ["source", "manifest", "module", "link", "start"];

/** A mistake on the command line; its message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * @param error What a command threw.
 * @returns Its exit code.
 */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return 2;
  if (error instanceof BuildFailed) return 5;
  if (!PluginError.is(error)) return 70;
  if (LIMIT_CODES.has(error.code)) return 4;
  const [area = ""] = error.code.split("/");
  // What is passed to the host from the command line has these names there, and no field of a manifest has.
  if (area === "function" || (PluginError.is(error, "manifest/invalid") && /^(options|http)\b/.test(error.details.path))) return 2;
  return LOAD_CLASSES.includes(area) ? 3 : 1;
}
