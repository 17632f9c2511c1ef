import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildSync } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { serve } from "../../test/loopback.ts";
import { PluginError } from "../error.ts";
import { parseHttpOptions, type HttpOptions } from "../http/options.ts";
import { sendRequest, type HttpResult } from "../http/send.ts";
import { NODE_HTTP } from "./node-http.ts";

const run = promisify(execFile);

async function send(options: HttpOptions, url: string, signal = new AbortController().signal): Promise<HttpResult> {
  const json = new TextEncoder().encode(JSON.stringify({ url }));
  return sendRequest(parseHttpOptions(options, "http", NODE_HTTP), json, undefined, { signal });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it succeeded",
    (reason: unknown) => reason,
  );
}

/** Answers one list of addresses after the other, the last for ever. */
function resolver(...answers: readonly (readonly string[])[]): { resolve: (host: string) => Promise<readonly string[]>; hosts: string[] } {
  const hosts: string[] = [];
  return {
    hosts,
    resolve: async (host) => {
      hosts.push(host);
      return answers[Math.min(hosts.length, answers.length) - 1] ?? [];
    },
  };
}

describe("sendByNode()", () => {
  test("connects to the address that was checked, though the next answer is another (DNS rebinding)", async () => {
    const checked = await serve((_, response) => response.end("checked"), "127.0.0.2");
    const inside = await serve((_, response) => response.end("inside"), "127.0.0.1", checked.port);
    const { resolve, hosts } = resolver(["127.0.0.2"], ["127.0.0.1"]);
    const options = { hosts: ["app.example.com", "127.0.0.2"], resolve };
    const url = `http://app.example.com:${checked.port}/`;
    expect(new TextDecoder().decode((await send(options, url)).body)).toBe("checked");
    expect(hosts).toEqual(["app.example.com"]);
    expect(checked.arrivals[0]?.headers.host).toBe(`app.example.com:${checked.port}`);
    expect(PluginError.is(await failureOf(send(options, url)), "http/not-allowed")).toBe(true);
    expect(inside.arrivals).toEqual([]);
  });

  test("checks the name of a redirect as well, and resolves again even for the same name", async () => {
    const inside = await serve((_, response) => response.end("inside"));
    const outside = await serve((_, response) => response.writeHead(302, { location: `http://app.example.com:${inside.port}/` }).end(), "127.0.0.2");
    const { resolve, hosts } = resolver(["127.0.0.2"], ["127.0.0.1"]);
    const options = { hosts: ["app.example.com", "127.0.0.2"], resolve };
    expect(PluginError.is(await failureOf(send(options, `http://app.example.com:${outside.port}/`)), "http/not-allowed")).toBe(true);
    expect(hosts).toHaveLength(2);
    expect(inside.arrivals).toEqual([]);
  });

  test("refuses a name with one private address among public ones, before any connection", async () => {
    const inside = await serve((_, response) => response.end("inside"));
    const { resolve } = resolver(["8.8.8.8", "127.0.0.1"]);
    const failure = await failureOf(send({ hosts: ["app.example.com"], resolve }, `http://app.example.com:${inside.port}/`));
    expect(PluginError.is(failure, "http/not-allowed")).toBe(true);
    expect(inside.sockets.size).toBe(0);
  });

  test("tries the next address when the first does not answer", async () => {
    const server = await serve((_, response) => response.end("x"), "127.0.0.2");
    const { resolve } = resolver(["127.0.0.3", "127.0.0.2"]);
    const options = { hosts: ["app.example.com"], privateHosts: ["app.example.com"], resolve };
    expect((await send(options, `http://app.example.com:${server.port}/`)).status).toBe(200);
  });

  test("resolves localhost by the system when it is listed, and refuses it when it is not", async () => {
    const server = await serve((_, response) => response.end("x"));
    expect((await send({ hosts: ["localhost"] }, `http://localhost:${server.port}/`)).status).toBe(200);
    expect(PluginError.is(await failureOf(send({ hosts: ["*"] }, `http://localhost:${server.port}/`)), "http/not-allowed")).toBe(true);
    expect(server.arrivals).toHaveLength(1);
  });

  test("fails with http/failed when the name does not resolve", async () => {
    const notFound = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    const failure = await failureOf(send({ hosts: ["*"], resolve: () => Promise.reject(notFound) }, "https://app.example.com/"));
    expect(failure).toMatchObject({ code: "http/failed", cause: notFound, message: expect.stringContaining("ENOTFOUND") });
  });

  test("does not wait for a resolver that never answers", async () => {
    const controller = new AbortController();
    const reason = new Error("time is up");
    const resolve = (): Promise<never> => {
      queueMicrotask(() => controller.abort(reason));
      return new Promise(() => undefined);
    };
    expect(await failureOf(send({ hosts: ["*"], resolve }, "https://app.example.com/", controller.signal))).toBe(reason);
  });

  test("keeps no connection and no socket after a response", async () => {
    const server = await serve((_, response) => response.end("x"));
    await send({ hosts: ["127.0.0.1"] }, server.origin);
    await server.quiet();
    expect(server.sockets.size).toBe(0);
    expect(server.arrivals[0]?.headers.connection).toBe("close");
    const open = (): string[] => process.getActiveResourcesInfo().filter((name) => /^(?:TCPSocketWrap|TLSWrap|TCPConnectWrap)$/.test(name));
    // The client's side closes a turn later than the server's; if it never does, this test runs out of time.
    while (open().length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  // skipped because Node knows no proxy of the environment before version 24
  test.skipIf(Number(process.versions.node.split(".")[0]) < 24)(
    "does not go through a proxy of the environment",
    async () => {
      const server = await serve((_, response) => response.end("direct"));
      const proxy = await serve((_, response) => response.end("proxy"), "127.0.0.2");
      const policy = `{ hosts: ["127.0.0.1"] }`;
      const env = { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy.origin, NO_PROXY: "" };
      expect(await sendApart(policy, [server.origin], env)).toBe("direct\n");
    },
  );

  test("checks the certificate against the name of the URL, not the address", async () => {
    const [key, cert] = [join(temporaryFolder(), "key.pem"), join(temporaryFolder(), "cert.pem")];
    const subject = ["-subj", "/CN=api.example.com", "-addext", "subjectAltName=DNS:api.example.com"];
    await run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...subject]);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end("secure"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const policy = `{ hosts: ["*", "127.0.0.1"], resolve: async () => ["127.0.0.1"] }`;
    const urls = [`https://api.example.com:${port}/`, `https://other.example.com:${port}/`];
    expect(await sendApart(policy, urls, { NODE_EXTRA_CA_CERTS: cert })).toBe("secure\nhttp/failed ERR_TLS_CERT_ALTNAME_INVALID\n");
    const distrusted = "http/failed DEPTH_ZERO_SELF_SIGNED_CERT\n";
    expect(await sendApart(policy, urls, {})).toBe(distrusted + distrusted);
  });
});

/** Sends from a process of its own, for what Node reads from its environment only when it starts. */
async function sendApart(policy: string, urls: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const script = `
    import { parseHttpOptions } from "../http/options.ts";
    import { sendRequest } from "../http/send.ts";
    import { NODE_HTTP } from "./node-http.ts";
    const policy = parseHttpOptions(${policy}, "http", NODE_HTTP);
    for (const url of ${JSON.stringify(urls)}) {
      await sendRequest(policy, new TextEncoder().encode(JSON.stringify({ url })), undefined, { signal: new AbortController().signal }).then(
        ({ body }) => console.log(new TextDecoder().decode(body)),
        ({ code, cause }) => console.log(code, cause?.code),
      );
    }`;
  const bundle = join(temporaryFolder(), "send.mjs");
  const stdin = { contents: script, resolveDir: import.meta.dirname, loader: "ts" } as const;
  buildSync({ stdin, outfile: bundle, bundle: true, format: "esm", platform: "node" });
  return (await run(process.execPath, [bundle], { env: { ...process.env, ...env } })).stdout;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenon-http-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
