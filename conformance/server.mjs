/**
 * The server of kitchen-sink.md, on loopback; and, for pages that run the cases, files of the project under the same origin.
 */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json", ".wasm": "application/wasm", ".md": "text/markdown; charset=utf-8" };

/** A page may share memory with its workers if it is alone in its process. */
const ALONE = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Starts the server on a free port.
 *
 * @param {{ folder?: string, isServed?: (path: string) => boolean, pages?: Record<string, string> }} files Of the folder, those whose
 *   path `isServed`; and pages, by path.
 * @returns {Promise<{ origin: string, close(): void }>} Its origin, and how to stop it.
 */
export async function startServer({ folder = "", isServed = () => false, pages = {} } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (Object.hasOwn(pages, pathname)) {
      response.writeHead(200, { "content-type": TYPES[extname(pathname) || ".html"], ...ALONE }).end(pages[pathname]);
      return;
    }
    const path = normalize(decodeURIComponent(pathname)).replace(/^[/\\]+/, "");
    if (!path.startsWith("..") && isServed(path)) {
      const file = createReadStream(join(folder, path));
      file.once("open", () => {
        response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", ...ALONE });
        file.pipe(response);
      });
      file.once("error", () => response.writeHead(404).end());
      return;
    }
    if (answerHostCase(request, response, pathname)) return;
    const status = Number(/^\/status\/(\d{3})$/.exec(pathname)?.[1] ?? 404);
    response.writeHead(status, { "X-Reply": `${request.method} ${request.headers["x-ask"]}` });
    request.pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The paths of host/format.md. */
function answerHostCase(request, response, pathname) {
  const [, first, ...rest] = pathname.split("/");
  const redirect = (to) => response.writeHead(302, { location: to }).end();
  switch (first) {
    case "hello":
    case "echo":
      response.end([request.method, pathname, request.headers["x-ask"]].filter(Boolean).join(" "));
      return true;
    case "say":
      response.writeHead(Number(rest[0])).end(decodeURIComponent(rest[1]));
      return true;
    case "cookies":
      response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end();
      return true;
    case "mirror":
      request.pipe(response);
      return true;
    case "bytes":
      response.end("x".repeat(Number(rest[0])));
      return true;
    case "to":
      redirect(request.url.slice(request.url.indexOf("?") + 1));
      return true;
    case "round":
      redirect(pathname);
      return true;
    default:
      return false;
  }
}
