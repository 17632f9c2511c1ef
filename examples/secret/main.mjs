/**
 * A plug-in that fetches from a service with a key that it never sees: the host adds it on the way out, to this one service
 * alone. Every request and verdict is shown.
 *
 * usage: node examples/secret/main.mjs [--json]
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { compile } from "@tenon/compiler";
import { createPlugin, PluginError } from "@tenon/host";

const KEY = "Bearer 8f2c4e";

// Stands for a service in the network, so that this runs without one: it wants the key, tells rates, and sends some away.
const server = createServer((request, response) => {
  if (request.url === "/rates/moved") response.writeHead(302, { location: `http://localhost:${server.address().port}/rates/EUR` }).end();
  else if (request.headers.authorization !== KEY) response.writeHead(401).end();
  else response.end(JSON.stringify({ rate: 0.5, sent: request.headers["x-plug-in"] }));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address();
const service = `http://127.0.0.1:${port}`;

const audit = [];
const { wasm } = await compile("plugin.ts", { root: fileURLToPath(new URL(".", import.meta.url)) });
const plugin = await createPlugin(wasm, {
  name: "prices",
  allow: { hosts: [`GET ${service}`, "localhost"] },
  http: {
    // A loopback address needs a second word; a service in the internet does not.
    privateHosts: ["127.0.0.1", "localhost"],
    secrets: { [service]: { headers: { authorization: KEY } } },
    audit: ({ kind, hop, method, url, ...rest }) => void audit.push({ kind, hop, request: `${method} ${url.replace(String(port), "PORT")}`, ...rest }),
  },
});

const convert = async (from, currency) => {
  try {
    return (await plugin.call("convert", JSON.stringify({ service: from, currency, total: 100 }))).json();
  } catch (error) {
    return { failed: PluginError.is(error) ? error.message.split("\n")[0] : String(error) };
  }
};
try {
  const answers = {
    allowed: await convert(service, "EUR"),
    // To another origin the key does not go, so the service refuses.
    redirected: await convert(service, "moved"),
    elsewhere: await convert("http://169.254.169.254", "EUR"),
  };
  if (process.argv.includes("--json")) console.log(JSON.stringify({ answers, audit }));
  else {
    for (const [name, answer] of Object.entries(answers)) console.log(`${name}: ${JSON.stringify(answer)}`);
    for (const { kind, request, secrets, status, code } of audit) console.log(`${request}: ${kind} ${status ?? code ?? ""}${secrets?.length ? `, with ${secrets}` : ""}`);
  }
} finally {
  await plugin.close();
  server.close();
}
