/**
 * The interface as data: what a system tells to tools, files and other languages. Policies of the application (what
 * happens on failure) and code (the schema library) are not in it.
 *
 * The hash is taken over the canonical form of what a plug-in can notice: names, encodings and schemas without their
 * annotations, sets sorted, keys sorted. Documentation, limits, name and version do not change it.
 * Source: https://www.rfc-editor.org/rfc/rfc8785 for the order of keys and the form of numbers
 */

import type { Limits } from "@tenon/host";
import { PluginError } from "@tenon/host";
import { SCHEMA_MAPS, stringify } from "./canonical.ts";
import { type ExportDefinition, type FunctionSpec, parseDefinition, readFields, refuse, type SystemDefinition, type SystemSpec } from "./definition.ts";
import { type DescribedSchema, type JsonSchema, jsonSchema } from "./json-schema.ts";
import { bytes, type Encoding, type Wire } from "./wire.ts";

/** A value on its way, as data. */
export interface DocumentPayload {
  readonly encoding: Encoding;
  /** JSON Schema, draft 2020-12, of what the plug-in sees. */
  readonly schema: JsonSchema;
}

/** A function of a system, as data. */
export interface DocumentFunction {
  /** Absent if it takes nothing. */
  readonly input?: DocumentPayload;
  /** Absent if it returns nothing. */
  readonly output?: DocumentPayload;
  /** What it is for. */
  readonly doc?: string;
  /** `true` if plug-ins may leave it out. */
  readonly optional?: boolean;
}

/** A plug-in system, as data: JSON that can be stored, compared and turned into bindings. */
export interface InterfaceDocument {
  /** Version of this form. */
  readonly tenonSystem: 1;
  readonly name: string;
  readonly version: string;
  /** What the system is for. */
  readonly doc?: string;
  readonly exports: Readonly<Record<string, DocumentFunction>>;
  readonly imports: Readonly<Record<string, DocumentFunction>>;
  /** Limits of every plug-in. */
  readonly limits?: Limits;
}

/**
 * Tells a system as data.
 *
 * @throws {PluginError} `system/no-json-schema` if a schema cannot be told.
 */
export function documentOf(spec: SystemSpec): InterfaceDocument {
  const told: Told = { input: new Map(), output: new Map() };
  const functions = (specs: ReadonlyMap<string, FunctionSpec>, side: "exports" | "imports"): Record<string, DocumentFunction> =>
    Object.fromEntries([...specs].map(([name, each]) => [name, functionOf(each, side, told)]));
  return {
    tenonSystem: 1,
    name: spec.name,
    version: spec.version,
    ...(spec.doc === "" ? {} : { doc: spec.doc }),
    exports: functions(spec.exports, "exports"),
    imports: functions(spec.imports, "imports"),
    ...(Object.keys(spec.limits).length === 0 ? {} : { limits: spec.limits }),
  };
}

/**
 * Reads a system that was told as data; its values are checked by their JSON Schemas.
 *
 * @param value What was parsed from a file.
 * @throws {PluginError} `system/invalid-definition`.
 */
export function specOf(value: unknown): SystemSpec {
  const fields = readFields(value, "document", ["tenonSystem", "name", "version", "doc", "exports", "imports", "limits"]);
  if (fields["tenonSystem"] !== 1) refuse("tenonSystem", "1, the version of this form", String(fields["tenonSystem"]));
  const schemas: KnownSchemas = new Map();
  const functions = (side: "exports" | "imports"): Record<string, ExportDefinition> =>
    Object.fromEntries(
      Object.entries(readFields(fields[side] ?? {}, side)).map(([name, each]) => {
        const { input, output, ...rest } = readFields(each, `${side}.${name}`);
        return [name, { ...rest, input: wireOf(input, `${side}.${name}.input`, schemas), output: wireOf(output, `${side}.${name}.output`, schemas) }];
      }),
    );
  const { tenonSystem: _, ...definition } = fields;
  return parseDefinition({ ...definition, exports: functions("exports"), imports: functions("imports") } as unknown as SystemDefinition);
}

/**
 * Hashes an interface.
 *
 * @returns SHA-256 of its canonical form, 64 hexadecimal digits.
 */
