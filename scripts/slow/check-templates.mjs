/**
 * Forbids templates, bindings and kits that do not work at a user's. For every language, from nothing and from the packages as
 * they would be published:
 *
 *   1  `tenon new` in a folder with a name that tools could stumble over, `npm install`, and the other commands of the
 *      project's README, as they stand
 *   2  for a plug-in system, `tenon bindgen`, `tenon build` and `tenon check` in a folder of that project, and a call, which
 *      says, by its error or in the log, that its function is not written yet
 *   3  the code of the kit's README, all blocks as one plug-in, in place of the template's, by `tenon build` and by each
 *      command that the README gives for building by hand
 *   4  the same with a mistake in it, whose place the compiler's message has to name
 *   5  for Rust, the unit tests of the kit, on the machine itself
 *
 * A language whose tools are not on this machine is named with what to install. Names of languages (`rust`, `cpp`) try these
 * alone. Needs `dist`.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { check, firstLine, run } from "../check.mjs";
import { npmError, pack } from "../pack.mjs";
import { read, root, workspaces } from "../tree.mjs";

const wanted = process.argv.slice(2);
/** A plug-in system with what bindings are made of: records, an export that may be left out, functions of the application. */
const SYSTEM = `import { definePluginSystem, jsonSchema } from "@tenon/system";
const line = { type: "object", properties: { sku: { type: "string" }, note: { type: "string" } }, required: ["sku"] };
const cart = { title: "Cart", type: "object", properties: { id: { type: "string" }, lines: { type: "array", items: line } }, required: ["id", "lines"] };
const discount = { title: "Discount", type: "object", properties: { percent: { type: "number" } }, required: ["percent"] };
export const shop = definePluginSystem({
  name: "shop/discounts",
  version: "1.0.0",
  exports: { before_checkout: { input: jsonSchema(cart), output: jsonSchema(discount) }, after_payment: { input: jsonSchema(cart), optional: true } },
  imports: { points: { input: jsonSchema({ type: "string" }), output: jsonSchema({ type: "integer", format: "int32" }) }, keep: { input: jsonSchema(cart) } },
});
`;
/** Where a template has its code, which is where a README's goes. TypeScript's README is compiled by `check-code.mjs`. */
const SOURCES = { assemblyscript: "assembly/plugin.ts", c: "plugin.c", cpp: "plugin.cpp", go: "plugin.go", rust: "src/lib.rs", zig: "plugin.zig" };
/** Folders that projects are made in: names that are taken by something else, or that no tool takes as they are. */
const FOLDERS = { assemblyscript: "assemblyscript", c: "-c", cpp: "C++ & Söhne", go: "con", rust: "Mein 'Plug-in' 2.0", typescript: "$x (1)", zig: "計算" };
/** Code that a kit must refuse to build: input as elements that no bytes of a sender's may become. */
const REFUSED = { cpp: "static std::string wrong(std::vector<double> list) { return std::to_string(list.size()); }\nTENON_FUNCTION(wrong)" };
let blocks = 0;
let commands = 0;
/** A user's first run is on a machine of theirs, where the size is recorded. */
const AT_HOME = { CI: undefined };

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-templates-"));
  try {
    const packs = join(folder, "packs");
    mkdirSync(packs);
    const tarballs = workspaces().filter(({ manifest }) => !manifest.private).map(({ folder: source }) => pack(source, packs).tarball);
    const home = join(folder, "home");
    mkdirSync(home);
    npm(home, ["install", ...tarballs]);
    const program = join(home, "node_modules/tenon/tenon.mjs");
    const done = [];
    const missing = [];
    for (const language of readdirSync(join(root, "cli/templates"))) {
      if (wanted.length > 0 && !wanted.includes(language)) continue;
      const place = join(folder, FOLDERS[language] ?? language);
      const made = run(process.execPath, [program, "new", place, "--lang", language, "--json"]);
      if (!made.ok) {
        fail(language, `tenon new: ${firstLine(made.stderr)}`);
        continue;
      }
      const [tool] = JSON.parse(made.stdout).missing;
      if (tool !== undefined) {
        missing.push(`${language} (${tool.install})`);
        continue;
      }
      npm(place, ["install", "--save-dev", ...tarballs]);
      const steps = [readmeWorks, bindingsWork, readmeCompiles, handWorks, mistakesAreShown, unitTestsPass];
      let isGood = true;
      for (const step of steps) isGood &&= await step(fail, language, place, home);
      if (isGood) done.push(language);
    }
    if (done.length === 0) fail("cli/templates", "none was tried");
    return `${done.join(", ")} build and pass from nothing, and on bindings; ${blocks} blocks of READMEs compile, ${commands} commands run${missing.length > 0 ? `; not tried: ${missing.join("; ")}` : ""}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Whether what the project's README says can be done, in its order; `npm install` has been done with packages that no registry has. */
function readmeWorks(fail, language, project) {
  const page = `cli/templates/${language}/README.md`;
  for (const command of shellOf(readFileSync(join(project, "README.md"), "utf8"))) {
    const { ok, stdout, stderr } = run("sh", ["-c", command], { cwd: project, timeout: 300_000, env: AT_HOME });
    const expected = command.includes("tenon test") ? /pass [1-9]/ : command.includes("tenon call") ? /discount_percent":20|Ada/ : /^/;
    if (ok && expected.test(stdout)) continue;
    fail(page, `"${command}": ${(stderr + stdout).trim().slice(0, 600)}`);
    return false;
  }
  return true;
}

/** Commands of a page's shell blocks, but for those that install. */
function shellOf(page) {
  const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, text]) => text.trim().split("\n"));
  const others = lines.filter((line) => !/^(?:npm|pip|rustup) /.test(line));
  commands += others.length;
  return others;
}

/** Whether a plug-in on the bindings of a system, in a project of its language, is built and answers as its author left it. */
function bindingsWork(fail, language, project) {
  writeFileSync(join(project, "shop.mjs"), SYSTEM);
  writeFileSync(join(project, "call.mjs"), `import { readFileSync } from "node:fs";
import { shop } from "./shop.mjs";
const plugin = await shop.load(readFileSync("typed.wasm"), { imports: { points: () => 7, keep: () => {} }, logger: ({ text }) => console.log(text) });
await plugin.before_checkout({ id: "c-1", lines: [{ sku: "tea" }] }).catch(({ code, message }) => console.log(code, message));
await plugin.$close();
`);
  const tenon = join(project, "node_modules/tenon/tenon.mjs");
  const steps = [[tenon, "bindgen", "shop.mjs", "--lang", language, "-o", "typed"], [tenon, "build", "typed", "-o", "typed.wasm"], [tenon, "check", "typed.wasm", "--system", "shop.mjs"], ["call.mjs"]];
  for (const step of steps) {
    const { ok, stdout, stderr } = run(process.execPath, step, { cwd: project, timeout: 300_000 });
    const expected = step === steps.at(-1) ? "Cannot run before_checkout: it is not written yet" : step[1] === "check" ? "built for exactly this interface" : "";
    if (ok && (stdout + stderr).toLowerCase().includes(expected.toLowerCase())) continue;
    fail(`bindings for ${language}`, `${step.slice(1, 3).join(" ") || step[0]}: ${(stderr + stdout).trim().slice(0, 600)}`);
    return false;
  }
  return true;
}

/** Whether the code of a kit's README, read from top to bottom as one file, is a plug-in; settings in it are the template's. */
function readmeCompiles(fail, language, project) {
  const source = SOURCES[language];
  if (source === undefined) return true;
  const page = `pdks/${language}/README.md`;
  const code = [...read(page).matchAll(/^```([a-z]+)\n([\s\S]*?)^```$/gm)];
  const settings = code.filter(([, kind]) => kind === "toml");
  const program = code.filter(([, kind]) => kind !== "toml" && kind !== "sh");
  for (const [, , text] of settings) if (!readFileSync(join(project, "Cargo.toml"), "utf8").includes(text)) fail(page, `"${firstLine(text)}" has other settings than cli/templates/${language}; copy them from there`);
  if (!existsSync(join(project, source))) throw new Error(`cli/templates/${language} has no ${source}`);
  writeFileSync(join(project, source), program.map(([, , text]) => text).join("\n"));
  const tenon = join(project, "node_modules/tenon/tenon.mjs");
  const built = run(process.execPath, [tenon, "build", "-o", "readme.wasm"], { cwd: project, timeout: 300_000, env: AT_HOME });
  blocks += program.length;
  if (built.ok && isReadmesPlugin(join(project, "readme.wasm"))) return true;
  fail(page, `its ${program.length} blocks, one behind the other, are no plug-in with before_checkout and price_in_euros: ${(built.stderr + built.stdout).trim().slice(0, 600)}`);
  return false;
}

/** Whether the code of a kit's README is also built by each command that the README gives. */
async function handWorks(fail, language, project, home) {
  const source = SOURCES[language];
  if (source === undefined) return true;
  const page = `pdks/${language}/README.md`;
  const name = source.split("/").at(-1);
  const env = { ...AT_HOME };
  if (language === "assemblyscript") copyFileSync(join(project, source), join(project, name));
  if (language === "zig") env.PATH = `${zigProgram(project)}:${process.env.PATH}`;
  if (language === "rust") Object.assign(env, await rustSettings(home));
  for (const command of shellOf(read(page))) {
    rmSync(join(project, "plugin.wasm"), { force: true });
    const said = command.startsWith("clang") ? await runClang(command, project, home) : run("sh", ["-c", command], { cwd: project, timeout: 300_000, env });
    const made = language === "rust" ? join(project, "target/wasm32-unknown-unknown/release", `${crateOf(project)}.wasm`) : join(project, "plugin.wasm");
    if (said.ok && isReadmesPlugin(made)) continue;
    fail(page, `"${command}": ${(said.stderr + said.stdout).trim().slice(0, 600) || "it makes no plug-in"}`);
    return false;
  }
  if (language === "assemblyscript") rmSync(join(project, name));
  return true;
}

/** Whether a file is a module with the functions of a kit's README, which asks for nothing that plug-in hosts do not have. */
function isReadmesPlugin(path) {
  if (!existsSync(path)) return false;
  const module = new WebAssembly.Module(readFileSync(path));
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  const strange = WebAssembly.Module.imports(module).filter((each) => !/^(?:extism:host\/(?:env|user)|wasi_snapshot_preview1)$/.test(each.module));
  return ["before_checkout", "price_in_euros"].every((name) => names.includes(name)) && strange.length === 0;
}

/** A folder with the program that the page calls `zig`, however this machine has it. */
function zigProgram(project) {
  const folder = join(project, "node_modules/.by-hand");
  mkdirSync(folder, { recursive: true });
  if (!run("sh", ["-c", "zig version"]).stdout.startsWith("0.15.")) writeFileSync(join(folder, "zig"), '#!/bin/sh\nexec python3 -m ziglang "$@"\n', { mode: 0o755 });
  return folder;
}

/** What cargo needs to be told where its target comes from Debian; nothing where rustup has it. The target is built by now. */
async function rustSettings(home) {
  const target = "wasm32-unknown-unknown";
  if (existsSync(join(run("sh", ["-c", "rustc --print sysroot"]).stdout.trim(), "lib/rustlib", target))) return { CARGO_TARGET_DIR: undefined };
  const { debianRust } = await import(pathToFileURL(join(home, "node_modules/tenon/dist/languages/rust-sysroot.js")).href);
  const { env, flags } = await debianRust.prepare();
  return { ...env, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: flags.join(" "), CARGO_TARGET_DIR: undefined };
}

function crateOf(project) {
  return /^name = "(.*)"$/m.exec(readFileSync(join(project, "Cargo.toml"), "utf8"))[1].replaceAll("-", "_");
}

/** Runs a command of clang with the clang of npm, the kits' headers beside the source. */
async function runClang(command, project, home) {
  const languages = await import(pathToFileURL(join(home, "node_modules/tenon/dist/languages/mod.js")).href);
  const [program, ...args] = command.split(" ");
  const headers = ["c/tenon.h", "cpp/tenon.hpp"].map((path) => [path.split("/")[1], readFileSync(join(root, "pdks", path))]);
  const source = args.at(-1);
  try {
    const { wasm } = await languages.runClang(project, args, { ...Object.fromEntries(headers), [source]: readFileSync(join(project, source)) }, program === "clang++");
    writeFileSync(join(project, "plugin.wasm"), wasm);
    return { ok: true, stdout: "", stderr: "" };
  } catch (error) {
    return { ok: false, stdout: error.output ?? "", stderr: error.message };
  }
}

/** Whether a build that cannot succeed says where the mistake is. */
function mistakesAreShown(fail, language, project) {
  const mistaken = [SOURCES[language], ...(language === "rust" ? ["Cargo.toml"] : [])].filter((source) => source !== undefined);
  for (const source of mistaken) {
    const text = readFileSync(join(project, source), "utf8");
    const line = text.split("\n").length + 1;
    writeFileSync(join(project, source), `${text}\nmistake !\n`);
    const { ok, stdout, stderr } = run(process.execPath, [join(project, "node_modules/tenon/tenon.mjs"), "build", "-o", "mistake.wasm"], { cwd: project, timeout: 300_000, env: AT_HOME });
    writeFileSync(join(project, source), text);
    if (!ok && [`${source}:${line}:`, `${source}(${line},`].some((place) => stderr.includes(place))) continue;
    fail(`cli/templates/${language}`, `tenon build does not name ${source}:${line}, where the mistake is: ${(stderr + stdout).trim().slice(0, 600)}`);
    return false;
  }
  const refused = REFUSED[language];
  if (refused === undefined) return true;
  const path = join(project, SOURCES[language]);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, `${text}\n${refused}\n`);
  const { ok } = run(process.execPath, [join(project, "node_modules/tenon/tenon.mjs"), "build", "-o", "refused.wasm"], { cwd: project, timeout: 300_000, env: AT_HOME });
  writeFileSync(path, text);
  if (ok) fail(`pdks/${language}`, `builds what it must refuse: ${refused}`);
  return !ok;
}

/** Whether a kit that has unit tests passes them: the one for Rust, whose functions of the host are none off WebAssembly. */
function unitTestsPass(fail, language, project) {
  if (language !== "rust") return true;
  const { ok, stdout, stderr } = run("cargo", ["test", "--lib"], { cwd: join(project, "node_modules/@tenon/pdk-rust"), timeout: 300_000, env: { ...AT_HOME, CARGO_TARGET_DIR: undefined, CARGO_PROFILE_DEV_DEBUG: "0", CARGO_INCREMENTAL: "0" } });
  if (ok && /^test result: ok\. [1-9]/m.test(stdout)) return true;
  fail("pdks/rust", `cargo test --lib: ${(stdout + stderr).trim().slice(-600)}`);
  return false;
}

function npm(folder, args) {
  const { ok, stderr } = run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  if (!ok) throw new Error(`npm ${args[0]} in ${folder}: ${npmError(stderr)}`);
}
