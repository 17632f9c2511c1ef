import { type Schema, Validator as Interpreter } from "@cfworker/json-schema";
import { assert, array, integer, oneof, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";
import { Validator } from "./validator.ts";

const UNIQUE = { type: "array", uniqueItems: true };

describe("uniqueItems", () => {
  /** Lists short and long for the validator, with few and with many values to choose from. */
  const list = oneof(array(integer({ min: 0, max: 5 }), { maxLength: 5 }), array(integer({ min: 0, max: 20_000 }), { minLength: 60, maxLength: 130 }), array(record({ a: integer({ min: 0, max: 2000 }), b: integer({ min: 0, max: 1 }) }), { minLength: 60, maxLength: 100 }));
  const SCHEMAS: readonly { readonly name: string; readonly schema: JsonSchema }[] = [
    { name: "of a list", schema: { properties: { one: UNIQUE } } },
    { name: "of both", schema: { properties: { one: UNIQUE, two: { ...UNIQUE, maxItems: 100 } } } },
    { name: "in a choice", schema: { anyOf: [{ properties: { one: UNIQUE } }, { properties: { two: UNIQUE } }] } },
    { name: "in one of two", schema: { oneOf: [{ properties: { one: UNIQUE } }, { properties: { two: UNIQUE } }] } },
    { name: "turned around", schema: { properties: { one: { not: UNIQUE } } } },
    { name: "behind a reference, beside others", schema: { $defs: { list: { ...UNIQUE, allOf: [{ minItems: 1 }] } }, properties: { one: { $ref: "#/$defs/list" }, two: { $ref: "#/$defs/list" } } } },
    { name: "as names of properties", schema: { properties: { uniqueItems: true, one: UNIQUE }, required: ["one"] } },
  ];
  test.each(SCHEMAS)("$name: the same answer as by comparing all with all", ({ schema }) => {
    const ours = new Validator(structuredClone(schema));
    const plain = new Interpreter(structuredClone(schema) as Schema, "2020-12", false);
    assert(property(record({ one: list, two: list, uniqueItems: list }), (value) => {
      const [got, expected] = [ours.validate(value), plain.validate(value)];
      expect(got.valid).toBe(expected.valid);
      if ("properties" in schema) expect(texts(got.errors)).toEqual(texts(expected.errors));
    }), { numRuns: 200 });
  });

  const texts = (errors: readonly { readonly keyword: string; readonly instanceLocation: string; readonly error: string }[]): string[] =>
    errors.filter(({ keyword }) => keyword === "uniqueItems").map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);

  test("looks at each of many items a few times, wherever two are the same", () => {
    let looks = 0;
    const item = (value: number): object => ({ get a() { looks += 1; return value; } });
    const numbers = Array.from({ length: 5000 }, (_, index) => index);
    const validator = new Validator(UNIQUE);
    expect(validator.validate(numbers.map(item)).valid).toBe(true);
    expect(validator.validate([...numbers, 4999].map(item)).valid).toBe(false);
    expect(looks).toBeLessThan(5000 * 10);
  });

  test.each([3, 300])("is one issue, with the places, of %d items", (count) => {
    const { validate } = jsonSchema({ properties: { list: UNIQUE } })["~standard"];
    const items = Array.from({ length: count }, (_, index) => (index === count - 1 ? 0 : index));
    expect(validate({ list: items })).toEqual({ issues: [{ message: `duplicate items at indexes 0 and ${count - 1}`, path: ["list"] }] });
  });
});
