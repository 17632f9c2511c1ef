import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main as compile } from "assemblyscript/asc";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { document, everything, kitchenSink } from "../../test/kitchen-sink.ts";
import { discounts } from "../../test/shop.ts";
import { BINDING_LANGUAGES, type BindingLanguage, generateBindings, jsonSchema, definePluginSystem, stampOfBindings } from "../mod.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

async function filesOf(language: BindingLanguage, of = document, optional: readonly string[] = []): Promise<Map<string, string>> {
  return new Map((await generateBindings(of, language === "typescript-host" ? { language } : { language, optional })).map(({ path, text }) => [path, text]));
}

/** Compiles AssemblyScript files, which see the kit as an author's would. */
async function compileAssemblyScript(files: ReadonlyMap<string, string>): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await compile(["main.ts", "--outFile", "plugin.wasm", "--baseDir", ROOT, "--use", "abort=~lib/@tenon/pdk-assemblyscript/assembly/call/abort"], {
    readFile: (name) => {
      const path = join(ROOT, name);
      return files.get(name) ?? (existsSync(path) ? readFileSync(path, "utf8") : null);
    },
    writeFile: (name, content) => {
      if (name === "plugin.wasm") wasm = Uint8Array.from(content as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error !== null || wasm === undefined) throw new Error(`AssemblyScript: ${error?.message ?? "no module"}\n${String(stderr as unknown as { toString(): string })}`);
  return wasm;
}

/** Fills in a skeleton. */
function write(files: Map<string, string>, bodies: Readonly<Record<string, string>>): Map<string, string> {
  let plugin = files.get("plugin.ts") as string;
  for (const [name, body] of Object.entries(bodies)) {
    const empty = `throw new Error("Cannot run ${name}: it is not written yet");`;
    expect(plugin).toContain(empty);
    plugin = plugin.replace(empty, body);
  }
  return files.set("plugin.ts", plugin);
}

/** Type-checks files with the strictest options, against the packages as an author has them. */
function check(files: ReadonlyMap<string, string>): string {
  // Inside of the package, so that its dependencies are found.
  mkdirSync(join(ROOT, "systems/build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "systems/build/bindgen-"));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    // Until the kit for TypeScript is a package here, this states the one function of it that bindings use.
    writeFileSync(join(folder, "pdk.d.ts"), 'declare module "@tenon/pdk" { export function host<T extends object>(namespace: string, signatures?: Readonly<Record<string, { params: readonly ("text" | "bytes" | "json")[]; result: "void" | "text" | "bytes" | "json" }>>): T; }');
    const options = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, verbatimModuleSyntax: true, noUnusedLocals: true, allowImportingTsExtensions: true, noEmit: true, target: "es2022", module: "nodenext", types: [], lib: ["es2023", "dom", "esnext.disposable"], skipLibCheck: true };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["."] }));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"], { encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("AssemblyScript", () => {
  test("skeletons compile as they are", async () => {
    for (const of of [document, discounts.document()]) {
      const wasm = await compileAssemblyScript(await filesOf("assemblyscript", of));
      expect(WebAssembly.validate(wasm)).toBe(true);
    }
  });

  test("a plug-in gives back whatever fits, calls imports, and is stamped", async () => {
    const files = write(await filesOf("assemblyscript"), { echo: "return input;", ask: 'mark();\n  const text = answer(input);\n  return text === null ? "nothing" : text;', shout: "return input.toUpperCase();", count: "return -7;" });
    files.set("plugin.ts", (files.get("plugin.ts") as string).replace(/import \{ Box/, "import { answer, mark, Box"));
    const module = await kitchenSink.stamp(await compileAssemblyScript(files));
    expect(kitchenSink.check(module)).toEqual([]);
    let marks = 0;
    const plugin = await kitchenSink.load(module, { imports: { answer: (input) => (input === "null" ? null : `${String(input)}!`), mark: () => void (marks += 1) } });
    expect(await plugin.ask('say "hi"')).toBe('say "hi"!');
    expect(await plugin.ask("null")).toBe("nothing");
    expect(marks).toBe(2);
    expect(await plugin.shout("grüß")).toBe("GRÜSS");
    expect(await plugin.count()).toBe(-7);
    expect(plugin.extra).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(everything, async (value) => {
        expect(await plugin.echo(value)).toEqual(value);
      }),
      { numRuns: 100 },
    );
  });
});

describe("TypeScript", () => {
  test("skeletons and the types of hosts compile as they are", async () => {
    for (const of of [document, discounts.document()]) {
      expect(check(await filesOf("typescript", of, []))).toBe("");
      expect(check(await filesOf("typescript-host", of))).toBe("");
    }
  });

  test("a plug-in that does not keep to the interface does not compile", async () => {
    const files = write(await filesOf("typescript"), { echo: "return { ...input, whole: 5, kind: 'car' };" });
    expect(check(files)).toContain("Type '\"car\"' is not assignable to type 'Kind'");
  });
});

describe("Rust", () => {
  test("skeletons compile as they are", { timeout: 300_000 }, async (context) => {
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    const folder = mkdtempSync(join(ROOT, ".cache/bindgen-rust-"));
    try {
      for (const [path, text] of await filesOf("rust")) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), path === "Cargo.toml" ? `${text.replace("node_modules/@tenon/pdk-rust", join(ROOT, "pdks/rust"))}\n[workspace]\n` : text);
      }
      const { status, stderr, error } = spawnSync("cargo", ["check", "--quiet", "--offline"], { cwd: folder, encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: join(ROOT, ".cache/rust-target") } });
      if (error !== undefined || stderr.includes("--offline")) context.skip("cargo, or serde in its cache, is not on this machine");
      expect(stderr).toBe("");
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("a record that contains itself does so by a pointer, fields keep their names", async () => {
    const bindings = (await filesOf("rust")).get("src/bindings.rs") as string;
    for (const part of ["pub children: Vec<Tree>,", "pub parent: Option<Box<Tree>>,", '#[serde(rename = "odd-name")]\n    pub odd_name: String,', "pub null_leaf: Option<Leaf>,", "pub maybe_list: Option<Vec<Option<String>>>,"]) expect(bindings).toContain(part);
  });
});

