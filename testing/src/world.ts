/**
 * The world of a plug-in under test: options for the host in which clock and random numbers are fixed and instructions
 * counted, and a record of what the plug-in does to the world. What loads the plug-in is not its business, so whatever
 * takes the host's options (a system, a pool) can be tested with it.
 */

import type { LogEntry, PluginOptions } from "@tenon/host";

import { type HostCall, recordFunctions } from "./host-calls.ts";

/** Options of the host, with stand-ins. */
export type WorldOptions = Omit<PluginOptions, "deterministic" | "logger" | "http" | "platform"> & {
  /** Answers the plug-in's requests in place of the network. Every public host is allowed then, unless `allow.hosts` says which. */
  readonly http?: (request: Request) => Response | Promise<Response>;
  /** What the clock says at the beginning of each call: a date, a text that `Date` reads, or milliseconds. Default 2000-01-01 UTC. */
  readonly now?: Date | string | number;
  /** Seed of the random numbers, a whole number. Default 1. */
  readonly seed?: number;
};

/** Options and record of one plug-in. */
export interface World {
  /** For whatever loads the plug-in. */
  readonly options: PluginOptions;
  /** Everything that was logged, in order. */
  readonly logs: readonly LogEntry[];
  /** Calls of host functions, in order. */
  readonly hostCalls: readonly HostCall[];
  /** Requests that `http` answered, in order; their bodies can still be read. */
  readonly requests: readonly Request[];
}

/** Enough for any test, and few enough to be counted exactly. */
const FUEL = Number.MAX_SAFE_INTEGER;

/** A public address, for hosts that no one resolves because no one connects. */
const ANY_ADDRESS = "1.1.1.1";

/**
 * Makes a world.
 *
 * @param options Options of the host, and the stand-ins.
 * @param hostCalls Where calls of host functions are noted; given by who notes others there as well.
 * @returns The host's options, and a record that fills as the plug-in runs.
 * @throws {RangeError} If `now` is no date.
 */
export function createWorld({ http, now = "2000-01-01T00:00:00Z", seed = 1, functions = {}, limits, allow, ...others }: WorldOptions = {}, hostCalls: HostCall[] = []): World {
  const time = new Date(now).getTime();
  if (Number.isNaN(time)) throw new RangeError(`Cannot set the clock to "${String(now)}": it is no date`);
  const logs: LogEntry[] = [];
  const requests: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request.clone());
    return await (http as NonNullable<typeof http>)(request);
  };
  const options: PluginOptions = {
    logLevel: "trace",
    ...others,
    functions: recordFunctions(functions, hostCalls),
    limits: limits === "none" ? { fuel: FUEL, memoryPages: "none", tableElements: "none", timeoutMs: "none", stackDepth: "none", varBytes: "none", httpResponseBytes: "none", logBytes: "none", fileBytes: "none" } : { ...limits, fuel: typeof limits?.fuel === "number" ? limits.fuel : FUEL },
    deterministic: { now: time, seed },
    logger: (entry) => void logs.push(entry),
    ...(http === undefined ? { allow: allow ?? {} } : { allow: { hosts: ["*"], ...allow }, http: { fetch, resolve: async () => [ANY_ADDRESS], allowResponseHeaders: true } }),
  };
  return { options, logs, hostCalls, requests };
}
