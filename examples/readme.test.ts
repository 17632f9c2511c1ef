import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

// @ts-expect-error: plain JavaScript without declarations
import { buildPlugins } from "./checkout/build.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
// Below the root, so that packages are found as a reader finds them.
const folder = fileURLToPath(new URL("build/readme/", import.meta.url));
const blocks = [...readFileSync(`${ROOT}README.md`, "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code);

function run(program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await buildPlugins(() => {});
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true }));

test("the shop of README.md runs as it stands", () => {
  writeFileSync(`${folder}shop.mjs`, blocks[0] ?? "");
  const { status, stdout, stderr } = run(`${folder}shop.mjs`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n").map((line) => line.replace(/ in .* ms$/, ""))).toEqual([
    "newcomer: 20 %",
    "loyalty: 20 %",
    "bundle: 0 %",
    'rogue failed: call/failed: The plug-in "rogue" failed in "before_checkout": I do not like this cart',
    "",
  ]);
});

test("the merchant that it asks first is the Rust kit's README, word for word", () => {
  const [inReadme = "none"] = /^#\[plugin_fn\]\n[\s\S]*?^}\n/m.exec(readFileSync(`${ROOT}pdks/rust/README.md`, "utf8")) ?? [];
  expect(readFileSync(`${ROOT}examples/checkout/plugins/newcomer/src/lib.rs`, "utf8")).toContain(inReadme);
});

test("the code of README.md has no type error", () => {
  const files = blocks.map((code, index) => {
    const file = `${folder}block-${index}.mts`;
    writeFileSync(file, code);
    return file;
  });
  expect(files.length).toBeGreaterThan(2);
  const flags = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022", "--types", "node", "--lib", "es2023,esnext.disposable,dom"];
  expect(run(`${ROOT}node_modules/typescript/bin/tsc`, ...flags, ...files)).toMatchObject({ stdout: "", status: 0 });
});
