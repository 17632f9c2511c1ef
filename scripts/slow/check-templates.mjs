/**
 * Forbids templates and bindings that do not work at a user's: for every language, `tenon new` in an empty folder, `npm
 * install` of the packages as they would be published, and `tenon test`, as its README says; then, for a plug-in system,
 * `tenon bindgen`, `tenon build` and `tenon check` in a folder of that project, and a call, which says, by its error or in the
 * log, that its function is not written yet; then the code of the kit's README, all blocks as one plug-in, in place of the
 * template's, and with a mistake in it, whose place the compiler's message has to name. A language whose tools are not on
 * this machine is named with what to install. Names of languages (`rust`, `cpp`) try these alone. Needs `dist`.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
let blocks = 0;
/** A user's first run is on a machine of theirs, where the size is recorded. */
const AT_HOME = { CI: undefined };

await check((fail) => {
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
      const place = join(folder, language);
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
      const test = run(process.execPath, [join(place, "node_modules/tenon/tenon.mjs"), "test"], { cwd: place, timeout: 300_000, env: AT_HOME });
      if (!test.ok || !/pass [1-9]/.test(test.stdout)) fail(`cli/templates/${language}`, `tenon test: ${(test.stderr + test.stdout).trim().slice(0, 600)}`);
      else if (bindingsWork(fail, language, place) && readmeCompiles(fail, language, place) && mistakesAreShown(fail, language, place)) done.push(language);
    }
    if (done.length === 0) fail("cli/templates", "none was tried");
    return `${done.join(", ")} build and pass from nothing, and on bindings, and ${blocks} blocks of READMEs compile${missing.length > 0 ? `; not tried: ${missing.join("; ")}` : ""}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

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
  const program = code.filter((block) => !settings.includes(block));
  for (const [, , text] of settings) if (!readFileSync(join(project, "Cargo.toml"), "utf8").includes(text)) fail(page, `"${firstLine(text)}" has other settings than cli/templates/${language}; copy them from there`);
  if (!existsSync(join(project, source))) throw new Error(`cli/templates/${language} has no ${source}`);
  writeFileSync(join(project, source), program.map(([, , text]) => text).join("\n"));
  const tenon = join(project, "node_modules/tenon/tenon.mjs");
  const built = run(process.execPath, [tenon, "build", "-o", "readme.wasm"], { cwd: project, timeout: 300_000, env: AT_HOME });
  const found = built.ok ? WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(join(project, "readme.wasm")))).map(({ name }) => name) : [];
  blocks += program.length;
  if (built.ok && ["before_checkout", "price_in_euros"].every((name) => found.includes(name))) return true;
  fail(page, `its ${program.length} blocks, one behind the other, are no plug-in with before_checkout and price_in_euros: ${(built.stderr + built.stdout).trim().slice(0, 600)}`);
  return false;
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
  return true;
}

function npm(folder, args) {
  const { ok, stderr } = run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  if (!ok) throw new Error(`npm ${args[0]} in ${folder}: ${npmError(stderr)}`);
}
