import { expect, test } from "vitest";
import { document } from "../test/kitchen-sink.ts";
import { discounts } from "../test/shop.ts";
import { definePluginSystem, describeSystem, jsonSchema } from "./mod.ts";

test("describeSystem() tells exports, imports, types, limits and a first plug-in", async () => {
  const { markdown, html } = await describeSystem(discounts.document());
  for (const part of ["# shop/discounts 1.2.0", await discounts.hash(), "### before_checkout\n\nGives a discount.", "### after_payment (optional)", "### loyalty_points", "| milliseconds a call | 200 |", "| `discountPercentage` | `number` | always there |", "export function before_checkout(input: BeforeCheckoutArgument)"]) {
    expect(markdown).toContain(part);
  }
  expect(html).toContain("<h3>after_payment (optional)</h3>");
  expect(html).toContain("<td><code>discountPercentage</code></td>");
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
