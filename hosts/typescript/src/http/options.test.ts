import { describe, expect, test } from "vitest";
import { PluginError } from "../error.ts";
import { parseHttpOptions, type HttpOptions } from "./options.ts";

const INVALID: readonly { name: string; options: unknown; path: string }[] = [
  { name: "no object", options: "all", path: "allow.http" },
  { name: "null", options: null, path: "allow.http" },
  { name: "an unknown field", options: { host: ["*"] }, path: "allow.http.host" },
  { name: "hosts that are no list", options: { hosts: "*" }, path: "allow.http.hosts" },
  { name: "a bad pattern", options: { hosts: ["ok.example", "!bad.example"] }, path: "allow.http.hosts[1]" },
  ...["*.example.com", "https://a.example", "a.example:80", "GET a.example"].map((host) => ({
    name: `the private host ${host}`,
    options: { privateHosts: [host] },
    path: "allow.http.privateHosts[0]",
  })),
  { name: "a fetch that is no function", options: { fetch: true }, path: "allow.http.fetch" },
  { name: "an audit that is no function", options: { audit: {} }, path: "allow.http.audit" },
  { name: "a resolver that is no function", options: { resolve: "dns" }, path: "allow.http.resolve" },
  { name: "a flag that is no boolean", options: { allowResponseHeaders: "yes" }, path: "allow.http.allowResponseHeaders" },
  ...[-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, "1"].flatMap((value) =>
    ["maxRequestBytes", "maxResponseBytes", "maxRedirects"].map((field) => ({
      name: `${field} ${String(value)}`,
      options: { [field]: value },
      path: `allow.http.${field}`,
    })),
  ),
  { name: "a secret for every host", options: { secrets: { "*": { headers: { a: "hunter2" } } } }, path: `allow.http.secrets["*"]` },
  { name: "a secret for a bad pattern", options: { secrets: { "": { headers: {} } } }, path: `allow.http.secrets[""]` },
  { name: "a secret without headers", options: { secrets: { "a.example": {} } }, path: `allow.http.secrets["a.example"].headers` },
  { name: "a secret that is the text itself", options: { secrets: { "a.example": "hunter2" } }, path: `allow.http.secrets["a.example"]` },
  { name: "a field beside the headers", options: { secrets: { "a.example": { headers: {}, token: "hunter2" } } }, path: `allow.http.secrets["a.example"].token` },
  { name: "an unknown field of a secret", options: { secrets: { "a.example": { header: {} } } }, path: `allow.http.secrets["a.example"].header` },
  { name: "a secret that sets the host", options: { secrets: { "a.example": { headers: { Host: "hunter2" } } } }, path: `allow.http.secrets["a.example"].headers` },
  { name: "a secret with a line break", options: { secrets: { "a.example": { headers: { a: "hunter2\n" } } } }, path: `allow.http.secrets["a.example"].headers.a` },
];

describe("parseHttpOptions()", () => {
  test.each(INVALID)("refuses $name, and never quotes a secret", ({ options, path }) => {
    const failure = capture(() => parseHttpOptions(options as HttpOptions, "allow.http"));
    expect(PluginError.is(failure, "manifest/invalid") && failure.details.path).toBe(path);
    expect(String(failure)).not.toContain("hunter2");
  });

  test("has safe defaults", () => {
    expect(parseHttpOptions({})).toMatchObject({
      rules: [],
      maxRequestBytes: 52_428_800,
      maxResponseBytes: 52_428_800,
      maxRedirects: 10,
      allowResponseHeaders: false,
      secrets: [],
    });
  });

  test("takes Infinity as no limit", () => {
    expect(parseHttpOptions({ maxResponseBytes: Number.POSITIVE_INFINITY }).maxResponseBytes).toBe(Number.POSITIVE_INFINITY);
  });

  test("takes 0 as none, not as absent", () => {
    const none = { maxRequestBytes: 0, maxResponseBytes: 0, maxRedirects: 0 };
    expect(parseHttpOptions(none)).toMatchObject(none);
  });
});

function capture(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
