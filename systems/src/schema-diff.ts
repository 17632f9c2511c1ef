/**
 * How two JSON Schemas differ, for one of two directions of the data.
 *
 * Data to a plug-in must go on being understood by plug-ins that exist: it may get narrower, or have more fields, which
 * plug-ins ignore. Data from a plug-in must go on being accepted: it may get wider, or have more optional fields.
 * A keyword that is not understood here counts as breaking: the author decides, not a guess.
 */

import { stringify } from "./canonical.ts";
import { canonicalSchema } from "./document.ts";
import { type JsonSchema, resolveReference } from "./json-schema.ts";

/** Where data goes. */
export type Direction = "to-plug-in" | "from-plug-in";

/** How much a change matters: existing plug-ins fail, or they do not notice. */
export type SchemaChangeLevel = "breaking" | "additive";

/** One difference between two schemas. */
export interface SchemaChange {
  readonly level: SchemaChangeLevel;
  /** Where in the value, as in `items[].price`. */
  readonly path: string;
  readonly message: string;
}

/** Keywords whose number says how much is allowed, and whether a larger number allows more. */
const BOUNDS: Readonly<Record<string, "more" | "less">> = {
  maximum: "more", exclusiveMaximum: "more", maxLength: "more", maxItems: "more", maxProperties: "more",
  minimum: "less", exclusiveMinimum: "less", minLength: "less", minItems: "less", minProperties: "less",
};
const COMPARED = new Set([...Object.keys(BOUNDS), "type", "enum", "const", "properties", "required", "items", "additionalProperties", "anyOf", "oneOf", "$ref", "$defs", "definitions"]);

/**
 * Compares two schemas.
 *
 * @param before The schema that existing plug-ins know.
 * @param after The new schema.
 * @param direction Where the data goes.
 */
export function diffSchemas(before: JsonSchema, after: JsonSchema, direction: Direction): readonly SchemaChange[] {
  return new Comparison(before, after, direction).compare(before, after, "");
}

class Comparison {
  readonly #roots: readonly [JsonSchema, JsonSchema];
  readonly #direction: Direction;
  readonly #seen = new Set<string>();

  constructor(before: JsonSchema, after: JsonSchema, direction: Direction) {
    this.#roots = [before, after];
    this.#direction = direction;
  }

