/**
 * How fast is a call, and how fast is a plug-in there? Against npm `@extism/extism`, in one process, in turn. What limits
 * cost is asked by `limits.mjs` and printed behind it.
 *
 * `npm run bench` prints a table, `npm run bench -- --json` one object: per case our and the rival's nanoseconds and the
 * ratio (rival ÷ ours: above 1 we are faster). `--quick` takes fewer rounds.
 */

import { createPlugin } from "@tenon/host";
import createRival from "@extism/extism";

import { askPlugin, echoPlugin } from "./echo.mjs";
import { measureLimits } from "./limits.mjs";
import { machine, race, repeat, repeatSync, rivalName, rounded } from "./rounds.mjs";

const isJson = process.argv.includes("--json");
const rounds = process.argv.includes("--quick") ? 7 : 31;

const bytes = await echoPlugin();
const askBytes = await askPlugin();
const module = await WebAssembly.compile(bytes);
const functions = { "extism:host/user": { next: (_context, n) => n + 1n } };
const ours = await createPlugin(bytes);
const untimed = await createPlugin(bytes, { measure: false });
const rival = await createRival({ wasm: [{ data: bytes.slice() }] });
const oursAsking = await createPlugin(askBytes, { functions });
const rivalAsking = await createRival({ wasm: [{ data: askBytes.slice() }] }, { functions });

const small = new Uint8Array(16).fill(7);
const large = new Uint8Array(1 << 20).fill(7);
const echo = (input) => ({
  ours: repeat(async () => (await ours.call("echo", input)).length),
  rival: repeat(async () => (await rival.call("echo", input)).byteLength),
});
const echoSync = (input) => ({
  ours: repeatSync(() => ours.callSync("echo", input).length),
  untimed: repeatSync(() => untimed.callSync("echo", input).length),
  rival: repeat(async () => (await rival.call("echo", input)).byteLength),
});
const limitless = { limits: "none" };

const cases = [
  { name: "echo 16 B, call", count: 2_000, contenders: echo(small) },
  { name: "echo 16 B, callSync", count: 2_000, contenders: echoSync(small) },
  { name: "echo 1 MiB, call", count: 5, contenders: echo(large) },
  {
    name: "100 host function calls",
    count: 200,
    contenders: {
      ours: repeat(async () => (await oursAsking.call("ask_100")).length),
      oursSync: repeatSync(() => oursAsking.callSync("ask_100").length),
      rival: repeat(async () => Number((await rivalAsking.call("ask_100"))?.byteLength ?? 0)),
    },
  },
  {
    name: "create from compiled module, and close",
    count: 50,
    contenders: {
      ours: repeat(async () => {
        const plugin = await createPlugin(module, limitless);
        await plugin.close();
        return plugin.functions.length;
      }),
      rival: repeat(async () => {
        const plugin = await createRival(module);
        await plugin.close();
        return 1;
      }),
    },
  },
  {
    name: "create from bytes, and close",
    count: 50,
    contenders: {
      ours: repeat(async () => {
        const plugin = await createPlugin(bytes);
        await plugin.close();
        return plugin.functions.length;
      }),
      rival: repeat(async () => {
        const plugin = await createRival({ wasm: [{ data: bytes }] });
        await plugin.close();
        return 1;
      }),
    },
  },
];

const results = [];
for (const { name, count, contenders } of cases) {
  if (!isJson) process.stderr.write(`${name} …\n`);
  const figures = await race(contenders, { count, rounds });
  results.push({ case: name, ...Object.fromEntries(Object.entries(figures).map(([key, value]) => [`${key}Ns`, Math.round(value)])), ratio: rounded(figures.rival / figures.ours) });
}
await Promise.all([ours.close(), untimed.close(), rival.close(), oursAsking.close(), rivalAsking.close()]);

if (!isJson) process.stderr.write("limits …\n");
const limits = await measureLimits({ rounds: Math.min(rounds, 21) });

if (isJson) {
  console.log(JSON.stringify({ machine, rival: rivalName, cases: results, limits }, undefined, 2));
} else {
  console.log(`${machine}; rival: ${rivalName}; nanoseconds an operation, fastest of ${rounds} rounds`);
  console.table(Object.fromEntries(results.map(({ case: name, ...figures }) => [name, figures])));
  for (const rows of Object.values(limits)) console.table(rows);
}
