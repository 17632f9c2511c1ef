/**
 * Puts each thread's entry and all it imports into one file, in place of what `tsc` wrote: a thread that loads sixty
 * small modules starts in 45 ms, one that loads this in 6. It begins from the sources: what `tsc` wrote may be an older
 * bundle, because `tsc` writes again only what changed.
 */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const fileOf = (path) => fileURLToPath(new URL(path, import.meta.url));
const bundle = (entry, out, format) =>
  build({ entryPoints: [fileOf(`src/platform/${entry}.ts`)], outfile: fileOf(`dist/platform/${out}`), allowOverwrite: true, bundle: true, format, target: "es2022", external: ["node:*"], sourcemap: true, legalComments: "none", logOverride: { "empty-import-meta": "silent" } }); // of the page's way to start threads, which no thread goes
// A thread of Node loads CommonJS some milliseconds sooner than an ES module, for which it starts a loader first.
await Promise.all([bundle("node-thread", "node-thread.cjs", "cjs"), bundle("web-thread", "web-thread.js", "esm")]);
