/**
 * What kits do when the host gives them no block, and with a header that came several times: each kit's kitchen sink, on our
 * host. Not a case of `conformance/plugins`, because no plug-in in one language can take the memory of another there.
 */
import { existsSync, readFileSync } from "node:fs";
import { startServer } from "@tenon/conformance/server";
import { hostFunctions } from "@tenon/conformance/world";
import { expect, test } from "vitest";

import { open } from "./conformance-host.mjs";
import { plugin as assemble } from "./wat.ts";

const PLUGINS = new URL("../../../conformance/plugins/", import.meta.url);
const pathOf = ({ name }) => new URL(`wasm/kitchen-sink.${name}.wasm`, PLUGINS);
const { plugins } = JSON.parse(readFileSync(new URL("plugins.json", PLUGINS), "utf8"));
/** What is not committed is there where it was built. */
const kits = plugins.filter((plugin) => plugin.name.endsWith("-tenon") && !(plugin.notCommitted && !existsSync(pathOf(plugin))));
const wasmOf = (kit) => readFileSync(pathOf(kit));

/**
 * The main module, whose functions call those of the kit's plug-in. `without_room` first takes all blocks but one of 256
 * bytes, in which a key has room, and a value of 4,000 bytes has not.
 */
const main = assemble(
  `(func $take_all (local $size i64) (local $kept i64)
    (local.set $kept (call $alloc (i64.const 256)))
    (local.set $size (i64.const 1048576))
    (loop $smaller
      (loop $more (br_if $more (i64.ne (call $alloc (local.get $size)) (i64.const 0))))
      (local.set $size (i64.div_u (local.get $size) (i64.const 2)))
      (br_if $smaller (i64.ge_u (local.get $size) (i64.const 16))))
    (call $free (local.get $kept)))
  (func (export "set") (result i32) (call $kit_set))
  (func (export "get") (result i32) (call $kit_get))
  (func (export "without_room") (result i32) (call $take_all) (call $kit_set))`,
  '(import "kit" "var_set" (func $kit_set (result i32))) (import "kit" "var_get" (func $kit_get (result i32)))',
);
const bytes = (text) => new TextEncoder().encode(text);
const opened = (modules, more = {}) => open({ modules, config: {}, limits: { memoryPages: 512 }, allowedHosts: [], functions: hostFunctions([]), log: () => undefined, ...more });

test("there are kits for five languages and more", () => expect(kits.length).toBeGreaterThanOrEqual(5));

test.each(kits)("$pdk fails the call when the host has no room for a variable, which stays as it was", async (kit) => {
  const plugin = await opened([{ name: "kit", wasm: wasmOf(kit) }, { name: "main", wasm: main }]);
  try {
    expect(await plugin.call("set", bytes("a=1"))).toEqual({ output: bytes("") });
    expect(await plugin.call("without_room", bytes(`a=${"x".repeat(4000)}`))).toHaveProperty("failure");
    expect(await plugin.call("get", bytes("a"))).toEqual({ output: bytes("=1") });
    // A short one has room: it is the host's memory that ended, not the plug-in's.
    expect(await plugin.call("without_room", bytes("a=2"))).toEqual({ output: bytes("") });
    expect(await plugin.call("get", bytes("a"))).toEqual({ output: bytes("=2") });
  } finally {
    await plugin.close();
  }
});

test.each(kits)("$pdk gives a header that came several times as its values, joined", async (kit) => {
  const server = await startServer();
  const plugin = await opened([{ wasm: wasmOf(kit) }], { allowedHosts: ["127.0.0.1"], engine: "worker" });
  try {
    expect(await plugin.call("http_cookies", bytes(`${server.origin}/cookies`))).toEqual({ output: bytes("a=1, b=2") });
    expect(await plugin.call("http_cookies", bytes(`${server.origin}/hello`))).toEqual({ output: bytes("-") });
  } finally {
    await plugin.close();
    server.close();
  }
});
