/**
 * JSON Schema as a Standard Schema: what a plain JSON Schema object becomes inside a system.
 *
 * It is interpreted, never compiled to code, so it works where a content security policy forbids `eval`.
 * Source: https://json-schema.org/draft/2020-12 and https://standardschema.dev
 */

import { type Schema as ValidatorSchema, Validator } from "@cfworker/json-schema";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

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
 * @throws {TypeError} If the schema is no object, cannot be copied, or refers to what is not in it.
 */
export function jsonSchema<Value = unknown>(schema: JsonSchema): DescribedSchema<Value> {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw new TypeError("Cannot use the JSON Schema: it is no object");
  const copy = structuredClone(schema);
  checkReferences(copy, copy);
  // The validator writes into what it is given, and so gets a copy of its own.
  const validator = new Validator(structuredClone(copy) as ValidatorSchema, "2020-12", false);
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

/** Every `$ref` must lead somewhere, so that this is found out when the system is defined and not at a call. */
function checkReferences(part: unknown, root: JsonSchema): void {
  if (typeof part !== "object" || part === null) return;
  for (const [keyword, value] of Object.entries(part)) {
    if (["const", "enum", "default", "examples"].includes(keyword)) continue;
    if (keyword === "$ref" && typeof value === "string" && resolveReference(value, root) === undefined) {
      throw new TypeError(`Cannot use the JSON Schema: "${value}" leads nowhere; references must have the form "#/$defs/Name" and stay inside of the schema`);
    }
    checkReferences(value, root);
  }
}

/**
 * Follows a reference.
 *
 * @param reference `#`, or `#/` and a JSON pointer.
 * @returns What it leads to, or `undefined`.
 */
export function resolveReference(reference: string, root: JsonSchema): JsonSchema | undefined {
  if (!/^#(?:\/|$)/.test(reference)) return undefined;
  let place: unknown = root;
  for (const key of pathOf(reference)) place = typeof place === "object" && place !== null && Object.hasOwn(place, key) ? (place as JsonSchema)[key] : undefined;
  return place as JsonSchema | undefined;
}

function validate(validator: Validator, value: unknown): StandardSchemaV1.Result<unknown> {
  if (value === undefined) return { issues: [{ message: "there is no value" }] };
  const { valid, errors } = validator.validate(hasUndefined(value) ? JSON.parse(JSON.stringify(value)) : value);
  if (valid) return { value };
  // Errors of the parts follow that of the whole ("a subschema had errors"); only they say what is wrong.
  const told = errors.filter(({ keyword, instanceLocation }) => !isOnlyPointer(keyword, instanceLocation, errors));
  return { issues: told.map(({ error, instanceLocation }) => ({ message: lowerFirst(error).replace(/\.$/, ""), path: pathOf(instanceLocation) })) };
}

/** Whether a property somewhere is `undefined`, which JSON leaves out and the validator does not know. */
function hasUndefined(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === undefined;
  return Object.values(value).some(hasUndefined);
}

const POINTERS = new Set(["$ref", "properties", "additionalProperties", "patternProperties", "items", "prefixItems", "allOf", "then", "else"]);

function isOnlyPointer(keyword: string, location: string, errors: readonly { readonly keyword: string; readonly instanceLocation: string }[]): boolean {
  return POINTERS.has(keyword) && errors.some((other) => !POINTERS.has(other.keyword) && other.instanceLocation.startsWith(location));
}

/** `#/items/0/a~1b` to `["items", "0", "a/b"]`. */
function pathOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
