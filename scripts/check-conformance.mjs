/**
 * Forbids a table of hosts in docs/measured/conformance.md that is not that of the last run of `slow/check-hosts.mjs --write`,
 * and figures of a run on other cases than there are. `--write` makes the table.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { files, read, readJson, root } from "./tree.mjs";

const PAGE = "docs/measured/conformance.md";
const MARKED = /<!-- made by scripts\/check-conformance\.mjs --write -->\n[^]*?<!-- end -->/;

await check((fail) => {
  const { hosts } = readJson("conformance/hosts.json");
  const cases = new Map(files(/^conformance\/host\/cases\/[a-z]+\.json$/).map((file) => [file.replace(/.*\/|\.json/g, ""), readJson(file).cases.filter((test) => !test.open).length]));
  for (const [name, topics] of Object.entries(hosts)) {
    for (const [topic, count] of cases) {
      if (topics[topic]?.of !== count) fail("conformance/hosts.json", `"${name}" was run on ${topics[topic]?.of ?? 0} cases of "${topic}", and there are ${count}; run node scripts/slow/check-hosts.mjs --write`);
    }
  }
  const made = `<!-- made by scripts/check-conformance.mjs --write -->\n${table(hosts, [...cases.keys()])}<!-- end -->`;
  const page = read(PAGE);
  if (process.argv.includes("--write")) writeFileSync(join(root, PAGE), page.replace(MARKED, () => made));
  else if (MARKED.exec(page)?.[0] !== made) fail(PAGE, "its table is not that of the last run; run node scripts/check-conformance.mjs --write");
  return `${Object.keys(hosts).length} hosts, ${[...cases.values()].reduce((sum, count) => sum + count, 0)} cases`;
});

function table(hosts, topics) {
  const names = Object.keys(hosts);
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  const total = (name, field) => topics.reduce((sum, topic) => sum + hosts[name][topic][field], 0);
  const rows = topics.map((topic) => line([topic, ...names.map((name) => `${hosts[name][topic].passed} of ${hosts[name][topic].of}`)]));
  const sums = line(["**all**", ...names.map((name) => `**${total(name, "passed")} of ${total(name, "of")}**`)]);
  const reasons = names.map((name) => {
    const byReason = new Map();
    for (const topic of topics) for (const [test, reason] of Object.entries(hosts[name][topic].otherwise)) byReason.set(reason, [...(byReason.get(reason) ?? []), `${topic}: ${test}`]);
    const open = topics.flatMap((topic) => hosts[name][topic].open.map((test) => `${topic}: ${test}`));
    const list = [...byReason].map(([reason, tests]) => `- ${reason} (${tests.length === 1 ? tests[0] : `${tests.length} cases`})\n`).join("");
    return `### ${name}\n${list || "Nothing.\n"}${open.length > 0 ? `\nOtherwise than expected where the standard leaves it open: ${open.join("; ")}.\n` : ""}`;
  });
  return `${line(["", ...names])}${line(["---", ...names.map(() => "---")])}${rows.join("")}${sums}\n## What each does otherwise\n${reasons.join("\n")}`;
}
