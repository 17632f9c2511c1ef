/**
 * JSON Schema as a Standard Schema: what a plain JSON Schema object becomes inside a system.
 *
 * It is interpreted, never compiled to code, so it works where a content security policy forbids `eval`.
 * Source: https://json-schema.org/draft/2020-12 and https://standardschema.dev
 */

import type { OutputUnit } from "@cfworker/json-schema";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { pathOf, Validator, VALUES } from "./validator.ts";

/** A JSON Schema, draft 2020-12, as a plain object. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A Standard Schema that can also tell itself as JSON Schema. */
export interface DescribedSchema<Input, Output = Input> {
  /** Both interfaces of standardschema.dev in one. */
  readonly "~standard": StandardSchemaV1.Props<Input, Output> & StandardJSONSchemaV1.Props<Input, Output>;
}

/**
 * Gives a JSON Schema a type.
 *
 * @param schema The schema, draft 2020-12. It is copied; references must stay inside of it (`#/$defs/…`).
 * @returns A Standard Schema for values of `Value`, which is the caller's word: TypeScript does not compare it with the schema.
 * @throws {TypeError} If the schema is no object, cannot be copied, refers to what is not in it, or has a pattern that is
 *   no regular expression.
 */
export function jsonSchema<Value = unknown>(schema: JsonSchema): DescribedSchema<Value> {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw new TypeError("Cannot use the JSON Schema: it is no object");
  const copy = structuredClone(schema);
  checkReferences(copy, copy);
  // The validator writes into what it is given, and so gets a copy of its own.
  const validator = new Validator(structuredClone(copy));
  const tell = (): JsonSchema => structuredClone(copy);
  return {
    "~standard": {
      version: 1,
      vendor: "tenon",
      validate: (value) => validate(validator, value) as StandardSchemaV1.Result<Value>,
      jsonSchema: { input: tell, output: tell },
    },
  };
}


/** Every `$ref` must lead somewhere and every pattern be one, so that this is found out when the system is defined and not at a call. */
function checkReferences(part: unknown, root: JsonSchema): void {
  if (typeof part !== "object" || part === null) return;
  for (const [keyword, value] of Object.entries(part as JsonSchema)) {
    if (VALUES.has(keyword)) continue;
    if (keyword === "pattern" && typeof value === "string") checkPattern(value);
    if (keyword === "patternProperties" && typeof value === "object" && value !== null) Object.keys(value).forEach(checkPattern);
    if (keyword === "$ref" && typeof value === "string" && resolveReference(value, root) === undefined) {
      throw new TypeError(`Cannot use the JSON Schema: "${value}" leads nowhere; references must have the form "#/$defs/Name" and stay inside of the schema`);
    }
    checkReferences(value, root);
  }
}

function checkPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (cause) {
    throw new TypeError(`Cannot use the JSON Schema: the pattern ${JSON.stringify(pattern)} is no regular expression`, { cause });
  }
}

/**
 * Follows a reference.
 *
 * @param reference `#`, or `#/` and a JSON pointer.
 * @returns What it leads to, or `undefined`.
 */
export function resolveReference(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (!/^#(?:\/|$)/.test(reference) || /%(?![\da-f]{2})/i.test(reference)) return undefined;
  let place: unknown = root;
  for (const key of pathOf(reference)) place = typeof place === "object" && place !== null && Object.hasOwn(place, key) ? (place as JsonSchema)[key] : undefined;
  return place as JsonSchema | undefined;
}

function validate(validator: Validator, value: unknown): StandardSchemaV1.Result<unknown> {
  if (value === undefined) return { issues: [{ message: "there is no value" }] };
  const strange: StandardSchemaV1.Issue[] = [];
  const told = isJson(value) ? value : jsonOf(value, [], strange);
  if (strange.length > 0) return { issues: strange };
  const { valid, errors } = validated(validator, told);
  if (valid) return { value };
  // Errors of the whole ("a subschema had errors") stand before those of its parts; only these say what is wrong.
  const exact = errors.filter(({ keyword }) => !POINTERS.has(keyword));
  return { issues: exact.slice(0, MOST_ISSUES).map(({ error, instanceLocation }) => ({ message: lowerFirst(error).replace(/\.$/, ""), path: pathOf(instanceLocation) })) };
}

/** Whoever is told more than this reads no further; a plug-in decides how many there are. */
const MOST_ISSUES = 100;

function validated(validator: Validator, value: unknown): { readonly valid: boolean; readonly errors: readonly OutputUnit[] } {
  try {
    return validator.validate(value);
  } catch (cause) {
    // It writes places as parts of a URI, which half a character cannot be.
    if (!(cause instanceof URIError)) throw cause;
    return { valid: false, errors: [{ keyword: "propertyNames", keywordLocation: "#", instanceLocation: "#", error: "A property's name has half a character in it (a lone surrogate)." }] };
  }
}

/** Whether a value is JSON throughout, as almost all are. */
function isJson(value: unknown): boolean {
  if (typeof value === "object") return value === null || (!ArrayBuffer.isView(value) && Object.values(value).every(isJson));
  return typeof value === "number" ? Number.isFinite(value) : typeof value === "string" || typeof value === "boolean";
}

/**
 * What the validator is shown for a value with parts that JSON has not: properties that are `undefined` are left out, 64-bit
 * integers are numbers, bytes are an empty object, and dates what they say for JSON. What is nothing of this is an issue.
 */
function jsonOf(value: unknown, path: PropertyKey[], issues: StandardSchemaV1.Issue[]): unknown {
  if (value === null || (typeof value !== "object" && isJson(value))) return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object") {
    if (issues.length < MOST_ISSUES) issues.push({ message: `${typeof value === "number" ? String(value) : `a ${typeof value}`} has no JSON form`, path: [...path] });
    // oxlint-disable-next-line unicorn/no-null -- JSON has it
    return null;
  }
  if (ArrayBuffer.isView(value)) return {};
  if ("toJSON" in value && typeof value.toJSON === "function") return jsonOf((value as { toJSON(): unknown }).toJSON(), path, issues);
  const inside = (key: PropertyKey, each: unknown): unknown => {
    path.push(key);
    const told = jsonOf(each, path, issues);
    path.pop();
    return told;
  };
  // oxlint-disable-next-line unicorn/no-null -- what JSON.stringify makes of it
  if (Array.isArray(value)) return Array.from(value, (each: unknown, index) => (each === undefined ? null : inside(index, each)));
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).map(([key, each]) => [key, inside(key, each)]));
}

const POINTERS = new Set(["$ref", "properties", "additionalProperties", "patternProperties", "items", "prefixItems", "allOf", "if", "then", "else"]);

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
