/**
 * Host functions: what the embedder offers to plug-ins, in two forms.
 *
 * A plain function is the low form: it gets the context and the raw numbers. {@link hostFunction} makes the comfortable
 * form, with strings, bytes and JSON and no handles in sight. How a plug-in gets them is the job of `offer.ts`.
 */

import type { CallContext } from "./session/context.ts";

/** A raw value of WebAssembly: `i64` is a bigint (handles too), the other numbers are numbers. */
export type WasmValue = number | bigint;

/** What a host function may return; `undefined` is 0. */
export type HostResult = WasmValue | boolean | undefined | void;

/** The low form: raw numbers in, raw number out. Any number of parameters. */
export type RawHostFunction = {
  // As a method, so that parameters may be declared narrower than `WasmValue`.
  call(context: CallContext, ...values: WasmValue[]): HostResult | Promise<HostResult>;
}["call"];

/** How a parameter or result travels: a block (`"text"`, `"bytes"`, `"json"`) or a plain number. */
export type HostType = "text" | "bytes" | "json" | "i32" | "i64" | "f32" | "f64";

/** The JavaScript type of each {@link HostType}. */
export interface HostTypes {
  text: string;
  bytes: Uint8Array;
  json: unknown;
  i32: number;
  i64: bigint;
  f32: number;
  f64: number;
}

/** The JavaScript types of a list of {@link HostType}s. */
export type HostValues<Types extends readonly HostType[]> = { -readonly [Index in keyof Types]: HostTypes[Types[Index]] };

/** A host function in the comfortable form, made by {@link hostFunction}. */
export interface TypedHostFunction {
  readonly params: readonly HostType[];
  readonly result: HostType | "none";
  /** Runs it on decoded values; what it returns, or resolves to, is encoded as `result`. */
  readonly run: (context: CallContext, values: readonly unknown[]) => unknown;
  /** Whether it was declared `async`, so that it surely returns a promise. */
  readonly isAsync?: boolean;
}

/** A host function in either form. */
export type HostFunction = RawHostFunction | TypedHostFunction;

/** Host functions by namespace and name. */
export type HostFunctions = Readonly<Record<string, Readonly<Record<string, HostFunction>>>>;

/** Parameter and result types of a WebAssembly function. */
export interface Signature {
  readonly params: readonly string[];
  readonly results: readonly string[];
}

/**
 * Declares a host function by the types of its parameters and its result.
 *
 * @param types `params` in order, and `result`; left out, nothing is returned.
 * @param run The function: the call's context, then the values. JSON comes from the plug-in and is not checked.
 * @returns The host function, for `functions` of the options.
 */
export function hostFunction<const Params extends readonly HostType[], Result extends HostType | "none" = "none">(
  types: { readonly params: Params; readonly result?: Result },
  run: (
    context: CallContext,
    ...values: HostValues<Params>
  ) => (Result extends HostType ? HostTypes[Result] | undefined : void) | Promise<Result extends HostType ? HostTypes[Result] | undefined : void>,
): TypedHostFunction {
  return Object.freeze({
    params: Object.freeze([...types.params]),
    result: types.result ?? "none",
    run: (context: CallContext, values: readonly unknown[]) => run(context, ...(values as HostValues<Params>)),
    isAsync: isAsyncFunction(run),
  });
}

/**
 * @param host A host function.
 * @returns Whether it was declared `async`. One that is not may return a promise all the same.
 */
export function isDeclaredAsync(host: HostFunction): boolean {
  return typeof host === "function" ? isAsyncFunction(host) : (host.isAsync ?? false);
}

/**
 * @param run A function.
 * @returns Whether it was declared `async`.
 */
export function isAsyncFunction(run: unknown): boolean {
  return Object.prototype.toString.call(run) === "[object AsyncFunction]";
}
