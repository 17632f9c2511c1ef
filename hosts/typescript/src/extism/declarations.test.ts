/** One program, compiled against the declarations of both libraries, and the proof that it uses all that is declared. */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

const PROGRAM = new URL("../../test/extism-program.ts", import.meta.url);
const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
const THEIRS = "@extism/extism";
const OPTIONS = { target: "es2022", lib: ["es2023", "dom"], module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: ["node"] };

/** Compiles the program with its import changed and nothing else; returns what the compiler says. */
function compile(specifier: string): string {
  const folder = join(ROOT, "hosts/typescript/test", `program-${specifier.replaceAll(/\W/g, "-")}`);
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), readFileSync(PROGRAM, "utf8").replaceAll(`"${THEIRS}"`, `"${specifier}"`));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, files: ["program.ts"] }));
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  try {
    return execFileSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Names of members in a declaration file that are not marked as hidden, of the types that the package's entry exports. */
function declaredMembers(file: string, types: readonly string[]): string[] {
  const folder = dirname(fileURLToPath(import.meta.resolve(THEIRS)));
  const text = readFileSync(join(folder, file), "utf8").replaceAll(/\/\*\*(?:(?!\*\/)[^])*@hidden(?:(?!\*\/)[^])*\*\/\n.*/g, "").replaceAll(/\/\*[^]*?\*\//g, "");
  return types.flatMap((type) => {
    const body = new RegExp(`(?:interface|class|type) ${type}\\b[^{]*\\{([^]*?)\\n\\}`).exec(text)?.[1] ?? "";
    return [...body.matchAll(/^ {4}(?:get |set )?([a-zA-Z]\w*)[?(:<]/gm)].map(([, name]) => name as string);
  });
}

test("the program uses every member that the library declares", () => {
  const program = readFileSync(PROGRAM, "utf8");
  const entry = readFileSync(join(dirname(fileURLToPath(import.meta.resolve(THEIRS))), "mod.d.ts"), "utf8");
  const exported = [...entry.matchAll(/export type \{([^}]*)\}/g)].flatMap(([, list]) => (list as string).split(",").map((each) => each.trim().split(" ").at(-1) as string).filter(Boolean));
  const members = [...declaredMembers("interfaces.d.ts", exported), ...declaredMembers("call-context.d.ts", ["CallContext"])].filter((name) => name !== "constructor");
  expect(exported.length).toBeGreaterThan(15);
  expect(members.length).toBeGreaterThan(60);
  const unused = [...exported, ...members].filter((name) => !new RegExp(`\\b${name}\\b`).test(program.replaceAll(/^import[^]*?;$/gm, "")));
  expect(unused).toEqual([]);
});

test.each([THEIRS, "@tenon/host/extism"])("the program compiles with %s", (specifier) => {
  expect(compile(specifier)).toBe("");
});
