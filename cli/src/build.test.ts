import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { createPlugin } from "@tenon/host";
import { afterAll, describe, expect, test } from "vitest";

const TENON = fileURLToPath(new URL("../tenon.mjs", import.meta.url));
/** In the project, so that the packages are found by their names, as at a user's. */
const base = fileURLToPath(new URL("../build", import.meta.url));
mkdirSync(base, { recursive: true });
const folder = mkdtempSync(join(base, "try-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function project(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(folder, "p-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), text);
  }
  return made;
}

function tenon(cwd: string, ...args: readonly string[]) {
  const env = { ...process.env };
  delete env["CI"];
  delete env["NODE_OPTIONS"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [TENON, ...args], { cwd, encoding: "utf8", env });
  // On a slow machine it says what it is doing.
  return { status, stdout, stderr: stderr.replace(/^building .* …\n/, "") };
}

const HELLO = 'export function hello(name: string): string { return "Hello, " + name; }\n';

describe("tenon build", () => {
  test("builds a file, beside it and named after it", async () => {
    const made = project({ "hello.ts": HELLO });
    const { status, stderr } = tenon(made, "build", "hello.ts");
    expect(stderr).toMatch(/^built hello\.wasm [\d,]+ bytes in \d+\.\d\d s\n$/);
    expect(status).toBe(0);
    await using plugin = await createPlugin(readFileSync(join(made, "hello.wasm")));
    expect((await plugin.call("hello", "Ada")).text()).toBe("Hello, Ada");
  });

  test.each([{ entry: "plugin.ts" }, { entry: "src/plugin.ts" }, { entry: "index.js" }])("finds $entry in a folder", ({ entry }) => {
    const made = project({ [entry]: entry.endsWith(".js") ? HELLO.replaceAll(": string", "") : HELLO, "other.test.ts": "" });
    const { status, stderr } = tenon(folder, "build", made, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(existsSync(join(made, "plugin.wasm"))).toBe(true);
  });

  test("writes a source map and shorter code when asked", () => {
    const made = project({ "plugin.ts": `${HELLO}export function other(aVeryLongParameterName: string): string { const anotherLongName = aVeryLongParameterName + "!"; return anotherLongName; }` });
    const [plain, short] = [[], ["--minify", "--source-map"]].map((flags) => JSON.parse(tenon(made, "build", "--json", ...flags).stdout) as { bytes: number });
    expect(short?.bytes).toBeLessThan(plain?.bytes ?? 0);
    const { version, sources } = JSON.parse(readFileSync(join(made, "plugin.wasm.map"), "utf8")) as { version: number; sources: string[] };
    expect({ version, isThere: sources.some((source) => source.endsWith("plugin.ts")) }).toEqual({ version: 3, isThere: true });
  });

  test("shows a wrong type as the TypeScript compiler does, and --no-check lets it pass", () => {
    const made = project({ "plugin.ts": `${HELLO}\texport const wrong: number = "text";\n` });
    const { status, stderr } = tenon(made, "build", "plugin.ts");
    expect(stderr).toContain('plugin.ts:2:15 - error TS2322: Type \'string\' is not assignable to type \'number\'.\n\n2  export const wrong: number = "text";\n                ~~~~~\n');
    expect(status).toBe(5);
    expect(existsSync(join(made, "plugin.wasm"))).toBe(false);
    expect(tenon(made, "build", "plugin.ts", "--no-check").status).toBe(0);
  });

  test("shows a syntax error with its line", () => {
    const made = project({ "plugin.ts": "export function f( {\n" });
    const { status, stderr } = tenon(made, "build", "--no-check");
    expect(stderr).toMatch(/^plugin\.ts:2:1 - error: .+\n/);
    expect(status).toBe(5);
  });

  test("prints findings as JSON", () => {
    const made = project({ "plugin.ts": "export const x = 1;\n" });
    const { status, stdout } = tenon(made, "build", "--json");
    const { ok, error } = JSON.parse(stdout) as { ok: boolean; error: { code: string; details: { findings: { message: string }[] } } };
    expect({ status, ok, code: error.code }).toEqual({ status: 5, ok: false, code: "build" });
    expect(error.details.findings[0]?.message).toContain("none of the entry file's exports is one");
  });

  test.each([
    { name: "a folder without a plug-in", files: { "readme.txt": "" }, args: [], says: "plugin.ts, src/plugin.ts" },
    { name: "a file of no language", files: { "plugin.txt": "" }, args: ["plugin.txt"], says: "it is none of Rust, Go" },
    { name: "a file that is not there", files: {}, args: ["gone.ts"], says: 'Cannot read "gone.ts"' },
    { name: "an output that cannot be written", files: { "plugin.ts": HELLO }, args: ["-o", "plugin.ts/plugin.wasm"], says: "Cannot write" },
  ])("refuses $name", ({ files, args, says }) => {
    const { status, stderr } = tenon(project(files as Record<string, string>), "build", ...args);
    expect(stderr).toContain(says);
    expect(status).toBe(2);
  });

  // skipped because Windows lets only some users make links
  test.skipIf(process.platform === "win32")("does not follow a link out of the folder, but for a file that -o names", () => {
    const made = project({ "plugin.ts": HELLO, "build/readme.txt": "" });
    const outside = project({ mine: "mine", map: "mine" });
    symlinkSync(join(outside, "mine"), join(made, "plugin.wasm"));
    symlinkSync(join(outside, "map"), join(made, "plugin.wasm.map"));
    const { status, stderr } = tenon(made, "build", "--no-check");
    expect(stderr).toContain('"plugin.wasm" is a link that leads out of');
    expect(status).toBe(2);
    expect(readFileSync(join(outside, "mine"), "utf8")).toBe("mine");
    expect(tenon(made, "build", "--no-check", "--source-map", "-o", "plugin.wasm")).toMatchObject({ status: 2, stderr: expect.stringContaining('"plugin.wasm.map" is a link') as string });
    expect(WebAssembly.validate(readFileSync(join(outside, "mine")))).toBe(true);
    expect(readFileSync(join(outside, "map"), "utf8")).toBe("mine");
  });

  test("--watch builds again when a file changes, and after a failure", async () => {
    const made = project({ "plugin.ts": HELLO, "part.ts": "export const part = 1;" });
    const child = spawn(process.execPath, [TENON, "build", "--watch", "--json"], { cwd: made, stdio: ["ignore", "pipe", "pipe"] });
    try {
      const lines = (async function* () {
        let rest = "";
        for await (const chunk of child.stdout) {
          rest += String(chunk);
          for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
            yield JSON.parse(rest.slice(0, end)) as { ok: boolean; bytes?: number };
            rest = rest.slice(end + 1);
          }
        }
      })();
      const next = async () => (await lines.next()).value as { ok: boolean; bytes?: number };
      const first = await next();
      writeFileSync(join(made, "plugin.ts"), `${HELLO}export function more(): number { return "x"; }\n`);
      const second = await next();
      writeFileSync(join(made, "plugin.ts"), `${HELLO}export function more(): number { return 1; }\n`);
      const third = await next();
      expect([first.ok, second.ok, third.ok]).toEqual([true, false, true]);
      expect(third.bytes).toBeGreaterThan(first.bytes ?? 0);
    } finally {
      const ended = new Promise((settle) => child.once("exit", settle));
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    }
  });
});

