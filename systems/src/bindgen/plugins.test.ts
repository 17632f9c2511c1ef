/** Plug-ins in every language on generated bindings: compiled, run in the host, and asked to give back whatever fits. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterAll, describe, expect, test, type TestContext } from "vitest";
// @ts-expect-error: plain JavaScript without declarations
import * as toolchains from "@tenon/conformance/toolchains";
import { document, everything, kitchenSink } from "../../test/kitchen-sink.ts";
import { type BindingLanguage, generateBindings, readStamp } from "../mod.ts";

type Built = { readonly wasm: Uint8Array };
const { compile: compileOn, compileClang, MissingTool } = toolchains as {
  readonly compileClang: (sources: readonly string[], flags: readonly string[]) => Promise<Built>;
  readonly compile: (language: string, entry: string) => Promise<Built>;
  readonly MissingTool: new () => Error;
};

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
mkdirSync(join(ROOT, ".cache"), { recursive: true });
const FOLDER = mkdtempSync(join(ROOT, ".cache/bindgen-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

type Language = {
  readonly name: BindingLanguage;
  /** The file that the author writes. */
  readonly plugin: string;
  /** What is written into the skeleton's functions, by function, and where it goes. */
  readonly bodies: Readonly<Record<string, string>>;
  readonly fill: (skeleton: string, name: string, body: string) => string;
  /** Compiles a folder, given from the root. */
  readonly compile: (folder: string) => Promise<Built> | Built;
  /** Compilers that one gets with npm alone are always there. */
  readonly isAlwaysThere: boolean;
};

/** Puts a body in the place of the lines of a skeleton's function. */
const replaced = (pattern: (name: string) => RegExp) => (skeleton: string, name: string, body: string): string => {
  expect(skeleton).toMatch(pattern(name));
  return skeleton.replace(pattern(name), () => body);
};

const LANGUAGES: readonly Language[] = [
  {
    name: "c",
    plugin: "plugin.c",
    bodies: {
      echo: "*output = *input; return 0;",
      ask: 'text_maybe answer; host_mark(); if (!host_answer(input, &answer)) return 1; *output = answer.is_set ? answer.value : tenon_text("nothing"); return 0;',
      shout: "for (size_t i = 0; i < input.size; i++) if (input.data[i] >= 'a' && input.data[i] <= 'z') input.data[i] -= 32; *output = input; return 0;",
      count: "*output = -7; return 0;",
    },
    fill: replaced((name) => new RegExp(String.raw`(?:  \(void\)\w+;\n)*  return tenon_fail\("Cannot run ${name}: .*`)),
    compile: (folder) => compileClang([`${folder}/plugin.c`, `${folder}/bindings.h`, "pdks/c/tenon.h"], ["--target=wasm32", "-nostdlib", "-fno-builtin", "-Wl,--no-entry,--keep-section=tenon:system"]),
    isAlwaysThere: true,
  },
  {
    name: "cpp",
    plugin: "plugin.cpp",
    bodies: {
      echo: "return input;",
      ask: 'host::mark(); return host::answer(input).value_or("nothing");',
      shout: "std::string text = input; for (char &each : text) if (each >= 'a' && each <= 'z') each -= 32; return text;",
      count: "return -7;",
    },
    fill: replaced((name) => new RegExp(String.raw`(?:  static_cast<void>\(input\);\n)?  return tenon::fail\("Cannot run ${name}: .*`)),
    compile: (folder) => compileClang([`${folder}/plugin.cpp`, `${folder}/bindings.hpp`, "pdks/cpp/tenon.hpp", "pdks/c/tenon.h"], ["--target=wasm32-wasip1", "-std=c++23", "-fno-exceptions", "-mexec-model=reactor", "-Wl,--keep-section=tenon:system"]),
    isAlwaysThere: true,
  },
  {
    name: "go",
    plugin: "plugin.go",
    bodies: {
      echo: "return input, nil",
      ask: 'host.Mark()\n\tanswer, err := host.Answer(input)\n\tif answer == nil {\n\t\treturn "nothing", err\n\t}\n\treturn *answer, err',
      shout: "return strings.ToUpper(input), nil",
      count: "return -7, nil",
    },
    fill: (skeleton, name, body) => replaced(() => new RegExp(String.raw`\treturn .*"cannot run ${name}: .*`))(skeleton, name, body).replace('import "errors"', 'import "strings"'),
    compile: (folder) => compileOn("go", `${folder}/plugin.go`),
    isAlwaysThere: false,
  },
  {
    name: "zig",
    plugin: "plugin.zig",
    bodies: {
      echo: "return input;",
      ask: 'bindings.host.mark();\n    return try bindings.host.answer(input) orelse "nothing";',
      shout: "return std.ascii.allocUpperString(tenon.allocator, input);",
      count: "return -7;",
    },
    fill: replaced((name) => new RegExp(String.raw`(?:    _ = input;\n)?    return tenon\.fail\("Cannot run ${name}: .*`)),
    compile: (folder) => compileOn("zig", `${folder}/main.zig`),
    isAlwaysThere: false,
  },
  {
    name: "rust",
    plugin: "src/lib.rs",
    bodies: {
      echo: "Ok(Json(_input))",
      ask: 'mark();\n    Ok(Json(answer(Json(_input)).0.unwrap_or_else(|| "nothing".into())))',
      shout: "Ok(_input.to_ascii_uppercase())",
      count: "Ok(Json(-7))",
    },
    fill: replaced((name) => new RegExp(String.raw`    Err\(Error::msg\("Cannot run ${name}: .*`)),
    compile: (folder) => compileOn("rust", `${folder}/Cargo.toml`),
    isAlwaysThere: false,
  },
  {
    name: "typescript",
    plugin: "plugin.ts",
    bodies: {
      echo: "return input;",
      ask: 'imports.mark();\n  return imports.answer(input) ?? "nothing";',
      shout: "return input.toUpperCase();",
      count: "return -7;",
    },
    fill: (skeleton, name, body) => replaced(() => new RegExp(String.raw`throw new Error\("Cannot run ${name}: .*`))(skeleton, name, body).replace(/^import type/m, (first) => (name === "ask" ? `import { imports } from "./test-kitchen-sink.ts";\n${first}` : first)),
    compile: (folder) => compileOn("typescript", `${folder}/main.ts`),
    isAlwaysThere: true,
  },
];

