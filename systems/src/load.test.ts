import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PluginError } from "@tenon/host";
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
    }
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