describe("generateBindings()", () => {
  test("no text of the interface gets out of its comment", async () => {
    const nasty = definePluginSystem({ name: "t", version: "1.0.0", exports: { run: { doc: "*/ attack(); /*", input: jsonSchema({ type: "object", properties: { 'a"; attack(); "': { type: "string", description: "*/ attack(); /*" } } }) } } });
    await expect(filesOf("go", nasty.document())).rejects.toThrow("encoding/json cannot write");
    const plain = definePluginSystem({ name: "t", version: "1.0.0", exports: { run: { doc: "*/ attack(); /*\nattack();\rattack();\u2028attack(); \\", input: jsonSchema({ type: "object", properties: { a: { type: "string", description: "*/ attack(); /*" } } }) } } });
    for (const [language, system] of BINDING_LANGUAGES.flatMap((each) => [[each, each === "go" ? plain : nasty] as const, [each, plain] as const])) {
      for (const text of (await filesOf(language, system.document())).values()) {
        const code = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
        expect(code).not.toContain("attack()");
      }
    }
  });

  test("bindings say what they were made from, and stampOfBindings() reads it; what the author writes does not", async () => {
    const hash = await kitchenSink.hash();
    for (const language of BINDING_LANGUAGES) {
      const texts = [...(await generateBindings(document, { language })).filter(({ isSkeleton }) => !isSkeleton)].map(({ text }) => text);
      const stamps = texts.map(stampOfBindings).filter((stamp) => stamp !== undefined);
      expect(stamps[0], language).toEqual({ name: "test/kitchen-sink", version: "1.0.0", hash });
      expect(new Set(stamps.map((stamp) => stamp.hash)).size).toBe(1);
    }
    const [types] = (await filesOf("typescript")).values();
    expect(stampOfBindings((types as string).replaceAll("\n", "\r\n"))?.hash).toBe(hash);
    expect(stampOfBindings(`import "./other.ts";\n${types}`)).toBeUndefined();
    expect(stampOfBindings((await filesOf("typescript")).get("plugin.ts") as string)).toBeUndefined();
  });

  test("two types of one name are kept apart, one type in two places is one", async () => {
    const schema = (type: string) => jsonSchema({ $ref: "#/$defs/A", $defs: { A: { type: "object", properties: { a: { type } } } } });
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { run: { input: schema("string"), output: schema("number") }, again: { input: schema("string") } } });
    const types = (await filesOf("typescript", system.document())).get("t.ts");
    expect(types?.match(/interface A\d? \{\n.*\n/g)).toEqual(["interface A {\n  readonly a?: string;\n", "interface A2 {\n  readonly a?: number;\n"]);
  });

  test("a record that crosses both ways is one type, though who receives it allows no other fields", async () => {
    const cart = z.object({ id: z.string(), lines: z.array(z.object({ sku: z.string() })) }).meta({ title: "Cart" });
    const system = definePluginSystem({ name: "both-ways", version: "1.0.0", exports: { ask: { input: cart, output: cart } }, imports: { keep: { input: cart, output: cart } } });
    const schemas = Object.values({ ...system.document().exports, ...system.document().imports }).flatMap(({ input, output }) => [input, output].map((each) => JSON.stringify(each?.schema)));
    expect(new Set(schemas).size).toBe(2);
    const rust = (await filesOf("rust", system.document())).get("src/bindings.rs");
    expect(rust?.match(/pub struct \w+/g)).toEqual(["pub struct Cart", "pub struct CartLinesItem"]);
  });

  test("names of the interface and names of the templates do not meet", async () => {
    const schema = jsonSchema({ $ref: "#/$defs/Json", $defs: { Json: { type: "object", properties: { class: { $ref: "#/$defs/Exports" }, toJson: { type: "number" } } }, Exports: { type: "object", properties: { a: { type: "string" } } } } });
    const names = ["plugin", "input", "output", "parse", "share", "Json", "imports", "author"];
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: Object.fromEntries(names.map((name) => [name, { input: schema, output: schema }])), imports: Object.fromEntries(names.map((name) => [name, { input: schema, output: schema }])) });
    expect(WebAssembly.validate(await compileAssemblyScript(await filesOf("assemblyscript", system.document())))).toBe(true);
    expect(check(await filesOf("typescript", system.document()))).toBe("");
    expect(check(await filesOf("typescript-host", system.document()))).toBe("");
    const wrong = definePluginSystem({ name: "t", version: "1.0.0", exports: { delete: {} } });
    await expect(generateBindings(wrong.document(), { language: "typescript" })).rejects.toThrow('"delete"');
    const twice = definePluginSystem({ name: "t", version: "1.0.0", exports: { run: { input: jsonSchema({ type: "object", properties: { "a-b": {}, a_b: {} } }) } } });
    await expect(generateBindings(twice.document(), { language: "assemblyscript" })).rejects.toThrow('"a_b"');
  });

  test("refuses a language and an export that are not there", async () => {
    await expect(generateBindings(document, { language: "cobol" as never })).rejects.toThrow(RangeError);
    await expect(generateBindings(document, { language: "typescript", optional: ["echo"] })).rejects.toThrow('the optional ones are "extra"');
  });
});
