/**
 * How fast is a plug-in in each language, and how large? Kitchen sinks, ours beside those with the official kits, on our host:
 * echoes of 16 bytes, 64 KiB and 1 MiB, and JSON in and out, small and of 64 KiB, in microseconds. `uncopied` is a plug-in
 * that gives its input back where it lies: the host's own two copies. What an echo of 1 MiB takes beyond that is the kit's
 * work, a copy in and a copy out; `loop` says how many times as long they take as two plain copies by the engine.
 *
 * `npm run bench:languages` prints a table, `-- --json` one object; `save.mjs` keeps it. `--quick` takes fewer rounds. What is
 * not built (`conformance/plugins/build.mjs --uncommitted`) is left out.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { createPlugin } from "@tenon/host";

import { uncopiedPlugin } from "./echo.mjs";
import { consume, machine, race, repeatSync, rounded } from "./rounds.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const rounds = process.argv.includes("--quick") ? 5 : 21;
const { plugins } = JSON.parse(readFileSync(here("../conformance/plugins/plugins.json"), "utf8"));

const numbers = Array.from({ length: 8_000 }, (_, index) => (index * 7919) % 10_000_000);
const record = (list) => new TextEncoder().encode(JSON.stringify({ name: "Ada Lovelace", numbers: list, nested: { is: true } }));
const CASES = [
  { name: "echo16", call: "echo", input: new Uint8Array(16).fill(7), count: 500 },
  { name: "echo64Ki", call: "echo", input: new Uint8Array(1 << 16).fill(7), count: 20 },
  { name: "echo1Mi", call: "echo", input: new Uint8Array(1 << 20).fill(7), count: 4, times: 2 },
  { name: "json", call: "json", input: record([1, 2, 3]), count: 200 },
  { name: "json64Ki", call: "json", input: record(numbers), count: 4 },
];
/** The case that tells how fast a kit copies. */
const LOOP = "echo1Mi";

/** Host functions that are imported and not called here. */
function stubs(wasm) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).filter(({ module }) => module === "extism:host/user");
  return { "extism:host/user": Object.fromEntries(imports.map(({ name }) => [name, () => 0])) };
}

const built = plugins.map((plugin) => ({ ...plugin, path: here(`../conformance/plugins/wasm/kitchen-sink.${plugin.name}.wasm`) })).filter(({ path }) => existsSync(path));
const uncopied = { name: "uncopied", language: "any", pdk: "none: the input is the output", wasm: await uncopiedPlugin() };
const subjects = [];
for (const { name, language, pdk, path, wasm = readFileSync(path) } of [uncopied, ...built]) {
  const plugin = await createPlugin(wasm, { functions: stubs(wasm), measure: false });
  subjects.push({ name, language, pdk, plugin, bytes: wasm.length, gzipBytes: gzipSync(wasm, { level: 9 }).length, nanoseconds: {} });
}

let plainCopy;
for (const { name, call, input, count, times: more = 1 } of CASES) {
  const able = subjects.filter(({ plugin }) => plugin.functions.includes(call));
  const contenders = Object.fromEntries(able.map(({ name: subject, plugin }) => [subject, repeatSync(() => plugin.callSync(call, input).length)]));
  if (name === LOOP) contenders.plainCopy = copier(input);
  if (!process.argv.includes("--json")) process.stderr.write(`${name} …\n`);
  const figures = await race(contenders, { count, rounds: rounds * more });
  plainCopy ??= figures.plainCopy;
  for (const subject of able) subject.nanoseconds[name] = Math.round(figures[subject.name]);
}
for (const { plugin } of subjects) await plugin.close();

const rows = subjects.map(({ name, language, pdk, bytes, gzipBytes, nanoseconds }) => ({
  plugin: name,
  language,
  kit: pdk,
  kB: rounded(bytes / 1000, 1),
  gzipKB: rounded(gzipBytes / 1000, 1),
  ...Object.fromEntries(CASES.map(({ name: what }) => [`${what}Us`, nanoseconds[what] && rounded(nanoseconds[what] / 1000)])),
  loop: name === uncopied.name ? undefined : rounded((nanoseconds[LOOP] - subjects[0].nanoseconds[LOOP]) / (2 * plainCopy)),
}));
if (process.argv.includes("--json")) console.log(JSON.stringify({ machine, rows }, undefined, 2));
else {
  console.log(`${machine}; microseconds a call, fastest of ${rounds} rounds`);
  console.table(Object.fromEntries(rows.map(({ plugin, language: _language, kit: _kit, ...figures }) => [plugin, figures])));
}

function copier(from) {
  const to = new Uint8Array(from.length);
  return async (times) => {
    for (let index = 0; index < times; index += 1) to.set(from);
    consume(to[to.length - 1]);
  };
}