/** Languages in which nothing can write a custom section, so that `tenon build` does. */
const STAMPED_AFTERWARDS: ReadonlySet<BindingLanguage> = new Set(["go", "typescript"]);

/** Writes a folder of files on bindings and compiles it; skips the test if the compiler is not here. */
async function build({ name, compile, isAlwaysThere }: Language, files: ReadonlyMap<string, string>, context: TestContext): Promise<Uint8Array<ArrayBuffer>> {
  const folder = mkdtempSync(join(FOLDER, `${name}-`));
  const kits: readonly (readonly [string, string])[] = [["./node_modules/@tenon/pdk-go", join(ROOT, "pdks/go")], ['path = "node_modules/@tenon/pdk-rust" }', `path = ${JSON.stringify(join(ROOT, "pdks/rust"))} }\n\n[workspace]`]];
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), kits.reduce((changed, [from, to]) => changed.replace(from, to), text));
  }
  try {
    return Uint8Array.from((await compile(relative(ROOT, folder))).wasm);
  } catch (error) {
    // skipped because the compilers of some languages are too large for every machine
    if (error instanceof MissingTool && !isAlwaysThere) context.skip(error.message);
    throw error;
  }
}

async function filesOf(language: BindingLanguage): Promise<Map<string, string>> {
  return new Map((await generateBindings(document, { language, optional: [] })).map(({ path, text }) => [path, text]));
}

describe.each(LANGUAGES)("$name", { timeout: 600_000 }, (language) => {
  test("skeletons compile as they are", async (context) => {
    expect(WebAssembly.validate(await build(language, await filesOf(language.name), context))).toBe(true);
  });

  test("a plug-in gives back whatever fits, calls imports, and is stamped", async (context) => {
    const files = await filesOf(language.name);
    let plugin = files.get(language.plugin) as string;
    for (const [name, body] of Object.entries(language.bodies)) plugin = language.fill(plugin, name, body);
    const compiled = await build(language, files.set(language.plugin, plugin), context);
    const module = STAMPED_AFTERWARDS.has(language.name) ? await kitchenSink.stamp(compiled) : compiled;
    expect(readStamp(module)).toEqual({ name: "test/kitchen-sink", version: "1.0.0", hash: await kitchenSink.hash() });
    expect(kitchenSink.check(module)).toEqual([]);
    let marks = 0;
    await using loaded = await kitchenSink.load(module, { imports: { answer: (input) => (input === "null" ? null : `${String(input)}!`), mark: () => void (marks += 1) } });
    expect(await loaded.ask('say "hi"')).toBe('say "hi"!');
    expect(await loaded.ask("null")).toBe("nothing");
    expect(marks).toBe(2);
    expect(await loaded.shout("loud")).toBe("LOUD");
    expect(await loaded.count()).toBe(-7);
    expect(loaded.extra).toBeUndefined();
    await fc.assert(
      fc.asyncProperty(everything, async (value) => {
        expect(await loaded.echo(value)).toEqual(value);
      }),
      { numRuns: 200 },
    );
  });
});
