/**
 * Serves the example's page on loopback, with the host as it lies in `dist` and the shop's plug-ins. A server of files and
 * nothing else: the page is what a page of yours would be.
 *
 * usage: npm run example:browser
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What of a page's world stands where, relative to this file. */
const FOLDERS = [
  ["/tenon/host/", "../../hosts/typescript/dist/"],
  ["/tenon/wasm/", "../../wasm/dist/"],
  ["/plugins/", "../checkout/build/"],
  ["/", "./"],
];
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".svg": "image/svg+xml" };

/** All that a page with WebAssembly must be allowed; the hash is that of the import map in `index.html`. */
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-HASH'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** What lets a page share memory with its threads, and so have plug-ins on them. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Starts the server.
 *
 * @param {number} port Port on 127.0.0.1; 0 for any that is free.
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function startServer(port) {
  const policy = POLICY.replace("HASH", await hashOfMap());
  const answer = async (url, response) => {
    const path = new URL(url, "http://localhost").pathname;
    const file = fileOf(path === "/" ? "/index.html" : path);
    const type = file === undefined ? undefined : TYPES[extname(file.pathname)];
    const body = type === undefined ? undefined : await readFile(file).catch(() => undefined);
    response.writeHead(body === undefined ? 404 : 200, { "content-type": type ?? "text/plain", "content-security-policy": policy, ...ISOLATED, "cache-control": "no-store" });
    response.end(body ?? "not here\n");
  };
  const server = createServer(({ url }, response) => void answer(url, response));
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function fileOf(path) {
  // A URL's path has no `..` any more, but an encoded slash would bring it back.
  if (path.includes("%")) return undefined;
  const [prefix, folder] = FOLDERS.find(([start]) => path.startsWith(start));
  return new URL(folder + path.slice(prefix.length), import.meta.url);
}

/** Scripts inside the page are allowed by their hash alone. */
async function hashOfMap() {
  const page = await readFile(fileURLToPath(new URL("index.html", import.meta.url)), "utf8");
  const [, map] = /<script type="importmap">([^]*?)<\/script>/.exec(page);
  return Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(map))).toString("base64");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { buildPlugins } = await import("../checkout/build.mjs");
  await buildPlugins();
  const { origin } = await startServer(Number(process.env.PORT ?? 8080));
  console.log(`${origin} shows the plug-ins; Ctrl+C ends it`);
}