export async function hashDocument(document: InterfaceDocument): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonicalText(document)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The canonical form that the hash is taken over. */
function canonicalText({ exports, imports }: InterfaceDocument): string {
  const functions = (side: Readonly<Record<string, DocumentFunction>>): unknown =>
    Object.fromEntries(Object.entries(side).map(([name, { input, output, optional }]) => [name, { input: payload(input), output: payload(output), optional: optional === true ? true : undefined }]));
  const payload = (value: DocumentPayload | undefined): unknown => value && { encoding: value.encoding, schema: canonicalSchema(value.schema) };
  return stringify({ tenonSystem: 1, exports: functions(exports), imports: functions(imports) });
}

const ANNOTATIONS = new Set(["title", "description", "$comment", "examples", "deprecated", "readOnly", "writeOnly", "$schema", "default"]);
const SETS = new Set(["required", "enum", "type"]);
const VALUES = new Set(["const", "dependentRequired"]);

/**
 * A schema without what does not decide whether a value fits.
 *
 * @param schema A schema, or what stands in the place of one.
 */
export function canonicalSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(canonicalSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) continue;
    if (SCHEMA_MAPS.has(keyword) && typeof value === "object" && value !== null) kept[keyword] = Object.fromEntries(Object.entries(value as JsonSchema).map(([name, each]) => [name, canonicalSchema(each)]));
    else if (SETS.has(keyword) && Array.isArray(value)) kept[keyword] = value.toSorted((a, b) => (stringify(a) < stringify(b) ? -1 : 1));
    else kept[keyword] = VALUES.has(keyword) ? value : canonicalSchema(value);
  }
  if (Array.isArray(kept["required"]) && kept["required"].length === 0) delete kept["required"];
  return kept;
}

/** Schemas that were told, by what told them: what several functions share is told once. */
type Told = Record<"input" | "output", Map<Wire["schema"], JsonSchema>>;

function functionOf(spec: FunctionSpec, side: "exports" | "imports", told: Told): DocumentFunction {
  // A schema stands between two types: the plug-in sees the output of what is sent to it and the input of what it sends.
  const input = spec.input && payloadOf(spec.input, side === "exports" ? "output" : "input", `${side}.${spec.name}.input`, told);
  const output = spec.output && payloadOf(spec.output, side === "exports" ? "input" : "output", `${side}.${spec.name}.output`, told);
  const isOptional = "isOptional" in spec && spec.isOptional === true;
  return { ...(input && { input }), ...(output && { output }), ...(spec.doc === "" ? {} : { doc: spec.doc }), ...(isOptional ? { optional: true } : {}) };
}

function payloadOf({ encoding, schema }: Wire, type: "input" | "output", path: string, told: Told): DocumentPayload {
  const known = told[type].get(schema);
  if (known !== undefined) return { encoding, schema: known };
  const props = schema["~standard"];
  if (!("jsonSchema" in props)) return untold(path, `the schemas of "${props.vendor}" cannot tell themselves as JSON Schema; use a version or adapter that can (StandardJSONSchemaV1), or a JSON Schema`);
  try {
    const { $schema: _, ...rest } = (props.jsonSchema as Record<typeof type, (options: { target: string }) => JsonSchema>)[type]({ target: "draft-2020-12" });
    told[type].set(schema, rest);
    return { encoding, schema: rest };
  } catch (cause) {
    return untold(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function untold(path: string, why: string, cause?: unknown): never {
  throw new PluginError("system/no-json-schema", `Cannot tell "${path}" as JSON Schema: ${why}`, { path }, { cause });
}

const ENCODINGS: ReadonlySet<unknown> = new Set<Encoding>(["json", "text", "bytes", "msgpack"]);

/** Schemas that were read, by the object they were told as: what several functions share is copied once. */
type KnownSchemas = Map<object, DescribedSchema<unknown>>;

function wireOf(value: unknown, path: string, schemas: KnownSchemas): Wire | undefined {
  if (value === undefined) return undefined;
  const { encoding, schema } = readFields(value, path, ["encoding", "schema"]);
  if (!ENCODINGS.has(encoding)) refuse(`${path}.encoding`, `one of ${[...ENCODINGS].join(", ")}`, encoding);
  if (encoding === "bytes") return bytes();
  const given = readFields(schema, `${path}.schema`);
  try {
    const described = schemas.get(given) ?? jsonSchema(given);
    schemas.set(given, described);
    return { encoding: encoding as Encoding, schema: described };
  } catch (cause) {
    return refuse(`${path}.schema`, `a JSON Schema (${cause instanceof Error ? cause.message : String(cause)})`, given);
  }
}
