/**
 * Forbids a host that works here and not in a page: it is packed, installed into an empty project, and built by Vite, webpack,
 * esbuild and Rollup, and used with no bundler at all, by an import map. Each page runs in Chromium and Firefox under the strictest
 * content security policy that WebAssembly allows: no inline script, no `eval`, no `blob:`, no `data:`. Where a part that is loaded later
 * is missing, as in a page that went offline, the page without a bundler must be told so by a code. What esbuild built runs as an
 * extension (manifest version 3), too: its page, and its service worker, which may load nothing later and is one file. The same
 * bundlers build a program for Node, host included, which runs plug-ins on threads and on folders of the host.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    await runWebpack(load, { context: folder, entry: "./page.js", output: { path: out, filename: "page.js", module: true, chunkFormat: "module" } });
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

/** What a program for Node does: a plug-in on the calling thread, one on another, and one that sees a folder of the host. */
const SERVER = `
import { createPlugin, hostFunction } from "@tenon/host";

const plugin = process.argv[2];
const functions = { "extism:host/user": { shout: hostFunction({ params: ["text"], result: "text" }, async (_context, text) => text.toUpperCase()) } };
const answers = async () => {
  const texts = [];
  for (const options of [{ functions, engine: "worker" }, { functions, engine: "worker", allow: { paths: [{ host: ".", guest: "/" }] } }, { functions: { "extism:host/user": { shout: () => 0n } }, engine: "inline", allow: { paths: [{ host: ".", guest: "/" }] } }]) {
    const made = await createPlugin(plugin, options);
    texts.push((await made.call("run", "hello")).text());
    await made.close();
  }
  return { texts };
};
answers().catch((error) => ({ error: String(error.stack) })).then((outcome) => console.log(JSON.stringify(outcome)));
`;
const SERVER_TEXTS = '["HELLO","HELLO",""]';

/** Each builds `server.js` into a folder, and the thread's script to where docs/guide/threads.md says; returns the program. */
const SERVER_BUILDERS = {
  "vite, for SSR": async (load, folder, out) => {
    const { build } = await load("vite");
    await build({ root: folder, configFile: false, logLevel: "silent", ssr: { noExternal: true }, build: { ssr: "server.js", outDir: out, target: "node20" } });
    copyThread(folder, out);
    return "server.js";
  },
  "webpack, for Node": async (load, folder, out) => {
    await runWebpack(load, { target: "node20", context: folder, entry: "./server.js", output: { path: out, filename: "server.mjs", module: true, chunkFormat: "module" } });
    return "server.mjs";
  },
  "esbuild, for Node": async (load, folder, out) => {
    const { build } = await load("esbuild");
    await build({ bundle: true, platform: "node", format: "esm", logLevel: "silent", absWorkingDir: folder, entryPoints: ["server.js"], outfile: join(out, "server.mjs") });
    await build({ bundle: true, platform: "node", format: "cjs", logLevel: "silent", absWorkingDir: folder, entryPoints: ["@tenon/host/node-thread"], outfile: join(out, "node-thread.cjs") });
    return "server.mjs";
  },
  "esbuild, for Node, as CommonJS": async (load, folder, out) => {
    const { build } = await load("esbuild");
    // esbuild warns that CommonJS has no import.meta; the host knows.
    await build({ bundle: true, platform: "node", format: "cjs", logLevel: "silent", absWorkingDir: folder, entryPoints: ["server.js"], outfile: join(out, "server.cjs") });
    copyThread(folder, out);
    return "server.cjs";
  },
  "rollup, for Node": async (load, folder, out) => {
    const { rollup } = await load("rollup");
    const { default: resolve } = await load("@rollup/plugin-node-resolve");
    const bundle = await rollup({ input: join(folder, "server.js"), external: /^node:/, plugins: [resolve({ exportConditions: ["node"] })], logLevel: "silent" });
    await bundle.write({ dir: out, format: "es", entryFileNames: "[name].mjs" });
    copyThread(folder, out);
    return "server.mjs";
  },
};

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-bundlers-"));
  try {
    const tarballs = ["wasm", "hosts/typescript"].map((source) => pack(source, folder).tarball);
    writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    writeFileSync(join(folder, "page.js"), pageWith(true));
    writeFileSync(join(folder, "background.js"), pageWith(false));
    writeFileSync(join(folder, "server.js"), SERVER);
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
    writeFileSync(join(folder, "plugin.wasm"), plugin);
    for (const [name, buildServer] of Object.entries(SERVER_BUILDERS)) {
      // Not below the packages, which it must not find.
      const out = mkdtempSync(join(tmpdir(), "tenon-server-"));
      try {
        const { ok, stdout, stderr } = run(process.execPath, [join(out, await buildServer(load, folder, out)), join(folder, "plugin.wasm")], { cwd: out });
        const { texts, error } = ok ? JSON.parse(stdout) : { error: firstLine(stderr) };
        if (error !== undefined) fail(name, `it fails: ${error}`);
        else if (JSON.stringify(texts) !== SERVER_TEXTS) fail(name, `its plug-ins answer ${JSON.stringify(texts)}, expected ${SERVER_TEXTS}`);
      } finally {
        rmSync(out, { recursive: true, force: true });
      }
    }
    await judgeExtension((await load("esbuild")).build, folder, plugin, fail);
    return `${sizes.join(", ")}; ${Object.keys(SERVER_BUILDERS).length} programs for Node; an extension's page and service worker`;
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
    const figure = `${name}: ${requests} scripts`;
    compare(`${name}, in Firefox`, await outcomeOf("firefox", `${server.origin}/`), "BYE", fail, fromManifest);
    return figure;
  } catch (error) {
    fail(name, `its page does not finish; ${firstLine(error.message)}`);
    return `${name}: failed`;
  } finally {
    server.close();
  }
}

function runWebpack(load, config) {
  return load("webpack").then(({ default: webpack }) => new Promise((resolve, reject) => {
    webpack({ mode: "production", experiments: { outputModule: true }, ...config }, (error, stats) => (error === null && !stats.hasErrors() ? resolve() : reject(new Error(error?.message ?? stats.toString("errors-only")))));
  }));
}

function copyThread(folder, out) {
  copyFileSync(join(folder, "node_modules/@tenon/host/dist/bundled/node-thread.cjs"), join(out, "node-thread.cjs"));
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
