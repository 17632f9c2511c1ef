import { describe, expect, test, vi } from "vitest";
import { guest } from "../test/guest.ts";
import { type InterfaceDocument, type JsonSchema, readSystem, readXtp } from "./mod.ts";

const options = { name: "shop/xtp", version: "1.0.0" };
const SCHEMA = `
version: v1-draft
exports:
  before_checkout:
    description: |
      Gives a discount.
    codeSamples:
      - lang: typescript
        source: ok
    input:
      contentType: application/json
      $ref: "#/components/schemas/Cart"
    output:
      contentType: application/json
      $ref: "#/components/schemas/Discount"
  raw:
    input: { contentType: application/x-binary, type: buffer }
    output: { contentType: text/plain; charset=utf-8, type: string }
imports:
  points:
    input: { contentType: text/plain; charset=utf-8, type: string }
    output: { contentType: application/json, type: integer, format: int64, nullable: true }
components:
  schemas:
    Cart:
      description: What is bought.
      required: [items]
      properties:
        items: { type: array, items: { $ref: "#/components/schemas/Item" } }
        at: { type: string, format: date-time }
    Item:
      properties:
        kind: { $ref: "#/components/schemas/Kind", nullable: true }
        labels: { type: object, additionalProperties: { type: string } }
        picture: { type: buffer }
        parts: { type: array, items: { $ref: "#/components/schemas/Item" } }
    Kind: { enum: [book, toy] }
    Discount:
      required: [percentage]
      properties: { percentage: { type: number, format: float } }
`;

