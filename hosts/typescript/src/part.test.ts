import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { afterAll, expect, test } from "vitest";

import { plugin, wat } from "../test/wat.ts";

type Host = typeof import("./node.ts");

/** The package as it was built, which is what can be incomplete at a user's. */
const DIST = fileURLToPath(new URL("../dist", import.meta.url));
// Inside of the repository, so that copies find the packages that they need. In a folder of packages, so that Vitest leaves
// them alone; but not for Deno, which follows no link from such a folder that it did not make.
const cache = join(dirname(DIST), "../../.cache");
mkdirSync(cache, { recursive: true });
const base = mkdtempSync(join(cache, "tenon-parts-"));
const folder = join(base, "Deno" in globalThis ? "copies" : "node_modules");
mkdirSync(folder);
afterAll(() => rmSync(base, { recursive: true, force: true }));

const echo = plugin('(func (export "run") (result i32) (i32.const 0))');
const command = wat('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) (func (export "run") (result i32) (i32.const 0)))');
const here = [{ host: DIST, guest: "/" }];

/** Each part of the files that pages load, and what takes it. */
const PARTS: Readonly<Record<string, (host: Host) => Promise<unknown>>> = {
  "compile/compile.js": async ({ createPlugin }) => await createPlugin(echo),
  "compile/compile-failure.js": async ({ createPlugin }) => await createPlugin(Uint8Array.of(0, 0x61, 0x73, 0x6d, 9, 0, 0, 0)),
  "source/manifest.js": async ({ createPlugin }) => await createPlugin({ wasm: [{ data: echo }] }),
  "source/stranger.js": async ({ createPlugin }) => await createPlugin(JSON.stringify({ wasm: [{ data: btoa(String.fromCharCode(...echo)) }] })),
  "imports/offer.js": async ({ createPlugin }) => await createPlugin(echo, { functions: { "extism:host/user": { nothing: () => {} } } }),
  "imports/session-http.js": async ({ createPlugin }) => await createPlugin(echo, { allow: { hosts: ["example.com"] } }),
  "platform/node-http.js": async ({ createPlugin }) => await createPlugin(echo, { allow: { hosts: ["example.com"] } }),
  "imports/session-wasi.js": async ({ createPlugin }) => await createPlugin(command),
  "wasi/path-calls.js": async ({ createPlugin }) => await createPlugin(command, { allow: { paths: here } }),
  "platform/node-files.js": async ({ createPlugin }) => await createPlugin(command, { allow: { paths: here } }),
  "worker/engine.js": async ({ createPlugin }) => await createPlugin(echo, { engine: "worker" }),
  "worker/threads.js": async ({ createPlugin }) => await createPlugin(echo, { engine: "worker" }),
  "pool/open.js": async ({ createPool }) => await createPool(echo),
};
/** The same of what Node loads, where some of it lies in the one file with the rest. */
const BUNDLED = ["imports/session-http.js", "platform/node-http.js", "imports/session-wasi.js", "wasi/path-calls.js", "platform/node-files.js", "worker/engine.js", "pool/open.js"];
const TAKEN = { ...PARTS, ...Object.fromEntries(BUNDLED.map((part) => [posix.join("bundled", posix.basename(part)), PARTS[part]])) };

test("loadPart() waits for every part that the host loads later", () => {
  const files = (readdirSync(DIST, { recursive: true }) as string[]).map((file) => file.replaceAll("\\", "/")).filter((file) => file.endsWith(".js") && !file.endsWith(".test.js"));
  const parts = files.flatMap((file) => [...readFileSync(join(DIST, file), "utf8").matchAll(/\bimport\("(\.[^"]+)"\)/g)].map(([, part]) => posix.join(posix.dirname(file), part ?? "")));
  expect([...new Set(parts)].sort()).toEqual(Object.keys(TAKEN).sort());
});

test.each(Object.keys(TAKEN))("without %s it fails with host/incomplete, which says what is missing", async (part) => {
  const copy = mkdtempSync(join(folder, "host-"));
  cpSync(DIST, copy, { recursive: true, filter: (file) => !/\.(map|d\.ts)$/.test(file) });
  writeFileSync(join(copy, "package.json"), '{ "type": "module" }');
  rmSync(join(copy, part));
  const host = (await import(pathToFileURL(join(copy, part.startsWith("bundled/") ? "bundled" : "", "node.js")).href)) as Host;
  const outcome = await TAKEN[part]?.(host).catch((failure: unknown) => failure);
  expect(outcome).toMatchObject({ name: "PluginError", code: "host/incomplete", message: expect.stringMatching(/^Cannot load part of the host: [^]+; serve it all/) as string });
  expect((outcome as Error).cause).toBeInstanceOf(Error);
});
