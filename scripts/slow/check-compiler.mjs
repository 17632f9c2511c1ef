/**
 * Forbids a compiler whose plug-ins depend on where they are built: the same sources are compiled here, here again in another
 * folder, and in a page in Chromium with `esbuild-wasm`, and every module has to be the same, byte by byte.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { check } from "../check.mjs";
import { outcomeOf, serve } from "../runtimes/browser.mjs";
import { root } from "../tree.mjs";

/** Sources by path, the entry first: between them they use whatever leads to a step of its own. */
const SOURCES = {
  hello: { "plugin.ts": 'export function hello(name: string): string { return "Hello, " + name; }' },
  "several files and JSON": {
    "plugin.ts": 'import { sum } from "./lib/sum"; import table from "./table.json"; export function total(more: number[]): number { return sum([...table.numbers, ...more]); }',
    "lib/sum.ts": "export const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);",
    "table.json": '{ "numbers": [1, 2, 3] }',
  },
  "host functions, Web APIs, time and chance": {
    "plugin.ts": `import { config, host } from "@tenon/pdk";
      const shop = host<{ level(customer: string): number; notify(note: { total: number }): Promise<string> }>("extism:host/user");
      const started = new Map([["x", new URL("https://example.com/a?b=c").searchParams.get("b")]]);
      export async function run(cart: { customer: string }): Promise<unknown> {
        const response = await fetch(\`https://example.com/\${started.get("x")}\`);
        return [config.get("a"), shop.level(cart.customer), await shop.notify({ total: 1 }), await response.text(), Math.random(), Date.now(), crypto.randomUUID()];
      }`,
  },
  "numbers, optimized": { "plugin.ts": "export function run({ n }: { n: number }): number { return fibonacci(n); } function fibonacci(n: number): number { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }" },
  "code from text": { "plugin.js": "export function run(code) { return new Function(`return ${code}`)(); }" },
};

/** The name of a plug-in says so, on Node as in the page. */
const isOptimized = (name) => name.includes("optimized");

const PAGE = `
import * as esbuild from "esbuild-wasm";
import { compile } from "@tenon/compiler";
globalThis.outcome = await (async () => {
  try {
    await esbuild.initialize({ wasmURL: "/esbuild.wasm" });
    const hashes = {};
    for (const [name, files] of Object.entries(${JSON.stringify(SOURCES)})) {
      const { wasm } = await compile(files, { root: "/", esbuild, optimize: (${isOptimized})(name) });
      hashes[name] = [...new Uint8Array(await crypto.subtle.digest("SHA-256", wasm))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    return { hashes };
  } catch (error) {
    return { error: String(error.stack ?? error) };
  }
})();
`;

await check(async (fail) => {
  const { compile } = await import("@tenon/compiler");
  const folder = mkdtempSync(join(tmpdir(), "tenon-compiler-"));
  const hash = async (name, at) => createHash("sha256").update((await compile(SOURCES[name], { root: at, optimize: isOptimized(name) })).wasm).digest("hex");
  try {
    const { hashes, error } = await compileInPage();
    if (error !== undefined) fail("Chromium", `cannot compile: ${error}`);
    for (const name of Object.keys(SOURCES)) {
      const here = await hash(name, root);
      if (here !== (await hash(name, folder))) fail(name, "differs from one folder to another");
      if (error === undefined && here !== hashes[name]) fail(name, `is ${hashes[name]} in Chromium and ${here} on Node`);
    }
    return `${Object.keys(SOURCES).length} plug-ins the same in two folders and in Chromium`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The page finds the compiler's files where its script would lie in the package: in `dist`. */
async function compileInPage() {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: join(root, "scripts") }, write: false, bundle: true, format: "esm", platform: "browser", target: "es2022", external: ["node:*", "esbuild"], logLevel: "silent",
  });
  const wasm = join(dirname(createRequire(import.meta.url).resolve("esbuild-wasm")), "../esbuild.wasm");
  const server = await serve((path) => {
    if (path === "/") return { type: "text/html; charset=utf-8", body: '<!doctype html><script type="module" src="/dist/page.js"></script>' };
    if (path === "/dist/page.js") return { type: "text/javascript", body: outputFiles[0].contents };
    if (path === "/esbuild.wasm") return { type: "application/wasm", body: readFileSync(wasm) };
    return /^\/dist\/[\w-]+\.(wasm|json)$/.test(path) ? { type: path.endsWith("m") ? "application/wasm" : "application/json", body: readFileSync(join(root, "compiler", path)) } : undefined;
  });
  try {
    return await outcomeOf("chromium", `${server.origin}/`);
  } finally {
    server.close();
  }
}