describe("readXtp()", () => {
  test("reads every kind of type", () => {
    const { exports, imports } = readXtp(SCHEMA, options);
    expect(exports["before_checkout"]).toEqual({
      doc: "Gives a discount.",
      input: {
        encoding: "json",
        schema: {
          $ref: "#/$defs/Cart",
          $defs: {
            Cart: { description: "What is bought.", type: "object", required: ["items"], properties: { items: { type: "array", items: { $ref: "#/$defs/Item" } }, at: { type: "string", format: "date-time" } } },
            Item: {
              type: "object",
              properties: {
                kind: { anyOf: [{ $ref: "#/$defs/Kind" }, { type: "null" }] },
                labels: { type: "object", additionalProperties: { type: "string" } },
                picture: { type: "string", contentEncoding: "base64" },
                parts: { type: "array", items: { $ref: "#/$defs/Item" } },
              },
            },
            Kind: { type: "string", enum: ["book", "toy"] },
          },
        },
      },
      output: { encoding: "json", schema: { $ref: "#/$defs/Discount", $defs: { Discount: { type: "object", required: ["percentage"], properties: { percentage: { type: "number", format: "float" } } } } } },
    });
    expect(exports["raw"]?.input?.encoding).toBe("bytes");
    expect(exports["raw"]?.output?.encoding).toBe("text");
    expect(imports["points"]?.output?.schema).toEqual({ type: ["integer", "null"], format: "int64" });
  });

  test("reads what functions share once, and keeps it once", () => {
    const exports = Array.from({ length: 40 }, (_, index) => `  f${index}: { input: { contentType: application/json, $ref: "#/components/schemas/Big" }, output: { contentType: application/json, type: array, items: { $ref: "#/components/schemas/Big" }, description: "of f${index}" } }\n`);
    const document = readXtp(`version: v1-draft\nexports:\n${exports.join("")}components: { schemas: { Big: { properties: { part: { $ref: "#/components/schemas/Part" } } }, Part: { type: string } } }`, options);
    const system = readSystem(document);
    const payloads = ({ exports: functions }: InterfaceDocument, side: "input" | "output"): readonly JsonSchema[] => Object.values(functions).map((each) => each[side]?.schema ?? {});
    for (const told of [document, system.document()]) expect(new Set(payloads(told, "input")).size).toBe(1);
    expect(new Set(payloads(document, "output").map(({ $defs }) => ($defs as JsonSchema)["Part"])).size).toBe(1);
    expect(JSON.parse(JSON.stringify(system.document()))).toEqual(JSON.parse(JSON.stringify(document)));
    expect(payloads(document, "output")[7]).toEqual({ description: "of f7", type: "array", items: { $ref: "#/$defs/Big" }, $defs: { Big: { type: "object", properties: { part: { $ref: "#/$defs/Part" } } }, Part: { type: "string" } } });
  });

  test("makes a system that calls and checks", async () => {
    const system = readSystem(readXtp(SCHEMA, options));
    const module = guest({ before_checkout: { reply: '{"percentage":5}' }, raw: { tell: "points", value: "ann" } });
    const plugin = (await system.load(module, { imports: { points: ((id: unknown) => String(id).length) as never } })) as unknown as Record<string, (input: unknown) => Promise<unknown>>;
    expect(await plugin["before_checkout"]?.({ items: [{ kind: null, parts: [{ kind: "toy" }] }] })).toEqual({ percentage: 5 });
    await expect(plugin["before_checkout"]?.({ items: [{ parts: [{ kind: "car" }] }] })).rejects.toMatchObject({ code: "system/invalid-input", details: { issues: expect.arrayContaining([expect.objectContaining({ path: "items[0].parts[0].kind" })]) } });
    expect(await plugin["raw"]?.(Uint8Array.of(1))).toBe("3");
    await expect(plugin["raw"]?.("text")).rejects.toMatchObject({ code: "system/invalid-input" });
  });

  const WRONG = [
    { name: "no YAML", text: "a: [", path: "xtp" },
    { name: "a name that is there twice", text: "version: v1-draft\nexports: {}\nexports: {}", path: "xtp" },
    { name: "another version", text: "version: v2", path: "xtp.version" },
    { name: "an unknown field", text: "version: v1-draft\nexport: {}", path: "xtp.export" },
    { name: "an unknown content type", text: "version: v1-draft\nexports: { a: { input: { contentType: image/png, type: buffer } } }", path: "xtp.exports.a.input.contentType" },
    { name: "an unknown type", text: "version: v1-draft\nexports: { a: { input: { contentType: application/json, type: date } } }", path: "xtp.exports.a.input.type" },
    { name: "a reference that leads nowhere", text: 'version: v1-draft\nexports: { a: { input: { contentType: application/json, $ref: "#/components/schemas/No" } } }', path: "xtp.exports.a.input.$ref" },
    { name: "a reference to the prototype", text: 'version: v1-draft\nexports: { a: { input: { contentType: application/json, $ref: "#/components/schemas/constructor" } } }', path: "xtp.exports.a.input.$ref" },
  ];
  for (const { name, text, path } of WRONG) {
    test(`refuses ${name}`, () => {
      expect(() => readXtp(text, options)).toThrow(expect.objectContaining({ code: "system/invalid-definition", details: expect.objectContaining({ path }) }));
    });
  }

  test("says where a name is there twice", () => {
    expect(() => readXtp("version: v1-draft\nexports:\n  a: {}\n  a: {}\n", options)).toThrow("Map keys must be unique at line 4, column 3");
  });

  test("looks at each of many exports a few times, not at all of them for each", () => {
    const text = `version: v1-draft\nexports:\n${Array.from({ length: 1000 }, (_, index) => `  e${index}: {}\n`).join("")}`;
    let looks = 0;
    const { some } = Array.prototype;
    const spy = vi.spyOn(Array.prototype, "some").mockImplementation(function (this: unknown[], ...args: Parameters<typeof some>) {
      looks += this.length;
      return some.apply(this, args);
    });
    try {
      expect(Object.keys(readXtp(text, options).exports)).toHaveLength(1000);
    } finally {
      spy.mockRestore();
    }
    expect(looks).toBeLessThan(20_000);
  });

  test("does not unfold a small file into a large value", () => {
    const bomb = ["version: v1-draft", "components:", "  a: &a [x,x,x,x,x,x,x,x,x]", ...[..."bcdefghi"].map((letter, index) => `  ${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${"abcdefgh"[index]}`).join()}]`)].join("\n");
    expect(() => readXtp(bomb, options)).toThrow(expect.objectContaining({ code: "system/invalid-definition", message: expect.stringContaining("aliases that can be resolved") }));
  });
});
