/**
 * Forbids that the host grows past its budget in a browser: what a page really loads of `@tenon/host` when Vite builds it,
 * minified, gzipped file by file, in bytes. `page` loads before the first plug-in does, and is all that a prepared module
 * needs; the others add what a plug-in with the default limits makes it load later: one that imports
 * nothing but the ABI (`plugin`), one with host functions (`functions`), one with WASI (`wasi`), and one with both and
 * with folders (`all`).
 * Nothing is left out as "external", so whatever only Node has fails here as it would fail the page.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { check } from "./check.mjs";
import { readJson, root } from "./tree.mjs";

/** What is loaded later, by the module whose `import()` loads it. */
const LATER = {
  plugin: ["compile", "walk-wasm"],
  functions: ["compile", "walk-wasm", "offer"],
  wasi: ["compile", "walk-wasm", "session-wasi"],
  all: ["compile", "walk-wasm", "offer", "session-wasi", "path-calls"],
};

/** Loaded later as well, for what not every page has: a manifest, hosts that a plug-in may reach, threads, large modules, refused ones. */
const SELDOM = ["compile-failure", "manifest", "stranger", "session-http", "engine", "split"];

await check(async (fail) => {
  const budget = readJson("scripts/budget.json");
  const chunks = await buildPage('import { createPlugin, hostFunction, PluginError } from "@tenon/host"; Object.assign(globalThis, { createPlugin, hostFunction, PluginError });');
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const later = new Map();
  for (const { isEntry, moduleIds, fileName } of chunks) if (!isEntry) for (const id of moduleIds) later.set(/([a-z-]+)\.js$/.exec(id)?.[1], fileName);
  const known = new Set([...Object.values(LATER).flat(), ...SELDOM]);
  const entries = chunks.filter((chunk) => chunk.isDynamicEntry && chunk.facadeModuleId !== null).map((chunk) => /([a-z-]+)\.js$/.exec(chunk.facadeModuleId)?.[1]);
  for (const name of entries) if (!known.has(name)) fail("scripts/check-size.mjs", `"${name}" is loaded later and nothing says for which pages; add it to LATER or to SELDOM`);
  for (const name of known) if (!later.has(name)) fail("scripts/check-size.mjs", `"${name}" is not loaded by an import() any more; load it when it is needed, or take it off the lists`);

  const page = chunks.find((chunk) => chunk.isEntry).fileName;
  const bytesOf = (starts) => {
    const files = new Set();
    const visit = (file) => {
      if (file === undefined || files.has(file)) return;
      files.add(file);
      for (const next of byFile.get(file).imports) visit(next);
    };
    for (const start of starts) visit(start);
    return [...files].reduce((total, file) => total + gzipSync(byFile.get(file).code, { level: 9 }).length, 0);
  };
  const sizes = { page: bytesOf([page]) };
  for (const [name, modules] of Object.entries(LATER)) sizes[name] = bytesOf([page, ...modules.map((module) => later.get(module))]);
  for (const [name, bytes] of Object.entries(sizes)) {
    if (!(bytes <= budget[name])) fail("@tenon/host", `"${name}" is ${bytes} bytes gzipped, the budget is ${budget[name]}; load less, or argue for more in scripts/budget.json`);
  }
  return Object.entries(sizes).map(([name, bytes]) => `${name} ${bytes} of ${budget[name]}`).join(", ") + " bytes gzipped";
});

/** Builds a page as Vite's defaults do; returns its JavaScript files. */
async function buildPage(source) {
  const folder = mkdtempSync(join(root, "cli", ".size-")); // where "@tenon/host" is found by its name
  try {
    writeFileSync(join(folder, "page.js"), source);
    const { output } = await build({ root: folder, configFile: false, logLevel: "silent", build: { write: false, target: "es2022", modulePreload: false, rolldownOptions: { input: join(folder, "page.js") } } });
    return output.filter((file) => file.type === "chunk");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
