/** Manifests: the parser accepts what the schema accepts, and a manifest that nobody of the house wrote grants itself nothing. */

import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";

import { PluginError } from "../src/error.ts";
import { grantStranger } from "../src/source/stranger.ts";
import { DEFAULT_LIMITS, type Limits } from "../src/limits.ts";
import { parseManifest } from "../src/source/manifest.ts";
import { parseOptions } from "../src/options.ts";
import { defaultPlatform } from "../src/platform.ts";

const schema = new URL("../../../abi/manifest.schema.json", import.meta.url);
const isValid = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(schema, "utf8")) as object);

/** What the wire has besides what is right: a wrong type, nothing, a number at an edge. */
const junk = fc.oneof(fc.constant(JSON.parse("null") as unknown), fc.boolean(), fc.string(), fc.constantFrom(-1, 0, 0.5, 2 ** 31, 2 ** 53, 1e300), fc.array(fc.string(), { maxLength: 2 }), fc.constant({}));
const or = <Value>(right: fc.Arbitrary<Value>): fc.Arbitrary<unknown> => fc.oneof({ weight: 20, arbitrary: right }, { weight: 1, arbitrary: junk });
const name = fc.constantFrom("a", "b", "main", "", "__proto__", "constructor", "toString");
const host = fc.constantFrom("api.example.com", "*.example.org", "127.0.0.1", "", "*", "!x");
const text = fc.oneof(name, fc.string());
const source = fc.oneof(
  fc.record({ path: or(text) }),
  fc.record({ url: or(fc.constantFrom("https://plugins.example/a.wasm", "file:///etc/passwd", "data:,x", "a.wasm")), method: or(fc.constantFrom("GET", "POST")), headers: or(fc.dictionary(text, fc.string())) }, { requiredKeys: ["url"] }),
  fc.record({ data: or(fc.constantFrom("AAEC", "AGFzbQEAAAA=", "", "not base64", "AA")) }),
);
const entry = fc.tuple(source, fc.record({ name: or(name), hash: or(fc.constantFrom("ab".repeat(32), "AB".repeat(32), "ab")), extra: junk }, { requiredKeys: [] })).map(([from, rest]) => ({ ...from, ...rest }));
const count = or(fc.oneof(fc.nat(100_000), fc.constantFrom(65_536, 65_537, Number.MAX_SAFE_INTEGER)));
const fields = {
  wasm: or(fc.array(or(entry), { maxLength: 3 })),
  memory: or(fc.record({ max_pages: count, max_http_response_bytes: count, max_var_bytes: count, maxPages: count }, { requiredKeys: [] })),
  config: or(fc.dictionary(text, or(fc.string()), { noNullPrototype: true })),
  allowed_hosts: or(fc.array(or(host), { maxLength: 3 })),
  allowed_paths: or(fc.dictionary(fc.oneof(text, text.map((path) => `ro:${path}`)), or(text), { noNullPrototype: true })),
  timeout_ms: count,
  timeoutMs: count,
  unknown: junk,
};
const manifest = fc.oneof({ weight: 20, arbitrary: fc.record(fields, { requiredKeys: ["wasm"] }) }, { weight: 1, arbitrary: fc.jsonValue() });
const LIMITS: readonly (keyof Limits)[] = ["memoryPages", "timeoutMs", "varBytes", "httpResponseBytes"];
const options = fc.record(
  {
    limits: fc.record(Object.fromEntries(LIMITS.map((limit) => [limit, fc.oneof(fc.nat(65_536), fc.constant("none"))])), { requiredKeys: [] }),
    allow: fc.record({ hosts: fc.array(host.filter((each) => each !== "" && each !== "!x"), { maxLength: 2 }), paths: fc.array(fc.record({ host: name, guest: name, access: fc.constantFrom("read" as const, "read-write" as const) }), { maxLength: 2 }) }),
    config: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
  },
  { requiredKeys: [] },
);

/** What a schema cannot say: names that occur twice, texts that are no URL or no base64 for this runtime. */
const BEYOND_SCHEMA = /a name that no other module has|an absolute URL|base64 text/;

/** The law. */
export const property = fc.property(manifest, options, fc.constantFrom("text" as const, "remote" as const), (value, stated, author) => {
  const wire: unknown = JSON.parse(JSON.stringify(value));
  const parsed = attempt(() => parseManifest(wire), ["manifest/invalid"]);
  const isListed = isValid(wire);
  if (parsed instanceof PluginError ? isListed && !BEYOND_SCHEMA.test(parsed.message) : !isListed && !hasOtherSpelling(wire)) {
    throw new Error(`the schema ${isListed ? "accepts" : "refuses"} what the parser does not: ${parsed instanceof PluginError ? parsed.message : JSON.stringify(isValid.errors?.[0])}`);
  }
  if (parsed instanceof PluginError) return;
  const embedder = parseOptions({ ...stated, platform: defaultPlatform() });
  const grant = attempt(() => grantStranger(parsed, author, embedder), ["manifest/not-granted"]);
  if (grant instanceof PluginError) return;
  for (const each of grant.hosts) if (!embedder.allowedHosts.includes(each)) throw new Error(`the host "${each}" was granted by nobody`);
  for (const each of grant.paths) if (!embedder.allowedPaths.includes(each)) throw new Error(`the folder "${each.host}" was granted by nobody`);
  for (const limit of LIMITS) {
    const ceiling = embedder.limits[limit] ?? DEFAULT_LIMITS[limit];
    if (!(grant.limits[limit] <= ceiling)) throw new Error(`${limit} is ${grant.limits[limit]}, and ${ceiling} was allowed`);
  }
  for (const [key, configured] of embedder.config) if (grant.config.get(key) !== configured) throw new Error(`the manifest overrides config "${key}"`);
  if (author === "remote" && parsed.entries.some(({ origin }) => origin.kind === "path" || (origin.kind === "url" && origin.url.protocol === "file:"))) throw new Error("a stranger's manifest names files of this machine");
});

/** The parser reads camelCase too, of which the schema of the wire knows nothing, and null as absent. */
function hasOtherSpelling(wire: unknown): boolean {
  return /"(maxPages|timeoutMs)"|null/.test(JSON.stringify(wire));
}

function attempt<Result>(run: () => Result, codes: readonly string[]): Result | PluginError {
  try {
    return run();
  } catch (error) {
    if (PluginError.is(error) && codes.includes(error.code)) return error;
    throw error;
  }
}
