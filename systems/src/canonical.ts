/** Values and schemas in one form, so that what is the same reads the same: for hashes, comparisons and sets. */

/** Keywords of JSON Schema whose values are schemas by name. */
export const SCHEMA_MAPS: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"]);

/**
 * JSON with sorted keys and without spaces.
 *
 * @param value What JSON can say; `undefined` properties are left out.
 */
export function stringify(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stringify).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${JSON.stringify(key)}:${stringify(each)}`).join()}}`;
}
