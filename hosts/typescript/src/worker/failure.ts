/** Failures on their way from one thread to the other. */

import { PluginError } from "../error.ts";
import type { SentFailure } from "./protocol.ts";

/**
 * @param thrown What was thrown.
 * @returns A form that can be sent.
 */
export function sendableFailure(thrown: unknown): SentFailure {
  const failure = PluginError.is(thrown) ? thrown : new PluginError("call/trap", `Cannot run the plug-in: ${String(thrown)}`, { kind: "other" }, { cause: thrown });
  const { code, message, details, plugin, function: name, guestStack } = failure;
  return { code, message, details, plugin, function: name, guestStack, cause: sendableCause(failure.cause) };
}

/**
 * @param sent A failure from the other thread.
 * @returns The same as an error.
 */
export function receivedFailure({ code, message, details, plugin, function: name, guestStack, cause }: SentFailure): PluginError {
  return new PluginError(code, message, details, { cause, plugin, function: name, guestStack });
}

/** Errors are copied as errors; anything else, such as an exception of the plug-in, as its text. */
function sendableCause(cause: unknown): unknown {
  if (cause === undefined || cause instanceof Error) return cause instanceof Error ? plainError(cause) : undefined;
  return typeof cause === "string" ? cause : Object.prototype.toString.call(cause);
}

function plainError(error: Error): Error {
  const copy = new Error(error.message);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}
