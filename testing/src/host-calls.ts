/** A record of what a plug-in asks of its application: host functions and the imports of a system, run as they are, and noted. */

import type { CallContext, HostFunction, HostFunctions } from "@tenon/host";

/** A host function that the plug-in called. */
export interface HostCall {
  readonly namespace: string;
  readonly name: string;
  /** Decoded, if it is made by `hostFunction()` or is an import of a system; else raw numbers and handles. */
  readonly values: readonly unknown[];
  /** What it returned or resolved to; `undefined` if it threw. */
  result: unknown;
}

/** Imports of a system as they are written for `load`, whatever their types. */
export type AnyImports = Readonly<Record<string, (input: never, context: CallContext) => unknown>>;

/** Where the imports of a system lie. Source: abi/abi.json, `userNamespace` */
const IMPORT_NAMESPACE = "extism:host/user";

/**
 * Makes host functions that are recorded.
 *
 * @param functions What runs.
 * @param calls Where each call is noted before it runs, so that one which fails stands there too.
 */
export function recordFunctions(functions: HostFunctions, calls: HostCall[]): HostFunctions {
  const wrapAll = ([namespace, space]: [string, HostFunctions[string]]): [string, HostFunctions[string]] =>
    [namespace, Object.fromEntries(Object.entries(space).map(([name, each]) => [name, recordFunction(namespace, name, each, calls)]))];
  return Object.fromEntries(Object.entries(functions).map(wrapAll));
}

/**
 * Makes imports of a system that are recorded.
 *
 * @param imports What runs.
 * @param calls Where each call is noted, with its input as checked by the system, if it has one.
 */
export function recordImports(imports: AnyImports, calls: HostCall[]): AnyImports {
  const record = (name: string, run: AnyImports[string]): AnyImports[string] => (input, context) =>
    end(begin(IMPORT_NAMESPACE, name, input === undefined ? [] : [input], calls), () => run(input, context));
  return Object.fromEntries(Object.entries(imports).map(([name, run]) => [name, record(name, run)]));
}

/** A function declared async stays so. */
function recordFunction(namespace: string, name: string, host: HostFunction, calls: HostCall[]): HostFunction {
  if (typeof host !== "function") return { ...host, run: (context, values) => end(begin(namespace, name, [...values], calls), () => host.run(context, values)) };
  const isAsync = Object.prototype.toString.call(host) === "[object AsyncFunction]";
  const run = (context: CallContext, ...values: (number | bigint)[]): ReturnType<typeof host> => end(begin(namespace, name, values, calls), () => host(context, ...values));
  return isAsync ? async (context, ...values) => await run(context, ...values) : run;
}

function begin(namespace: string, name: string, values: readonly unknown[], calls: HostCall[]): HostCall {
  const call: HostCall = { namespace, name, values, result: undefined };
  calls.push(call);
  return call;
}

function end<Result>(call: HostCall, run: () => Result): Result {
  const result = run();
  call.result = result;
  if (result instanceof Promise) void result.then((value: unknown) => (call.result = value), () => (call.result = undefined));
  return result;
}
