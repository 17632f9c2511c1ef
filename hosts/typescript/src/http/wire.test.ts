import { describe, expect, test } from "vitest";
import { PluginError } from "../error.ts";
import { parseRequest } from "./wire.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (value: unknown, body?: Uint8Array): ReturnType<typeof parseRequest> => parseRequest(encode(JSON.stringify(value)), body);
const url = "https://api.example.com/a?b=c";

describe("parseRequest() reads", () => {
  test("the least there can be", () => {
    const request = parse({ url });
    expect({ ...request, url: request.url.href }).toEqual({ url, method: "GET", headers: [], body: undefined });
  });
  test("the older name of the headers, and prefers the newer", () => {
    expect(parse({ url, header: { A: "1" } }).headers).toEqual([["a", "1"]]);
    expect(parse({ url, header: { A: "1" }, headers: { B: "2" } }).headers).toEqual([["b", "2"]]);
  });
  test("null as absent, as Go writes it", () => {
    expect(parse({ url, method: null, header: null, headers: null })).toMatchObject({ method: "GET", headers: [] });
  });
  test("a method in any case", () => expect(parse({ url, method: "patch" }).method).toBe("PATCH"));
  test("unknown fields and prototype names without harm", () => {
    const json = `{"url":"${url}","__proto__":{"method":"POST"},"constructor":1,"headers":{"__proto__":"x","Constructor":"y"}}`;
    const request = parseRequest(encode(json), undefined);
    expect(request.method).toBe("GET");
    expect(request.headers).toEqual([["__proto__", "x"], ["constructor", "y"]]);
    expect(({} as { method?: string }).method).toBeUndefined();
  });
  test("header values that look like bytes of Latin-1", () => expect(parse({ url, headers: { a: " é\tb " } }).headers).toEqual([["a", "é\tb"]]));
  test("a body as the same bytes, and an empty one of GET as none", () => {
    const body = Uint8Array.of(0, 255, 128);
    expect(parse({ url, method: "POST" }, body).body).toBe(body);
    expect(parse({ url, method: "POST" }, new Uint8Array(0)).body).toEqual(new Uint8Array(0));
    expect(parse({ url }, new Uint8Array(0)).body).toBeUndefined();
  });
  test("a URL without its fragment", () => expect(parse({ url: `${url}#secret` }).url.href).toBe(url));
  test.each(["Content-Length", "Transfer-Encoding", "Host", "Connection", "Accept-Encoding", "TE", "Upgrade", "Expect"])(
    "a request with %s and leaves the header out",
    (name) => expect(parse({ url, headers: { [name]: "1", x: "2" } }).headers).toEqual([["x", "2"]]),
  );
});

const REFUSED = [
  { name: "no JSON", json: "{", field: "" },
  { name: "an empty text", json: "", field: "" },
  { name: "JSON that is no object", json: "[]", field: "" },
  { name: "JSON null", json: "null", field: "" },
  { name: "a text", json: JSON.stringify(url), field: "" },
  { name: "JSON nested 100,000 deep", json: "[".repeat(100_000), field: "" },
  { name: "no URL", json: "{}", field: "url" },
  { name: "a URL that is no text", json: `{"url":["${url}"]}`, field: "url" },
  { name: "a relative URL", json: `{"url":"/a"}`, field: "url" },
  { name: "a URL with a user", json: `{"url":"https://user@api.example.com/"}`, field: "url" },
  { name: "a URL with a password", json: `{"url":"https://:secret@api.example.com/"}`, field: "url" },
  ...["CONNECT", "trace", "TRACK", "G ET", "GET\\r\\nX: y", "x".repeat(33)].map((method) => ({
    name: `the method ${method}`,
    json: `{"url":"${url}","method":"${method}"}`,
    field: "method",
  })),
  { name: "a method that is no text", json: `{"url":"${url}","method":1}`, field: "method" },
  { name: "headers that are no object", json: `{"url":"${url}","headers":[]}`, field: "headers" },
  { name: "101 headers", json: JSON.stringify({ url, headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`h${i}`, ""])) }), field: "headers" },
  { name: "a header name with a space", json: `{"url":"${url}","headers":{"a b":""}}`, field: "headers" },
  { name: "an empty header name", json: `{"url":"${url}","headers":{"":""}}`, field: "headers" },
  { name: "a header name with a line break", json: `{"url":"${url}","headers":{"a\\r\\nb":""}}`, field: "headers" },
  { name: "a header value with a line break", json: `{"url":"${url}","headers":{"a":"b\\r\\nc: d"}}`, field: "headers.a" },
  { name: "a header value with a NUL", json: `{"url":"${url}","headers":{"a":"\\u0000"}}`, field: "headers.a" },
  { name: "a header value past Latin-1", json: `{"url":"${url}","headers":{"a":"€"}}`, field: "headers.a" },
  { name: "a header value that is no text", json: `{"url":"${url}","headers":{"a":1}}`, field: "headers.a" },
  ...["Cookie", "cookie2", "Set-Cookie", "Origin", "Referer", "Proxy", "Proxy-Authorization", "HTTP2-Settings", "Sec-Fetch-Site", "X-HTTP-Method-Override", "Via"].map((name) => ({
    name: `the header ${name}`,
    json: `{"url":"${url}","headers":{"${name}":"x"}}`,
    field: `headers.${name}`,
  })),
];

describe("parseRequest() refuses", () => {
  test.each(REFUSED)("$name", ({ json, field }) => {
    const failure = capture(encode(json));
    expect(PluginError.is(failure, "http/invalid-request") && failure.details.field).toBe(field);
  });
  test("bytes that are no UTF-8", () => expect(PluginError.is(capture(Uint8Array.of(...encode(`{"url":"${url}`), 0xff, ...encode('"}'))), "http/invalid-request")).toBe(true));
  test("more JSON than its limit before it is decoded, and takes exactly the limit", () => {
    const padded = (length: number): Uint8Array => encode(JSON.stringify({ url }).padEnd(length));
    expect(parseRequest(padded(262_144), undefined).url.href).toBe(url);
    expect(PluginError.is(capture(padded(262_145)), "http/invalid-request")).toBe(true);
  });
  test("a body of a GET", () => {
    const failure = capture(encode(JSON.stringify({ url })), Uint8Array.of(1));
    expect(PluginError.is(failure, "http/invalid-request") && failure.details.field).toBe("body");
  });
  test("a value without repeating it, for it may be a credential", () => {
    const failure = capture(encode(JSON.stringify({ url, headers: { authorization: "Bearer hunter2\n" } })));
    expect(String(failure)).not.toContain("hunter2");
  });
});

function capture(json: Uint8Array, body?: Uint8Array): unknown {
  try {
    return parseRequest(json, body);
  } catch (error) {
    return error;
  }
}
