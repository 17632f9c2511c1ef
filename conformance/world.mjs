/**
 * What the kitchen sink finds outside of itself: the host functions and the HTTP server of kitchen-sink.md.
 */
import { createServer } from "node:http";

const upper = (bytes) => Buffer.from(bytes, "latin1").map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));

/**
 * The host functions, in a form that knows no host: an adapter turns each `handle` into bytes and back.
 *
 * @param {string[]} notes Gets the texts that the plug-in notes.
 * @returns {Record<string, { params: string[], results: string[], call: Function }>} By name; for `extism:host/user`.
 */
export function hostFunctions(notes) {
  const add = (type, sum) => ({ params: [type, type], results: [type], call: sum });
  return {
    add_i32: add("i32", (a, b) => (a + b) | 0),
    add_i64: add("i64", (a, b) => BigInt.asIntN(64, a + b)),
    add_f32: add("f32", (a, b) => Math.fround(a + b)),
    add_f64: add("f64", (a, b) => a + b),
    upper: { params: ["handle"], results: ["handle"], call: upper },
    mixed: {
      params: ["i32", "i64", "f32", "f64", "handle"],
      results: ["handle"],
      call: (a, b, c, d, text) => Buffer.from(`${a} ${b} ${c} ${d} ${Buffer.from(text)}`),
    },
    sum_seven: { params: Array(7).fill("i32"), results: ["i32"], call: (...numbers) => numbers.reduce((sum, n) => (sum + n) | 0) },
    note: { params: ["handle"], results: [], call: (text) => void notes.push(Buffer.from(text).toString()) },
    refuse: {
      params: [],
      results: [],
      call: () => {
        throw new Error("refused by the host");
      },
    },
  };
}

/**
 * Starts the server on a free port of the loopback interface.
 *
 * @returns {Promise<{ origin: string, close(): void }>} Its origin, and how to stop it.
 */
export async function startServer() {
  const server = createServer((request, response) => {
    const status = Number(/^\/status\/(\d{3})$/.exec(request.url ?? "")?.[1] ?? 404);
    response.writeHead(status, { "x-reply": `${request.method} ${request.headers["x-ask"]}` });
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
