/**
 * Values that cross the border, checked: out through schema and encoding, in through encoding and schema.
 *
 * What does not fit becomes a `system/invalid-input` or `system/invalid-output` that says where and from whom.
 */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Output, PluginError } from "@tenon/host";
import { decode, encode, type Wire } from "./wire.ts";

/** One thing wrong with a value. */
export interface Issue {
  /** Where, as in `items[0].price`; empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

/** A place where values cross, for messages. */
export interface Crossing {
  /** Export or import. */
  readonly function: string;
  readonly part: "input" | "output";
  /** Whose value it is. */
  readonly from: "host" | "plug-in";
  readonly plugin: string;
}

/** Issues that one error lists at most; a plug-in decides how many there are. */
const MAX_ISSUES = 20;

/** Characters of an error's message, and of a place, at most; names in them can be the plug-in's. */
const MAX_CHARACTERS = 4000;

/**
 * Checks and encodes a value of the host.
 *
 * @returns What to hand to the plug-in; a promise only if the schema checks asynchronously.
 * @throws {PluginError} `system/invalid-input` or `system/invalid-output`.
 */
export function send(wire: Wire, value: unknown, crossing: Crossing): string | Uint8Array | Promise<string | Uint8Array> {
  const checked = check(wire, value, crossing);
  return checked instanceof Promise ? checked.then((result) => encoded(wire, result, crossing)) : encoded(wire, checked, crossing);
}

/**
 * Decodes and checks a value of the plug-in.
 *
 * @returns The value; a promise only if the schema checks asynchronously.
 * @throws {PluginError} `system/invalid-input` or `system/invalid-output`.
 */
export function receive(wire: Wire, data: Output | Uint8Array, crossing: Crossing): unknown {
  let decoded: unknown;
  try {
    decoded = decode(wire.encoding, data);
  } catch (cause) {
    throw invalid(crossing, [{ path: "", message: data.length === 0 ? `there is none, expected ${wire.encoding}` : `not ${wire.encoding}: ${messageOf(cause)}` }], cause);
  }
  return check(wire, decoded, crossing);
}

function encoded(wire: Wire, value: unknown, crossing: Crossing): string | Uint8Array {
  try {
    return encode(wire.encoding, value);
  } catch (cause) {
    throw invalid(crossing, [{ path: "", message: `it cannot be written as ${wire.encoding}: ${messageOf(cause)}` }], cause);
  }
}

function check({ schema }: Wire, value: unknown, crossing: Crossing): unknown {
  let result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>;
  try {
    result = schema["~standard"].validate(value);
  } catch (cause) {
    // A value nested so deep that the check runs out of stack is the sender's doing, not a fault of the host.
    if (cause instanceof RangeError || isDeepRecursion(cause)) throw invalid(crossing, [{ path: "", message: "it is nested too deeply" }], cause);
    throw cause;
  }
  return result instanceof Promise ? result.then((settled) => valueOf(settled, crossing)) : valueOf(result, crossing);
}

/** Firefox's own class for it has no name in the language. */
function isDeepRecursion(cause: unknown): boolean {
  return cause instanceof Error && cause.message === "too much recursion";
}

function valueOf(result: StandardSchemaV1.Result<unknown>, crossing: Crossing): unknown {
  if (result.issues === undefined) return result.value;
  throw invalid(crossing, result.issues.slice(0, MAX_ISSUES).map(({ message, path }) => ({ message: clip(message), path: clip(formatPath(path ?? [])) })));
}

/** The failure for a value that does not fit. */
function invalid(crossing: Crossing, issues: readonly Issue[], cause?: unknown): PluginError {
  const { part, from, plugin } = crossing;
  const what = clip(issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; "));
  const verb = from === "host" ? "send" : "take";
  const owner = from === "host" ? "the host" : `plug-in "${plugin}"`;
  return new PluginError(`system/invalid-${part}`, `Cannot ${verb} the ${part} of "${crossing.function}" from ${owner}: ${what}`, { function: crossing.function, from, issues }, { plugin, function: crossing.function, cause });
}

function formatPath(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  let text = "";
  for (const segment of path) {
    const key = String(typeof segment === "object" ? segment.key : segment);
    if (/^\d+$/.test(key)) text += `[${key}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}

function clip(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
