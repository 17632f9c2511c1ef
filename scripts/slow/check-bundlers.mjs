/**
 * Forbids a host that works here and not in a page: it is packed, installed into an empty project, and built by Vite, webpack,
 * esbuild and Rollup, and used with no bundler at all, by an import map. Each page runs in Chromium under the strictest content
 * security policy that WebAssembly allows: no inline script, no `eval`, no `blob:`, no `data:`. Where a part that is loaded later
 * is missing, as in a page that went offline, the page without a bundler must be told so by a code. What esbuild built runs as an
 * extension (manifest version 3), too: its page, and its service worker, which may load nothing later and is one file.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { check, firstLine, run } from "../check.mjs";
import { npmError, pack } from "../pack.mjs";
import { outcomeOf, outcomesOfExtension, serve } from "../runtimes/browser.mjs";
import { ISOLATED } from "../runtimes/runtimes.mjs";
import { shouter } from "../runtimes/shouter.mjs";
import { readJson } from "../tree.mjs";

const TOOLS = ["vite@8.3.8", "webpack@5.112.2", "esbuild@0.28.2", "rollup@4.68.7", "@rollup/plugin-node-resolve@16.0.3"];
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/** The part that reads manifests, which the page without a bundler does not get. */
const MISSING = "/dist/source/manifest.js";

const PAGE_SCRIPT = { in: "page.js", out: "page" };
const THREAD_SCRIPT = { in: "@tenon/host/thread", out: "web-thread" };
const ESBUILD = { bundle: true, format: "esm", minify: true, target: "es2022", logLevel: "silent" };

const EXTENSION = {
  manifest_version: 3,
  name: "Tenon",
  version: "1",
  background: { service_worker: "background.js", type: "module" },
  content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
  // What threads need.
  cross_origin_embedder_policy: { value: "require-corp" },
  cross_origin_opener_policy: { value: "same-origin" },
};

const THREAD = `
    const later = { "extism:host/user": { shout: hostFunction({ params: ["text"], result: "text" }, async (_context, text) => text.toUpperCase()) } };
    const onThread = await createPlugin(new URL("/plugin.wasm", location.href), { functions: later, engine: "worker" });
    const threadText = (await onThread.call("run", "bye")).text();
    await onThread.close();
`;

/**
 * What every page does: all that a page loads later is used, a loop is stopped, and a host function's promise is awaited on a
 * thread, which a service worker cannot start.
 */
const pageWith = (thread) => `
import { createPlugin, hostFunction, PluginError } from "@tenon/host";
import { memoryFolder } from "@tenon/host/files";

(async () => {
  try {
    const functions = { "extism:host/user": { shout: hostFunction({ params: ["text"], result: "text" }, (_context, text) => text.toUpperCase()) } };
    const folder = memoryFolder();
    const plugin = await createPlugin(new URL("/plugin.wasm", location.href), { functions, limits: { timeoutMs: 50 }, allow: { paths: [{ folder, guest: "/data", access: "read" }] } });
    const text = (await plugin.call("run", "hello")).text();
    const code = await plugin.call("loop").then(() => "no failure", (error) => (PluginError.is(error) ? error.code : String(error)));
    await plugin.close();
    const fromManifest = await createPlugin({ wasm: [{ url: new URL("/plugin.wasm", location.href).href }] }, { functions }).then((other) => other.close().then(() => "loaded"), (error) => (PluginError.is(error) ? error.code : String(error)));
${thread ? THREAD : "    const threadText = undefined;\n"}    return { text, code, threadText, fromManifest };
  } catch (error) {
    return { error: String(error.stack) };
  }
})().then((outcome) => void (globalThis.outcome = outcome));
`;

/**
 * Each builds `page.js` into a folder; what it takes is found in the empty project. Vite and webpack find the threads' script
 * by themselves; esbuild and Rollup are told to put it beside the others.
 */
