/** Host cases that a host is known to fail, by the reason, as `known.json` lists them. */
import { readFileSync } from "node:fs";

const known = JSON.parse(readFileSync(new URL("known.json", import.meta.url), "utf8"));

/**
 * @param {string} host A name in `known.json`.
 * @returns What an adapter exports as `deviations`.
 */
export function knownOf(host) {
  return Object.entries(known[host]).flatMap(([reason, names]) => names.map((name) => ({ match: { test: (tested) => tested === `host/${name}` }, reason })));
}