  compare(before: unknown, after: unknown, path: string): SchemaChange[] {
    const pair = `${referenceOf(before)} ${referenceOf(after)}`;
    if (pair !== " " && this.#seen.has(pair)) return [];
    if (pair !== " ") this.#seen.add(pair);
    const [old, now] = [this.#resolve(before, 0), this.#resolve(after, 1)];
    const [choices, newChoices] = [alternativesOf(old), alternativesOf(now)];
    if ((choices === undefined) !== (newChoices === undefined)) return this.#alternatives(choices ?? [old], newChoices ?? [now], path);
    const changes = [
      ...this.#types(old, now, path),
      ...this.#values(old, now, path),
      ...this.#bounds(old, now, path),
      ...this.#properties(old, now, path),
      ...this.#alternatives(choices ?? [], newChoices ?? [], path),
    ];
    if (isSchema(old["items"]) && isSchema(now["items"])) changes.push(...this.compare(old["items"], now["items"], `${path}[]`));
    else if (!same(old["items"], now["items"])) changes.push(this.#widens(now["items"] === undefined, path, "what its items may be changed"));
    for (const keyword of new Set([...Object.keys(old), ...Object.keys(now)])) {
      // A part that is not understood and refers to definitions has changed if any of these has.
      const isSame = same(old[keyword], now[keyword]) && (!stringify(old[keyword]).includes('"$ref"') || this.#haveSameDefinitions());
      if (COMPARED.has(keyword) || isSame) continue;
      changes.push({ level: "breaking", path, message: `"${keyword}" changed; it is not known whether that breaks plug-ins` });
    }
    return changes;
  }

  #types(old: JsonSchema, now: JsonSchema, path: string): SchemaChange[] {
    const [before, after] = [typesOf(old), typesOf(now)];
    if (before === undefined && after === undefined) return [];
    const gone = before?.filter((type) => after !== undefined && !after.includes(type)) ?? [];
    const come = after?.filter((type) => before !== undefined && !before.includes(type)) ?? [];
    // A whole number is a number, so one may become the other in the right direction.
    if (same(gone, ["integer"]) && same(come, ["number"])) return [this.#widens(true, path, "any number, where it was a whole number")];
    if (same(gone, ["number"]) && same(come, ["integer"])) return [this.#widens(false, path, "a whole number, where it was any number")];
    const changes: SchemaChange[] = [];
    if (come.length > 0 || after === undefined) changes.push(this.#widens(true, path, after === undefined ? "it may have any type" : `it may be ${come.join(" or ")} now`));
    if (gone.length > 0 || before === undefined) changes.push(this.#widens(false, path, before === undefined ? `it must be ${String(after?.join(" or "))} now` : `it is ${gone.join(" or ")} no more`));
    return changes;
  }

  #values(old: JsonSchema, now: JsonSchema, path: string): SchemaChange[] {
    const [before, after] = [choicesOf(old), choicesOf(now)];
    if (before === undefined && after === undefined) return [];
    if (before === undefined) return [this.#widens(false, path, "it is one of some values now")];
    if (after === undefined) return [this.#widens(true, path, "it may have any value now")];
    const changes: SchemaChange[] = [];
    const come = after.filter((value) => !before.includes(value));
    const gone = before.filter((value) => !after.includes(value));
    if (come.length > 0) changes.push(this.#widens(true, path, `it may be ${come.join(", ")} now`));
    if (gone.length > 0) changes.push(this.#widens(false, path, `it is ${gone.join(", ")} no more`));
    return changes;
  }

  #bounds(old: JsonSchema, now: JsonSchema, path: string): SchemaChange[] {
    return Object.entries(BOUNDS).flatMap(([keyword, larger]) => {
      const [before, after] = [old[keyword], now[keyword]] as [number | undefined, number | undefined];
      if (before === after) return [];
      const isWider = after === undefined || (before !== undefined && (larger === "more" ? after > before : after < before));
      return [this.#widens(isWider, path, `"${keyword}" is ${after ?? "gone"}, it was ${before ?? "not there"}`)];
    });
  }

  #properties(old: JsonSchema, now: JsonSchema, path: string): SchemaChange[] {
    const [before, after] = [propertiesOf(old), propertiesOf(now)];
    const [mustBefore, mustAfter] = [requiredOf(old), requiredOf(now)];
    const isToPlugin = this.#direction === "to-plug-in";
    const changes: SchemaChange[] = [];
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const place = path === "" ? name : `${path}.${name}`;
      const [was, is] = [mustBefore.has(name), mustAfter.has(name)];
      if (before[name] === undefined) {
        changes.push({ level: is && !isToPlugin ? "breaking" : "additive", path: place, message: is ? "it is a new field that is always there" : "it is a new field that may be left out" });
      } else if (after[name] === undefined) {
        const isRefused = isToPlugin ? was : now["additionalProperties"] === false;
        changes.push({ level: isRefused ? "breaking" : "additive", path: place, message: "the field is gone" });
      } else {
        if (was && !is) changes.push(this.#widens(true, place, "it may be left out now"));
        if (!was && is) changes.push(this.#widens(false, place, "it may not be left out any more"));
        changes.push(...this.compare(before[name], after[name], place));
      }
    }
    const [restBefore, restAfter] = [old["additionalProperties"] ?? true, now["additionalProperties"] ?? true];
    if (isSchema(restBefore) && isSchema(restAfter)) changes.push(...this.compare(restBefore, restAfter, `${path}{}`));
    // Plug-ins ignore fields they do not know, so it does not matter to them whether there may be any.
    else if (!same(restBefore, restAfter) && !(isToPlugin && typeof restBefore === "boolean" && typeof restAfter === "boolean")) {
      changes.push(restAfter === true || restBefore === false ? this.#widens(true, path, "it may have more fields") : this.#widens(false, path, "it may not have just any further field"));
    }
    return changes;
  }

  #alternatives(before: readonly unknown[], after: readonly unknown[], path: string): SchemaChange[] {
    const text = (schema: unknown): string => stringify(canonicalSchema(schema));
    const pairOf = (schema: unknown, list: readonly unknown[]): unknown => list.find((other) => text(other) === text(schema));
    const come = after.filter((schema) => pairOf(schema, before) === undefined);
    const gone = before.filter((schema) => pairOf(schema, after) === undefined);
    // Those that read alike may still refer to definitions that changed.
    const changes = before.filter((schema) => !gone.includes(schema)).flatMap((schema) => this.compare(schema, pairOf(schema, after), path));
    if (come.length === 1 && gone.length === 1) return [...changes, ...this.compare(gone[0], come[0], path)];
    if (come.length > 0) changes.push(this.#widens(true, path, `${come.length} of its alternatives ${come.length === 1 ? "is" : "are"} new or changed`));
    if (gone.length > 0) changes.push(this.#widens(false, path, `${gone.length} of its alternatives ${gone.length === 1 ? "is" : "are"} gone or changed`));
    return changes;
  }

  /** What a wider or narrower set of values means in this direction. */
  #widens(isWider: boolean, path: string, message: string): SchemaChange {
    return { level: isWider === (this.#direction === "from-plug-in") ? "additive" : "breaking", path, message };
  }

  #haveSameDefinitions(): boolean {
    const [old, now] = this.#roots.map(({ $defs, definitions }) => canonicalSchema({ $defs, definitions }));
    return same(old, now);
  }

  #resolve(schema: unknown, side: 0 | 1): JsonSchema {
    let place = schema;
    for (let depth = 0; depth < 64 && referenceOf(place) !== ""; depth += 1) {
      const { $ref: _, ...beside } = place as JsonSchema;
      place = { ...resolveReference(referenceOf(place), this.#roots[side]), ...beside };
    }
    return isSchema(place) ? (canonicalSchema(place) as JsonSchema) : {};
  }
}

function referenceOf(schema: unknown): string {
  const reference = isSchema(schema) ? schema["$ref"] : undefined;
  return typeof reference === "string" ? reference : "";
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function alternativesOf(schema: JsonSchema): readonly unknown[] | undefined {
  const list = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(list) ? (list as unknown[]) : undefined;
}

function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  return type === undefined ? undefined : ([type].flat() as string[]);
}

function choicesOf(schema: JsonSchema): readonly string[] | undefined {
  if (Array.isArray(schema["enum"])) return schema["enum"].map(stringify);
  return "const" in schema ? [stringify(schema["const"])] : undefined;
}

function propertiesOf({ properties }: JsonSchema): JsonSchema {
  return isSchema(properties) ? properties : {};
}

function requiredOf({ required }: JsonSchema): ReadonlySet<unknown> {
  return new Set(Array.isArray(required) ? (required as unknown[]) : []);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && stringify(a) === stringify(b));
}
