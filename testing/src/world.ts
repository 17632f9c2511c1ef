/**
 * The world of a plug-in under test: options for the host in which clock and random numbers are fixed and instructions
 * counted, and a record of what the plug-in does to the world. What loads the plug-in is not its business, so whatever
 * takes the host's options (a system, a pool) can be tested with it.
 */

import type { CallContext, HostFunction, HostFunctions, LogEntry, PluginOptions } from "@tenon/host";

/** Options of the host, with stand-ins. */
export type WorldOptions = Omit<PluginOptions, "deterministic" | "logger" | "http" | "platform"> & {
  /** Answers the plug-in's requests in place of the network. Every public host is allowed then, unless `allow.hosts` says which. */
  readonly http?: (request: Request) => Response | Promise<Response>;
  /** What the clock says at the beginning of each call: a date, a text that `Date` reads, or milliseconds. Default 2000-01-01 UTC. */
  readonly now?: Date | string | number;
  /** Seed of the random numbers, a whole number. Default 1. */
  readonly seed?: number;
};

/** A host function that the plug-in called. */
export interface HostCall {
  readonly namespace: string;
  readonly name: string;
  /** Decoded, if it is made by `hostFunction()`; else raw numbers and handles. */
  readonly values: readonly unknown[];
  /** What it returned or resolved to; `undefined` if it threw. */
  result: unknown;
}

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
 * @returns The host's options, and a record that fills as the plug-in runs.
 * @throws {RangeError} If `now` is no date.
 */
export function createWorld({ http, now = "2000-01-01T00:00:00Z", seed = 1, functions = {}, limits, allow, ...others }: WorldOptions = {}): World {
  const time = new Date(now).getTime();
  if (Number.isNaN(time)) throw new RangeError(`Cannot set the clock to "${String(now)}": it is no date`);
  const logs: LogEntry[] = [];
  const hostCalls: HostCall[] = [];
  const requests: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request.clone());
    return await (http as NonNullable<typeof http>)(request);
  };
  const options: PluginOptions = {
    logLevel: "trace",
    ...others,
    functions: recorded(functions, hostCalls),
    limits: limits === "none" ? { fuel: FUEL, memoryPages: "none", tableElements: "none", timeoutMs: "none", stackDepth: "none", varBytes: "none", httpResponseBytes: "none", logBytes: "none" } : { fuel: FUEL, ...limits },
    deterministic: { now: time, seed },
    logger: (entry) => void logs.push(entry),
    ...(http === undefined ? { allow: allow ?? {} } : { allow: { hosts: ["*"], ...allow }, http: { fetch, resolve: async () => [ANY_ADDRESS], allowResponseHeaders: true } }),
  };
  return { options, logs, hostCalls, requests };
}

function recorded(functions: HostFunctions, calls: HostCall[]): HostFunctions {
  const wrapAll = ([namespace, space]: [string, HostFunctions[string]]): [string, HostFunctions[string]] =>
    [namespace, Object.fromEntries(Object.entries(space).map(([name, each]) => [name, wrap(namespace, name, each, calls)]))];
  return Object.fromEntries(Object.entries(functions).map(wrapAll));
}

/** Records a call before it runs, so that one which fails stands there too. A function declared async stays so. */
function wrap(namespace: string, name: string, host: HostFunction, calls: HostCall[]): HostFunction {
  const begin = (values: readonly unknown[]): HostCall => {
    const call: HostCall = { namespace, name, values, result: undefined };
    calls.push(call);
    return call;
  };
  const end = <Result>(call: HostCall, result: Result): Result => {
    call.result = result;
    if (result instanceof Promise) void result.then((value: unknown) => (call.result = value), () => (call.result = undefined));
    return result;
  };
  if (typeof host !== "function") return { ...host, run: (context, values) => end(begin([...values]), host.run(context, values)) };
  const isAsync = Object.prototype.toString.call(host) === "[object AsyncFunction]";
  const run = (context: CallContext, ...values: (number | bigint)[]): ReturnType<typeof host> => end(begin(values), host(context, ...values));
  return isAsync ? async (context, ...values) => await run(context, ...values) : run;
}
