import { describe, expect, test } from "vitest";

import { PluginError } from "../error.ts";
import { grantManifest } from "./grant.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { parseManifest } from "./manifest.ts";
import { type PluginOptions, parseOptions } from "../options.ts";
import type { Author } from "./source.ts";
import { grantStranger } from "./stranger.ts";

const AUTHORS: readonly Author[] = ["embedder", "text", "remote"];

function grant(manifest: object, author: Author, options: PluginOptions = {}): ReturnType<typeof grantManifest> | string {
  try {
    const parsed = parseManifest({ wasm: [{ data: "" }], ...manifest });
    return author === "embedder" ? grantManifest(parsed, parseOptions(options)) : grantStranger(parsed, author, parseOptions(options));
  } catch (error) {
    if (PluginError.is(error, "manifest/not-granted")) return error.details.path;
    throw error;
  }
}

describe("grantManifest()", () => {
  const WISHES = [
    { name: "a host", manifest: { allowed_hosts: ["a.example", "evil.example"] }, path: "allowed_hosts[0]" },
    { name: "a folder", manifest: { allowed_paths: { "/": "/host" } }, path: "allowed_paths./" },
    { name: "more memory", manifest: { memory: { max_pages: 60_000 } }, path: "memory.max_pages" },
    { name: "more time", manifest: { timeout_ms: 600_000 }, path: "timeout_ms" },
    { name: "more variables", manifest: { memory: { max_var_bytes: 2_000_000_000 } }, path: "memory.max_var_bytes" },
    { name: "larger responses", manifest: { memory: { max_http_response_bytes: 2_000_000_000 } }, path: "memory.max_http_response_bytes" },
  ];
  test.each(WISHES)("the embedder's own manifest is granted $name, a text's and a URL's is not", ({ manifest, path }) => {
    expect(grant(manifest, "embedder")).toBeTypeOf("object");
    expect(grant(manifest, "text")).toBe(path);
    expect(grant(manifest, "remote")).toBe(path);
  });

  test("what the options grant may be asked for, and nothing like it", () => {
    const options: PluginOptions = { allow: { hosts: ["a.example"], paths: [{ host: "/data", guest: "/d", access: "read" }] } };
    expect(grant({ allowed_hosts: ["a.example"], allowed_paths: { "ro:/data": "/d" } }, "text", options)).toMatchObject({ hosts: ["a.example"] });
    expect(grant({ allowed_hosts: ["b.a.example"] }, "text", options)).toBe("allowed_hosts[0]");
    expect(grant({ allowed_paths: { "/data": "/d" } }, "text", options)).toBe("allowed_paths./data");
    expect(grant({ allowed_paths: { "ro:/data/..": "/d" } }, "text", options)).toBe("allowed_paths./data/..");
    expect(grant({ allowed_paths: { "ro:/data": "/other" } }, "text", options)).toBe("allowed_paths./data");
  });

  test("leave to write covers a wish to read", () => {
    const options: PluginOptions = { allow: { paths: [{ host: "/data", guest: "/d", access: "read-write" }] } };
    expect(grant({ allowed_paths: { "ro:/data": "/d" } }, "text", options)).toBeTypeOf("object");
  });

  test.each(AUTHORS)("%s may lower limits", (author) => {
    const result = grant({ memory: { max_pages: 3, max_var_bytes: 0 }, timeout_ms: 7 }, author);
    expect(result).toMatchObject({ limits: { ...DEFAULT_LIMITS, memoryPages: 3, varBytes: 0, timeoutMs: 7 } });
  });

  test("options override the embedder's manifest, and bound a text", () => {
    expect(grant({ timeout_ms: 7 }, "embedder", { limits: { timeoutMs: 9 } })).toMatchObject({ limits: { timeoutMs: 9 } });
    expect(grant({ timeout_ms: 7 }, "text", { limits: { timeoutMs: 9 } })).toMatchObject({ limits: { timeoutMs: 7 } });
    expect(grant({ timeout_ms: 70_000 }, "text", { limits: { timeoutMs: "none" } })).toMatchObject({ limits: { timeoutMs: 70_000 } });
  });

  test("a manifest in text sends nothing but a bare GET for its modules", () => {
    expect(grant({ wasm: [{ url: "https://a.example", method: "POST" }] }, "text")).toBe("wasm[0].method");
    expect(grant({ wasm: [{ url: "https://a.example", headers: { cookie: "a=b" } }] }, "text")).toBe("wasm[0].headers");
    expect(grant({ wasm: [{ url: "https://a.example", method: "POST", headers: { cookie: "a=b" } }] }, "embedder")).toBeTypeOf("object");
  });

  test("a manifest from a URL names no files", () => {
    expect(grant({ wasm: [{ path: "/etc/passwd" }] }, "remote")).toBe("wasm[0].path");
    expect(grant({ wasm: [{ url: "file:///etc/passwd" }] }, "remote")).toBe("wasm[0].url");
    expect(grant({ wasm: [{ url: "https://example.com/a.wasm" }] }, "remote")).toBeTypeOf("object");
    expect(grant({ wasm: [{ path: "a.wasm" }] }, "text")).toBeTypeOf("object");
  });
});
