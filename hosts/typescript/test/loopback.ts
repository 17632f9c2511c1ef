/**
 * Real HTTP servers on loopback for tests, which see exactly what arrived and which connections are open.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";

/** One request as it arrived. */
export interface Arrival {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** A running server, stopped when the test ends. */
export interface Loopback {
  readonly port: number;
  /** `http://address:port`, without a slash. */
  readonly origin: string;
  readonly arrivals: readonly Arrival[];
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /**
   * Resolves when every connection that carried a request is closed. Others are not waited for: Node's `fetch` replaces
   * a connection that was cut by an idle one.
   */
  quiet(): Promise<void>;
}

/**
 * Starts a server that answers once the whole request is in.
 *
 * @param handler Answers a request.
 * @param address Loopback address to listen on.
 * @param port Port, or 0 for any.
 * @returns The server.
 */
export async function serve(handler: RequestListener, address = "127.0.0.1", port = 0): Promise<Loopback> {
  const arrivals: Arrival[] = [];
  const sockets = new Set<Socket>();
  const used = new Set<Socket>();
  const server = createServer((request, response) => {
    used.add(request.socket);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      arrivals.push({ method, url, headers, body: Buffer.concat(chunks) });
      handler(request, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // A client that cuts its connection is what many tests are about.
  });
  server.listen(port, address);
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    origin: `http://${address.includes(":") ? `[${address}]` : address}:${bound}`,
    arrivals,
    sockets,
    quiet: async () => {
      for (const socket of used) if (sockets.has(socket)) await new Promise((resolve) => socket.once("close", resolve));
    },
  };
}
