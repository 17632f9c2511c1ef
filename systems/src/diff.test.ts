import type { StandardSchemaV1 } from "@standard-schema/spec";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { diffSystems, definePluginSystem, type InterfaceDocument, type JsonSchema, readSystem, text } from "./mod.ts";

const base = { name: "t", version: "1.2.3" };
const exporting = (input: JsonSchema, output: JsonSchema = {}): InterfaceDocument => definePluginSystem({ ...base, exports: { run: { input, output } } }).document();
const string = { type: "string" };
const object = (properties: JsonSchema, required: string[] = [], more: JsonSchema = {}): JsonSchema => ({ type: "object", properties, required, ...more });

/** What a change of a schema means for data to the plug-in, and for data from it. */
const SCHEMAS: readonly { name: string; before: JsonSchema; after: JsonSchema; to: string; from: string }[] = [
  { name: "nothing", before: object({ a: string }), after: object({ a: string }), to: "none", from: "none" },
  { name: "words", before: string, after: { ...string, description: "new" }, to: "patch", from: "patch" },
  { name: "order of required and enum", before: object({ a: { enum: ["x", "y"] }, b: string }, ["a", "b"]), after: object({ b: string, a: { enum: ["y", "x"] } }, ["b", "a"]), to: "patch", from: "patch" },
  { name: "new field, optional", before: object({}), after: object({ a: string }), to: "additive", from: "additive" },
  { name: "new field, always there", before: object({}), after: object({ a: string }, ["a"]), to: "additive", from: "breaking" },
  { name: "field gone", before: object({ a: string }, ["a"]), after: object({}), to: "breaking", from: "additive" },
  { name: "field gone, and no others allowed", before: object({ a: string }), after: object({}, [], { additionalProperties: false }), to: "additive", from: "breaking" },
  { name: "field optional now", before: object({ a: string }, ["a"]), after: object({ a: string }), to: "breaking", from: "additive" },
  { name: "field required now", before: object({ a: string }), after: object({ a: string }, ["a"]), to: "additive", from: "breaking" },
  { name: "other type", before: string, after: { type: "number" }, to: "breaking", from: "breaking" },
  { name: "whole number to any number", before: { type: "integer" }, after: { type: "number" }, to: "breaking", from: "additive" },
  { name: "null allowed by type", before: string, after: { type: ["string", "null"] }, to: "breaking", from: "additive" },
  { name: "null allowed by anyOf", before: string, after: { anyOf: [string, { type: "null" }] }, to: "breaking", from: "additive" },
  { name: "null forbidden", before: { anyOf: [string, { type: "null" }] }, after: string, to: "additive", from: "breaking" },
  { name: "enum grows", before: { enum: ["a"] }, after: { enum: ["a", "b"] }, to: "breaking", from: "additive" },
  { name: "enum shrinks", before: { enum: ["a", "b"] }, after: { enum: ["a"] }, to: "additive", from: "breaking" },
  { name: "maximum raised", before: { maximum: 1 }, after: { maximum: 2 }, to: "breaking", from: "additive" },
  { name: "minLength raised", before: { minLength: 1 }, after: { minLength: 2 }, to: "additive", from: "breaking" },
  { name: "bound gone", before: { maxItems: 1 }, after: {}, to: "breaking", from: "additive" },
  { name: "items changed", before: { items: string }, after: { items: { enum: ["a"] } }, to: "breaking", from: "breaking" },
  { name: "map's values narrowed", before: { additionalProperties: { maximum: 9 } }, after: { additionalProperties: { maximum: 5 } }, to: "additive", from: "breaking" },
  { name: "keyword nobody knows", before: { pattern: "a" }, after: { pattern: "b" }, to: "breaking", from: "breaking" },
  { name: "definition behind a reference", before: { $ref: "#/$defs/A", $defs: { A: { maximum: 1 } } }, after: { $ref: "#/$defs/A", $defs: { A: { maximum: 2 } } }, to: "breaking", from: "additive" },
  { name: "definition behind an alternative", before: { anyOf: [{ $ref: "#/$defs/A" }], $defs: { A: { maximum: 1 } } }, after: { anyOf: [{ $ref: "#/$defs/A" }], $defs: { A: { maximum: 2 } } }, to: "breaking", from: "additive" },
  { name: "definition behind a keyword nobody knows", before: { not: { $ref: "#/$defs/A" }, $defs: { A: { maximum: 1 } } }, after: { not: { $ref: "#/$defs/A" }, $defs: { A: { maximum: 2 } } }, to: "breaking", from: "breaking" },
  { name: "recursive type grows", before: { $ref: "#/$defs/T", $defs: { T: object({ next: { $ref: "#/$defs/T" } }) } }, after: { $ref: "#/$defs/T", $defs: { T: object({ next: { $ref: "#/$defs/T" }, a: string }) } }, to: "additive", from: "additive" },
];

