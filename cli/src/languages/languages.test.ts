import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createPlugin } from "@tenon/host";
import { afterAll, describe, expect, test } from "vitest";

import { languageOf } from "./table.ts";

const TENON = fileURLToPath(new URL("../../tenon.mjs", import.meta.url));
const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
/** In the project, so that the kits are found by their names, as at a user's. */
const base = fileURLToPath(new URL("../../build", import.meta.url));
mkdirSync(base, { recursive: true });
const folder = mkdtempSync(join(base, "languages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tenon(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TENON, ...args], { cwd, encoding: "utf8", env: { ...env, CI: "" } });
  return { status, stdout, stderr: stderr.replace(/^building .* …\n/, "") };
}

const HAS_RUST = await languageOf("rust").tools[0]?.isThere(folder);

const CART = '{"is_new_customer":true,"cart_total_in_cents":10000}';

describe("tenon build", { timeout: 300_000 }, () => {
  test.each([
    { language: "C", source: "c/plugin.c", name: "shop.c" },
    { language: "AssemblyScript", source: "assemblyscript/assembly/plugin.ts", name: "assembly/shop.ts" },
  ])("knows $language by its file", async ({ source, name }) => {
    const made = mkdtempSync(join(folder, "p-"));
    mkdirSync(join(made, "assembly"));
    writeFileSync(join(made, name), readFileSync(join(TEMPLATES, source)));
    const { status, stdout, stderr } = tenon(made, ["build", name, "--json", "-o", "plugin.wasm"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, warnings: [] });
    await using plugin = await createPlugin(readFileSync(join(made, "plugin.wasm")));
    expect((await plugin.call("before_checkout", CART)).json()).toEqual({ discount_percent: 20 });
    // Nothing of the machine is in what somebody gets.
    expect(readFileSync(join(made, "plugin.wasm")).includes(made)).toBe(false);
  });

  // Elsewhere, flags of ours name a standard library without which nothing is built (Debian), so both are seen to count.
  // skipped because Rust for WebAssembly is not installed
  test.skipIf(!HAS_RUST).each([
    { name: "[build]", config: '[build]\nrustflags = ["--cfg", "stated"]' },
    { name: "the target", config: '[build]\nrustflags = ["--cfg", "other"]\n[target.wasm32-unknown-unknown]\nrustflags = ["--cfg", "stated"]' },
    { name: "a condition that holds", config: "[build]\nrustflags = [\"--cfg\", \"other\"]\n[target.'cfg(target_arch = \"wasm32\")']\nrustflags = [\"--cfg\", \"stated\"]" },
    { name: "a condition that does not", config: "[build]\nrustflags = [\"--cfg\", \"stated\"]\n[target.'cfg(target_arch = \"x86\")']\nrustflags = [\"--cfg\", \"other\"]" },
  ])("uses the flags that a Rust project states for $name", ({ config }) => {
    const made = mkdtempSync(join(folder, "p-"));
    mkdirSync(join(made, ".cargo"));
    writeFileSync(join(made, ".cargo/config.toml"), config);
    writeFileSync(join(made, "Cargo.toml"), '[package]\nname = "flags"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\ncrate-type = ["cdylib"]\n[workspace]\n');
    writeFileSync(join(made, "lib.rs"), ["stated", "other"].map((flag) => `#[cfg(${flag})]\n#[no_mangle]\npub extern "C" fn ${flag}() {}\n`).join(""));
    const { status, stderr } = tenon(made, ["build", "-o", "plugin.wasm"]);
    expect(status, stderr).toBe(0);
    const names = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(join(made, "plugin.wasm")))).filter(({ kind }) => kind === "function").map((each) => each.name);
    expect(names).toEqual(["stated"]);
  });

  test("shows what clang says of a mistake", () => {
    const made = mkdtempSync(join(folder, "p-"));
    writeFileSync(join(made, "plugin.c"), '#include "tenon.h"\nTENON_EXPORT(f) { return nothing; }\n');
    const { status, stderr } = tenon(made, ["build"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("plugin.c:2:");
    expect(stderr).toContain("nothing");
  });

  test.each([
    { file: "plugin.go", says: "Install Go 1.24 or newer from https://go.dev/dl" },
    { file: "plugin.zig", says: "pip install ziglang==0.15.2" },
  ])("says what to install where the compiler of $file is missing", ({ file, says }) => {
    const made = mkdtempSync(join(folder, "p-"));
    writeFileSync(join(made, file), "");
    const { status, stderr } = tenon(made, ["build"], { PATH: made });
    expect(status).not.toBe(0);
    expect(stderr).toContain(says);
  });
});
