/**
 * Forbids source files that the house style does not know: without a header comment, past 350 lines without the words
 * `Longer than 350 lines because …` in that header, with a name that names nothing, or with TypeScript's `private` and
 * `protected`, which vanish at run time, where `#private` holds (not so in AssemblyScript, in folders named `assembly`).
 */
import { basename } from "node:path";
import { check } from "./check.mjs";
import { files, read } from "./tree.mjs";

/** AssemblyScript and plug-ins: TypeScript in looks only. */
const OTHER_LANGUAGE = /(^|\/)(assembly|plugins)\/|^pdks\/assemblyscript\//;
const LINES = 350;
const EXCUSE = /longer than 350 lines because \S/i;
const NAMELESS = /^(utils?|helpers?|types?|common|misc|shared|lib)$/;

await check((fail) => {
  const sources = files(/(?:^|\/)(?!.*\.d\.ts$)[^/]+\.(ts|mjs)$/).filter((file) => !OTHER_LANGUAGE.test(file));
  for (const file of sources) {
    const text = read(file);
    const stem = basename(file).replace(/\.(test|bench|config|d)?\.?(ts|mjs)$/, "");
    const isTest = /\.(test|bench)\.ts$|(^|\/)test\//.test(file);
    const header = /^(?:#!.*\n)?\s*(\/\*\*[\s\S]*?\*\/\n|(?:\/\/.*\n)+)(?=\n|import\b)/.exec(text)?.[1];
    const lines = text.split("\n").length - 1;

    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem)) fail(file, "its name is not kebab-case; rename it");
    if (NAMELESS.test(stem)) fail(file, `"${stem}" says nothing; name the file after the one idea in it`);
    if (header === undefined && !isTest && !file.endsWith(".config.ts")) {
      fail(file, "has no header comment with an empty line below; say what it is, what it is not, and its source");
    }
    if (!isTest && lines > LINES && !EXCUSE.test(header ?? "")) {
      fail(file, `has ${lines} lines; split it by idea, or say in its header "Longer than ${LINES} lines because …"`);
    }
    for (const [index, line] of text.split("\n").entries()) {
      if (/^\s+(?:static\s+|readonly\s+)*(private|protected)\s+\w/.test(line) && file.endsWith(".ts") && !file.includes("/assembly/")) {
        fail(`${file}:${index + 1}`, `uses "${line.trim().split(/\s/)[0]}", which vanishes at run time; use a #private name`);
      }
    }
  }
  return `${sources.length} source files, none past ${LINES} lines without a reason`;
});
