import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compile } from "@tenon/compiler";
import { hostFunction, PluginError } from "@tenon/host";
import { definePluginSystem } from "@tenon/system";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { openPlugin, type OpenOptions } from "./mod.ts";

const folder = mkdtempSync(join(tmpdir(), "tenon-testing-"));
let source: Uint8Array;
beforeAll(async () => {
  const { wasm } = await compile({ "plugin.ts": `
    import { config, host, log, vars } from "@tenon/pdk";
    const shop = host<{ level(customer: string): number; later(text: string): Promise<string> }>("extism:host/user");
    export function level(cart: { customer: string }): number { log.info("asked for", cart.customer); return shop.level(cart.customer); }
    export async function later(text: string): Promise<string> { return await shop.later(text); }
    export async function rate(input: { from: string }): Promise<unknown> {
      const response = await fetch("https://rates.example.com/latest", { method: "POST", body: JSON.stringify(input) });
      return { status: response.status, body: await response.json() };
    }
    export function now(): unknown { return [new Date().toISOString(), Math.random(), crypto.randomUUID()]; }
    export function count(): string { const next = String(Number(vars.getText("n") ?? 0) + 1); vars.set("n", next); return next; }
    export function greeting(): string { return config.get("greeting") ?? "none"; }
    export function work(turns: number): number { let sum = 0; for (let turn = 0; turn < turns; turn++) sum += turn; return sum; }
    export function fail(): void { log.warn("about to"); throw new Error("no luck"); }` });
  source = wasm;
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe("openPlugin()", () => {
  test("records host functions of both forms, with values and results", async () => {
    const functions = { "extism:host/user": {
      level: hostFunction({ params: ["text"], result: "f64" }, (_context, customer) => customer.length),
      later: hostFunction({ params: ["text"], result: "text" }, async (_context, text) => text.toUpperCase()),
    } };
    await using plugin = await openPlugin({ source, functions });
    const first = await plugin.call("level", { customer: "ann" });
    expect(first.output.json()).toBe(3);
    expect(first.logs.map(({ level, text }) => [level, text])).toEqual([["info", "asked for ann"]]);
    expect(first.hostCalls).toEqual([{ namespace: "extism:host/user", name: "level", values: ["ann"], result: 3 }]);
    const second = await plugin.call("later", "x");
    expect(second.output.text()).toBe("X");
    expect(second.hostCalls).toEqual([{ namespace: "extism:host/user", name: "later", values: ["x"], result: "X" }]);
    expect(plugin.world.hostCalls).toHaveLength(2);
  });

  test("records a plain host function with raw values", async () => {
    const functions = { "extism:host/user": { level: () => 7, later: async () => 0n } };
    await using plugin = await openPlugin({ source, functions });
    const { output, hostCalls } = await plugin.call("level", { customer: "ann" });
    expect(output.json()).toBe(7);
    expect(hostCalls).toEqual([{ namespace: "extism:host/user", name: "level", values: [expect.any(BigInt)], result: 7 }]);
  });

  const stubs = { "extism:host/user": { level: () => 0, later: () => 0n } };

  test("answers HTTP in place of the network, and keeps the requests", async () => {
    await using plugin = await openPlugin({ source, functions: stubs, http: async (request) => Response.json({ echoed: await request.json() as unknown }, { status: 201 }) });
    const { output, requests } = await plugin.call("rate", { from: "EUR" });
    expect(output.json()).toEqual({ status: 201, body: { echoed: { from: "EUR" } } });
    expect(requests.map(({ method, url }) => [method, url])).toEqual([["POST", "https://rates.example.com/latest"]]);
    expect(await requests[0]?.text()).toBe('{"from":"EUR"}');
  });

  test("refuses what allow.hosts does not list, and everything without http", async () => {
    await using listed = await openPlugin({ source, functions: stubs, http: () => new Response("x"), allow: { hosts: ["other.example.com"] } });
    await expect(listed.call("rate", {})).rejects.toMatchObject({ code: "http/not-allowed" });
    expect(listed.world.requests).toEqual([]);
    await using closed = await openPlugin({ source, functions: stubs });
    await expect(closed.call("rate", {})).rejects.toBeInstanceOf(PluginError);
  });

  test("fixes the clock and the random numbers", async () => {
    const read = async (options: { now?: string; seed?: number }) => {
      await using plugin = await openPlugin({ source, functions: stubs, ...options });
      return (await plugin.call("now")).output.json<[string, number, string]>();
    };
    const [first, again, later, other] = [await read({}), await read({}), await read({ now: "2026-05-01T12:00:00Z" }), await read({ seed: 2 })];
    expect(first[0]).toMatch(/^2000-01-01T00:00:00/);
    expect(again).toEqual(first);
    expect(later[0]).toMatch(/^2026-05-01T12:00:00/);
    expect(other[1]).not.toBe(first[1]);
    expect(other[2]).not.toBe(first[2]);
    await expect(openPlugin({ source, now: "not a date" })).rejects.toThrow(RangeError);
  });

  test("counts instructions, the same for the same calls, and memory", async () => {
    const run = async () => {
      await using plugin = await openPlugin({ source, functions: stubs });
      return [await plugin.call("work", 10), await plugin.call("work", 10_000)] as const;
    };
    const [[few, many], again] = [await run(), await run()];
    expect(many.fuel).toBeGreaterThan(few.fuel * 10);
    expect(again.map(({ fuel }) => fuel)).toEqual([few.fuel, many.fuel]);
    expect(many.memoryBytes).toBeGreaterThan(65_536);
  });

  test("holds the limits it is given", async () => {
    await using plugin = await openPlugin({ source, functions: stubs, limits: { fuel: 100_000 } });
    await expect(plugin.call("work", 1_000_000)).rejects.toMatchObject({ code: "call/fuel" });
  });

  test("keeps variables until reset, and what a failed call has logged", async () => {
    await using plugin = await openPlugin({ source, functions: stubs, config: { greeting: "Moin" } });
    expect([(await plugin.call("count")).output.text(), (await plugin.call("count")).output.text()]).toEqual(["1", "2"]);
    await plugin.reset();
    expect((await plugin.call("count")).output.text()).toBe("1");
    expect((await plugin.call("greeting")).output.text()).toBe("Moin");
    await expect(plugin.call("fail")).rejects.toThrow(/Error: no luck\n {4}at fail \(plugin\.ts:/);
    expect(plugin.world.logs.map(({ text }) => text)).toEqual(["about to"]);
  });

  test("finds what tenon test has built, and says so when there is nothing", async () => {
    const file = join(folder, "built.wasm");
    writeFileSync(file, source);
    vi.stubEnv("TENON_PLUGIN", file);
    await using plugin = await openPlugin({ functions: stubs });
    expect(plugin.plugin.hasFunction("count")).toBe(true);
    vi.stubEnv("TENON_PLUGIN", join(folder, "gone.wasm"));
    await expect(openPlugin()).rejects.toThrow('run "tenon test"');
  });

  test("says what is wrong with its options before it says that there is no file", async () => {
    const options = { source: join(folder, "gone.wasm"), limit: {} } as OpenOptions;
    await expect(openPlugin(options)).rejects.toThrow('"options.limit"');
    await expect(openPlugin({ ...options, system: definePluginSystem({ name: "a/b", version: "1.0.0", exports: { run: {} } }) } as OpenOptions)).rejects.toThrow('"options.limit"');
  });
});

describe("checkSize()", () => {
  test("records the first time, accepts what is close, refuses growth until it is updated", async () => {
    vi.stubEnv("CI", "");
    const file = join(folder, "size.json");
    await using plugin = await openPlugin({ source, functions: { "extism:host/user": { level: () => 0, later: () => 0n } } });
    const size = await plugin.checkSize({ file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(size);
    expect(size.bytes).toBe(source.length);
    writeFileSync(file, JSON.stringify({ bytes: Math.ceil(size.bytes / 1.019), gzip: size.gzip }));
    await expect(plugin.checkSize({ file })).resolves.toEqual(size);
    writeFileSync(file, JSON.stringify({ bytes: Math.floor(size.bytes / 1.021), gzip: size.gzip }));
    await expect(plugin.checkSize({ file })).rejects.toThrow(`${size.bytes} bytes`);
    await expect(plugin.checkSize({ file, growth: 0.05 })).resolves.toEqual(size);
    writeFileSync(file, JSON.stringify({ bytes: size.bytes, gzip: Math.floor(size.gzip / 1.03) }));
    await expect(plugin.checkSize({ file })).rejects.toThrow("bytes compressed");
    vi.stubEnv("TENON_UPDATE", "1");
    await plugin.checkSize({ file });
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(size);
  });

  test("fails on CI when nothing is recorded, and on a record that is none", async () => {
    vi.stubEnv("CI", "true");
    await using plugin = await openPlugin({ source, functions: { "extism:host/user": { level: () => 0, later: () => 0n } } });
    await expect(plugin.checkSize({ file: join(folder, "never.json") })).rejects.toThrow("commit it");
    for (const odd of ["{}", "null", "7", '{ "bytes": 1', ""]) {
      writeFileSync(join(folder, "odd.json"), odd);
      await expect(plugin.checkSize({ file: join(folder, "odd.json") }), odd).rejects.toThrow('"odd.json" has no numbers "bytes" and "gzip"; delete it'.replace('"odd.json"', `"${join(folder, "odd.json")}"`));
    }
  });
});
