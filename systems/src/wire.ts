/**
 * How a value travels between host and plug-in: as which bytes, and by which schema it is checked on the way.
 *
 *   json      UTF-8 text of one JSON value (RFC 8259)
 *   text      UTF-8 text
 *   bytes     the bytes themselves
 *   msgpack   one MessagePack value; whole numbers of 64 bits are bigints on the host
 *
 * A schema sits between sender and receiver: the sender gives its input type, the receiver gets its output type.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */

import { decode as decodeMsgpack, encode as encodeMsgpack } from "@msgpack/msgpack";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Output } from "@tenon/host";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";

/** The bytes a value becomes. */
export type Encoding = "json" | "text" | "bytes" | "msgpack";

/** A value on its way: its encoding and its schema. Made by {@link json}, {@link text}, {@link bytes} and {@link msgpack}. */
export interface Wire<In = unknown, Out = In> {
  /** The bytes it becomes. */
  readonly encoding: Encoding;
  /** What checks it; `schema["~standard"]` of any Standard Schema library. */
  readonly schema: StandardSchemaV1<In, Out>;
}

/** What a definition takes for an input or output: a Standard Schema or JSON Schema (sent as JSON), or a {@link Wire}. */
export type Payload = StandardSchemaV1 | Wire | JsonSchema;

/** Type of the value that the sender gives. */
export type Sent<P> = P extends Wire<infer In> ? In : P extends StandardSchemaV1<infer In> ? In : P extends undefined ? undefined : unknown;

/** Type of the value that the receiver gets. */
export type Received<P> = P extends Wire<unknown, infer Out> ? Out : P extends StandardSchemaV1<unknown, infer Out> ? Out : P extends undefined ? undefined : unknown;

/**
 * Sends a value as JSON. The default, so only needed to be explicit.
 *
 * @param schema Any Standard Schema, or a JSON Schema.
 */
export function json<S extends StandardSchemaV1 | JsonSchema>(schema: S): Wire<Sent<S>, Received<S>> {
  return wire("json", schema);
}

/**
 * Sends a string as UTF-8 text.
 *
 * @param schema Checks the string; left out, every string will do.
 */
export function text<Value extends string = string>(schema?: StandardSchemaV1<Value> | JsonSchema): Wire<Value> {
  return wire("text", schema ?? jsonSchema<Value>({ type: "string" }));
}

/** Sends bytes as they are. */
export function bytes(): Wire<Uint8Array> {
  return { encoding: "bytes", schema: BYTES };
}

/**
 * Sends a value as MessagePack: smaller than JSON, with bytes and 64-bit integers.
 *
 * @param schema Any Standard Schema, or a JSON Schema.
 */
export function msgpack<S extends StandardSchemaV1 | JsonSchema>(schema: S): Wire<Sent<S>, Received<S>> {
  return wire("msgpack", schema);
}

/**
 * Turns what a definition says into a wire.
 *
 * @param payload A schema or a wire; `undefined` for no value.
 */
export function parsePayload(payload: Payload | undefined): Wire | undefined {
  if (payload === undefined) return undefined;
  if (isStandard(payload)) return wire("json", payload);
  return "encoding" in payload && isStandard((payload as Wire).schema) ? (payload as Wire) : wire("json", payload as JsonSchema);
}

/**
 * Encodes a checked value.
 *
 * @throws {TypeError} If the value cannot be encoded.
 */
export function encode(encoding: Encoding, value: unknown): string | Uint8Array {
  switch (encoding) {
    case "json": {
      const encoded = JSON.stringify(value) as string | undefined;
      if (encoded === undefined) throw new TypeError(`${typeof value} has no JSON form`);
      if (MAY_BE_HALF.test(encoded)) checkStrings(JSON.parse(encoded));
      return encoded;
    }
    case "text":
      if (typeof value !== "string") throw new TypeError(`${typeof value} is no string`);
      checkStrings(value);
      return value;
    case "bytes":
      if (!(value instanceof Uint8Array)) throw new TypeError(`${typeof value} is no Uint8Array`);
      return value;
    case "msgpack":
      checkStrings(value);
      return encodeMsgpack(value, { useBigInt64: true, ignoreUndefined: true });
    default:
      return encoding satisfies never;
  }
}

/**
 * Decodes bytes of the other side; what comes out is not checked yet.
 *
 * @throws {Error} If the bytes are not in this encoding.
 */
export function decode(encoding: Encoding, data: Output | Uint8Array): unknown {
  switch (encoding) {
    case "json": {
      const encoded = textOf(data);
      const value: unknown = JSON.parse(encoded);
      if (MAY_BE_HALF.test(encoded)) checkStrings(value);
      return value;
    }
    case "text":
      return textOf(data);
    case "bytes":
      return data instanceof Uint8Array ? data : data.bytes();
    case "msgpack": {
      // A map with a thousand million keys must fail by its size: no part can be larger than the whole.
      const encoded = data instanceof Uint8Array ? data : data.bytes();
      const most = encoded.length;
      const value = decodeMsgpack(encoded, { useBigInt64: true, maxArrayLength: most, maxMapLength: most, maxBinLength: most, maxStrLength: most, maxExtLength: most });
      checkStrings(value);
      return value;
    }
    default:
      return encoding satisfies never;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(data: Output | Uint8Array): string {
  return UTF8.decode(data instanceof Uint8Array ? data : data.bytes());
}

/** How JSON writes a half; also one whose other half follows, which is fine. */
const MAY_BE_HALF = /\\ud[89a-f]/i;

/** @throws {TypeError} For half of a surrogate pair: no UTF-8 has it, so that the other side would read another text, or none. */
function checkStrings(value: unknown): void {
  if (typeof value === "string") {
    const at = value.search(/\p{Surrogate}/u);
    if (at !== -1) throw new TypeError(`a string has half of a surrogate pair, ${JSON.stringify(value.slice(Math.max(0, at - 16), at + 16))}, and is no Unicode text; toWellFormed() makes it one`);
  } else if (Array.isArray(value)) value.forEach(checkStrings);
  else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) Object.entries(value).flat().forEach(checkStrings);
}

/** JSON Schema has no type for bytes; this is how version 2020-12 says "not text". */
const BYTES_SCHEMA: JsonSchema = Object.freeze({ contentMediaType: "application/octet-stream" });
const BYTES = Object.freeze({
  "~standard": {
    version: 1,
    vendor: "tenon",
    validate: (value: unknown): StandardSchemaV1.Result<Uint8Array> => (value instanceof Uint8Array ? { value } : { issues: [{ message: `expected a Uint8Array, received ${typeof value}` }] }),
    jsonSchema: { input: () => BYTES_SCHEMA, output: () => BYTES_SCHEMA },
  },
}) as StandardSchemaV1<Uint8Array>;

function wire<S, R>(encoding: Encoding, schema: StandardSchemaV1 | JsonSchema): Wire<S, R> {
  return Object.freeze({ encoding, schema: (isStandard(schema) ? schema : jsonSchema(schema)) as StandardSchemaV1<S, R> });
}

function isStandard(value: unknown): value is StandardSchemaV1 {
  // Some libraries' schemas are functions.
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}
