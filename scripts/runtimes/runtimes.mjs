/**
 * The runtimes that the project supports, and how each runs the tests: a bundle for pages, workers and the edge, the same
 * bundle with Node's modules for Deno and Bun, Vitest itself for Node.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../check.mjs";
import { bundleTests } from "./bundle.mjs";
import { outcomeOf, serve } from "./browser.mjs";
import { root } from "../tree.mjs";

/** Node beside the one that runs this; from npm, without a download step of theirs. */
export const NODES = ["22.23.3", "24.21.0", "26.10.0"];

/** Runtimes that npm carries: package, version, program inside it and how it runs a script. */
export const PROGRAMS = {
  deno: { title: "Deno 2.9", name: "@deno/linux-x64-glibc", version: "2.9.6", program: "deno", args: ["run", "--allow-all"] },
  bun: { title: "Bun 1.4", name: "@oven/bun-linux-x64", version: "1.4.5", program: "bin/bun", args: [] },
};

/** Browsers, from the machine's packages. */
export const BROWSERS = { chromium: "Chromium", firefox: "Firefox ESR", webkit: "WebKitGTK" };

/**
 * What a runtime does otherwise, by the end of a test's name: known, with the reason, so that only news fails. A test that
 * stands here and passes is news too, unless the reason begins with "sometimes".
 */
export const KNOWN = {
  deno: {
    "over 'fetch' > fails with http/failed when > nobody listens, and says why": "Deno's own fetch is laxer about broken answers; requests of plug-ins go over node:http there",
    "over 'fetch' > fails with http/failed when > 'the answer is smuggled'": "Deno's own fetch is laxer about broken answers; requests of plug-ins go over node:http there",
    "over 'fetch' > fails with http/failed when > 'the server switches protocols'": "Deno's own fetch is laxer about broken answers; requests of plug-ins go over node:http there",
  },
  bun: {
    "over 'fetch' > ends with its signal > 'before the response', and cuts the connection": "sometimes Bun's own fetch keeps a listener on a signal for a while",
    "over 'fetch' > ends with its signal > 'inside the body', and cuts the connection": "sometimes Bun's own fetch keeps a listener on a signal for a while",
    "over 'fetch' > fails with http/failed when > 'the answer is smuggled'": "Bun's own fetch is laxer about broken answers; requests of plug-ins go over node:http there",
    "a trap carries the plug-in's own stack with function names": "Bun names no function of a module in a stack",
    "a start function that traps is start/failed": "Bun names no function of a module in a stack",
    "by its signal while the plug-in runs, with the plug-in's stack, and the thread lives on": "Bun names no function of a module in a stack",
    "what a host function threw is the failure's cause, the same object": "Bun names no function of a module in a stack",
    "by ending the thread, if the plug-in has no limits and does not stop, however a call before was ended; the next call gets another": "Bun ends no thread that loops in WebAssembly: the call ends, the thread goes on",
  },
};

/**
 * Installs a package into a folder.
 *
 * @returns The path of its program.
 */
export function install(folder, { name, version, program }) {
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  const { ok, stderr } = run("npm", ["i", `${name}@${version}`, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
  if (!ok) throw new Error(`"${name}@${version}" cannot be installed from npm: ${stderr.trim().split("\n").at(-1)}`);
  return join(folder, "node_modules", name, program);
}

/**
 * Each part of the tests gets a page, because a renderer has room for 124 memories and collects late; and a process, because
 * Bun collects garbage for nearly every fresh instance, and it takes the longer the more all tests before have left.
 */
const PARTS = [/\/pool\//, /\/worker\//, /^hosts\//, /(?:)/].map((part, index, all) => (file) => part.test(file) && !all.slice(0, index).some((earlier) => earlier.test(file)));

/** Runs the tests in Deno or Bun; returns what `runSuites` of the harness returns. */
export async function runProgram(name, program, folder) {
  const results = [];
  for (const isPart of PARTS) results.push(...(await runTestsInProgram(PROGRAMS[name], program, folder, await bundleTests(false, isPart))));
  return results;
}

async function runTestsInProgram(runtime, program, folder, body) {
  writeFileSync(join(folder, "tests.mjs"), body);
  // Beside the bundle, as in the package: the script of threads that the platform starts by itself.
  copyFileSync(join(root, "hosts/typescript/dist/bundled/node-thread.cjs"), join(folder, "node-thread.cjs"));
  writeFileSync(join(folder, "main.mjs"), 'import { writeFileSync } from "node:fs"; import { results } from "./tests.mjs"; writeFileSync("results.json", JSON.stringify(await results)); process.exit(0);');
  const { ok, stdout, stderr } = run(program, [...runtime.args, "main.mjs"], { cwd: folder, timeout: 600_000 });
  if (!ok) throw new Error(`${runtime.title} ended early: ${(stderr || stdout).trim().split("\n").at(-1)}`);
  return JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));
}

/** What gives a page memory that its threads share. Source: https://html.spec.whatwg.org/multipage/document-sequences.html#cross-origin-isolation-mode */
export const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Runs the tests in a browser's pages; returns what `runSuites` of the harness returns. */
export async function runPage(name) {
  const results = [];
  for (const isPart of PARTS) results.push(...(await runTestsInPage(name, await bundleTests(true, isPart))));
  return results;
}

async function runTestsInPage(name, body) {
  const page = `<!doctype html><script type="module">
    try { const { results } = await import("/tests.js"); globalThis.outcome = await results; }
    catch (error) { globalThis.outcome = [{ file: "the bundle", passed: 0, skipped: 0, failures: [{ name: "loading", message: String(error) }] }]; }
  </script>`;
  const thread = readFileSync(join(root, "hosts/typescript/dist/platform/web-thread.js"));
  const scripts = { "/tests.js": body, "/web-thread.js": thread };
  const server = await serve((path) => {
    if (path.startsWith("/files/")) return projectFile(decodeURIComponent(path.slice("/files".length)));
    if (path.endsWith(".js")) return Object.hasOwn(scripts, path) ? { type: "text/javascript", body: scripts[path], headers: ISOLATED } : undefined;
    return { type: "text/html; charset=utf-8", body: page, headers: ISOLATED };
  });
  try {
    return await outcomeOf(name, `${server.origin}/`);
  } finally {
    server.close();
  }
}

/** A file of the project, or the names in a folder as JSON: what `page-files.mjs` asks for. */
function projectFile(path) {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  return { type: "application/octet-stream", body: statSync(file).isDirectory() ? JSON.stringify(readdirSync(file)) : readFileSync(file) };
}
