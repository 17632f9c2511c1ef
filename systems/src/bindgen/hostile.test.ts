/** What an interface says is a stranger's text: in generated code it stays a comment or a literal, and looks like what it is. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { BINDING_LANGUAGES, generateBindings, readSystem } from "../mod.ts";

const DOC = "first\rsecond \u2028third \u202e\u2066turned \u0000\u001b[2J */ evil(); \\";
const TEXTS = ["c\u0000\u0001\b\f\u007f", "t\u202e\u2066", 'q"; evil(); "', "back\\"];
const schema = { type: "object", title: "Cart", description: DOC, properties: { item: { type: "string", description: DOC } } };
const { [0]: control, [1]: turned } = TEXTS as [string, string];
const odd = { type: "object", title: "Odd", properties: { [control]: { type: "string" }, [turned]: { type: "string" }, kind: { title: "Kind", $ref: "#/$defs/Kind" } }, $defs: { Kind: { enum: TEXTS } } };

function systemOf(input: object): ReturnType<ReturnType<typeof readSystem>["document"]> {
  const run = { doc: DOC, input: { encoding: "json", schema: input }, output: { encoding: "json", schema: input } };
  return readSystem({ tenonSystem: 1, name: "shop", version: "1.0.0", exports: { run }, imports: { log: run } }).document();
}

test.each(BINDING_LANGUAGES)("in %s, no reader sees another line or another order in code than the compiler", async (language) => {
  for (const { path, text } of await generateBindings(systemOf(schema), { language })) {
    expect(text.match(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)?.[0], path).toBeUndefined();
  }
});

test("a field called __proto__ is one in what a host checks", async () => {
  const proto = JSON.parse('{ "type": "object", "properties": { "__proto__": { "type": "string" } }, "required": ["__proto__"] }') as object;
  const document = systemOf(proto);
  const [{ text } = { text: "" }] = await generateBindings(document, { language: "typescript-host" });
  const literal = /readSystem\((\{.*?\n\})\);/s.exec(text)?.[1] ?? "";
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- the literal is what is tested
  expect(JSON.stringify(new Function(`return ${literal}`)())).toBe(JSON.stringify(document));
  expect(literal).toContain('["__proto__"]');
});

test("Rust can read every text that it gets as a literal", async (context) => {
  const files = await generateBindings(systemOf(odd), { language: "rust" });
  const bindings = files.find(({ path }) => path === "src/bindings.rs")?.text ?? "";
  expect(bindings).toContain(String.raw`"c\u{0}\u{1}\u{8}\u{c}\u{7f}"`);
  expect(bindings).toContain(String.raw`"t\u{202e}\u{2066}"`);
  expect(bindings).toContain(String.raw`"q\"; evil(); \""`);
  expect(bindings).toContain(String.raw`"back\\"`);
  const { error, stderr } = spawnSync("rustfmt", ["--edition", "2021"], { input: bindings, encoding: "utf8" });
  // skipped because formatters come with the language's toolchain, which is not on every machine
  if (error !== undefined) context.skip("rustfmt is not on this machine");
  expect(stderr).toBe("");
});
