/**
 * Forbids claims about languages that were not seen: the tables of docs/measured/languages.md are made from
 * `conformance/matrix.json` (`npm run matrix`). With `--write` it puts them there, between their marks. Every language has
 * figures on every runtime, and every gap a reason.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { read, readJson, root } from "./tree.mjs";

const PAGE = "docs/measured/languages.md";
const TITLES = { deno: "Deno", bun: "Bun", chromium: "Chromium", firefox: "Firefox", webkit: "WebKit" };

await check((fail) => {
  const matrix = readJson("conformance/matrix.json");
  const { plugins } = readJson("conformance/plugins/plugins.json");
  let text = read(PAGE);
  const put = (name, table) => {
    const [begin, end] = [`<!-- ${name}: made by scripts/check-languages.mjs --write -->`, "<!-- end -->"];
    const start = text.indexOf(begin);
    if (start < 0) fail(PAGE, `has no place for its table; put "${begin}" and "${end}" into it`);
    else text = `${text.slice(0, start)}${begin}\n${table}\n${text.slice(text.indexOf(end, start))}`;
  };
  put("matrix", matrixTable(matrix, plugins, fail));
  put("kits", kitsTable(plugins));
  if (text !== read(PAGE) && process.argv.includes("--write")) writeFileSync(join(root, PAGE), text);
  else if (text !== read(PAGE)) fail(PAGE, "its tables are not those of the last run; run node scripts/check-languages.mjs --write");
  return `${plugins.length} plug-ins on ${Object.keys(matrix).length} runtimes`;
});

/** A row for each plug-in, a column for each runtime; what is not simply ✓ has a note. */
function matrixTable(matrix, plugins, fail) {
  const runtimes = Object.keys(matrix);
  const notes = [];
  const noteOf = (reason) => {
    if (!notes.includes(reason)) notes.push(reason);
    return notes.indexOf(reason) + 1;
  };
  const cell = ({ name, departs = {} }, runtime) => {
    const marks = new Set();
    for (const [engine, figures] of Object.entries(matrix[runtime])) {
      const figure = figures.unable ? { unable: figures.unable } : figures[name];
      if (figure === undefined || figure.skipped || figure.failed) {
        fail(PAGE, `"${name}" has a gap on ${runtime}, ${engine}: ${figure?.skipped ?? figure?.failed?.join(", ") ?? "it was not run"}`);
        return "–";
      }
      if (figure.unable) marks.add(noteOf(`\`${engine}\`: ${figure.unable}`));
      const reasons = new Set((figure.known ?? []).filter((known) => !Object.keys(departs).some((test) => known.startsWith(test))).map((known) => known.split(": ").at(-1)));
      for (const reason of reasons) marks.add(noteOf(`\`${engine}\`: ${reason}`));
    }
    return `✓${marks.size === 0 ? "" : ` ${[...marks].sort((one, other) => one - other).map((mark) => `[${mark}]`).join(" ")}`}`;
  };
  const casesOf = ({ name }) => {
    const { passed, known = [] } = Object.values(matrix)[0].inline[name] ?? { passed: 0 };
    return passed + known.length;
  };
  const head = ["language", "kit", "cases", ...runtimes.map((name) => TITLES[name] ?? `Node ${name}`)];
  const rows = plugins.map((plugin) => [plugin.language, plugin.pdk, casesOf(plugin), ...runtimes.map((runtime) => cell(plugin, runtime))]);
  return [tableOf(head, rows), "", ...notes.map((reason, index) => `${index + 1}. ${reason}`)].join("\n");
}

/** What each plug-in leaves out of the kitchen sink or does otherwise, and why. */
function kitsTable(plugins) {
  const rows = plugins.map(({ language, pdk, leavesOut, departs = {} }) => {
    const byReason = new Map();
    for (const [name, reason] of Object.entries(leavesOut)) byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${name}\``]);
    const left = [...byReason].map(([reason, names]) => `${names.join(" ")}: ${reason}`);
    const other = Object.entries(departs).map(([name, reason]) => `${name}: ${reason}`);
    return [language, pdk, left.join("; ") || "nothing", other.join("; ")];
  });
  return tableOf(["language", "kit", "leaves out", "does otherwise"], rows);
}

function tableOf(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
