/**
 * Forbids code in pages that does not work. Every fenced block of every Markdown file has a language that is checked here:
 *
 *   ts       compiles under `strict`, against the packages as their users get them; `<!-- with: CODE -->` above it declares
 *            what the block takes for granted, `<!-- continues -->` puts the page's last block before it. Under `<!-- run -->` it is executed too, in a folder with `discount.wasm`, and
 *            prints what the `text` block after it says (`…` stands for anything)
 *   rust, go, c, cpp, zig, …   stands word for word in the file that `<!-- from: PATH -->` names, which is compiled elsewhere
 *   json     parses
 *   sh       names commands and options of `tenon` that exist; `check-docs.mjs` sees to npm scripts and files
 *
 * The READMEs of the kits are not among them: `slow/check-templates.mjs` builds their code. Blocks of `text` and without a language show output and are not checked. Needs `npm run build`.
 */
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { check, firstLine, run, tool } from "./check.mjs";
import { files, read, root } from "./tree.mjs";

const FENCE = /^(?<above>(?:<!-- [\s\S]*? -->\n)*)```(?<language>[a-z+]*)[^\n]*\n(?<code>[\s\S]*?)^```$(?:\n\n```text\n(?<output>[\s\S]*?)^```$)?/gm;
const TYPESCRIPT = new Set(["ts", "typescript"]);
const COMPILED = new Set(["rust", "go", "c", "cpp", "zig", "d", "nim", "lua", "assemblyscript", "wat", "html"]);
const SHELL = new Set(["sh", "bash", "console"]);
const FLAGS = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--types", "node", "--lib", "es2023,esnext.disposable,dom,dom.iterable"];
/** Below the root, so that packages are found as a reader finds them. */
const folder = join(root, "build/code");
const counts = { compiled: 0, executed: 0, quoted: 0, commands: 0 };
const helps = new Map();

await check(async (fail) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const programs = new Map();
  let before = "";
  for (const page of files(/\.md$/).filter((path) => !/CHANGELOG|^pdks\/(?!typescript)/.test(path))) {
    for (const { groups, index } of read(page).matchAll(FENCE)) {
      const { above, language, code, output } = groups;
      const place = `${page}:${read(page).slice(0, index + above.length).split("\n").length}`;
      const note = (name) => [...above.matchAll(/<!-- (\w+)(?:: ([\s\S]*?))? -->/g)].find(([, word]) => word === name);
      if (TYPESCRIPT.has(language)) {
        before = `${note("continues") ? before : ""}${note("with")?.[2] ?? ""} ${code}\n`;
        programs.set(writeProgram(programs.size, before), { place, output, isRun: note("run") !== undefined, program: before });
      }
      if (COMPILED.has(language)) quote(place, code, note("from")?.[2], fail);
      else if (language === "json") parse(place, code, fail);
      else if (SHELL.has(language)) commands(place, code, fail);
    }
  }
  compile(programs, fail);
  for (const program of programs.values()) if (program.isRun) await execute(program, fail);
  return `${counts.compiled} blocks compiled, ${counts.executed} of them executed, ${counts.quoted} found in what is compiled elsewhere, ${counts.commands} commands`;
});

function writeProgram(number, program) {
  const name = `block-${number}.mts`;
  writeFileSync(join(folder, name), `${program}export {};\n`);
  counts.compiled += 1;
  return name;
}

function compile(programs, fail) {
  const { ok, stdout } = tool("tsc", [...FLAGS, ...[...programs.keys()].map((name) => join(folder, name))]);
  for (const [, name, line, message] of stdout.matchAll(/(block-\d+\.mts)\((\d+),\d+\): error (.*)/g)) {
    const { place, program } = programs.get(name);
    fail(place, `does not compile: ${message} (in "${(program.split("\n")[Number(line) - 1] ?? "").trim()}"); correct it, or declare what it takes for granted by <!-- with: … --> above it`);
  }
  if (!ok && !/block-\d+\.mts/.test(stdout)) fail("the compiler", firstLine(stdout));
}

async function execute({ place, program, output = "" }, fail) {
  const home = join(folder, `run-${counts.executed}`);
  counts.executed += 1;
  mkdirSync(home);
  copyFileSync(join(root, "conformance/plugins/wasm/before-checkout.rust-extism.wasm"), join(home, "discount.wasm"));
  symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
  writeFileSync(join(home, "main.mjs"), (await transform(program, { loader: "ts", target: "es2022", format: "esm" })).code);
  const { ok, stdout, stderr } = run(process.execPath, ["main.mjs"], { cwd: home, timeout: 60_000 });
  if (!ok) fail(place, `ends with an error: ${firstLine(stderr.split("\n").slice(4).join("\n"))}`);
  const pattern = output.trim().split("…").map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join(".*");
  if (ok && !new RegExp(`^${pattern}$`, "s").test(stdout.trim())) fail(place, `prints ${JSON.stringify(stdout.trim())}, not what the page says below it`);
}

function quote(place, code, path, fail) {
  counts.quoted += 1;
  if (path === undefined) {
    fail(place, "is compiled nowhere; name the file it stands in by <!-- from: PATH --> above it");
    return;
  }
  const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const whole = `\n${lines(read(path)).join("\n")}\n`;
  // An empty line or `…` in a page leaves lines out.
  const strange = code.split(/\n\s*(?:…|\/\/ …|# …)?\s*\n/).find((part) => !whole.includes(`\n${lines(part).join("\n")}\n`));
  if (strange !== undefined) fail(place, `does not stand in ${path} word for word, from "${lines(strange)[0]}"; copy it from there`);
}

function parse(place, code, fail) {
  try {
    JSON.parse(code);
  } catch (error) {
    fail(place, `is no JSON: ${error.message}`);
  }
}

function commands(place, code, fail) {
  for (const [, command, rest] of code.replaceAll("\\\n", " ").matchAll(/(?:^|&& |npx )tenon ([a-z]+)([^\n|&#]*)/gm)) {
    counts.commands += 1;
    if (!helps.has(command)) helps.set(command, run(process.execPath, ["cli/tenon.mjs", command, "--help"]));
    const { ok, stdout } = helps.get(command);
    if (!ok) {
      fail(place, `uses "tenon ${command}", which does not exist`);
      continue;
    }
    for (const [option] of rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/g)) {
      if (!new RegExp(`(?<![\\w-])${option}(?![\\w-])`).test(stdout)) fail(place, `uses ${option} of "tenon ${command}", which its --help does not name`);
    }
  }
}
