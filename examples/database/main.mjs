/**
 * Host functions that await a database: a plug-in asks how often a customer has bought, and takes a gift from the stock. The
 * database is SQLite, in a file; each statement runs beside this thread, and so does everything else meanwhile. The plug-in
 * sees no SQL, and of one shop's rows nothing in a call for another.
 *
 * usage: node examples/database/main.mjs [--json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { compile } from "@tenon/compiler";
import { createPool, hostFunction } from "@tenon/host";
import Database from "libsql/promise";

const folder = mkdtempSync(join(tmpdir(), "tenon-database-"));
const database = new Database(join(folder, "shop.db"));
await database.exec(`
  CREATE TABLE orders (shop TEXT, customer TEXT);
  CREATE TABLE stock (shop TEXT, item TEXT, pieces INTEGER);
  INSERT INTO orders VALUES ('north', 'ann'), ('north', 'ann'), ('north', 'ann'), ('north', 'ann'), ('north', 'bob'), ('south', 'bob');
  INSERT INTO stock VALUES ('north', 'mug', 3), ('south', 'mug', 100);`);
const countOrders = await database.prepare("SELECT count(*) AS orders FROM orders WHERE shop = ? AND customer = ?");
const reserve = await database.prepare("UPDATE stock SET pieces = pieces - 1 WHERE shop = ? AND item = ? AND pieces > 0");
const left = await database.prepare("SELECT shop, pieces FROM stock ORDER BY shop");

const { wasm } = await compile("plugin.ts", { root: fileURLToPath(new URL(".", import.meta.url)) });
const pool = await createPool(wasm, {
  name: "gifts",
  limits: { memoryPages: 64, timeoutMs: 5_000 },
  functions: {
    "extism:host/user": {
      // Which shop it is says the caller, never the plug-in.
      orders: hostFunction({ params: ["text"], result: "f64" }, async (context, customer) => (await countOrders.get([context.hostContext().shop, customer])).orders),
      reserve: hostFunction({ params: ["text"], result: "i32" }, async (context, item) => (await reserve.run([context.hostContext().shop, item])).changes),
    },
  },
});

const ask = async (shop, customer) => {
  const output = await pool.call("before_checkout", JSON.stringify({ customer, total: 100 }), { tenant: shop, hostContext: { shop } });
  return { shop, customer, ...output.json() };
};
try {
  // Five calls at once, and three mugs.
  const answers = await Promise.all([...Array.from({ length: 5 }, () => ask("north", "ann")), ask("north", "bob"), ask("south", "bob"), ask("south", "o'; DROP TABLE orders; --")]);
  const stock = Object.fromEntries((await left.all()).map(({ shop, pieces }) => [shop, pieces]));
  if (process.argv.includes("--json")) console.log(JSON.stringify({ answers, stock }));
  else {
    for (const { shop, customer, orders, percent, gift } of answers) console.log(`${shop}: ${customer} bought ${orders} times: ${percent} %${gift && `, and a ${gift}`}`);
    console.log(`mugs left: ${stock.north} in the north, ${stock.south} in the south`);
  }
} finally {
  await pool.close();
  database.close();
  rmSync(folder, { recursive: true });
}
