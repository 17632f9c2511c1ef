import { EventEmitter, getEventListeners, once } from "node:events";
import type { RequestListener } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { serve, type Loopback } from "../../test/loopback.ts";
import { PluginError } from "../error.ts";
import { NODE_HTTP } from "../platform/node-http.ts";
import { fetchSender, type HttpPlatform } from "./hop.ts";
import { parseHttpOptions, type HttpAuditEvent, type HttpOptions } from "./options.ts";
import { sendRequest, type HttpResult } from "./send.ts";

const SENDERS: readonly { name: string; platform: HttpPlatform }[] = [
  { name: "node:http", platform: NODE_HTTP },
  { name: "fetch", platform: { ...NODE_HTTP, send: fetchSender(fetch) } },
];

/** Sends with rules that allow 127.0.0.1 unless they say otherwise. */
async function send(
  platform: HttpPlatform,
  options: HttpOptions,
  request: Readonly<Record<string, unknown>>,
  body?: Uint8Array,
  signal = new AbortController().signal,
): Promise<HttpResult> {
  const policy = parseHttpOptions({ hosts: ["127.0.0.1"], ...options }, "http", platform);
  return sendRequest(policy, new TextEncoder().encode(JSON.stringify(request)), body, { signal });
}

async function failureOf(work: Promise<unknown>): Promise<PluginError> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!PluginError.is(error)) throw error;
  return error;
}

const text = (result: HttpResult): string => new TextDecoder().decode(result.body);

const echo: RequestListener = (request, response) => response.end(`${request.method} ${request.url}`);

function redirectTo(status: number, location: (path: string) => string): RequestListener {
  return (request, response) =>
    request.url?.startsWith("/end") ? response.end("end") : response.writeHead(status, { location: location(request.url ?? "") }).end("gone");
}

