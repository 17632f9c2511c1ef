/**
 * Reads values of unknown shape: each function takes a value and its path, and returns it typed or fails with
 * `manifest/invalid` naming the path and what was expected. Nothing is dropped: an unknown field is a failure.
 */

import { PluginError } from "../error.ts";

/**
 * Fails for one field.
 *
 * @param path Where the field is, as in `memory.max_pages`; the empty string is the whole value.
 * @param expected What would have been right.
 * @param actual What is there.
 * @returns Never.
 */
export function failField(path: string, expected: string, actual: unknown): never {
  const place = path === "" ? "the manifest" : `"${path}"`;
  throw new PluginError("manifest/invalid", `Cannot read ${place}: expected ${expected}, found ${describe(actual)}`, { path, expected });
}

/**
 * Reads an object with known fields, each in camelCase or snake_case.
 *
 * @param value The object.
 * @param path Its path.
 * @param names All fields it may have, in camelCase.
 * @returns The fields that are there by their camelCase name; `null` and `undefined` count as absent.
 */
export function readFields<Name extends string>(value: unknown, path: string, names: readonly Name[]): ReadonlyMap<Name, Field> {
  const fields = new Map<Name, Field>();
  for (const [key, item] of readEntries(value, path)) {
    const name = names.find((each) => each === key || snake(each) === key);
    const fieldPath = join(path, key);
    if (name === undefined) failField(fieldPath, `only the fields ${names.map((each) => `"${snake(each)}"`).join(", ")}`, item);
    if (fields.has(name)) failField(fieldPath, `only one spelling of "${name}"`, item);
    if (item !== undefined && item !== null) fields.set(name, { path: fieldPath, value: item });
  }
  return fields;
}

/** A value and where it stands. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
}

/**
 * @param value A plain object or a `Map`.
 * @param path Its path.
 * @returns Its own entries.
 */
export function readEntries(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (value instanceof Map) {
    return [...value].map(([key, item]) => [readString({ path: `${path} (a key)`, value: key }), item] as const);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) failField(path, "an object", value);
  return Object.entries(value);
}

/** @returns The string of a field. */
export function readString({ path, value }: Field): string {
  return typeof value === "string" ? value : failField(path, "a string", value);
}

/** @returns The items of an array field, each with its path. */
export function readArray({ path, value }: Field): readonly Field[] {
  if (!Array.isArray(value)) failField(path, "an array", value);
  return value.map((item: unknown, index) => ({ path: `${path}[${index}]`, value: item }));
}

/** @returns The strings of an object of strings, in order. */
export function readStringMap({ path, value }: Field): ReadonlyMap<string, string> {
  return new Map(readEntries(value, path).map(([key, item]) => [key, readString({ path: join(path, key), value: item })]));
}

/**
 * @param field The field.
 * @param ceiling The largest number allowed.
 * @returns Its whole, non-negative number.
 */
export function readCount({ path, value }: Field, ceiling: number): number {
  const isCount = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= ceiling;
  return isCount ? value : failField(path, `a whole number from 0 to ${ceiling}`, value);
}

/** @returns The path of a field inside another. */
function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.length > 64 ? `${value.slice(0, 64)}…` : value);
  if (typeof value === "object" || typeof value === "function") return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
  return typeof value === "bigint" ? `${value}n` : `${value as number | boolean | undefined}`;
}
