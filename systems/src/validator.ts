/**
 * The validator of JSON Schemas, with a `uniqueItems` that a long list does not hold up.
 *
 * The validator that this rests on compares each item with each. A plug-in that sends a hundred thousand must not cost the host
 * ten thousand million comparisons; so lists are gone through once beforehand, by what their items are as text, and the keyword
 * becomes a question: of a short list the one that the validator asks itself, of a long one whether it is among those that were
 * found to repeat something. A list is long from the root of the number of all values on; a message of n values then takes
 * n times that root at most.
 * Source: https://json-schema.org/draft/2020-12/json-schema-validation#section-6.4.3
 */

import { type OutputUnit, type Schema, Validator as Interpreter } from "@cfworker/json-schema";
import { SCHEMA_MAPS, stringify } from "./canonical.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Keywords whose values are no schemas. */
export const VALUES: ReadonlySet<string> = new Set(["const", "enum", "default", "examples"]);

/** Lists of so many items the validator compares by itself, whatever else there is. */
const SHORT = 64;

/** Where a value stands: its name or number in the value around it. */
interface Place {
  readonly key: string;
  readonly around: Place | undefined;
}

/** Validates by one schema. */
export class Validator {
  readonly #interpreter: Interpreter;
  /** Whether the schema has the keyword at all. */
  #isComparing = false;
  /** Part of the schema, set anew for each value: up to how many items a list is short. */
  readonly #short = { maxItems: SHORT };
  /** Part of the schema too: the long lists that repeat something. */
  readonly #repeating: unknown[] = [];

  /** @param schema The schema; it is written into. */
  constructor(schema: JsonSchema) {
    this.#interpreter = new Interpreter(this.#rewrite(schema) as Schema, "2020-12", false);
  }

  /**
   * Validates a value.
   *
   * @param value What JSON can say.
   * @returns Whether it fits, and every error.
   * @throws {URIError} If a property's name has half a character in it.
   */
  validate(value: unknown): { readonly valid: boolean; readonly errors: readonly OutputUnit[] } {
    if (!this.#isComparing) return this.#interpreter.validate(value);
    const repeats = this.#findRepeats(value);
    try {
      const { valid, errors } = this.#interpreter.validate(value);
      const told = (unit: OutputUnit): OutputUnit => {
        const error = unit.keyword === "not" && unit.keywordLocation.endsWith("/else/not") ? repeats.get(JSON.stringify(pathOf(unit.instanceLocation))) : undefined;
        return error === undefined ? unit : { ...unit, keyword: "uniqueItems", error };
      };
      return { valid, errors: repeats.size === 0 ? errors : errors.map(told) };
    } finally {
      this.#repeating.length = 0;
    }
  }

  #rewrite(part: unknown): unknown {
    if (Array.isArray(part)) return part.map((each) => this.#rewrite(each));
    if (typeof part !== "object" || part === null) return part;
    const entries = Object.entries(part as JsonSchema).map(([keyword, value]): [string, unknown] => {
      if (VALUES.has(keyword)) return [keyword, value];
      const isMap = SCHEMA_MAPS.has(keyword) && typeof value === "object" && value !== null;
      return [keyword, isMap ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#rewrite(each)])) : this.#rewrite(value)];
    });
    const rewritten = Object.fromEntries(entries);
    const { uniqueItems, allOf, ...rest } = rewritten;
    if (uniqueItems !== true) return rewritten;
    this.#isComparing = true;
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    const question = { if: this.#short, then: { uniqueItems }, else: { not: { enum: this.#repeating } } };
    return { ...rest, allOf: [...(Array.isArray(allOf) ? (allOf as unknown[]) : []), question] };
  }

  /** Sets what the schema asks of long lists; returns what they repeat, by their places as JSON. */
  #findRepeats(value: unknown): ReadonlyMap<string, string> {
    const lists: { readonly list: readonly unknown[]; readonly place: Place | undefined }[] = [];
    let count = 0;
    const visit = (part: unknown, place: Place | undefined): void => {
      count += 1;
      if (typeof part !== "object" || part === null) return;
      if (Array.isArray(part) && part.length > SHORT) lists.push({ list: part as unknown[], place });
      for (const [key, each] of Object.entries(part)) visit(each, { key, around: place });
    };
    visit(value, undefined);
    this.#short.maxItems = Math.max(SHORT, Math.floor(Math.sqrt(count)));
    const repeats = new Map<string, string>();
    for (const { list, place } of lists) {
      const repeat = list.length > this.#short.maxItems ? firstRepeat(list) : undefined;
      if (repeat === undefined) continue;
      this.#repeating.push(list);
      repeats.set(JSON.stringify(keysOf(place)), `Duplicate items at indexes ${repeat.join(" and ")}.`);
    }
    return repeats;
  }
}

/** The first item that there is again, and where it is again. */
function firstRepeat(list: readonly unknown[]): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  let first: readonly [number, number] | undefined;
  for (const [index, item] of list.entries()) {
    const text = stringify(item);
    const before = seen.get(text);
    if (before === undefined) seen.set(text, index);
    else if (first === undefined || before < first[0]) first = [before, index];
  }
  return first;
}

function keysOf(place: Place | undefined): string[] {
  const keys: string[] = [];
  for (let at = place; at !== undefined; at = at.around) keys.unshift(at.key);
  return keys;
}

/** `#/items/0/a~1b` to `["items", "0", "a/b"]`. */
export function pathOf(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}
