import { readFileSync } from "node:fs";

import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";

import { PluginError } from "../error.ts";
import { parseManifest } from "./manifest.ts";

const WASM = [{ path: "a.wasm" }];

function failure(value: unknown): { path: string; expected: string } | undefined {
  try {
    parseManifest(value);
  } catch (error) {
    if (PluginError.is(error, "manifest/invalid")) return error.details;
    throw error;
  }
  return undefined;
}

const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(new URL("../../../../abi/manifest.schema.json", import.meta.url), "utf8")) as object);

/** What only the parser can tell, because a schema cannot say it or speaks of the wire form alone. */
const BEYOND_SCHEMA: readonly string[] = ["two modules of one name"];

describe("parseManifest()", () => {
  test("reads every field in snake_case, as on the wire", () => {
    const manifest = parseManifest(
      JSON.parse(`{
        "wasm": [{ "data": "AAEC", "name": "main", "hash": "${"AB".repeat(32)}" }, { "url": "https://example.com/x.wasm", "method": "POST", "headers": { "a": "b" } }],
        "memory": { "max_pages": 16, "max_http_response_bytes": 0, "max_var_bytes": 7 },
        "config": { "__proto__": "kept", "key": "value" },
        "allowed_hosts": ["api.example.com"],
        "allowed_paths": { "ro:/data": "/readonly", "/other": "/rw" },
        "timeout_ms": 500
      }`),
    );
    expect(manifest).toMatchObject({ maxPages: 16, maxHttpResponseBytes: 0, maxVarBytes: 7, timeoutMs: 500, allowedHosts: ["api.example.com"] });
    expect([...manifest.config]).toEqual([["__proto__", "kept"], ["key", "value"]]);
    expect(manifest.allowedPaths).toEqual([
      { host: "/data", guest: "/readonly", access: "read" },
      { host: "/other", guest: "/rw", access: "read-write" },
    ]);
    expect(manifest.entries[0]).toEqual({ origin: { kind: "bytes", bytes: new Uint8Array([0, 1, 2]) }, name: "main", hash: "ab".repeat(32) });
    expect(manifest.entries[1]?.origin).toMatchObject({ kind: "url", method: "POST" });
  });

  test("reads camelCase too, and null as absent", () => {
    const manifest = parseManifest({ wasm: WASM, timeoutMs: 5, memory: { maxPages: 3 }, allowedHosts: null, config: undefined });
    expect(manifest).toMatchObject({ timeoutMs: 5, maxPages: 3, allowedHosts: [] });
  });

  test("data is copied: exactly the bytes of a view, and later writes change nothing", () => {
    const data = new Uint8Array([0, 1, 2, 3]).subarray(1, 3);
    const [entry] = parseManifest({ wasm: [{ data }] }).entries;
    data[0] = 9;
    expect(entry?.origin).toEqual({ kind: "bytes", bytes: new Uint8Array([1, 2]) });
  });

  const CASES = [
    { name: "no object", value: [], path: "" },
    { name: "no modules", value: {}, path: "wasm" },
    { name: "an empty list of modules", value: { wasm: [] }, path: "wasm" },
    { name: "an unknown field", value: { wasm: WASM, allowed_host: [] }, path: "allowed_host" },
    { name: "an unknown field of memory", value: { wasm: WASM, memory: { pages: 1 } }, path: "memory.pages" },
    { name: "an unknown field of a module", value: { wasm: [{ path: "a", sha256: "" }] }, path: "wasm[0].sha256" },
    { name: "both spellings", value: { wasm: WASM, timeout_ms: 1, timeoutMs: 1 }, path: "timeoutMs" },
    { name: "two sources", value: { wasm: [{ path: "a", url: "b" }] }, path: "wasm[0]" },
    { name: "no source", value: { wasm: [{ name: "a" }] }, path: "wasm[0]" },
    { name: "headers without a URL", value: { wasm: [{ path: "a", headers: {} }] }, path: "wasm[0].headers" },
    { name: "a relative URL", value: { wasm: [{ url: "a.wasm" }] }, path: "wasm[0].url" },
    { name: "data that is not base64", value: { wasm: [{ data: "?" }] }, path: "wasm[0].data" },
    { name: "a short hash", value: { wasm: [{ path: "a", hash: "abc" }] }, path: "wasm[0].hash" },
    { name: "two modules of one name", value: { wasm: [{ path: "a", name: "x" }, { path: "b", name: "x" }] }, path: "wasm[1].name" },
    { name: "negative pages", value: { wasm: WASM, memory: { max_pages: -1 } }, path: "memory.max_pages" },
    { name: "half a page", value: { wasm: WASM, memory: { max_pages: 0.5 } }, path: "memory.max_pages" },
    { name: "more pages than there can be", value: { wasm: WASM, memory: { max_pages: 65_537 } }, path: "memory.max_pages" },
    { name: "a timeout in text", value: { wasm: WASM, timeout_ms: "500" }, path: "timeout_ms" },
    { name: "an infinite timeout", value: { wasm: WASM, timeout_ms: Number.POSITIVE_INFINITY }, path: "timeout_ms" },
    { name: "a number as configuration", value: { wasm: WASM, config: { a: 1 } }, path: "config.a" },
    { name: "one host without a list", value: { wasm: WASM, allowed_hosts: "a" }, path: "allowed_hosts" },
    { name: "a host that is no string", value: { wasm: WASM, allowed_hosts: [1] }, path: "allowed_hosts[0]" },
    { name: "65 modules", value: { wasm: Array.from({ length: 65 }, () => ({ path: "a" })) }, path: "wasm" },
    { name: "paths in a list", value: { wasm: WASM, allowed_paths: ["/"] }, path: "allowed_paths" },
  ];
  test.each(CASES)("refuses $name and names the path", ({ value, path }) => {
    expect(failure(value)?.path).toBe(path);
  });

  test("the schema refuses the same, as far as a schema can", () => {
    const accepted = CASES.filter(({ value }) => validate(value)).map(({ name }) => name);
    expect(new Set(accepted)).toEqual(new Set(BEYOND_SCHEMA));
  });

  test("the schema accepts what the parser reads", () => {
    const wire = {
      wasm: [{ data: "AAEC", name: "main", hash: "ab".repeat(32) }, { url: "https://example.com/x.wasm", method: "POST", headers: { a: "b" } }, { path: "a.wasm" }],
      memory: { max_pages: 16, max_http_response_bytes: 0, max_var_bytes: 7 },
      config: { key: "value" },
      allowed_hosts: ["api.example.com"],
      allowed_paths: { "ro:/data": "/readonly" },
      timeout_ms: 500,
    };
    for (const value of [wire, { wasm: WASM }, { wasm: WASM, timeout_ms: null, memory: null, config: null }]) {
      expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
      expect(failure(value)).toBeUndefined();
    }
  });
});
