/**
 * Forbids words that do not belong into the tree: hosts of package registries, paths of one machine, marks of unfinished
 * work, and tests that are left out (`.only`, or `.skip` without `// skipped because …` on its line or the one before).
 */
import { check } from "./check.mjs";
import { files, read } from "./tree.mjs";

const TEXT = /\.(ts|mts|cts|js|mjs|cjs|json|md|wat|wast|rs|go|c|h|zig|toml|yml|yaml|sh|txt|html|css)$|(^|\/)(run|LICENSE|\.npmrc|\.gitignore)$/;
const REASON = /\/\/ skipped because \S/;

const FORBIDDEN = [
  { words: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\bproxy\.golang\.|\bindex\.crates\.|\bpypi\.org\/simple|\brepo\d?\.maven\./i, why: "names the host of a package registry; leave it to the user's configuration" },
  { words: /(?<![\w.~)\]}-])\/(?:root|work|home|tmp|Users|private\/var)\/\w/, why: "is a path of one machine; derive it, or use os.tmpdir()" },
  { words: /\b(?:TODO|FIXME|XXX|HACK)\b/, why: "marks unfinished work; finish it or open an issue" },
  { words: /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.only\b/, why: "leaves all other tests out; remove it" },
];

const SKIPS = /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:skip|todo|skipIf|runIf)\b/;

await check((fail) => {
  const paths = files(TEXT).filter((path) => path !== "package-lock.json" && path !== "scripts/check-words.mjs");
  for (const path of paths) {
    const lines = read(path).split("\n");
    for (const [index, line] of lines.entries()) {
      for (const { words, why } of FORBIDDEN) {
        const found = words.exec(line);
        if (found) fail(`${path}:${index + 1}`, `"${found[0]}" ${why}`);
      }
      if (SKIPS.test(line) && !REASON.test(line) && !REASON.test(lines[index - 1] ?? "")) {
        fail(`${path}:${index + 1}`, 'skips a test without a reason; write "// skipped because …" above it');
      }
    }
  }
  return `${paths.length} text files`;
});
