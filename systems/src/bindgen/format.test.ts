/** Generated files are as the language's own formatter leaves them, where that formatter is on the machine. */
import { spawnSync } from "node:child_process";
import { format } from "prettier";
import { expect, test } from "vitest";
import { document } from "../../test/kitchen-sink.ts";
import { discounts } from "../../test/shop.ts";
import { type BindingLanguage, generateBindings } from "../mod.ts";

/** Lines are as long as they are: names decide that. */
const CLANG_STYLE = "--style={BasedOnStyle: LLVM, ColumnLimit: 0}";

const FORMATTERS: readonly { readonly language: BindingLanguage; readonly files: RegExp; readonly commands: readonly (readonly string[])[] }[] = [
  { language: "go", files: /\.go$/, commands: [["gofmt"]] },
  { language: "rust", files: /\.rs$/, commands: [["rustfmt", "--edition", "2021"]] },
  { language: "zig", files: /\.zig$/, commands: [["zig", "fmt", "--stdin"], ["python3", "-m", "ziglang", "fmt", "--stdin"]] },
  { language: "c", files: /\.[ch]$/, commands: [["clang-format", CLANG_STYLE]] },
  { language: "cpp", files: /\.[ch]pp$/, commands: [["clang-format", CLANG_STYLE]] },
];

async function filesOf(language: BindingLanguage): Promise<readonly (readonly [string, string])[]> {
  const systems = [document, discounts.document()];
  const all = await Promise.all(systems.map((each) => generateBindings(each, { language })));
  return all.flat().map(({ path, text }) => [path, text]);
}

test.for(FORMATTERS)("$language is as its formatter leaves it", async ({ language, files, commands }, context) => {
  const texts = (await filesOf(language)).filter(([path]) => files.test(path));
  expect(texts.length).toBeGreaterThan(3);
  for (const [path, text] of texts) {
    const made = commands.map(([program = "", ...args]) => spawnSync(program, args, { input: text, encoding: "utf8" })).find(({ error, stderr }) => error === undefined && !stderr.includes("No module named"));
    // skipped because formatters come with the language's toolchain, which is not on every machine
    if (made === undefined) context.skip(`${commands[0]?.[0] ?? ""} is not on this machine`);
    expect(made?.stderr).toBe("");
    expect(made?.stdout, path).toBe(text);
  }
});

test.each(["typescript", "typescript-host"] as const)("%s is as prettier leaves it at a width of 120", async (language) => {
  for (const [path, text] of await filesOf(language)) expect(await format(text, { parser: "typescript", printWidth: 120 }), path).toBe(text);
});
