/**
 * Failures in the words of `@extism/extism`, for programs that look for them. The failure of this host, with its code, is
 * the `cause`.
 */

import { overBudget } from "./call-context.ts";
import { PluginError } from "../error.ts";

/**
 * @param thrown What was thrown.
 * @param names Exports of the plug-in that are no functions.
 * @returns What a program written for that library expects: what a host function or the engine threw, as it was, or an
 *   `Error` with that library's text where it has one.
 */
export function translateFailure(thrown: unknown, names: readonly string[] = []): unknown {
  if (!PluginError.is(thrown)) return thrown;
  const { cause } = thrown;
  const isOwn = PluginError.is(thrown, "call/host-function") || PluginError.is(thrown, "call/trap") || PluginError.is(thrown, "call/stack-overflow");
  if (isOwn && cause !== undefined && !PluginError.is(cause)) return cause;
  return new Error(textOf(thrown, names), { cause: thrown });
}

/**
 * @param thrown What was thrown while a plug-in was made.
 * @returns The same for {@link translateFailure}'s callers.
 */
export function translateStartFailure(thrown: unknown): unknown {
  if (PluginError.is(thrown, "call/timeout")) return new Error("EXTISM: timed out while waiting for plugin to instantiate", { cause: thrown });
  return translateFailure(thrown);
}

function textOf(failure: PluginError, names: readonly string[]): string {
  if (PluginError.is(failure, "call/failed")) {
    const { text, returnCode } = failure.details;
    return text === "" ? `Plugin error: function "${failure.function ?? ""}" returned ${returnCode}` : `Plugin-originated error: ${text}`;
  }
  if (PluginError.is(failure, "function/not-found")) {
    const { name } = failure.details;
    return names.includes(name) ? `Plugin error: export "${name}" is not a function` : `Plugin error: function "${name}" does not exist`;
  }
  if (PluginError.is(failure, "call/reentrant")) return "plugin is not reentrant";
  if (PluginError.is(failure, "call/timeout")) return "EXTISM: call canceled due to timeout";
  if (PluginError.is(failure, "vars/over-budget")) return `Plugin-originated error: ${overBudget(failure.details)}`;
  if (PluginError.is(failure, "source/hash-mismatch")) return `Plugin error: hash mismatch. Expected: ${failure.details.expected}. Actual: ${failure.details.actual}`;
  if (PluginError.is(failure, "link/missing-import")) {
    const { module, namespace, name } = failure.details;
    return `from module "${module}": cannot resolve import "${namespace}" "${name}": not provided by host imports nor linked manifest items`;
  }
  if (PluginError.is(failure, "http/not-allowed")) return notAllowed(failure.details.url, failure.message);
  return failure.message;
}

/** Where no host is allowed, what is known is the plug-in's request as it sent it. */
function notAllowed(request: string, message: string): string {
  const url = URL.canParse(request) ? request : /"url"\s*:\s*"([^"]*)"/.exec(request)?.[1];
  if (url === undefined || !URL.canParse(url)) return message;
  return `Call error: HTTP request to "${new URL(url).href}" is not allowed (no allowedHosts match "${new URL(url).hostname}")`;
}