describe("diffSystems()", () => {
  for (const { name, before, after, to, from } of SCHEMAS) {
    test(`schema: ${name}`, () => {
      expect(diffSystems(exporting(before), exporting(after)).level, "to the plug-in").toBe(to);
      expect(diffSystems(exporting({}, before), exporting({}, after)).level, "from the plug-in").toBe(from);
    });
  }

  const one = { exports: { run: {} } };
  const FUNCTIONS = [
    { name: "export gone", before: { exports: { run: {}, more: {} } }, after: one, level: "breaking" },
    { name: "export new", before: one, after: { exports: { run: {}, more: {} } }, level: "breaking" },
    { name: "optional export new", before: one, after: { exports: { run: {}, more: { optional: true } } }, level: "additive" },
    { name: "export optional now", before: one, after: { exports: { run: { optional: true } } }, level: "additive" },
    { name: "export required now", before: { exports: { run: { optional: true } } }, after: one, level: "breaking" },
    { name: "import new", before: one, after: { ...one, imports: { ask: {} } }, level: "additive" },
    { name: "import gone", before: { ...one, imports: { ask: {} } }, after: one, level: "breaking" },
    { name: "import with an input now", before: { ...one, imports: { ask: {} } }, after: { ...one, imports: { ask: { input: text() } } }, level: "breaking" },
    { name: "export with an input now", before: one, after: { exports: { run: { input: text() } } }, level: "additive" },
    { name: "export with an output now", before: one, after: { exports: { run: { output: text() } } }, level: "breaking" },
    { name: "other encoding", before: { exports: { run: { input: text() } } }, after: { exports: { run: { input: z.string() } } }, level: "breaking" },
    { name: "words", before: one, after: { exports: { run: { doc: "new" } } }, level: "patch" },
    { name: "limit lowered", before: { ...one, limits: { timeoutMs: 9 } }, after: { ...one, limits: { timeoutMs: 8 } }, level: "breaking" },
    { name: "limit raised", before: { ...one, limits: { timeoutMs: 9 } }, after: { ...one, limits: { timeoutMs: 10 } }, level: "additive" },
  ];
  for (const { name, before, after, level } of FUNCTIONS) {
    test(`functions: ${name}`, () => {
      expect(diffSystems(definePluginSystem({ ...base, ...before } as never).document(), definePluginSystem({ ...base, ...after } as never).document()).level).toBe(level);
    });
  }

  test("names the place, and the version that is needed", () => {
    const before = exporting(object({ items: { type: "array", items: object({ price: { type: "number" } }, ["price"]) } }));
    const after = exporting(object({ items: { type: "array", items: object({ price: string }, ["price"]) } }));
    const diff = diffSystems(before, after);
    expect(diff.changes.map(({ path }) => path)).toEqual(["exports.run.input.items[].price", "exports.run.input.items[].price"]);
    expect(diff).toMatchObject({ neededVersion: "2.0.0", isVersionEnough: false });
    expect(diffSystems(before, { ...after, version: "2.0.0" }).isVersionEnough).toBe(true);
    expect(diffSystems({ ...before, version: "0.3.1" }, { ...after, version: "0.3.9" })).toMatchObject({ neededVersion: "0.4.0", isVersionEnough: false });
  });
});

describe("hash()", () => {
  test("stays with words, order, limits, name and version; changes with what a plug-in can notice", async () => {
    const Cart = z.object({ a: z.string(), b: z.enum(["x", "y"]) });
    const define = (more: object) => definePluginSystem({ ...base, exports: { run: { input: Cart } }, ...more } as never);
    const hash = await define({}).hash();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    const Reordered = z.object({ b: z.enum(["y", "x"]), a: z.string().describe("A text.") });
    for (const more of [{ name: "u", version: "2.0.0", doc: "words", limits: { timeoutMs: 5 } }, { exports: { run: { input: Reordered, doc: "words", onFailure: "next" } } }]) {
      expect(await define(more).hash(), JSON.stringify(more)).toBe(hash);
    }
    for (const more of [{ exports: { run: { input: Cart, optional: true } } }, { exports: { run: { input: z.object({ a: z.string() }) } } }, { exports: { run: { input: Cart, output: text() } } }, { imports: { run: {} } }]) {
      expect(await define(more).hash(), JSON.stringify(more)).not.toBe(hash);
    }
  });

  test("zod, valibot and JSON Schema tell the same interface alike", async () => {
    const hash = (input: StandardSchemaV1 | JsonSchema) => definePluginSystem({ ...base, exports: { run: { output: input } } }).hash();
    const plain = await hash({ type: "object", properties: { a: { type: "string" }, b: { type: "array", items: { type: "number" } } }, required: ["a"] });
    expect(await hash(z.object({ a: z.string(), b: z.array(z.number()).optional() }))).toBe(plain);
    expect(await hash(toStandardJsonSchema(v.object({ a: v.string(), b: v.optional(v.array(v.number())) })))).toBe(plain);
    await expect(hash(v.string())).rejects.toThrow("StandardJSONSchemaV1");
  });

  test("document() goes to a file and back", async () => {
    const system = definePluginSystem({ ...base, doc: "A test.", exports: { run: { input: z.object({ a: z.number() }), output: text(), optional: true } }, imports: { ask: { doc: "Asks." } }, limits: { timeoutMs: 5 } });
    const read = readSystem(JSON.parse(JSON.stringify(system.document())));
    expect(read.document()).toEqual(system.document());
    expect(await read.hash()).toBe(await system.hash());
    expect(diffSystems(system.document(), read.document())).toMatchObject({ level: "none", changes: [] });
  });

  test("a schema that cannot be told says which and why", async () => {
    const system = definePluginSystem({ ...base, exports: { run: { input: z.date() } } });
    expect(() => system.document()).toThrow(expect.objectContaining({ code: "system/no-json-schema", details: { path: "exports.run.input" } }));
    await expect(system.hash()).rejects.toThrow('"exports.run.input"');
  });
});
