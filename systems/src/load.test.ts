import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { defaultPlatform, PluginError } from "@tenon/host";
import { afterAll, describe, expect, test } from "vitest";
import { guest } from "../test/guest.ts";
import { cart, discounts, imports } from "../test/shop.ts";
import { definePluginSystem } from "./mod.ts";

const reply = (value: unknown): { reply: string } => ({ reply: JSON.stringify(value) });

async function failureOf(run: () => Promise<unknown>): Promise<PluginError> {
  const error = await run().then(() => new Error("no failure"), (thrown: unknown) => thrown);
  if (!PluginError.is(error)) throw error;
  return error;
}

describe("load() from a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-system-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: Uint8Array | string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  test("lists every difference as from bytes, whatever way the file is named", async () => {
    const bytes = guest({}, { zap: "", zip: "" });
    const path = file("other.wasm", bytes);
    const expected = (await failureOf(() => discounts.load(bytes, { imports }))).details;
    expect((expected as { differences: unknown[] }).differences.length).toBeGreaterThan(2);
    for (const source of [path, pathToFileURL(path), { path }, { wasm: [{ path }] }, file("manifest.json", JSON.stringify({ wasm: [{ path }] }))]) {
      const failure = await failureOf(() => discounts.load(source, { imports }));
      expect(failure.code).toBe("system/incompatible");
      expect(failure.details).toEqual(expected);
      expect(failure.plugin).toBe(typeof source === "string" && source.endsWith(".json") ? "manifest" : "other");
    }
  });

  test("lists every difference of what comes over HTTP too, and fetches it once", async () => {
    const [unfit, fit] = [guest({}, { zap: "", zip: "" }), guest({ before_checkout: reply({ discountPercentage: 5 }) })];
    const expected = (await failureOf(() => discounts.load(unfit, { imports }))).details;
    const asked: string[] = [];
    const bodies: Record<string, Uint8Array | string> = { "/unfit.wasm": unfit, "/fit.wasm": fit, "/unfit.json": '{"wasm":[{"url":"ORIGIN/unfit.wasm"}]}', "/fit.json": '{"wasm":[{"url":"ORIGIN/fit.wasm"}]}' };
    const server = createServer(({ url = "" }, response) => {
      asked.push(url);
      const body = bodies[url];
      response.writeHead(body === undefined ? 404 : 200).end(typeof body === "string" ? body.replace("ORIGIN", origin) : body);
    });
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const source of [`${origin}/unfit.wasm`, new URL(`${origin}/unfit.json`), { wasm: [{ url: `${origin}/unfit.wasm` }] }, await fetch(`${origin}/unfit.wasm`)]) {
        const failure = await failureOf(() => discounts.load(source, { imports }));
        expect(failure.code).toBe("system/incompatible");
        expect(failure.details).toEqual(expected);
      }
      asked.length = 0;
      for (const source of [`${origin}/fit.wasm`, new URL(`${origin}/fit.json`), { wasm: [{ url: `${origin}/fit.wasm` }] }, await fetch(`${origin}/fit.wasm`)]) {
        const plugin = await discounts.load(source, { imports });
        expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 5 });
        await plugin.$close();
      }
      expect(asked.toSorted()).toEqual(["/fit.json", "/fit.wasm", "/fit.wasm", "/fit.wasm", "/fit.wasm"]);
      expect((await failureOf(() => discounts.load(`${origin}/gone.wasm`, { imports }))).code).toBe("source/unreadable");
      const read = await fetch(`${origin}/fit.wasm`);
      await read.arrayBuffer();
      expect((await failureOf(() => discounts.load(read, { imports }))).code).toBe("source/unreadable");
    } finally {
      server.close();
    }
  });

  test("refuses a response that does not end, and reads no more of it", async () => {
    const chunk = new Uint8Array(32 << 20);
    let stopped = 0;
    const endless = (): Response => new Response(new ReadableStream({ pull: (controller) => { controller.enqueue(chunk); }, cancel: () => { stopped += 1; } }));
    const platform = { ...defaultPlatform(), fetch: () => Promise.resolve(endless()) };
    for (const source of ["https://plugins.example/endless.wasm", endless()]) expect((await failureOf(() => discounts.load(source, { imports, platform }))).code).toBe("source/too-large");
    expect(stopped).toBe(2);
  });

  test("runs what it compared, whatever is in the file by then", async () => {
    const path = file("changing.wasm", guest({ before_checkout: reply({ discountPercentage: 5 }) }));
    const { readFile = () => Promise.reject(new Error("no files")), ...others } = defaultPlatform();
    const changing = { ...others, readFile: async (name: string, most: number) => {
      const bytes = await readFile(name, most);
      file("changing.wasm", guest({ before_checkout: reply({ discountPercentage: 99 }) }));
      return bytes;
    } };
    const plugin = await discounts.load(path, { imports, platform: changing });
    expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 5 });
    await plugin.$close();
  });

  test("leaves it to the host to say that a file is no module or is not there", async () => {
    const broken = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99]);
    for (const source of [broken, file("broken.wasm", broken)]) expect((await failureOf(() => discounts.load(source, { imports }))).code).toBe("module/invalid");
    expect((await failureOf(() => discounts.load(join(folder, "gone.wasm"), { imports }))).code).toBe("source/unreadable");
  });

  test("refuses a stamp of another system, and takes what fits", async () => {
    const fits = guest({ before_checkout: reply({ discountPercentage: 5 }) });
    const other = definePluginSystem({ name: "shop/other", version: "1.0.0", exports: { before_checkout: {} } });
    expect((await failureOf(async () => discounts.load(file("stamped.wasm", await other.stamp(fits)), { imports }))).details).toMatchObject({ differences: [{ kind: "other-system" }] });
    const plugin = await discounts.load(file("fits.wasm", fits), { imports });
    expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 5 });
    await plugin.$close();
  });

  test("modules of one plug-in may import from each other", async () => {
    const main = guest({ before_checkout: reply({ discountPercentage: 5 }) }, { zap: "" });
    const side = guest({ zap: reply({}) });
    const linked = Buffer.from(Buffer.from(main).toString("latin1").replaceAll("extism:host/user", "the-side-modules"), "latin1");
    const failure = await failureOf(() => discounts.load({ wasm: [{ data: new Uint8Array(linked), name: "main" }] }, { imports }));
    expect(failure.details).toMatchObject({ differences: [{ kind: "unknown-import", name: "zap" }] });
    const both = await failureOf(() => discounts.load({ wasm: [{ data: side, name: "the-side-modules" }, { data: new Uint8Array(linked), name: "main" }] }, { imports }));
    // Its type differs, which the linker finds; the interface has nothing against it.
    expect(both.code).toBe("link/mismatch");
  });
});
