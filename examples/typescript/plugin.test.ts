import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { compile } from "@tenon/compiler";
import { createPlugin, PluginError, type Plugin } from "@tenon/host";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("a TypeScript plug-in in our host", () => {
  let plugin: Plugin;
  beforeAll(async () => {
    const { wasm } = await compile("plugin.ts", { root: fileURLToPath(new URL(".", import.meta.url)) });
    plugin = await createPlugin(wasm, {
      config: { currency: "EUR" },
      functions: { "extism:host/user": {
        level: (context, customer: bigint) => (context.text(customer) === "ann" ? 2 : 0),
        notify: async (context, note: bigint) => context.store(`told about ${(JSON.parse(context.text(note)) as { customer: string }).customer}`),
      } },
      limits: { memoryPages: 64, timeoutMs: 5000, fuel: 50_000_000 },
    });
  });
  afterAll(() => plugin.close());

  it("answers with what its types say, and keeps its variables", async () => {
    const cart = JSON.stringify({ customer: "ann", items: [{ price: 10, quantity: 3 }, { price: 20, quantity: 1 }] });
    expect((await plugin.call("before_checkout", cart)).json()).toEqual({ total: 45, discount: 5, seen: 1 });
    expect((await plugin.call("before_checkout", cart)).json()).toEqual({ total: 45, discount: 5, seen: 2 });
    expect(plugin.lastCall?.fuel).toBeGreaterThan(0);
  });

  it("awaits host functions that answer later", async () => {
    expect((await plugin.call("after_checkout", "bob")).text()).toBe("told about bob");
  });

  it("fails with the author's file and line", async () => {
    const error: unknown = await plugin.call("before_checkout", '{"customer":"ann"}').catch((caught: unknown) => caught);
    expect(PluginError.is(error, "call/failed")).toBe(true);
    expect((error as Error).message).toMatch(/cannot read property 'reduce' of undefined\n {4}at before_checkout \(plugin\.ts:11:/);
  });
});

describe("fetch in a TypeScript plug-in", () => {
  it("sends bytes and reads bytes, status and headers", async () => {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part)).on("end", () => {
        response.writeHead(request.method === "POST" ? 418 : 200, { "content-type": "application/octet-stream", "x-method": request.method, "x-sent": String(request.headers["x-own"]) });
        response.end(Buffer.concat(parts).map((byte) => 255 - byte));
      });
    });
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
    const { port } = server.address() as { port: number };
    try {
      const { wasm } = await compile({ "plugin.ts": `
        export async function send(input: Uint8Array): Promise<unknown> {
          const response = await fetch("http://127.0.0.1:${port}/x", { method: "POST", body: input, headers: { "X-Own": "yes" } });
          return [response.status, response.ok, response.headers.get("x-method"), response.headers.get("x-sent"), [...new Uint8Array(await response.arrayBuffer())]];
        }
        export async function refused(): Promise<string> { return (await fetch("http://127.0.0.2:${port}/")).text(); }` });
      await using plugin = await createPlugin(wasm, { allow: { hosts: ["127.0.0.1"] }, http: { privateHosts: ["127.0.0.1"], allowResponseHeaders: true } });
      expect((await plugin.call("send", new Uint8Array([0, 1, 127, 128, 255]))).json()).toEqual([418, false, "POST", "yes", [255, 254, 128, 127, 0]]);
      const error: unknown = await plugin.call("refused").catch((caught: unknown) => caught);
      expect((error as PluginError).code).toBe("http/not-allowed");
    } finally {
      server.close();
    }
  });
});
