/**
 * The page of measured figures: every table of `benchmarks/results.json`, which `benchmarks/save.mjs` keeps, under the
 * question that the benchmark's header asks. Times are brought to a unit that one reads; nothing else is computed or left out.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(`${root}${path}`, "utf8");

/** Fields that are no figures. */
const ABOUT = new Set(["machine", "rival", "node"]);

/** @returns {string} The page, in Markdown. */
export function figuresPage() {
  const results = JSON.parse(read("benchmarks/results.json"));
  const versions = Object.entries(results);
  const names = Object.keys(TITLES).filter((name) => versions.some(([, own]) => own[name] !== undefined));
  const sections = names.map((name) => {
    const tables = versions.flatMap(([version, own]) => (own[name] === undefined ? [] : [`### ${version}`, ...tablesOf(own[name], "")]));
    return [`## ${TITLES[name]}`, questionOf(name), ...tables].join("\n\n");
  });
  const machines = versions.map(([version, { machine }]) => `- ${version}: ${machine}`).join("\n");
  return `# Speed
Measured by the programs in \`benchmarks/\`. Where there is a rival (npm \`@extism/extism\`; for the interpreter, QuickJS-NG built from C), it runs in turn with us, and a ratio above 1 means that we are faster; of typed systems the ratio is the cost, as a multiple of the raw call with JSON. The machine is a small virtual one: trust the ratios, and measure your own case with \`npm run bench\`.

${machines}

${sections.join("\n\n")}
`;
}

/** The benchmarks, in the order of the page. */
const TITLES = { bench: "Calls and limits", worker: "Threads", pool: "Pools", compiler: "TypeScript plug-ins", engine: "Interpreter of TypeScript plug-ins", systems: "Typed systems", languages: "Languages" };

/** First paragraph of the benchmark's header. */
function questionOf(name) {
  const [, text = ""] = /^\/\*\*\n([\s\S]*?)\n \*(?:\n|\/)/.exec(read(`benchmarks/${name}.mjs`)) ?? [];
  return text.replaceAll(/(?:^|\n) \* ?/g, " ").trim();
}

/** A list of rows is a table, an object of plain figures is one too, anything else is looked into. */
function tablesOf(value, path) {
  if (Array.isArray(value)) return value.length > 0 && value.every(isRow) ? [caption(path), table(value)] : [];
  if (!isRow(value)) return [];
  const entries = Object.entries(value).filter(([name]) => !ABOUT.has(name));
  const plain = entries.filter(([, each]) => typeof each !== "object" || each === null);
  const own = plain.length > 0 ? [caption(path), table(plain.map(([what, figure]) => ({ what, figure })))] : [];
  const rows = entries.filter(([, each]) => isRow(each) && Object.values(each).every((cell) => typeof cell !== "object"));
  if (rows.length > 1) return [...own, caption(path), table(rows.map(([what, row]) => ({ what, ...row }))), ...entries.filter((entry) => !plain.includes(entry) && !rows.includes(entry)).flatMap(([name, each]) => tablesOf(each, join(path, name)))];
  return [...own, ...entries.filter((entry) => !plain.includes(entry)).flatMap(([name, each]) => tablesOf(each, join(path, name)))];
}

function isRow(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(path, name) {
  return path === "" ? name : `${path}, ${name}`;
}

function caption(path) {
  return path === "" || path === "cases" || path === "results" ? "" : `**${path}**`;
}

function table(rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const isText = (column) => rows.some((row) => typeof row[column] === "string");
  return [line(columns.map(headOf)), line(columns.map((column) => (isText(column) ? "---" : "---:"))), ...rows.map((row) => line(columns.map((column) => format(row[column], column))))].join("\n");
}

/** Nanoseconds of the units that fields of times are named by: `ms`, `rivalNs`. */
const TIMES = { ns: 1, us: 1e3, ms: 1e6 };
/** Other units, as they are written. */
const UNITS = { kB: "kB", MBs: "MB/s", MB: "MB", bytes: "bytes", percent: "%" };

/** Heads that a field's name does not say well. */
const HEADS = { echo16Us: "echo of 16 B", echo64KiUs: "echo of 64 KiB", echo1MiUs: "echo of 1 MiB", jsonUs: "JSON, small", json64KiUs: "JSON of 64 KiB", loop: "copy of 1 MiB, times a plain one" };

/** A field's name in parts, such as `rival`, `Ns`. */
function partsOf(column) {
  const [, words = "", unit = ""] = /^(|.*?[a-z0-9])(Ns|Us|Ms|kB|KB|MBs|MB|Bytes|Percent|(?<![a-z0-9])(?:ns|us|ms|bytes|percent))$/.exec(column) ?? [undefined, column];
  return { words: words.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase(), unit };
}

/** `rivalNs` to `rival`, `warmMBs` to `warm, MB/s`; times bring their unit with each figure. */
function headOf(column) {
  if (column in HEADS) return HEADS[column];
  const { words, unit } = partsOf(column);
  if (unit === "") return words;
  if (unit.toLowerCase() in TIMES) return words || "time";
  const written = UNITS[unit] ?? UNITS[unit.toLowerCase()] ?? (unit === "KB" ? "kB" : unit);
  return words === "" ? written : `${words}, ${written}`;
}

function format(value, column) {
  const time = TIMES[partsOf(column).unit.toLowerCase()];
  if (typeof value === "number") return time === undefined ? rounded(value) : duration(value * time);
  return value === undefined || value === null ? "" : String(value).replaceAll("|", "\\|");
}

function duration(ns) {
  const [unit, size] = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]].findLast(([, each]) => ns >= each) ?? ["ns", 1];
  return `${rounded(ns / size)}\u00a0${unit}`;
}

function rounded(value) {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
}
