/**
 * What a schema asks of a value beyond its type, in words for the author of a plug-in. The host checks it; no type says it.
 *
 * Source: https://json-schema.org/draft/2020-12/json-schema-validation#section-6
 */

import type { JsonSchema } from "../json-schema.ts";

/** Formats that are types of their own, or widths of numbers. */
const TYPES: ReadonlySet<unknown> = new Set(["date-time", "byte", "int32", "int64", "float", "double"]);

/**
 * Tells the rules of a value.
 *
 * @param schema Its schema.
 * @returns A sentence such as `0 to 100, a multiple of 5.`; no text if there are none.
 */
export function rulesOf(schema: unknown): string {
  if (typeof schema !== "object" || schema === null) return "";
  const given = schema as JsonSchema;
  const alternatives = [given["anyOf"] ?? given["oneOf"] ?? []].flat().filter((each) => (each as JsonSchema | null)?.["type"] !== "null");
  if (alternatives.length === 1) return rulesOf(alternatives[0]);
  const rules = [
    ...span(numberOf(given["minimum"]), numberOf(given["maximum"])),
    ...[given["exclusiveMinimum"]].flatMap((limit) => (numberOf(limit) === undefined ? [] : [`more than ${String(limit)}`])),
    ...[given["exclusiveMaximum"]].flatMap((limit) => (numberOf(limit) === undefined ? [] : [`less than ${String(limit)}`])),
    ...(typeof given["multipleOf"] === "number" ? [`a multiple of ${String(given["multipleOf"])}`] : []),
    ...span(numberOf(given["minLength"]), numberOf(given["maxLength"]), "character"),
    ...span(numberOf(given["minItems"]), numberOf(given["maxItems"]), "entry", "entries"),
    ...(given["uniqueItems"] === true ? ["each entry once"] : []),
    ...(typeof given["format"] === "string" && !TYPES.has(given["format"]) ? [`format ${given["format"]}`] : []),
    // Formats come with a pattern of theirs, which tells a person less.
    ...(typeof given["pattern"] === "string" && given["format"] === undefined ? [`matches ${given["pattern"]}`] : []),
  ];
  const text = rules.join(", ");
  return text === "" ? "" : `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** What every whole number keeps to is no rule. */
function numberOf(limit: unknown): number | undefined {
  return typeof limit === "number" && Math.abs(limit) < Number.MAX_SAFE_INTEGER ? limit : undefined;
}

function span(least: number | undefined, most: number | undefined, one = "", many = one && `${one}s`): readonly string[] {
  const count = (value: number): string => `${value} ${value === 1 ? one : many}`.trimEnd();
  if (least !== undefined && most !== undefined) return [least === most ? `exactly ${count(least)}` : `${least} to ${count(most)}`];
  return [...(least === undefined ? [] : [`at least ${count(least)}`]), ...(most === undefined ? [] : [`at most ${count(most)}`])];
}