const BUILDERS = {
  vite: async (load, folder, out) => {
    const { build } = await load("vite");
    await build({ root: folder, configFile: false, logLevel: "silent", build: { outDir: out, target: "es2022", rolldownOptions: { input: join(folder, "page.js"), output: { entryFileNames: "page.js" } } } });
  },
  webpack: async (load, folder, out) => {
    const { default: webpack } = await load("webpack");
    const config = { mode: "production", context: folder, entry: "./page.js", output: { path: out, filename: "page.js", module: true, chunkFormat: "module" }, experiments: { outputModule: true } };
    await new Promise((resolve, reject) => webpack(config, (error, stats) => (error === null && !stats.hasErrors() ? resolve() : reject(new Error(error?.message ?? stats.toString("errors-only"))))));
  },
  esbuild: async (load, folder, out) => {
    const { build } = await load("esbuild");
    await build({ ...ESBUILD, absWorkingDir: folder, entryPoints: [PAGE_SCRIPT, THREAD_SCRIPT], outdir: out, splitting: true });
  },
  rollup: async (load, folder, out) => {
    const { rollup } = await load("rollup");
    const { default: resolve } = await load("@rollup/plugin-node-resolve");
    const bundle = await rollup({ input: { page: join(folder, "page.js"), "web-thread": "@tenon/host/thread" }, plugins: [resolve({ browser: true })], logLevel: "silent" });
    await bundle.write({ dir: out, format: "es", entryFileNames: "[name].js" });
  },
};

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-bundlers-"));
  try {
    const tarballs = ["wasm", "hosts/typescript"].map((source) => pack(source, folder).tarball);
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    writeFileSync(join(folder, "page.js"), pageWith(true));
    writeFileSync(join(folder, "background.js"), pageWith(false));
    const installed = run("npm", ["i", ...tarballs, ...TOOLS, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
    if (!installed.ok) throw new Error(`npm cannot install the packages: ${npmError(installed.stderr)}`);
    const load = async (name) => {
      const { exports: paths = {}, module, main } = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"));
      const entry = paths["."]?.import?.default ?? paths["."]?.import ?? paths["."]?.default ?? paths["."] ?? module ?? main;
      return await import(pathToFileURL(join(folder, "node_modules", name, entry)).href);
    };
    const plugin = await shouter();

    const sizes = [];
    for (const [name, buildPage] of Object.entries(BUILDERS)) {
      const out = join(folder, "out", name);
      mkdirSync(out, { recursive: true });
      await buildPage(load, folder, out);
      const html = `<!doctype html><script type="module" src="/page.js"></script>`;
      sizes.push(await judge(name, html, (path) => join(out, path), plugin, fail));
    }
    const map = { imports: { "@tenon/host": "/node_modules/@tenon/host/dist/mod.js", "@tenon/host/files": "/node_modules/@tenon/host/dist/files.js" } };
    for (const [path, { default: file }] of Object.entries(readJson("wasm/package.json").exports)) map.imports[join("@tenon/wasm", path)] = join("/node_modules/@tenon/wasm", file);
    const inline = JSON.stringify(map);
    const html = `<!doctype html><script type="importmap">${inline}</script><script type="module" src="/page.js"></script>`;
    sizes.push(await judge("no bundler", html, (path) => join(folder, path.replace(MISSING, "/not-here.js")), plugin, fail, { scriptHash: await hashOf(inline), fromManifest: "host/incomplete" }));
    await judgeExtension((await load("esbuild")).build, folder, plugin, fail);
    return `${sizes.join(", ")}; an extension's page and service worker`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Runs a page and compares what it says; returns a line of figures. */
async function judge(name, html, pathOf, plugin, fail, { scriptHash, fromManifest } = {}) {
  const policy = scriptHash === undefined ? POLICY : POLICY.replace("'self'", `'self' '${scriptHash}'`);
  let requests = 0;
  const server = await serve((path) => {
    if (path === "/") return { type: "text/html; charset=utf-8", body: html, headers: { ...ISOLATED, "content-security-policy": policy } };
    if (path === "/plugin.wasm") return { type: "application/wasm", body: plugin };
    if (extname(path) !== ".js" || !existsSync(pathOf(path))) return undefined;
    requests += 1;
    return { type: "text/javascript", body: readFileSync(pathOf(path)), headers: { ...ISOLATED, "content-security-policy": POLICY } };
  });
  try {
    compare(name, await outcomeOf("chromium", `${server.origin}/`), "BYE", fail, fromManifest);
    return `${name}: ${requests} scripts`;
  } catch (error) {
    fail(name, `its page does not finish; ${firstLine(error.message)}`);
    return `${name}: failed`;
  } finally {
    server.close();
  }
}

/** Builds the page and the service worker into an extension, which Chromium runs. */
async function judgeExtension(build, folder, plugin, fail) {
  const out = join(folder, "extension");
  await BUILDERS.esbuild(async () => ({ build }), folder, out);
  await build({ ...ESBUILD, absWorkingDir: folder, entryPoints: ["background.js"], outdir: out });
  writeFileSync(join(out, "plugin.wasm"), plugin);
  writeFileSync(join(out, "index.html"), '<!doctype html><script type="module" src="/page.js"></script>');
  writeFileSync(join(out, "manifest.json"), JSON.stringify(EXTENSION));
  try {
    const { page, worker } = await outcomesOfExtension(out);
    compare("an extension's page", page, "BYE", fail);
    compare("an extension's service worker", worker ?? { error: "it has no outcome" }, undefined, fail);
  } catch (error) {
    fail("an extension", `it does not finish; ${firstLine(error.message)}`);
  }
}

function compare(name, { text, code, threadText, fromManifest, error }, expected, fail, expectedFromManifest = "loaded") {
  if (error !== undefined) fail(name, `it fails: ${error}`);
  else if (text !== "HELLO") fail(name, `its plug-in answers "${text}", expected "HELLO"`);
  else if (code !== "call/timeout") fail(name, `its looping plug-in ends with "${code}", expected "call/timeout"`);
  else if (fromManifest !== expectedFromManifest) fail(name, `loading a plug-in by a manifest ends with "${fromManifest}", expected "${expectedFromManifest}"`);
  else if (threadText !== expected) fail(name, `its plug-in on a thread answers "${threadText}", expected "${expected}"`);
}

async function hashOf(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256-${Buffer.from(digest).toString("base64")}`;
}
