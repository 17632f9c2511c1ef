/**
 * Forbids that the host grows past its budget in a browser: `@tenon/host` as a page's bundler sees it, minified, gzipped,
 * in bytes. `initial` is what loads before the first line runs; `everything` adds what is loaded later, WASI with it.
 * Nothing is left out as "external", so whatever only Node has fails here as it would fail the page.
 */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { check } from "./check.mjs";
import { readJson, root } from "./tree.mjs";

const ENTRY = "host.js";

await check(async (fail) => {
  const budget = readJson("scripts/budget.json");
  let result;
  try {
    result = await build({
      stdin: { contents: 'export * from "@tenon/host";', resolveDir: `${root}/cli`, sourcefile: "page.js" },
      entryNames: "host",
      outdir: root,
      write: false,
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      metafile: true,
      logLevel: "silent",
      absWorkingDir: root,
    });
  } catch (error) {
    for (const { text, location } of error.errors ?? []) {
      fail(location?.file ?? "@tenon/host", `does not bundle for browsers: ${text}; keep Node behind a Platform that pages do not load`);
    }
    if (!error.errors) throw error;
    return undefined;
  }

  const bytesOf = new Map(result.outputFiles.map(({ path, contents }) => [path.slice(root.length + 1), gzipSync(contents, { level: 9 }).length]));
  const { outputs } = result.metafile;
  const initial = new Set();
  const visit = (path) => {
    if (initial.has(path)) return;
    initial.add(path);
    for (const { path: next, kind } of outputs[path].imports) if (kind === "import-statement") visit(next);
  };
  visit(ENTRY);

  const sum = (paths) => [...paths].reduce((total, path) => total + bytesOf.get(path), 0);
  const sizes = { initial: sum(initial), everything: sum(bytesOf.keys()) };
  if (Object.keys(outputs[ENTRY].exports).length === 0) fail("@tenon/host", "its browser bundle exports nothing; export the host from mod.ts");
  for (const [name, bytes] of Object.entries(sizes)) {
    if (bytes > budget[name]) {
      fail("@tenon/host", `"${name}" is ${bytes} bytes gzipped, the budget is ${budget[name]}; load less at the start, or argue for more in scripts/budget.json`);
    }
  }
  return Object.entries(sizes).map(([name, bytes]) => `${name} ${bytes} of ${budget[name]} bytes gzipped`).join(", ");
});
