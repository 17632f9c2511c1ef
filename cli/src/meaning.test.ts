import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { describeImport } from "./meaning.ts";

const { namespace, imports } = JSON.parse(readFileSync(new URL("../../abi/abi.json", import.meta.url), "utf8")) as { readonly namespace: string; readonly imports: readonly { readonly name: string }[] };
const UNKNOWN = "not known to this host: loading it fails";

describe("describeImport()", () => {
  test.each(imports)("has words for $name of the ABI", ({ name }) => {
    expect(describeImport(namespace, name, [])).not.toBe(UNKNOWN);
  });

  const CASES = [
    { name: "an HTTP request", import: [namespace, "http_request"], words: "send HTTP requests; refused unless the host is allowed" },
    { name: "a name the ABI does not have", import: [namespace, "format_disk"], words: UNKNOWN },
    { name: "a file of WASI", import: ["wasi_snapshot_preview1", "path_open"], words: "use files; only in folders that are allowed" },
    { name: "standard output", import: ["wasi_snapshot_preview1", "fd_write"], words: "write to the log (stdout, stderr); to files only in folders that are allowed" },
    { name: "a host function", import: ["extism:host/user", "rate"], words: "a host function: the application must offer it" },
    { name: "a namespace named like a prototype's", import: ["constructor", "name"], words: "a host function: the application must offer it" },
    { name: "another module", import: ["tax", "vat"], words: `linked from the plug-in's module "tax"` },
  ] as const;
  test.each(CASES)("tells what $name is for", ({ import: [from, name], words }) => {
    expect(describeImport(from, name, ["tax"])).toBe(words);
  });
});
