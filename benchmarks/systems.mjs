/**
 * What does it cost that data is typed and checked? The same plug-in function called raw, raw with JSON, and through a
 * plug-in system with each kind of schema; in one process, in turn. Nothing here is a rival: the raw call is the yardstick.
 *
 * `node benchmarks/systems.mjs` prints a table, `--json` one object; `--quick` takes fewer rounds. Ratios are to "raw with JSON".
 */

import { createPlugin } from "@tenon/host";
import { definePluginSystem } from "@tenon/system";
import * as v from "valibot";
import * as z from "zod";

import { echoPlugin } from "./echo.mjs";
import { machine, race, repeat, rounded } from "./rounds.mjs";

const isJson = process.argv.includes("--json");
const rounds = process.argv.includes("--quick") ? 5 : 21;

const bytes = await echoPlugin();
const raw = await createPlugin(bytes);

const zod = z.object({ id: z.string(), items: z.array(z.object({ name: z.string(), cents: z.int().min(0), tags: z.array(z.string()) })) });
const valibot = v.object({ id: v.string(), items: v.array(v.object({ name: v.string(), cents: v.pipe(v.number(), v.integer(), v.minValue(0)), tags: v.array(v.string()) })) });
const schemas = { any: z.unknown(), zod, valibot, "JSON Schema": z.toJSONSchema(zod) };
const plugins = {};
for (const [name, schema] of Object.entries(schemas)) {
  const system = definePluginSystem({ name: "bench/echo", version: "1.0.0", exports: { echo: { input: schema, output: schema } } });
  plugins[name] = await system.load(bytes);
}

const carts = [1, 10, 100].map((count) => ({ id: "c-1", items: Array.from({ length: count }, (_, index) => ({ name: `item ${index}`, cents: index * 10, tags: ["a", "b"] })) }));

const results = [];
for (const cart of carts) {
  const text = JSON.stringify(cart);
  const size = cart.items.length;
  if (!isJson) process.stderr.write(`${size} items …\n`);
  const contenders = {
    raw: repeat(async () => (await raw.call("echo", text)).length),
    "raw with JSON": repeat(async () => (await raw.call("echo", JSON.stringify(cart))).json().items.length),
    ...Object.fromEntries(Object.entries(plugins).map(([name, plugin]) => [name, repeat(async () => (await plugin.echo(cart)).items.length)])),
  };
  const figures = await race(contenders, { count: Math.ceil(2_000 / size), rounds });
  for (const [name, nanoseconds] of Object.entries(figures)) {
    results.push({ cart: `${size} ${size === 1 ? "item" : "items"}, ${text.length} B`, way: name, ns: Math.round(nanoseconds), ratio: rounded(nanoseconds / figures["raw with JSON"]) });
  }
}
await raw.close();
for (const plugin of Object.values(plugins)) await plugin.$close();

if (isJson) console.log(JSON.stringify({ machine, results }, undefined, 2));
else {
  console.log(`${machine}; nanoseconds a call, fastest of ${rounds} rounds`);
  console.table(results);
}
