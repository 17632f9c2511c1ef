/**
 * Bundles test files into one script that runs them and hands their results to `globalThis.report`: for Deno and Bun, which
 * have Node's modules, and for pages, which have none.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { files, root } from "../tree.mjs";

/** Tests that run on no runtime but Node, and why: said of every file, so that a new one runs everywhere unless it stands here. */
const NODE_ONLY = {
  "hosts/typescript/src/memory.test.ts": "starts a second Node to measure its memory",
  "hosts/typescript/src/platform/node-files.test.ts": "the folders of a host, as Node opens them",
  "hosts/typescript/src/platform/node-http.test.ts": "connections as Node makes them",
  "hosts/typescript/src/pool/soak.test.ts": "asks V8 for its garbage collector",
  "hosts/typescript/src/wasi/go.test.ts": "calls the Go compiler",
  "wasm/src/attacks.test.ts": "reads modules from files beside it",
  "hosts/typescript/src/limited-modules.test.ts": "reads modules from files, and watches what the engine instantiates",
  "wasm/src/limit.test.ts": "reads modules from files beside it",
  "wasm/src/module.test.ts": "reads modules from files beside it",
};

/** Tests that need a server or a file beside them, which a page has not. */
const NOT_IN_PAGES = {
  "hosts/typescript/src/manifest.test.ts": "reads the manifest's schema from its file",
  "hosts/typescript/src/http/hop.test.ts": "starts servers on loopback",
  "hosts/typescript/src/http/send.test.ts": "starts servers on loopback",
  "hosts/typescript/src/source.test.ts": "reads files, and starts a server on loopback",
  "hosts/typescript/src/session-wasi.test.ts": "opens folders of the host",
};

/** What CommonJS packages inside an ES module look for. */
const BANNER = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname ?? "";';

/** What is left out of a bundle, by file, with the reason. */
export const leftOut = (isPage) => ({ ...NODE_ONLY, ...(isPage ? NOT_IN_PAGES : {}) });

/**
 * @param isPage Whether for a page; else for a runtime with Node's modules.
 * @returns The script's text, an ES module.
 */
export async function bundleTests(isPage) {
  const skipped = leftOut(isPage);
  const all = files(/^(hosts|kernel|wasm)\/.*\.test\.ts$/);
  for (const file of Object.keys(skipped)) if (!all.includes(file)) throw new Error(`"${file}" is left out and does not exist; take it off the list in scripts/runtimes/bundle.mjs`);
  const tests = all.filter((file) => !(file in skipped));
  const contents = [
    'import { runSuites } from "vitest";',
    `const suites = {${tests.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(`./${file}`)})`).join(", ")}};`,
    "export const results = runSuites(suites);",
  ].join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, sourcefile: "tests.js" },
    bundle: true,
    write: false,
    format: "esm",
    platform: isPage ? "browser" : "node",
    target: "es2022",
    supported: { using: false },
    logLevel: "silent",
    absWorkingDir: root,
    alias: { vitest: `${root}/scripts/runtimes/harness.mjs` },
    plugins: isPage ? [pageEntry] : [ownAddress],
    ...(isPage ? { inject: [`${root}/scripts/runtimes/page-globals.mjs`], external: ["fs", "path", "crypto"] } : { banner: { js: BANNER } }),
  });
  return outputFiles[0].text;
}

/** A test that looks for a file beside itself looks where it was written, not where the bundle lies. */
const ownAddress = {
  name: "own-address",
  setup({ onLoad }) {
    onLoad({ filter: /\.test\.ts$|\/test\/[^/]+\.ts$/ }, ({ path }) => ({ loader: "ts", contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)) }));
  },
};

/** Tests import the entry of Node, and Node's threads; a page gets its own. */
const pageEntry = {
  name: "page-entry",
  setup({ onResolve }) {
    onResolve({ filter: /\/worker-platform\.ts$/ }, () => ({ path: `${root}/hosts/typescript/test/web-worker-platform.ts` }));
    onResolve({ filter: /^\.{1,2}\/(.*\/)?node\.ts$/ }, ({ path, resolveDir }) => ({ path: `${resolveDir}/${path.replace(/node\.ts$/, "mod.ts")}` }));
  },
};
