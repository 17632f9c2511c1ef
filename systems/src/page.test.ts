import { expect, test } from "vitest";
import * as z from "zod";
import { document } from "../test/kitchen-sink.ts";
import { discounts } from "../test/shop.ts";
import { definePluginSystem, describeSystem, generateBindings, jsonSchema } from "./mod.ts";

test("describeSystem() tells exports, imports, types, limits and a first plug-in", async () => {
  const { markdown, html } = await describeSystem(discounts.document());
  for (const part of ["# shop/discounts 1.2.0", await discounts.hash(), "### before_checkout\n\nGives a discount.", "### after_payment (optional)", "### loyalty_points", "| milliseconds a call | 200 |", "| `discountPercentage` | `number` | always there |", "export function before_checkout(input: BeforeCheckoutArgument)"]) {
    expect(markdown).toContain(part);
  }
  expect(html).toContain("<h3>after_payment (optional)</h3>");
  expect(html).toContain("<td><code>discountPercentage</code></td>");
});

test("describeSystem() and bindings say what the host will check of a value", async () => {
  const shape = {
    percent: z.number().min(0).max(100).describe("Of the total."),
    count: z.int(),
    step: z.int().positive().multipleOf(5),
    name: z.string().min(1),
    sku: z.string().regex(/^[A-Z]{3}$/),
    mail: z.email().nullable(),
    tags: z.array(z.string()).length(2).optional(),
  };
  const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { run: { input: z.object(shape).meta({ title: "Cart" }) } } });
  const { markdown } = await describeSystem(system.document());
  const rows = [...markdown.matchAll(/^\| `(\w+)` \|.*\| (.*) \|$/gm)].map(([, field, doc]) => [field, doc?.replaceAll("\\", "")]);
  expect(Object.fromEntries(rows)).toEqual({ percent: "Of the total. 0 to 100.", count: "", step: "More than 0, a multiple of 5.", name: "At least 1 character.", sku: "Matches ^[A-Z]{3}$.", mail: "Format email.", tags: "Exactly 2 entries." });
  const rust = (await generateBindings(system.document(), { language: "rust" })).find(({ path }) => path === "src/bindings.rs");
  expect(rust?.text).toContain("    /// Of the total. 0 to 100.\n    pub percent: f64,\n");
});

test("describeSystem() keeps a union in its cell", async () => {
  const { markdown } = await describeSystem(document);
  expect(markdown).toContain("| `nullText` | `string \\| null` | always there |");
  for (const line of markdown.split("\n").filter((each) => each.startsWith("| `"))) expect(line.match(/(?<!\\)\|/g)).toHaveLength(5);
});

test("describeSystem() lets no text of the interface become markup", async () => {
  const attack = '<script>alert("x")</script>';
  const system = definePluginSystem({ name: "t", version: "1.0.0", doc: attack, exports: { run: { doc: `${attack}\n\`\`\`\n${attack}`, input: jsonSchema({ type: "object", description: attack, properties: { [attack]: { description: attack, enum: [attack] } } }) } } });
  const { markdown, html } = await describeSystem(system.document());
  expect(html).not.toContain("<script");
  const outsideOfCode = markdown.replaceAll(/^(`{3,}).*\n[\s\S]*?^\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  expect(outsideOfCode).not.toContain("<script");
});
