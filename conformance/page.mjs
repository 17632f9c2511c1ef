/**
 * Runs the kitchen-sink cases in a page, as the server of `server.mjs` serves it, or, with `host`, the host cases of its
 * `/host-cases.json`. The page's address says which: `?adapter=PATH&engine=NAME&only=TEXT&host`. What came of them is in
 * `globalThis.outcome`.
 */
import { runCases, runHostCases } from "./cases.mjs";

const query = new URLSearchParams(location.search);

async function get(path) {
  const response = await fetch(new URL(path, import.meta.url));
  return response.ok ? response : undefined;
}

async function run() {
  const adapter = await import(query.get("adapter"));
  const how = { origin: location.origin, engine: query.get("engine") ?? undefined };
  const options = { only: query.get("only") ?? "" };
  if (query.has("host")) return runHostCases(adapter, { tests: JSON.parse(await (await get("/host-cases.json")).text(), readBytes), ...how }, options);
  const [plugins, cases, page] = await Promise.all(["plugins/plugins.json", "plugins/cases.json", "plugins/kitchen-sink.md"].map(get));
  const load = async (name) => {
    const response = await get(`plugins/wasm/kitchen-sink.${name}.wasm`);
    return response && new Uint8Array(await response.arrayBuffer());
  };
  const input = { ...(await plugins.json()), ...(await cases.json()), page: await page.text(), load, ...how };
  return runCases(adapter, input, options);
}

function readBytes(key, value) {
  return key === "wasm" ? Uint8Array.from(atob(value), (character) => character.charCodeAt(0)) : value;
}

try {
  globalThis.outcome = await run();
} catch (error) {
  globalThis.outcome = [{ name: "the page", outcome: "failed", detail: String(error) }];
}
