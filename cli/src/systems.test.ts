import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, test } from "vitest";
import initWabt from "wabt";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// Inside of the repository, so that a system file finds its packages as it would at a user's.
mkdirSync(join(ROOT, ".cache"), { recursive: true });
const folder = mkdtempSync(join(ROOT, ".cache/tenon-systems-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tenon = (...args: readonly string[]): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "cli/tenon.mjs"), ...args], { cwd: folder, encoding: "utf8" });
  return { status, stdout, stderr };
};

const definition = (version: string, output: string, more = ""): string => `
  import { definePluginSystem } from "@tenon/system";
  import * as z from "zod";
  enum Unused { TypeScript = "is compiled" }
  export const shop = definePluginSystem({
    name: "shop/discounts", version: "${version}",
    exports: { before_checkout: { input: z.object({ id: z.string() }), output: z.object({ ${output} }), doc: "Gives a discount." }, ${more} },
    imports: { points: { input: z.string(), output: z.int() } },
    limits: { timeoutMs: 20 },
  } as const satisfies object);
  export const unrelated: Unused = Unused.TypeScript;`;
writeFileSync(at("shop.ts"), definition("1.0.0", "percent: z.number()"));
writeFileSync(at("more.ts"), definition("1.1.0", "percent: z.number()", "after_payment: { optional: true },"));
writeFileSync(at("breaking.ts"), definition("1.0.1", "euros: z.number()"));
writeFileSync(at("two.mjs"), 'import { definePluginSystem } from "@tenon/system"; const make = (name) => definePluginSystem({ name, version: "1.0.0", exports: { run: {} } }); export const a = make("a"), b = make("b");');
writeFileSync(at("plain.mjs"), 'export default { name: "plain", version: "1.0.0", exports: { run: {} } };');
writeFileSync(at("nothing.mjs"), "export const a = 1;");
writeFileSync(at("wrong.mjs"), 'throw new Error("out of tea");');
writeFileSync(at("broken.json"), '{ "tenonSystem": 2 }');
writeFileSync(at("xtp.yaml"), 'version: v1-draft\nexports:\n  before_checkout:\n    input: { contentType: application/json, type: string }\n');

const wabt = await initWabt();
const compile = (text: string): Uint8Array => wabt.parseWat("plugin.wat", text).toBinary({}).buffer;
writeFileSync(at("good.wasm"), compile('(module (func (export "before_checkout") (result i32) (i32.const 0)))'));
writeFileSync(at("bad.wasm"), compile('(module (import "extism:host/user" "pionts" (func)) (import "extism:host/user" "points" (func)) (func (export "beforeCheckout") (result i32) (i32.const 0)))'));

describe("tenon check", () => {
  test("says that a plug-in fits, stamps it, and knows the stamp", () => {
    expect(tenon("check", "good.wasm", "--system", "shop.ts", "--stamp", "stamped.wasm")).toEqual({ status: 0, stdout: 'fits: good.wasm and the plug-in system "shop/discounts" 1.0.0\n', stderr: "" });
    expect(tenon("check", "stamped.wasm", "-s", "shop.ts").stdout).toBe('fits: stamped.wasm and the plug-in system "shop/discounts" 1.0.0, built for exactly this interface\n');
    expect(JSON.parse(tenon("check", "stamped.wasm", "-s", "shop.ts", "--json").stdout)).toMatchObject({ ok: true, stamp: { name: "shop/discounts", version: "1.0.0" } });
    expect(existsSync(join(ROOT, "node_modules/.tenon-temp"))).toBe(false);
  });

  test("lists every difference, as text and as JSON", () => {
    const { status, stdout } = tenon("check", "bad.wasm", "-s", "shop.ts", "--stamp", "not-written.wasm");
    expect(status).toBe(3);
    expect(stdout).toBe('does not fit: bad.wasm and the plug-in system "shop/discounts" 1.0.0\n- it does not export "before_checkout"; rename its export "beforeCheckout"\n- it imports "pionts" from "extism:host/user", which is not offered; use only what is offered: "points"\n- it imports "points" as () -> (); declare it as (i64) -> i64\n');
    expect(existsSync(at("not-written.wasm"))).toBe(false);
    const report = JSON.parse(tenon("check", "bad.wasm", "-s", "shop.ts", "--json").stdout) as { ok: boolean; differences: { kind: string }[] };
    expect(report.ok).toBe(false);
    expect(report.differences.map(({ kind }) => kind)).toEqual(["missing-export", "unknown-import", "import-signature"]);
  });

  test.each([
    { name: "a file that is not there", args: ["check", "good.wasm", "-s", "none.ts"], stderr: 'there is no such file' },
    { name: "a file without a system", args: ["check", "good.wasm", "-s", "nothing.mjs"], stderr: "export what definePluginSystem() gives" },
    { name: "a module that throws", args: ["check", "good.wasm", "-s", "wrong.mjs"], stderr: "out of tea" },
    { name: "a choice that is not made", args: ["check", "good.wasm", "-s", "two.mjs"], stderr: 'it exports "a", "b"; name one with --export' },
    { name: "a choice that is not there", args: ["check", "good.wasm", "-s", "two.mjs", "--export", "c"], stderr: 'it exports "a", "b"' },
    { name: "a document that is wrong", args: ["check", "good.wasm", "-s", "broken.json"], stderr: "tenonSystem" },
  ])("refuses $name", ({ args, stderr }) => {
    const result = tenon(...args);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain(stderr);
  });

  test("takes XTP schemas, plain definitions and one of several systems", () => {
    expect(tenon("check", "good.wasm", "-s", "xtp.yaml").status).toBe(0);
    expect(tenon("check", "good.wasm", "-s", "plain.mjs").stdout).toContain('it does not export "run"');
    expect(tenon("check", "good.wasm", "-s", "two.mjs", "--export", "b").stdout).toContain('the plug-in system "b" 1.0.0');
  });
});

describe("tenon diff", () => {
  test.each([
    { args: ["shop.ts", "shop.ts"], status: 0, level: "none" },
    { args: ["shop.ts", "more.ts"], status: 0, level: "additive" },
    { args: ["shop.ts", "more.ts", "--fail-on", "additive"], status: 6, level: "additive" },
    { args: ["shop.ts", "breaking.ts"], status: 6, level: "breaking" },
    { args: ["shop.ts", "breaking.ts", "--fail-on", "breaking"], status: 6, level: "breaking" },
  ])("$args is $level and ends with $status", ({ args, status, level }) => {
    const result = tenon("diff", ...args, "--json");
    expect(result.status).toBe(status);
    expect(JSON.parse(result.stdout)).toMatchObject({ ok: status === 0, level });
  });

  test("says what changed and which version it needs", () => {
    expect(tenon("diff", "shop.ts", "breaking.ts").stdout).toMatch(/^breaking {2}exports\.before_checkout\.output\S*: .*\n[\s\S]*\nbreaking: the version must be 2\.0\.0 or higher, it is 1\.0\.1\n$/);
    expect(tenon("diff", "shop.ts", "more.ts").stdout).toBe("additive  exports.after_payment: it is new\n\nadditive: version 1.1.0 says so\n");
  });
});

describe("links in a folder that a command writes into", () => {
  const canLink = process.platform !== "win32";
  const setUp = (name: string): string => {
    mkdirSync(at(`${name}/out`), { recursive: true });
    mkdirSync(at(`${name}/elsewhere`));
    writeFileSync(at(`${name}/elsewhere/mine`), "mine");
    return name;
  };
  const untouched = (name: string): void => expect([readdirSync(at(`${name}/elsewhere`)), readFileSync(at(`${name}/elsewhere/mine`), "utf8")]).toEqual([["mine"], "mine"]);

  // skipped because Windows lets only some users make links
  test.skipIf(!canLink).each([
    { name: "a file", lang: "c", link: "bindings.h", target: "../elsewhere/mine" },
    { name: "a file to begin with, to nothing", lang: "c", link: "plugin.c", target: "../elsewhere/new" },
    { name: "a folder", lang: "rust", link: "src", target: "../elsewhere" },
    { name: "a folder by way of another link", lang: "rust", link: "src", target: "way", more: ["way", "../elsewhere"] },
  ])("tenon bindgen does not follow $name out of it", ({ name, lang, link, target, more }) => {
    const place = setUp(`links ${name}`);
    symlinkSync(target, at(`${place}/out/${link}`));
    if (more !== undefined) symlinkSync(more[1] ?? "", at(`${place}/out/${more[0]}`));
    expect(tenon("bindgen", "shop.ts", "-l", lang, "-o", `${place}/out`)).toMatchObject({ status: 2, stderr: expect.stringContaining(`"${link}" is a link that leads out of`) as string });
    untouched(place);
  });

  // skipped because Windows lets only some users make links
  test.skipIf(!canLink)("tenon bindgen follows one that stays in it, and the folder itself", () => {
    const place = setUp("links that stay");
    mkdirSync(at(`${place}/out/code`));
    symlinkSync("code", at(`${place}/out/src`));
    symlinkSync("out", at(`${place}/named`));
    expect(tenon("bindgen", "shop.ts", "-l", "rust", "-o", `${place}/named`).status).toBe(0);
    expect(readdirSync(at(`${place}/out/code`)).sort()).toEqual(["bindings.rs", "lib.rs"]);
  });

  // skipped because Windows lets only some users make links
  test.skipIf(!canLink)("tenon docs writes where the file that was named leads", () => {
    const place = setUp("links that are named");
    symlinkSync("../elsewhere/mine", at(`${place}/out/page.md`));
    expect(tenon("docs", "shop.ts", "-o", `${place}/out/page.md`).status).toBe(0);
    expect(readFileSync(at(`${place}/elsewhere/mine`), "utf8")).toContain("before_checkout");
  });
});

describe("tenon bindgen", () => {
  test("writes bindings, and never over what the author wrote", () => {
    const made = tenon("bindgen", "more.ts", "--lang", "c", "-o", "c", "--optional", "none");
    expect(made).toEqual({ status: 0, stdout: "", stderr: `wrote ${join("c", "bindings.h")}\nwrote ${join("c", "plugin.c")}\n` });
    expect(readFileSync(at("c/plugin.c"), "utf8")).not.toContain("after_payment");
    writeFileSync(at("c/plugin.c"), "mine");
    writeFileSync(at("c/bindings.h"), "old");
    expect(JSON.parse(tenon("bindgen", "shop.ts", "-l", "c", "-o", "c", "--json").stdout)).toEqual({ ok: true, written: [join("c", "bindings.h")], kept: [join("c", "plugin.c")] });
    expect(readFileSync(at("c/plugin.c"), "utf8")).toBe("mine");
    expect(readFileSync(at("c/bindings.h"), "utf8")).toContain("shop/discounts");
  });

  test("what tenon build makes of them is stamped", { timeout: 60_000 }, () => {
    expect(tenon("bindgen", "shop.ts", "-l", "typescript", "-o", "ts").status).toBe(0);
    expect(tenon("build", "ts/main.ts", "-o", "merchant.wasm")).toMatchObject({ status: 0 });
    expect(tenon("check", "merchant.wasm", "-s", "shop.ts").stdout).toBe('fits: merchant.wasm and the plug-in system "shop/discounts" 1.0.0, built for exactly this interface\n');
  });

  test.each(["typescript", "assemblyscript"])("tenon build takes what was written for %s by its folder alone", { timeout: 60_000 }, (language) => {
    expect(tenon("bindgen", "shop.ts", "-l", language, "-o", `by-folder/${language}`).status).toBe(0);
    expect(tenon("build", `by-folder/${language}`, "-o", `${language}.wasm`)).toMatchObject({ status: 0 });
    // Of the author's own file alone, nothing would be stamped.
    expect(tenon("check", `${language}.wasm`, "-s", "shop.ts").stdout).toContain("built for exactly this interface");
  });

  test("Rust and Go are told where npm puts their kits, as seen from the folder", () => {
    writeFileSync(at("package.json"), "{}");
    try {
      for (const language of ["rust", "go"]) expect(tenon("bindgen", "shop.ts", "-l", language, "-o", `kits/${language}`).status).toBe(0);
      expect(tenon("bindgen", "shop.ts", "-l", "go", "-o", ".").status).toBe(0);
    } finally {
      rmSync(at("package.json"));
    }
    expect(readFileSync(at("kits/rust/Cargo.toml"), "utf8")).toContain('tenon-pdk = { path = "../../node_modules/@tenon/pdk-rust" }');
    expect(readFileSync(at("kits/go/go.mod"), "utf8")).toContain("replace tenon/pdk => ../../node_modules/@tenon/pdk-go\n");
    expect(readFileSync(at("go.mod"), "utf8")).toContain("replace tenon/pdk => ./node_modules/@tenon/pdk-go\n");
  });

  test("refuses an export that is not optional, and a language that is none", () => {
    expect(tenon("bindgen", "more.ts", "-l", "c", "--optional", "before_checkout")).toMatchObject({ status: 2, stderr: expect.stringContaining('the optional ones are "after_payment"') as string });
    expect(tenon("bindgen", "more.ts", "-l", "cobol").status).toBe(2);
  });
});

describe("tenon docs", () => {
  test("writes Markdown and HTML", () => {
    expect(tenon("docs", "shop.ts").stdout).toMatch(/^# shop\/discounts 1\.0\.0\n[\s\S]*### before_checkout\n\nGives a discount\.[\s\S]*### Zig/);
    expect(tenon("docs", "shop.ts", "-o", "out/shop.html")).toEqual({ status: 0, stdout: "", stderr: `wrote ${join("out", "shop.html")}\n` });
    expect(readFileSync(at("out/shop.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*<h3>before_checkout<\/h3>/);
  });
});

test.each(["check", "diff", "bindgen", "docs"])("tenon %s --help has examples", (command) => {
  const { status, stdout } = tenon(command, "--help");
  expect(status).toBe(0);
  expect(stdout).toContain(`Examples:\n  tenon ${command} `);
});
