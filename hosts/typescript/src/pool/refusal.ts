/** Failures of calls as a pool sees them: those it makes itself, and what those of a plug-in say about it. */

import { PluginError } from "../error.ts";
import { trapKind } from "../inline/trap.ts";

/** @returns The failure of a call for which there was no room in the queue. */
export function fullFailure(plugin: string, name: string, queued: number, queuedBytes: number): PluginError {
  const why = `${queued} calls with ${queuedBytes} bytes wait already`;
  return new PluginError("pool/full", `Cannot call "${name}": ${why}; call less, or raise queue or instances.max`, { queued, queuedBytes }, { plugin, function: name });
}

/** @returns The failure of a call that waited too long. */
export function waitFailure(plugin: string, name: string, waitedMs: number, limitMs: number): PluginError {
  return new PluginError("pool/wait-timeout", `Cannot call "${name}": no instance was free for ${limitMs} ms`, { waitedMs, limitMs }, { plugin, function: name });
}

/** @returns The failure of a call that a breaker refused. */
export function brokenFailure(plugin: string, name: string, retryAfterMs: number, lastCode: string): PluginError {
  const message = `Cannot call "${name}": the plug-in "${plugin}" kept failing, at last with "${lastCode}"; try again in ${retryAfterMs} ms`;
  return new PluginError("pool/broken", message, { retryAfterMs, lastCode }, { plugin, function: name });
}

/** @returns The failure of a call on a closed pool. */
export function closedFailure(plugin: string, name: string): PluginError {
  return new PluginError("pool/closed", `Cannot call "${name}": the pool is closed`, {}, { plugin, function: name });
}

/** @returns The failure of a call whose signal was aborted while it waited. */
export function abortedFailure(plugin: string, name: string, cause: unknown): PluginError {
  return new PluginError("call/aborted", `Cannot call "${name}": its signal was aborted`, {}, { cause, plugin, function: name });
}

/** What a failure says: about the plug-in, about its start, about the engine's room for memories, about this instance, or nothing of the kind. */
export type Blame = "plug-in" | "start" | "room" | "gone" | "neither";

/**
 * Judges a failure. What the plug-in reports, what a host function throws and what the caller asks for is not held against
 * the plug-in.
 *
 * @param failure What a call or a start ended with.
 * @param timeoutMs The plug-in's own time limit: running out of less, which a caller gave, is not its fault.
 */
export function judge(failure: unknown, timeoutMs: number): Blame {
  if (!PluginError.is(failure)) return "neither";
  switch (failure.code) {
    case "call/trap":
    case "call/exit":
    case "call/fuel":
    case "call/stack-overflow":
    case "memory/out-of-bounds":
    case "memory/bad-handle":
    case "engine/lost":
      return "plug-in";
    case "plugin/closed":
      return "gone";
    case "call/timeout":
      return (failure as PluginError<"call/timeout">).details.limitMs >= timeoutMs ? "plug-in" : "neither";
    case "start/failed":
    case "memory/limit": {
      const isRefused = failure.cause instanceof RangeError && trapKind(failure.cause) === undefined;
      return isRefused ? "room" : failure.code === "start/failed" ? "start" : "neither";
    }
    default:
      return failure.code.startsWith("link/") ? "start" : "neither";
  }
}
