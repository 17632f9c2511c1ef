/**
 * Forbids that README.md or the site promises a runtime that the tests do not run on: the table is made from the figures
 * that `slow/check-runtimes.mjs --write` keeps. With `--write` it puts the table there, between its two marks.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { leftOut } from "./runtimes/bundle.mjs";
import { BROWSERS, KNOWN, NODES, PROGRAMS } from "./runtimes/runtimes.mjs";
import { read, readJson, root } from "./tree.mjs";

const BEGIN = "<!-- made by scripts/check-support.mjs --write -->";
const END = "<!-- end -->";
const PAGES = ["README.md", "docs/measured/runtimes.md"];

await check((fail) => {
  const results = readJson("scripts/runtimes/results.json");
  const titles = { ...Object.fromEntries(NODES.map((version) => [version, `Node ${version.split(".")[0]}`])), ...Object.fromEntries(Object.entries(PROGRAMS).map(([name, { title }]) => [name, title])), ...BROWSERS };
  for (const name of Object.keys(titles)) if (results[name] === undefined) fail("scripts/runtimes/results.json", `has no figures of "${name}"; run node scripts/slow/check-runtimes.mjs ${name} --write`);
  for (const name of Object.keys(results)) if (titles[name] === undefined) fail("scripts/runtimes/results.json", `has figures of "${name}", which is no runtime any more; delete them`);
  const rows = Object.entries(titles).map(([name, title]) => {
    const { passed, skipped } = results[name] ?? { passed: 0, skipped: 0 };
    return `| ${title} | ${passed} | ${skipped} | ${[...new Set(Object.values(KNOWN[name] ?? {}))].join("; ")} |`;
  });
  const table = ["| runtime | tests passed | skipped | known to differ |", "|---|---|---|---|", ...rows].join("\n");
  for (const page of PAGES) {
    const text = read(page);
    const start = text.indexOf(BEGIN);
    const end = text.indexOf(END, start);
    if (start < 0 || end < 0) {
      fail(page, `has no place for the table of runtimes; put "${BEGIN}" and "${END}" into it`);
      continue;
    }
    const wanted = `${text.slice(0, start)}${BEGIN}\n${table}\n${text.slice(end)}`;
    if (wanted !== text && process.argv.includes("--write")) writeFileSync(join(root, page), wanted);
    else if (wanted !== text) fail(page, "its table of runtimes is not that of scripts/runtimes/results.json; run node scripts/check-support.mjs --write");
  }
  return `${rows.length} runtimes, ${Object.keys(leftOut(true)).length} test files are not for pages`;
});
