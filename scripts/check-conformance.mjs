/**
 * Forbids tables in docs/measured/conformance.md that are not those of the last run: of hosts, by `slow/check-hosts.mjs --write`,
 * and of runtimes, by `slow/check-runtimes.mjs --write`; figures of a run on other cases than there are; and a name in
 * conformance/host/coverage.md that is no case, or is called open and is not. `--write` makes the tables.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { BROWSERS, NODES, PROGRAMS } from "./runtimes/runtimes.mjs";
import { files, read, readJson, root } from "./tree.mjs";

const PAGE = "docs/measured/conformance.md";
const BEGIN = "<!-- made by scripts/check-conformance.mjs --write -->\n";
const COVERAGE = "conformance/host/coverage.md";
const MARKED = new RegExp(`${BEGIN}[^]*?<!-- end -->`, "g");

/** How the table names runtimes. */
const TITLES = { ...Object.fromEntries(NODES.map((version) => [version, `Node ${version.split(".")[0]}`])), ...Object.fromEntries(Object.entries(PROGRAMS).map(([name, { title }]) => [name, title])), ...BROWSERS };

await check((fail) => {
  const cases = new Map(files(/^conformance\/host\/cases\/[a-z]+\.json$/).map((file) => [file.replace(/.*\/|\.json/g, ""), readJson(file).cases.filter((test) => !test.open).length]));
  const { hosts } = readJson("conformance/hosts.json");
  const kept = readJson("conformance/runtimes.json");
  const runtimes = Object.fromEntries(Object.entries(TITLES).map(([name, title]) => [title, kept[name] ?? {}]));
  for (const [file, by, figures] of [["conformance/hosts.json", "check-hosts.mjs", hosts], ["conformance/runtimes.json", "check-runtimes.mjs --cases", runtimes]]) {
    for (const [name, topics] of Object.entries(figures)) {
      for (const [topic, count] of cases) {
        if (topics[topic]?.of !== count) fail(file, `"${name}" was run on ${topics[topic]?.of ?? 0} cases of "${topic}", and there are ${count}; run node scripts/slow/${by} --write`);
      }
    }
  }
  checkCoverage(fail);
  const topics = [...cases.keys()];
  const made = [hosts, runtimes].map((figures) => `${BEGIN}${table(figures, topics)}<!-- end -->`);
  const page = read(PAGE);
  if (process.argv.includes("--write")) writeFileSync(join(root, PAGE), page.replace(MARKED, () => made.shift()));
  else if ((page.match(MARKED) ?? []).join() !== made.join()) fail(PAGE, "its tables are not those of the last run; run node scripts/check-conformance.mjs --write");
  return `${Object.keys(hosts).length} hosts, ${Object.keys(runtimes).length} runtimes, ${[...cases.values()].reduce((sum, count) => sum + count, 0)} cases`;
});

/** Names in the second column: behind "open:" those of open cases, before it the others. */
function checkCoverage(fail) {
  const isOpen = new Map(readJson("conformance/plugins/cases.json").cases.map((test) => [`kitchen sink: ${test.name}`, false]));
  for (const file of files(/^conformance\/host\/cases\/[a-z]+\.json$/)) for (const test of readJson(file).cases) isOpen.set(`${file.replace(/.*\/|\.json/g, "")}: ${test.name}`, test.open !== undefined);
  const cells = [...read(COVERAGE).matchAll(/^\| .* \| (.*) \|$/gm)].map(([, cell]) => cell).filter((cell) => cell.includes("`"));
  if (cells.length === 0) fail(COVERAGE, "has no table");
  for (const cell of cells) {
    for (const [index, part] of cell.split(/open: (?=`)/).entries()) {
      for (const [, double, name = double] of part.matchAll(/``(.+?)``|`([^`]+)`/g)) {
        if (!isOpen.has(name)) fail(COVERAGE, `names "${name}", which is no case`);
        else if (isOpen.get(name) !== (index === 1)) fail(COVERAGE, `"${name}" is ${index === 1 ? "not open" : "open"}; write it ${index === 1 ? "before" : "behind"} "open:"`);
      }
    }
  }
}

function table(hosts, topics) {
  const names = Object.keys(hosts);
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  const total = (name, field) => topics.reduce((sum, topic) => sum + (hosts[name][topic]?.[field] ?? 0), 0);
  const rows = topics.map((topic) => line([topic, ...names.map((name) => `${hosts[name][topic]?.passed ?? 0} of ${hosts[name][topic]?.of ?? 0}`)]));
  const sums = line(["**all**", ...names.map((name) => `**${total(name, "passed")} of ${total(name, "of")}**`)]);
  const reasons = names.map((name) => {
    const byReason = new Map();
    for (const topic of topics) for (const [test, reason] of Object.entries(hosts[name][topic]?.otherwise ?? {})) byReason.set(reason, [...(byReason.get(reason) ?? []), `${topic}: ${test}`]);
    const open = topics.flatMap((topic) => (hosts[name][topic]?.open ?? []).map((test) => `${topic}: ${test}`));
    const list = [...byReason].map(([reason, tests]) => `- ${reason} (${tests.length === 1 ? tests[0] : `${tests.length} cases`})\n`).join("");
    return `#### ${name}\n${list || "Nothing.\n"}${open.length > 0 ? `\nOtherwise than expected where the standard leaves it open: ${open.join("; ")}.\n` : ""}`;
  });
  return `${line(["", ...names])}${line(["---", ...names.map(() => "---")])}${rows.join("")}${sums}\n### What each does otherwise\n${reasons.join("\n")}`;
}
