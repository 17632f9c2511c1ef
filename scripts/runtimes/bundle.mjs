/**
 * Bundles test files into one script that runs them and hands their results to `globalThis.report`: for Deno and Bun, which
 * have Node's modules, and for pages, which have none. The conformance cases are `check-matrix.mjs`'s.
 */
import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { files, root } from "../tree.mjs";

/** The tests of what runs at the user's; generators, compilers and the command line run on Node. */
const TESTS = /^((hosts|kernel|wasm)\/.*|systems\/src\/[^/]+)\.test\.ts$/;

/** Tests that run on no runtime but Node, and why: said of every file, so that a new one runs everywhere unless it stands here. */
const NODE_ONLY = {
  "hosts/typescript/fuzz/laws.test.ts": "reads plug-ins from files, and opens folders of the host",
  "hosts/typescript/src/extism/mod.test.ts": "compares with the npm package of a rival, whose builds differ by runtime",
  "hosts/typescript/src/extism/declarations.test.ts": "calls the TypeScript compiler",
  "hosts/typescript/src/limited-packages.test.ts": "runs packages of npm as they are, from their own files, in threads of Node",
  "hosts/typescript/src/memory.test.ts": "starts a second Node to measure its memory",
  "hosts/typescript/src/platform/node-http.test.ts": "connections as Node makes them",
  "hosts/typescript/src/pool/soak.test.ts": "asks V8 for its garbage collector",
  "hosts/typescript/src/wasi/go.test.ts": "calls the Go compiler",
  "hosts/typescript/src/worker/process.test.ts": "starts a second Node to see it end",
  "systems/src/inference.test.ts": "types, which no runtime runs",
};

/** Tests that need a server, files or memory of their own, which a page has not. */
const NOT_IN_PAGES = {
  "hosts/typescript/src/long-text.test.ts": "takes more memory than a page may",
  "hosts/typescript/src/part.test.ts": "copies the package and deletes files of it",
  "hosts/typescript/src/platform/node-files.test.ts": "the folders of a host",
  "hosts/typescript/src/platform/node-folder.test.ts": "the folders of a host",
  "hosts/typescript/src/platform/node-worker.test.ts": "threads as Node has them",
  "hosts/typescript/src/http/hop.test.ts": "starts servers on loopback",
  "hosts/typescript/src/http/send.test.ts": "starts servers on loopback",
  "systems/src/load.test.ts": "writes files",
  "hosts/typescript/src/source/source.test.ts": "writes files, and starts a server on loopback",
};

const here = `${root}/scripts/runtimes`;

/** What CommonJS packages inside an ES module look for. */
const BANNER = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname ?? "";';

/** What is left out of a bundle, by file, with the reason. */
export const leftOut = (isPage) => ({ ...NODE_ONLY, ...(isPage ? NOT_IN_PAGES : {}) });

/**
 * @param isPage Whether for a page; else for a runtime with Node's modules.
 * @param isPart Tells of a file whether it is asked for.
 * @returns The script's text, an ES module.
 */
export async function bundleTests(isPage, isPart = () => true) {
  const skipped = leftOut(isPage);
  const all = files(TESTS);
  for (const file of Object.keys(skipped)) if (!all.includes(file)) throw new Error(`"${file}" is left out and does not exist; take it off the list in scripts/runtimes/bundle.mjs`);
  const tests = all.filter((file) => !(file in skipped) && isPart(file));
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
    alias: { vitest: `${here}/harness.mjs`, ...(isPage && Object.fromEntries(["fs", "url"].map((name) => [`node:${name}`, `${here}/page-files.mjs`]))) },
    plugins: [ownAddress(isPage ? "/" : `${root}/`), ...(isPage ? [pageEntry] : [])],
    ...(isPage ? { inject: [`${here}/page-globals.mjs`], external: ["fs", "path", "crypto"] } : { banner: { js: BANNER } }),
  });
  return outputFiles[0].text;
}

/** What looks for a file beside itself looks where it was written, not where the bundle lies; in a page, below the server's `/`. */
const ownAddress = (base) => ({
  name: "own-address",
  setup({ onLoad, resolve }) {
    const address = (path) => JSON.stringify(pathToFileURL(base + relative(root, path)).href);
    onLoad({ filter: /\.test\.ts$|\/(test|fuzz)\/[^/]+\.ts$/ }, async ({ path }) => {
      let contents = readFileSync(path, "utf8").replaceAll("import.meta.url", address(path));
      for (const [call, name] of contents.matchAll(/import\.meta\.resolve\("([^"]+)"\)/g)) {
        const found = await resolve(name, { kind: "import-statement", resolveDir: dirname(path) });
        contents = contents.replace(call, address(found.path));
      }
      return { loader: "ts", contents };
    });
  },
});

/** Tests import the entry of Node, and Node's threads; a page gets its own. */
const pageEntry = {
  name: "page-entry",
  setup({ onResolve }) {
    onResolve({ filter: /\/worker-platform\.ts$/ }, () => ({ path: `${root}/hosts/typescript/test/web-worker-platform.ts` }));
    onResolve({ filter: /^\.{1,2}\/(.*\/)?node\.ts$/ }, ({ path, resolveDir }) => ({ path: `${resolveDir}/${path.replace(/node\.ts$/, "mod.ts")}` }));
  },
};
