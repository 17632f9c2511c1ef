/**
 * The kits against the one table of the ABI: the kitchen sink of each kit imports every function of `abi/abi.json` and no
 * other. (That the types agree is seen when a host links them.)
 */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url));
const abi = JSON.parse(read("abi/abi.json"));
const { plugins } = JSON.parse(read("conformance/plugins/plugins.json"));
const wasmOf = ({ name }) => new URL(`../conformance/plugins/wasm/kitchen-sink.${name}.wasm`, import.meta.url);
// Not the TypeScript kit, whose runtime offers a part of the ABI through its engine, and not languages that borrow C's kit.
const ours = plugins.filter((plugin) => plugin.name.endsWith("-tenon") && plugin.pdk !== "pdks/typescript" && !(plugin.notCommitted && !existsSync(wasmOf(plugin))));

test("there are kits for five languages and more", () => expect(ours.length).toBeGreaterThanOrEqual(5));

test.each(ours)("$pdk has every function of the ABI", (plugin) => {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(wasmOf(plugin))));
  const names = imports.filter((entry) => entry.module === abi.namespace).map((entry) => entry.name);
  expect(names.sort()).toEqual(abi.imports.map((entry) => entry.name).sort());
});
