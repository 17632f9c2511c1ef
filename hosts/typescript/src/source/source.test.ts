import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webPlatform } from "../platform/web.ts";
import { fetchUrl } from "./source.ts";

import { failureOf } from "../../test/engine-suite.ts";
import { ECHO } from "../../test/wat.ts";
import { createPlugin, ExtismPlugin, type PluginSource } from "../node.ts";

let folder = "";
let origin = "";
const server = createServer((request, response) => {
  const ask = { ...JSON.parse(MANIFEST("http")), allowed_hosts: ["evil.example"] } as object;
  const bodies: Record<string, () => string | Uint8Array> = {
    "/echo.wasm": () => ECHO,
    "/manifest.json": () => MANIFEST("http"),
    "/posting.json": () => JSON.stringify({ wasm: [{ url: `${origin}/echo.wasm`, method: "POST" }] }),
    "/greedy.json": () => JSON.stringify(ask),
    "/files.json": () => JSON.stringify({ wasm: [{ path: join(folder, "echo.wasm") }] }),
  };
  const isAllowed = request.url !== "/echo.wasm" || request.method === "GET" || request.headers["x-key"] === "1";
  const body = isAllowed ? bodies[request.url ?? ""]?.() : undefined;
  response.writeHead(body === undefined ? 404 : 200).end(body);
});
const MANIFEST = (form: "file" | "http"): string => JSON.stringify({ wasm: [form === "file" ? { path: join(folder, "echo.wasm") } : { url: `${origin}/echo.wasm` }] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenon-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  await writeFile(join(folder, "echo.wasm"), ECHO);
  await writeFile(join(folder, "manifest.json"), MANIFEST("file"));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe("createPlugin() from files and URLs", () => {
  const SOURCES: { name: string; source: () => PluginSource }[] = [
    { name: "a path", source: () => join(folder, "echo.wasm") },
    { name: "{ path }", source: () => ({ path: join(folder, "echo.wasm") }) },
    { name: "a file: URL", source: () => pathToFileURL(join(folder, "echo.wasm")) },
    { name: "a file: URL as text", source: () => pathToFileURL(join(folder, "echo.wasm")).href },
    { name: "the path of a manifest", source: () => join(folder, "manifest.json") },
    { name: "JSON text that names a file", source: () => MANIFEST("file") },
    { name: "an http: URL", source: () => new URL(`${origin}/echo.wasm`) },
    { name: "an http: URL as text", source: () => `${origin}/echo.wasm` },
    { name: "the URL of a manifest", source: () => `${origin}/manifest.json` },
    { name: "{ url }", source: () => ({ url: `${origin}/echo.wasm` }) },
    { name: "{ url } with method and headers", source: () => ({ url: `${origin}/echo.wasm`, method: "POST", headers: { "x-key": "1" } }) },
  ];
  test.each(SOURCES)("accepts $name", async ({ source }) => {
    await using sut = await createPlugin(source());
    expect((await sut.call("echo", "hello")).text()).toBe("hello");
  });

  test("is named after its file", async () => {
    for (const source of [join(folder, "echo.wasm"), new URL(`${origin}/echo.wasm`), { path: join(folder, "echo.wasm") }]) {
      await using sut = await createPlugin(source);
      expect(sut.name).toBe("echo");
    }
  });

  const REFUSED = [
    { name: "a URL that answers 404", source: () => `${origin}/missing.wasm`, code: "source/unreadable" },
    { name: "a folder", source: () => folder, code: "source/unreadable" },
    { name: "a manifest from a URL that asks for hosts", source: () => `${origin}/greedy.json`, code: "manifest/not-granted" },
    { name: "a manifest from a URL that sends more than GET", source: () => `${origin}/posting.json`, code: "manifest/not-granted" },
    { name: "a text that sends headers", source: () => JSON.stringify({ wasm: [{ url: `${origin}/echo.wasm`, headers: { "x-key": "1" } }] }), code: "manifest/not-granted" },
    { name: "a file: URL that is none", source: () => "file:///%E0%A4%A", code: "source/unreadable" },
    { name: "a manifest from a URL that names files", source: () => `${origin}/files.json`, code: "manifest/not-granted" },
  ];
  test.each(REFUSED)("refuses $name with $code", async ({ source, code }) => {
    expect((await failureOf(createPlugin(source()))).code).toBe(code);
  });

  test("a signal ends loading", async () => {
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    const address = hanging.address();
    const controller = new AbortController();
    const loading = failureOf(createPlugin(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/x.wasm`, { signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect((await loading).code).toBe("source/unreadable");
    hanging.closeAllConnections();
    hanging.close();
  });

  test("a stranger is not told the hash of what was read for it", async () => {
    const wasm = [{ path: join(folder, "echo.wasm"), hash: "0".repeat(64) }];
    const told = await failureOf(createPlugin({ wasm }));
    expect(told.details).toMatchObject({ actual: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    const untold = await failureOf(createPlugin(JSON.stringify({ wasm })));
    expect(JSON.stringify([untold.message, untold.details])).not.toContain((told.details as { actual: string }).actual);
  });

  test("the seed of the project runs as it is written", async () => {
    const wasm = { path: join(folder, "echo.wasm") };
    const input = '{"discount_percent":20}';
    const plugin = await ExtismPlugin.new(wasm);
    const res = await plugin.call("echo", new TextEncoder().encode(input));
    const discount: { discount_percent: number } = JSON.parse(res);
    expect(discount.discount_percent).toBe(20);
    await plugin.close();
  });
});

test("fetchUrl() ends at once where its signal is aborted already", async () => {
  const fetch = (_input: unknown, init?: RequestInit): Promise<Response> =>
    new Promise((_, reject) => {
      if (init?.signal?.aborted) reject(init.signal.reason as Error);
    });
  const signal = AbortSignal.abort(new Error("no longer wanted"));
  await expect(fetchUrl(new URL("https://plugins.example/a.wasm"), { ...webPlatform, fetch }, { signal })).rejects.toThrow("no longer wanted");
});
