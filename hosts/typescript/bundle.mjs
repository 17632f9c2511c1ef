/**
 * Puts what Node, Deno and Bun load into few files, in place of the hundred that `tsc` writes: each costs Node some
 * tenths of a millisecond, however small it is.
 *
 *   dist/bundled/host.js           what every plug-in needs, with @tenon/wasm; the package's entries beside it are doors to it
 *   dist/bundled/*.js              parts that are loaded when something asks for them, with what they share
 *   dist/bundled/node-thread.cjs   a thread, which has nothing yet; CommonJS, for which Node starts no loader first
 *   dist/platform/web-thread.js    the same in a page
 *
 * Pages load the files of `tsc`: who makes them has a bundler, which leaves out what is not used. This begins from the
 * sources, because `tsc` writes again only what changed, and from what `tsc` wrote of @tenon/wasm.
 */
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decodeInlined } from "@tenon/wasm/inlined";
import { rolldown } from "rolldown";

const ENTRIES = ["node", "extism/node", "files", "prepare"];
/**
 * Parts: what the host loads by `import()`, and an entry that not all use. What starts a thread is none: its file would be
 * read when the plug-in is compiled, 10 ms after the thread could have been starting.
 */
const PARTS = /\/src\/(?:(?:extism|http|pool|wasi)\/|worker\/(?!threads|shared-kernel|protocol)|imports\/session-(?:http|wasi)\.ts$|platform\/node-(?:anchor|directory|file|files|http)\.ts$)/;

/**
 * Our Wasm stands in text that servers compress well, which takes an interpreter a millisecond to decode. Node decodes
 * base64 in no time.
 */
const INLINED = {
  name: "inlined",
  load: {
    filter: { id: /-wasm\.[jt]s$/ },
    async handler(id) {
      const [[name, module]] = Object.entries(await import(pathToFileURL(id.replace("/src/", "/dist/").replace(/ts$/, "js")).href));
      const text = Buffer.from(decodeInlined(module)).toString("base64");
      return `let decoded;\nexport const ${name} = { get bytes() { return (decoded ??= new Uint8Array(process.getBuiltinModule("node:buffer").Buffer.from("${text}", "base64"))); } };`;
    },
  },
};

/**
 * What starts a thread of a page names its script by a URL, which bundlers of servers look for beside it. No runtime that
 * loads these files gets there.
 */
const WITHOUT_PAGES = { name: "without-pages", load: (id) => (id === fileOf("src/platform/web-worker.ts") ? "export const startWebWorker = undefined;" : undefined) };

const PLUGINS = [INLINED, WITHOUT_PAGES];

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
const sourceOf = (entry) => fileOf(`src/${entry}.ts`);

rmSync(fileOf("dist/bundled"), { recursive: true, force: true }); // names of parts change
await Promise.all([
  write(Object.fromEntries(ENTRIES.map((entry) => [entry, sourceOf(entry)])), { plugins: PLUGINS }, { dir: fileOf("dist/bundled"), format: "esm", chunkFileNames: "[name].js", codeSplitting: { groups: [{ name: "host", test: (id) => !PARTS.test(id) }] } }),
  write(sourceOf("platform/node-thread"), { plugins: PLUGINS }, { file: fileOf("dist/bundled/node-thread.cjs"), format: "cjs", codeSplitting: false }),
  write(sourceOf("platform/web-thread"), {}, { file: fileOf("dist/platform/web-thread.js"), format: "esm", codeSplitting: false }),
]);

writeFileSync(fileOf("dist/bundled/node-thread.d.cts"), "export {};\n"); // it is an entry of the package, for who bundles a program

async function write(input, options, output) {
  // Modules with an effect say so by their compiled names in package.json, and these are sources. What is imported in both ways stays in one file here.
  const bundle = await rolldown({ ...options, input, external: /^node:/, platform: "neutral", treeshake: { moduleSideEffects: true }, checks: { ineffectiveDynamicImport: false, emptyImportMeta: false } });
  await bundle.write({ ...output, sourcemap: true, comments: false });
}
