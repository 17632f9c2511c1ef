import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASES } from "../test/ecmascript-cases.ts";
import { load, type Loaded } from "../test/host.ts";

/** TC39's own suite for parsers, as it is packaged. */
const suite = dirname(createRequire(import.meta.url).resolve("test262-parser-tests/package.json"));
const FOLDERS = [
  { folder: "pass", means: "programs that parse", isValid: true },
  { folder: "pass-explicit", means: "the same with every bracket written", isValid: true },
  { folder: "fail", means: "programs that do not parse", isValid: false },
  { folder: "early", means: "programs with early errors", isValid: false },
] as const;

/** What fails in the suite, and why; anything else that fails, and anything of these that passes, fails the test. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "The engine refuses `continue` to the outer of two labels": ["pass/1f3808cbdfab97e4", "pass/7a405ea1fdb6a26e", "pass-explicit/1f3808cbdfab97e4", "pass-explicit/7a405ea1fdb6a26e"],
  "The engine accepts a rest parameter in a setter": ["fail/2f95824f19005b11", "fail/aae5dc521eff47c4"],
  "The engine accepts a comma in a computed name": ["fail/3a9fa392421db6dd", "fail/58707e130fe451a8", "fail/ea9e5f218423bd4f", "fail/ed0332c84e50834c"],
  "The engine accepts an initialiser in a `catch` parameter": ["fail/831b4a1caf3c5a06"],
  "The engine accepts `for (let.a of …)`": ["fail/ef2d369cccc5386c"],
  "The engine accepts an initialiser in `for (var … in …)` of sloppy code everywhere": ["fail/e3fbcf63d7e43ead"],
  "The engine accepts `let` and `const` that redeclare a destructured parameter": ["early/14c149e612ab4111", "early/58bb4a3a2d717d4f", "early/627ae2300901a0b1", "early/6bb272e52a903c4c", "early/7a916ef0ccd4ea9c", "early/93b1547f64fd0370", "early/9ef7cc46ec36bb51", "early/b01e3a73a92863c5", "early/cc23480bdd763207", "early/d1779a4749085a10", "early/d412cecc75edd30d", "early/e1831477442a7ebf"],
  "The engine accepts classes named `eval` and `arguments`": ["early/4286a88aed2001ee", "early/84ef3bbaa772075f", "early/987442878ab414e7", "early/f1de9fc3ec4637cc"],
  "The case is older than the language: `'\\8'`, line separators in strings, fields of classes, functions twice in a block": ["fail/0d5e450f1da8a92a", "fail/647e21f8f157c338", "fail/748656edbfb2d0bb", "fail/79f882da06f88c9f", "fail/8af69d8f15295ed2", "fail/92b6af54adef3624", "fail/98204d734f8c72b3", "fail/ef81b93cf9bdb4ec", "early/0f5f47108da5c34e", "early/12a74c60f52a60de", "early/1aff49273f3e3a98", "early/be7329119eaa3d47", "early/ec31fa5e521c5df4"],
  "The case is about the top of a script, and cases run as bodies of functions": ["fail/02e5861a1ef10c42", "fail/7187f0675eb38279", "fail/7bfaaa1e80d6255f", "fail/8beaabe25ab7e0a8", "early/d32d2f1285789b8e", "early/fc9cad7477872ddf"],
};

/** What the engine does not have, or does differently; the same holds for what fails and passes. */
const MISSING: Readonly<Record<string, string>> = {
  "order of a template": "code that a plug-in evaluates itself computes all values of a template before it converts the first to text; the compiler's own output does not",
  "rest and spread of objects": "a string that is spread into an object, as in `{ ...\"ab\" }`, is left out",
  "Temporal": "the engine does not have it",
  "Intl": "the engine does not have it; packages for formatting work",
  "Atomics and shared memory": "the engine is built without; a plug-in has one thread",
};

describe("ECMAScript in a plug-in", () => {
  const table: string[] = [];
  let plugin: Loaded;
  const ask = async <Answer>(name: string, texts: readonly string[]): Promise<Answer> => JSON.parse(await plugin.call(name, JSON.stringify(texts))) as Answer;
  beforeAll(async () => {
    const source = `
      export function parse(texts) { return texts.map((text) => { try { new Function(text); return true; } catch { return false; } }); }
      export async function run(bodies) { const results = []; for (const body of bodies) { try { results.push(await new Function(body)()); } catch (error) { results.push(String(error)); } } return results; }`;
    plugin = await load({ "plugin.js": source }, { eval: true, wasi: true });
  });
  afterAll(() => plugin.close());

  it("passes the parser tests of TC39 but for what is known", { timeout: 300_000 }, async () => {
    const failed: string[] = [];
    for (const { folder, means, isValid } of FOLDERS) {
      // Modules are bundled before the engine sees them.
      const names = readdirSync(join(suite, folder)).filter((name) => !name.includes(".module."));
      const texts = names.map((name) => readFileSync(join(suite, folder, name), "utf8"));
      const parsed = await ask<boolean[]>("parse", texts);
      const wrong = names.filter((_, index) => parsed[index] !== isValid).map((name) => `${folder}/${name.replace(".js", "")}`);
      failed.push(...wrong);
      table.push(`| parser: ${means} | ${names.length} | ${names.length - wrong.length} |`);
    }
    expect(failed.sort()).toEqual(Object.values(KNOWN).flat().sort());
  });

  it("passes the cases of every feature group but for what is known", async () => {
    const failed: Record<string, string> = {};
    for (const [group, cases] of Object.entries(CASES)) {
      const names = Object.keys(cases);
      const results = await ask<unknown[]>("run", Object.values(cases));
      const wrong = names.filter((_, index) => results[index] !== true);
      for (const name of wrong) failed[name] = String(results[names.indexOf(name)]);
      table.push(`| ${group} | ${names.length} | ${names.length - wrong.length} |`);
    }
    expect(Object.keys(failed).sort(), JSON.stringify(failed, undefined, 1)).toEqual(Object.keys(MISSING).sort());
  });

  it("has cases that the engine of Node passes, so that none of them is wrong", async () => {
    const old = Object.entries(CASES).filter(([group]) => !["after ES2023", "not part of a plug-in"].includes(group));
    for (const [group, cases] of old) for (const [name, body] of Object.entries(cases)) {
      // oxlint-disable-next-line no-new-func, no-implied-eval, typescript/no-implied-eval -- the cases are text, so that no bundler changes them
      expect(await (new Function(body) as () => unknown)(), `${group}: ${name}`).toBe(true);
    }
  });

  it("is described by CONFORMANCE.md", async () => {
    const list = (entries: readonly (readonly [string, string])[]) => entries.map(([what, note]) => `- ${what}: ${note}`).join("\n");
    const known = Object.entries(KNOWN).map(([reason, names]) => `- ${reason.replaceAll("<", "&lt;")} (${names.length}): ${names.join(", ")}`).join("\n");
    await expect(`# ECMAScript in plug-ins
Made by \`src/ecmascript.test.ts\`, which runs the cases in a plug-in and fails where this page is not what it finds; \`npx vitest run compiler/src/ecmascript.test.ts -u\` writes it anew. The parser's cases are those of TC39, packaged as \`test262-parser-tests\`; the others are ours, in \`test/ecmascript-cases.ts\`, and hold in V8 too.

| group | cases | passed |
|---|---|---|
${table.join("\n")}

## Features that fail, and why
${list(Object.entries(MISSING))}

## Cases of the parser's suite that fail, and why
${known}
`).toMatchFileSnapshot("../CONFORMANCE.md");
  });
});
