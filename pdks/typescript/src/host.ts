/**
 * Host functions: what the application offers beside the ABI, called like functions of an object.
 *
 * The compiler reads the interface `T` in `host<T>("namespace")` and passes its signatures as the
 * second argument, so that the plug-in imports exactly those functions with the right Wasm types:
 * text, bytes and JSON cross as blocks, numbers as themselves.
 */
import { native, needHost } from "./native.ts";

/** A number that crosses as a Wasm i32. */
export type i32 = number;
/** A number that crosses as a Wasm i32 and is read as unsigned. */
export type u32 = number;
/** A number that crosses as a Wasm f32. */
export type f32 = number;
/** A number that crosses as a Wasm f64; plain `number` does too. */
export type f64 = number;
/** An integer that crosses as a Wasm i64. */
export type i64 = bigint;

/** How one parameter or the result crosses. The order is that of `Kind` in compiler/assembly/bridge.ts; the last is text here. */
export const HOST_KINDS = ["void", "i32", "i64", "f32", "f64", "text", "bytes", "bool", "u32", "json"] as const;

/** One of `HOST_KINDS`. */
export type HostKind = (typeof HOST_KINDS)[number];

/** One host function as the compiler writes it: its number in the plug-in, the parameters' kinds, the result's kind. */
export type HostSignature = {
  /** The function's number in the plug-in. */
  index?: number;
  params: readonly HostKind[];
  result: HostKind;
  /** Whether the plug-in's author awaits it. */
  isAsync?: boolean;
};

/** The host functions of one namespace; each method may return its value or a promise of it. */
export type HostFunctions = Record<string, (...values: never[]) => unknown>;

/**
 * Gives access to the host functions of a namespace.
 *
 * @param namespace Usually `"extism:host/user"`; a literal, because the compiler reads it.
 * @param signatures Written by the compiler from `T`. In JavaScript, write them by hand.
 * @returns An object with one function per method of `T`.
 * @throws {Error} When a function is called while the plug-in is being built.
 */
export function host<T extends object>(namespace: string, signatures?: Readonly<Record<string, HostSignature>>): T {
  if (signatures === undefined) throw new TypeError(`Cannot use the host functions of "${namespace}": the compiler found no signatures; write host<{ name(key: string): string }>("${namespace}")`);
  const functions: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(signatures)) functions[name] = bind(`${namespace} ${name}`, signature);
  return functions as T;
}

function bind(label: string, { index, params, result, isAsync }: HostSignature): (...values: unknown[]) => unknown {
  if (index === undefined) throw new TypeError(`Cannot use the host function "${label}": the compiler gave it no number`);
  const kinds = params.map(kindNumber);
  const resultKind = kindNumber(result);
  const call = (...values: unknown[]): unknown => {
    needHost(`the host function "${label}"`);
    const pairs: unknown[] = [];
    for (let i = 0; i < kinds.length; i++) pairs.push(kinds[i], toNative(params[i], values[i]));
    return fromNative(result, native.host(index, resultKind, ...pairs));
  };
  return isAsync === true ? async (...values) => call(...values) : call;
}

/** JSON crosses as text. */
function kindNumber(kind: HostKind): number {
  return HOST_KINDS.indexOf(kind === "json" ? "text" : kind);
}

function toNative(kind: HostKind | undefined, value: unknown): unknown {
  if (kind === "json") return JSON.stringify(value) ?? "";
  if (kind === "text") return String(value);
  if (kind === "i64") return BigInt(value as bigint);
  if (kind === "bytes" && !(value instanceof Uint8Array)) return new Uint8Array(value as ArrayBuffer);
  return value;
}

function fromNative(kind: HostKind, value: unknown): unknown {
  if (kind === "json") return value === undefined ? undefined : JSON.parse(value as string);
  if (kind === "text") return value ?? "";
  if (kind === "bytes") return value ?? new Uint8Array();
  return value;
}
