/** An interface with everything in it that bindings have to know. */
import * as fc from "fast-check";
import { definePluginSystem, type InterfaceDocument, type JsonSchema, text } from "../src/mod.ts";

const EVERYTHING: JsonSchema = {
  $ref: "#/$defs/Everything",
  $defs: {
    Everything: {
      description: "All kinds of\nvalues. */ Not the end.",
      type: "object",
      properties: {
        text: { type: "string", description: "Some text." },
        whole: { type: "integer", format: "int32" },
        long: { type: "integer", format: "int64" },
        number: { type: "number" },
        flag: { type: "boolean" },
        when: { type: "string", format: "date-time" },
        data: { type: "string", contentEncoding: "base64" },
        kind: { $ref: "#/$defs/Kind" },
        nested: { type: "object", properties: { "odd-name": { type: "string" }, class: { type: "number" } }, required: ["odd-name", "class"] },
        list: { type: "array", items: { type: "array", items: { type: "integer", format: "int32" } } },
        map: { type: "object", additionalProperties: { $ref: "#/$defs/Leaf" } },
        maybeText: { type: "string" },
        maybeWhole: { type: "integer", format: "int64" },
        maybeFlag: { type: "boolean" },
        maybeList: { type: "array", items: { type: ["string", "null"] } },
        nullText: { type: ["string", "null"] },
        nullNumber: { anyOf: [{ type: "number" }, { type: "null" }] },
        nullLeaf: { anyOf: [{ $ref: "#/$defs/Leaf" }, { type: "null" }] },
        choice: { oneOf: [{ $ref: "#/$defs/Leaf" }, { type: "array", items: { type: "string" } }, { type: "number" }] },
        anything: {},
        tree: { $ref: "#/$defs/Tree" },
      },
      required: ["text", "whole", "long", "number", "flag", "when", "data", "kind", "nested", "list", "map", "nullText", "nullNumber", "nullLeaf", "choice", "anything", "tree"],
    },
    Kind: { type: "string", enum: ["book", "toy"] },
    Leaf: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    Tree: { type: "object", properties: { value: { type: "number" }, children: { type: "array", items: { $ref: "#/$defs/Tree" } }, parent: { $ref: "#/$defs/Tree" } }, required: ["value", "children"] },
  },
};

/** The system. */
export const kitchenSink = definePluginSystem({
  name: "test/kitchen-sink",
  version: "1.0.0",
  doc: "Everything.",
  exports: {
    echo: { input: EVERYTHING, output: EVERYTHING, doc: "Gives back what it gets." },
    ask: { input: { type: "string" }, output: { type: "string" }, doc: "Asks the application." },
    shout: { input: text(), output: text() },
    count: { output: { type: "integer", format: "int32" } },
    extra: { optional: true, input: { type: "boolean" } },
  },
  imports: {
    answer: { input: { type: "string" }, output: { anyOf: [{ type: "string" }, { type: "null" }] }, doc: "Answers." },
    mark: { doc: "Makes a mark." },
  },
});

/** The interface as data. */
export const document: InterfaceDocument = kitchenSink.document();

const leaf = fc.record({ name: fc.string() });
/** Sums of powers of two: AssemblyScript 0.28 reads some other numbers (1.3684189194774173e+43) wrongly. */
const number = fc.integer().map((value) => value / 1024);
/** Shallow: the kit reads JSON up to 64 levels deep. */
const tree = (depth: number): fc.Arbitrary<object> =>
  fc.record({ value: number, children: depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 2 }), ...(depth > 0 && { parent: tree(depth - 1) }) }, { requiredKeys: ["value", "children"] });

/** Values that fit. */
export const everything: fc.Arbitrary<object> = fc
  .record(
    {
      text: fc.string({ unit: "grapheme" }),
      whole: fc.integer(),
      long: fc.maxSafeInteger(),
      number,
      flag: fc.boolean(),
      when: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
      data: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("base64")),
      kind: fc.constantFrom("book", "toy"),
      nested: fc.record({ "odd-name": fc.string(), class: number }),
      list: fc.array(fc.array(fc.integer(), { maxLength: 3 }), { maxLength: 3 }),
      map: fc.dictionary(fc.string(), leaf, { noNullPrototype: true, maxKeys: 3 }),
      maybeText: fc.string(),
      maybeWhole: fc.maxSafeInteger(),
      maybeFlag: fc.boolean(),
      maybeList: fc.array(fc.option(fc.string()), { maxLength: 3 }),
      nullText: fc.option(fc.string()),
      nullNumber: fc.option(number),
      nullLeaf: fc.option(leaf),
      choice: fc.oneof(leaf, fc.array(fc.string(), { maxLength: 2 }), number),
      anything: fc.oneof(fc.dictionary(fc.string(), fc.option(fc.string()), { noNullPrototype: true, maxKeys: 3 }), fc.boolean(), fc.constant(null)),
      tree: tree(3),
    },
    { requiredKeys: ["text", "whole", "long", "number", "flag", "when", "data", "kind", "nested", "list", "map", "nullText", "nullNumber", "nullLeaf", "choice", "anything", "tree"] },
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as object);