describe("tenon new and tenon test", () => {
  test("start a project whose test passes, and fails when the plug-in is wrong or has grown", () => {
    const made = join(folder, "My Plugin!");
    expect(tenon(folder, "new", "My Plugin!", "--json")).toMatchObject({ status: 0 });
    expect(JSON.parse(readFileSync(join(made, "package.json"), "utf8"))).toMatchObject({ name: "my-plugin" });
    const passed = tenon(made, "test");
    expect(passed.stdout).toMatch(/pass 2\n[^]*fail 0\n/);
    expect(passed.status).toBe(0);

    const source = readFileSync(join(made, "plugin.ts"), "utf8");
    writeFileSync(join(made, "plugin.ts"), source.replace('"Hello"', '"Goodbye"').replace("name.length", "name.length + 1"));
    const failed = tenon(made, "test");
    expect(failed.stdout).toMatch(/pass 1\n[^]*fail 1\n/);
    expect(failed.status).toBe(5);

    writeFileSync(join(made, "plugin.ts"), `${source}export function more(): string { return ${JSON.stringify("x".repeat(40_000))}; }`);
    expect(tenon(made, "test").stdout).toContain("Cannot accept the plug-in's size");
    expect(tenon(made, "test", "--update").status).toBe(0);
    expect(tenon(made, "test").status).toBe(0);
  });

  test("tenon new refuses a folder that is not empty", () => {
    const made = project({ "notes.txt": "mine" });
    const { status, stderr } = tenon(made, "new");
    expect(stderr).toContain('there is "notes.txt" already');
    expect(status).toBe(2);
  });

  test("tenon test runs the vitest of a project that lists it, on the plug-in it has built", () => {
    const check = 'import { openPlugin } from "@tenon/test";\nimport { expect, test } from "vitest";\ntest("says hello", async () => {\n  const plugin = await openPlugin();\n  expect((await plugin.call("hello")).output.text()).toBe("HELLO");\n  await plugin.close();\n});\n';
    const made = project({ "plugin.ts": 'export function hello(): string { return "HELLO"; }', "plugin.test.ts": check, "package.json": '{ "type": "module", "devDependencies": { "vitest": "*" } }', "vitest.config.mjs": "export default {};" });
    const passed = tenon(made, "test");
    expect(passed.stdout).toContain("1 passed");
    expect(passed.status).toBe(0);
    writeFileSync(join(made, "plugin.ts"), 'export function hello(): string { return "BYE"; }');
    const failed = tenon(made, "test");
    expect(failed.stdout).toContain("1 failed");
    expect(failed.status).toBe(5);
  });

  test("tenon test --watch runs the tests again when a file changes, until Ctrl-C", async () => {
    const made = join(folder, "watched");
    expect(tenon(folder, "new", "watched", "--json").status).toBe(0);
    const source = readFileSync(join(made, "plugin.ts"), "utf8");
    const child = spawn(process.execPath, [TENON, "test", "--watch"], { cwd: made, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CI: "" } });
    try {
      const results = (async function* () {
        let text = "";
        for await (const chunk of child.stdout) {
          text += String(chunk);
          for (let end = /fail (\d)\n/.exec(text); end !== null; end = /fail (\d)\n/.exec(text)) {
            yield Number(end[1]);
            text = text.slice(end.index + end[0].length);
          }
        }
      })();
      const next = async () => (await results.next()).value as number | undefined;
      expect(await next()).toBe(0);
      writeFileSync(join(made, "plugin.ts"), source.replace('"Hello"', '"Goodbye"').replace("name.length", "name.length + 1"));
      expect(await next()).toBe(1);
      writeFileSync(join(made, "plugin.ts"), source);
      expect(await next()).toBe(0);
    } finally {
      const ended = new Promise((settle) => child.once("exit", settle));
      child.kill("SIGINT");
      expect(await ended).toBe(0);
    }
  });

  test("tenon test says when there is no test", () => {
    const { status, stderr } = tenon(project({ "plugin.ts": HELLO }), "test");
    expect(stderr).toContain("there is no *.test.ts");
    expect(status).toBe(2);
  });
});