describe.each(SENDERS)("sendRequest() over $name", ({ platform }) => {
  describe("sends", () => {
    test("method, path, headers and body byte for byte, and brings the response back so", async () => {
      const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index * 7);
      const server = await serve((_, response) => response.writeHead(201).end(bytes));
      const request = { url: `${server.origin}/a%20b?c=d#e`, method: "put", headers: { "X-One": "1", authorization: "mine" } };
      const result = await send(platform, {}, request, bytes);
      expect(result.status).toBe(201);
      expect(Buffer.compare(result.body, bytes)).toBe(0);
      expect(result.headers).toBeUndefined();
      expect(server.arrivals).toMatchObject([{ method: "PUT", url: "/a%20b?c=d", headers: { "x-one": "1", authorization: "mine", host: `127.0.0.1:${server.port}` } }]);
      expect(Buffer.compare(server.arrivals[0]?.body ?? Buffer.of(), bytes)).toBe(0);
    });

    test.each(["POST", "DELETE", "OPTIONS"])("a %s without a body, and with one", async (method) => {
      const server = await serve(echo);
      await send(platform, {}, { url: server.origin, method });
      await send(platform, {}, { url: server.origin, method }, Uint8Array.of(1, 2));
      expect(server.arrivals.map(({ body }) => [...body])).toEqual([[], [1, 2]]);
    });

    test("no cookie, no referrer, and nothing that the server set before", async () => {
      const server = await serve((_, response) => response.setHeader("set-cookie", "id=1").end());
      await send(platform, {}, { url: server.origin });
      await send(platform, {}, { url: server.origin });
      for (const { headers } of server.arrivals) expect(headers).not.toMatchObject({ cookie: expect.anything() });
      for (const { headers } of server.arrivals) expect(headers).not.toMatchObject({ referer: expect.anything() });
    });

    test.each([400, 404, 500, 204, 304, 300])("and takes %i as a response", async (status) => {
      const server = await serve((_, response) => response.writeHead(status).end());
      expect((await send(platform, {}, { url: server.origin })).status).toBe(status);
    });
  });

  describe("shows headers", () => {
    const many: RequestListener = (_, response) => {
      response.setHeader("Set-Cookie", ["a=1; Path=/", "b=2, 3"]);
      response.setHeader("X-Many", ["1", "2"]);
      response.setHeader("__proto__", "x");
      response.setHeader("constructor", "y");
      response.end();
    };
    test("when allowed, in lower case, with every set-cookie on its own", async () => {
      const server = await serve(many);
      const { headers } = await send(platform, { allowResponseHeaders: true }, { url: server.origin });
      expect(headers).toMatchObject({ "set-cookie": ["a=1; Path=/", "b=2, 3"], "x-many": "1, 2", constructor: "y" });
      expect(Object.entries(headers ?? {})).toContainEqual(["__proto__", "x"]);
      expect(Object.getPrototypeOf(headers)).toBe(null);
    });
    test("of the response alone: neither secrets nor its own", async () => {
      const server = await serve(echo);
      const options = { allowResponseHeaders: true, secrets: { "127.0.0.1": { headers: { "x-key": "hunter2" } } } };
      const { headers } = await send(platform, options, { url: server.origin, headers: { "x-own": "1" } });
      expect(Object.keys(headers ?? {})).not.toContain("x-own");
      expect(JSON.stringify(headers)).not.toContain("hunter2");
    });
  });

  describe("adds secrets", () => {
    const secrets = { "127.0.0.1": { headers: { Authorization: "Bearer hunter2" } } };
    test("over what the plug-in wrote, and only where the pattern matches", async () => {
      const server = await serve(echo);
      const other = await serve(echo, "127.0.0.2");
      const options = { hosts: ["127.0.0.1", "127.0.0.2"], secrets };
      for (const { origin } of [server, other]) await send(platform, options, { url: origin, headers: { AUTHORIZATION: "mine", x: "1" } });
      expect(server.arrivals[0]?.headers).toMatchObject({ authorization: "Bearer hunter2", x: "1" });
      expect(other.arrivals[0]?.headers).toMatchObject({ authorization: "mine", x: "1" });
    });
    test("that follow a redirect inside the origin and are dropped for good outside it", async () => {
      const other: Loopback = await serve((_, response) => response.writeHead(307, { location: `${server.origin}/end` }).end(), "127.0.0.2");
      const server: Loopback = await serve((request, response) => {
        if (request.url === "/end") response.end("end");
        else response.writeHead(307, { location: request.url === "/" ? "/inside" : `${other.origin}/` }).end();
      });
      const options = { hosts: ["127.0.0.1", "127.0.0.2"], secrets: { ...secrets, "127.0.0.2": { headers: { "x-other": "hunter3" } } } };
      const headers = { "x-api-key": "mine", accept: "text/plain", "content-type": "text/x" };
      expect(text(await send(platform, options, { url: server.origin, method: "POST", headers }, Uint8Array.of(1)))).toBe("end");
      expect(server.arrivals.map(({ url, headers: { authorization } }) => [url, authorization])).toEqual([
        ["/", "Bearer hunter2"],
        ["/inside", "Bearer hunter2"],
        ["/end", undefined],
      ]);
      expect(other.arrivals[0]?.headers).toMatchObject({ accept: "text/plain", "content-type": "text/x" });
      for (const name of ["authorization", "x-api-key", "x-other"]) expect(other.arrivals[0]?.headers).not.toHaveProperty(name);
    });
    test("that stay out of failures and the audit", async () => {
      const server = await serve((_, response) => response.destroy());
      const events: HttpAuditEvent[] = [];
      const failure = await failureOf(send(platform, { secrets, audit: (event) => events.push(event) }, { url: server.origin }));
      expect(failure.code).toBe("http/failed");
      expect(events.map(({ kind }) => kind)).toEqual(["allowed", "failed"]);
      expect(JSON.stringify([failure.message, failure.details, String(failure.cause), events])).not.toContain("hunter2");
    });
  });

  describe("follows redirects", () => {
    test.each([
      { status: 301, method: "POST", expected: "GET" },
      { status: 302, method: "POST", expected: "GET" },
      { status: 302, method: "PUT", expected: "PUT" },
      { status: 303, method: "PUT", expected: "GET" },
      { status: 303, method: "HEAD", expected: "HEAD" },
      { status: 307, method: "POST", expected: "POST" },
      { status: 308, method: "PATCH", expected: "PATCH" },
    ])("$status of $method as $expected", async ({ status, method, expected }) => {
      const server = await serve(redirectTo(status, () => "/end?x"));
      const body = method === "HEAD" ? undefined : Uint8Array.of(1, 2, 3);
      const result = await send(platform, {}, { url: server.origin, method, headers: { "content-type": "text/x", authorization: "mine" } }, body);
      expect(result.status).toBe(200);
      const last = server.arrivals[1];
      expect(last).toMatchObject({ method: expected, url: "/end?x", headers: { authorization: "mine" } });
      expect([...(last?.body ?? [])]).toEqual(expected === method && body ? [1, 2, 3] : []);
      if (expected === "GET") expect(last?.headers).not.toHaveProperty("content-type");
    });

    test("but not one without location: that is the response", async () => {
      const server = await serve((_, response) => response.writeHead(302).end("here"));
      expect(text(await send(platform, {}, { url: server.origin }))).toBe("here");
    });

    test("only where the rules allow the method that it becomes", async () => {
      const server = await serve(redirectTo(303, () => "/end"));
      const failure = await failureOf(send(platform, { hosts: ["POST 127.0.0.1"] }, { url: server.origin, method: "POST" }));
      expect([failure.code, server.arrivals.length]).toEqual(["http/not-allowed", 1]);
    });

    test.each([
      { name: "another host", location: "http://127.0.0.2:1/" },
      { name: "a private address", location: "http://10.0.0.1/" },
      { name: "the metadata service", location: "http://169.254.169.254/latest/meta-data/" },
      { name: "a local name", location: "http://localhost/" },
      { name: "loopback in IPv6", location: "http://[::1]/" },
      { name: "loopback in disguise", location: "http://[::ffff:127.0.0.1]/" },
      { name: "a file", location: "file:///etc/passwd" },
      { name: "data", location: "data:text/plain,x" },
      { name: "a script", location: "javascript:alert(1)" },
      { name: "the same host with a user", location: "http://user:secret@127.0.0.1/" },
    ])("but not to $name", async ({ location }) => {
      const server = await serve(redirectTo(302, () => location));
      const failure = await failureOf(send(platform, { hosts: ["*", "127.0.0.1"] }, { url: server.origin }));
      expect(failure.code).toBe("http/not-allowed");
    });

    test("but not to nowhere", async () => {
      const server = await serve(redirectTo(302, () => "http://["));
      expect((await failureOf(send(platform, {}, { url: server.origin }))).code).toBe("http/failed");
    });

    test("as often as the limit says, and no more", async () => {
      const server = await serve(redirectTo(302, (path) => (path === "/3" ? "/end" : `/${Number(path.slice(1)) + 1}`)));
      expect(text(await send(platform, { maxRedirects: 3 }, { url: `${server.origin}/1` }))).toBe("end");
      const failure = await failureOf(send(platform, { maxRedirects: 2 }, { url: `${server.origin}/1` }));
      expect(failure.code === "http/too-many-redirects" && failure.details).toEqual({ url: `${server.origin}/3`, limit: 2 });
    });

    test("out of a loop", async () => {
      const server = await serve(redirectTo(302, () => "/"));
      expect((await failureOf(send(platform, {}, { url: server.origin }))).code).toBe("http/too-many-redirects");
      expect(server.arrivals).toHaveLength(11);
    });
  });

  describe("holds the size limits", () => {
    test("of a request, exactly", async () => {
      const server = await serve(echo);
      const post = (length: number): Promise<HttpResult> => send(platform, { maxRequestBytes: 10 }, { url: server.origin, method: "POST" }, new Uint8Array(length));
      expect((await post(10)).status).toBe(200);
      const failure = await failureOf(post(11));
      expect(failure).toMatchObject({ code: "http/too-large", details: { part: "request", limitBytes: 10 } });
      expect(server.arrivals).toHaveLength(1);
    });

    test.each(["content-length", "chunked"])("of a response, exactly, with %s", async (form) => {
      const server = await serve((request, response) => {
        const bytes = Buffer.alloc(Number(request.url?.slice(1)));
        if (form === "chunked") response.flushHeaders();
        response.end(bytes);
      });
      const get = (length: number): Promise<HttpResult> => send(platform, { maxResponseBytes: 1000 }, { url: `${server.origin}/${length}` });
      expect((await get(1000)).body.length).toBe(1000);
      expect(await failureOf(get(1001))).toMatchObject({ code: "http/too-large", details: { part: "response", limitBytes: 1000 } });
    });

    test("of a response that only claims to be too long, before reading it", async () => {
      const server = await serve((_, response) => response.writeHead(200, { "content-length": "1001" }).flushHeaders());
      expect((await failureOf(send(platform, { maxResponseBytes: 1000 }, { url: server.origin }))).code).toBe("http/too-large");
      await server.quiet();
    });

    test("of a response without end", async () => {
      const server = await serve((_, response) => {
        const write = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
          if (!response.destroyed) response.once("drain", write);
        };
        write();
      });
      expect((await failureOf(send(platform, { maxResponseBytes: 1_000_000 }, { url: server.origin }))).code).toBe("http/too-large");
      await server.quiet();
    });

    test("of none at all, which still takes an empty response and a HEAD", async () => {
      const server = await serve((request, response) => {
        if (request.method === "HEAD") response.writeHead(200, { "content-length": "9" }).end();
        else if (request.url === "/unchanged") response.writeHead(304, { "content-length": "9" }).end();
        else response.end(request.url === "/empty" ? "" : "x");
      });
      const options = { maxResponseBytes: 0, maxRequestBytes: 0 };
      expect((await send(platform, options, { url: `${server.origin}/empty`, method: "POST" }, new Uint8Array(0))).body).toEqual(new Uint8Array(0));
      expect((await send(platform, options, { url: server.origin, method: "HEAD" })).status).toBe(200);
      expect((await send(platform, options, { url: `${server.origin}/unchanged` })).status).toBe(304);
      expect((await failureOf(send(platform, options, { url: server.origin }))).code).toBe("http/too-large");
    });

    test.each([
      { encoding: "gzip", compress: gzipSync },
      { encoding: "br", compress: brotliCompressSync },
    ])("of a $encoding response in decompressed bytes, and hands it over decompressed", async ({ encoding, compress }) => {
      const server = await serve((request, response) =>
        response.setHeader("content-encoding", encoding).end(compress(Buffer.alloc(Number(request.url?.slice(1)), "a"))),
      );
      const options = { maxResponseBytes: 1_000_000, allowResponseHeaders: true };
      const result = await send(platform, options, { url: `${server.origin}/1000000` });
      expect(text(result)).toBe("a".repeat(1_000_000));
      expect(Object.keys(result.headers ?? {})).not.toContain("content-encoding");
      expect((await failureOf(send(platform, options, { url: `${server.origin}/1000001` }))).code).toBe("http/too-large");
    });

    test.each(["gzip", "br"])("of an empty body that calls itself %s, and of a HEAD", async (encoding) => {
      const server = await serve((_, response) => response.setHeader("content-encoding", encoding).end());
      for (const method of ["GET", "HEAD"]) expect((await send(platform, {}, { url: server.origin, method })).body.length).toBe(0);
    });

    test("of many small chunks, put together in order", async () => {
      const server = await serve((_, response) => {
        for (let index = 0; index < 50_000; index += 1) response.write(Buffer.of(index & 0xff));
        response.end();
      });
      const { body } = await send(platform, {}, { url: server.origin });
      expect([body.length, body.buffer.byteLength, body.every((byte, index) => byte === (index & 0xff))]).toEqual([50_000, 50_000, true]);
    });
  });

  describe("ends with its signal", () => {
    const reason = new PluginError("call/timeout", "Cannot go on: the time is up", { limitMs: 1 });

    test("before it starts, without a connection", async () => {
      const server = await serve(echo);
      expect(await failureOf(send(platform, {}, { url: server.origin }, undefined, AbortSignal.abort(reason)))).toBe(reason);
      expect(server.arrivals).toHaveLength(0);
    });

    test.each([
      { name: "before the response", start: (): void => undefined },
      { name: "inside the body", start: ((_, response): void => void response.writeHead(200, { "content-length": "9" }).write("part")) as RequestListener },
    ])("$name, and cuts the connection", async ({ start }) => {
      const controller = new AbortController();
      const arrived = new EventEmitter();
      const server = await serve((request, response) => {
        start(request, response);
        arrived.emit("request");
      });
      const events: HttpAuditEvent[] = [];
      const work = failureOf(send(platform, { audit: (event) => events.push(event) }, { url: server.origin }, undefined, controller.signal));
      await once(arrived, "request");
      controller.abort(reason);
      expect(await work).toBe(reason);
      await server.quiet();
      expect(events.map((event) => [event.kind, "code" in event && event.code])).toEqual([["allowed", false], ["failed", "call/timeout"]]);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });

    test("and leaves no listener on it when all goes well", async () => {
      const server = await serve(redirectTo(302, () => "/end"));
      const controller = new AbortController();
      await send(platform, {}, { url: server.origin }, undefined, controller.signal);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });
  });

  describe("fails with http/failed when", () => {
    test("nobody listens, and says why", async () => {
      const failure = await failureOf(send(platform, {}, { url: "http://127.0.0.1:1025/" }));
      expect([failure.code, failure.message]).toEqual(["http/failed", `Cannot fetch "http://127.0.0.1:1025/": no whole response came back ("ECONNREFUSED")`]);
      expect(failure.cause).toBeInstanceOf(Error);
    });
    test.each([
      { name: "the body ends early", reply: "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\npart" },
      { name: "a compressed body ends early", reply: "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n\x1f\x8b" },
      { name: "the answer is no HTTP", reply: "SSH-2.0-x\r\n\r\n" },
      { name: "the headers have no end", reply: `HTTP/1.1 200 OK\r\n${"x: yyyyyyyyyyyyyyyyyyyy\r\n".repeat(20_000)}\r\n` },
      { name: "the answer is smuggled", reply: "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n" },
      { name: "the server switches protocols", reply: "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" },
    ])("$name", async ({ reply }) => {
      const server = await serve((request) => void request.socket.end(reply, "latin1"));
      expect((await failureOf(send(platform, {}, { url: server.origin }))).code).toBe("http/failed");
      await server.quiet();
    });
  });

  test("audits every hop with its verdict", async () => {
    const server = await serve(redirectTo(302, (path) => (path === "/" ? "/next" : "http://10.0.0.1/")));
    const events: HttpAuditEvent[] = [];
    const options = { audit: (event: HttpAuditEvent) => events.push(event), secrets: { "127.0.0.1": { headers: { "X-Key": "hunter2" } } } };
    const failure = await failureOf(send(platform, options, { url: server.origin }));
    const first = { hop: 0, method: "GET", url: `${server.origin}/` };
    const second = { hop: 1, method: "GET", url: `${server.origin}/next` };
    expect(events).toEqual([
      { ...first, kind: "allowed", secrets: ["x-key"] },
      { ...first, kind: "answered", status: 302, bodyBytes: 0 },
      { ...second, kind: "allowed", secrets: ["x-key"] },
      { ...second, kind: "answered", status: 302, bodyBytes: 0 },
      { hop: 2, method: "GET", url: "http://10.0.0.1/", kind: "refused", code: "http/not-allowed", message: failure.message },
    ]);
  });

  test("sends nothing when the audit throws", async () => {
    const server = await serve(echo);
    const audit = (): void => {
      throw new RangeError("the audit log is full");
    };
    await expect(send(platform, { audit }, { url: server.origin })).rejects.toThrow("the audit log is full");
    expect(server.arrivals).toEqual([]);
  });

  test("sends nothing before the audit's promise is fulfilled, and nothing if it is rejected", async () => {
    const server = await serve(echo);
    let allow = (): void => {};
    const seen = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const work = send(platform, { audit: (event) => (event.kind === "allowed" ? seen : undefined) }, { url: server.origin });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.arrivals).toEqual([]);
    allow();
    expect((await work).status).toBe(200);
    expect(server.arrivals).toHaveLength(1);
    await expect(send(platform, { audit: () => Promise.reject(new RangeError("the audit log is full")) }, { url: server.origin })).rejects.toThrow("the audit log is full");
    expect(server.arrivals).toHaveLength(1);
  });

  test("sends nothing for a call that ended while its audit waited, even by a fetch that looks at no signal", async () => {
    const sent: unknown[] = [];
    const fetch = (input: unknown): Promise<Response> => Promise.resolve(sent.push(input)).then(() => new Response("late"));
    let allow = (): void => {};
    const seen = new Promise<void>((resolve) => {
      allow = resolve;
    });
    const controller = new AbortController();
    const kinds: string[] = [];
    const audit = ({ kind }: HttpAuditEvent): Promise<void> => (kinds.push(kind), seen);
    const options = { fetch: fetch as typeof globalThis.fetch, audit };
    const work = send(platform, options, { url: "http://127.0.0.1:8080/" }, undefined, controller.signal).catch((thrown: unknown) => thrown);
    expect(kinds).toEqual(["allowed"]);
    const reason = new Error("the call is over");
    controller.abort(reason);
    expect(await work).toBe(reason);
    allow();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sent).toEqual([]);
  });

  test("audits what is no request at all", async () => {
    const events: HttpAuditEvent[] = [];
    const failure = await failureOf(send(platform, { audit: (event) => events.push(event) }, { url: 1 }));
    expect(events).toEqual([{ hop: 0, method: "", url: "", kind: "refused", code: "http/invalid-request", message: failure.message }]);
  });
});
