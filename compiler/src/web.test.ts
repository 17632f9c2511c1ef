import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { instantiate } from "../test/host.ts";
import { cases } from "../test/web-cases.ts";
import { compile } from "./mod.ts";

describe("a Web API answers as Node's", () => {
  let plugin: Awaited<ReturnType<typeof instantiate>>;
  beforeAll(async () => {
    const { wasm } = await compile("web-plugin.ts", { root: fileURLToPath(new URL("../test", import.meta.url)), check: false });
    plugin = await instantiate(wasm);
  });

  it.each(Object.keys(cases).map((name) => ({ name })))("$name", async ({ name }) => {
    const expected = JSON.parse(JSON.stringify({ result: await cases[name]?.() })) as unknown;
    expect(JSON.parse(await plugin.call("run", name))).toEqual(expected);
  });
});
