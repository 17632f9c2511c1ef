import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, describe, expect, test } from "vitest";

import { LANGUAGES } from "./languages/table.ts";

const TENON = fileURLToPath(new URL("../tenon.mjs", import.meta.url));
const base = mkdtempSync(join(tmpdir(), "tenon-new-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** An empty folder to stand in. */
const stand = (): string => mkdtempSync(join(base, "at-"));

function tenonNew(cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TENON, "new", ...args], { cwd, encoding: "utf8", timeout: 60_000 });
  return { status, stdout, stderr };
}

/** Of npm (https://docs.npmjs.com/cli/configuring-npm/package-json#name), Cargo and Go at once. */
const NAME = /^[a-z][a-z0-9-]{0,213}$/;

const FOLDERS = [
  { folder: "Discount", name: "discount" },
  { folder: "my plug in", name: "my-plug-in" },
  { folder: "rabatt.v2", name: "rabatt-v2" },
  { folder: "Ünï_çödé", name: "n-d" },
  { folder: "計算", name: "plugin" },
  { folder: "2fast", name: "fast" },
  { folder: "it's $HOME; `x` & co", name: "it-s-home-x-co" },
  { folder: "con", name: "con-plugin" },
  { folder: "LPT1", name: "lpt1-plugin" },
  { folder: "tenon", name: "tenon-plugin" },
  { folder: "tenon-pdk", name: "tenon-pdk-plugin" },
  { folder: "fn", name: "fn" },
  { folder: "node_modules", name: "node-modules" },
  { folder: "n".repeat(240), name: "n".repeat(100) },
  { folder: "a/../b/c", name: "c" },
] as const;

/** As names of folders; a shell takes none of them as it stands. */
const FOLDERS_TO_QUOTE = ["it's $HOME; `x`", String.raw`back\slash`, "it's\u001b[2J, a line\nfeed\\n and turned\u202e\u009b"];

const MISTAKES = [
  { args: ["x", "--lang", "cobol"], says: `argument 'cobol' is invalid. Allowed choices are ${LANGUAGES.map(({ name }) => name).join(", ")}.` },
  { args: ["x", "--lang", "Rust"], says: "argument 'Rust' is invalid" },
  { args: ["x", "--lang", "__proto__"], says: "argument '__proto__' is invalid" },
  { args: ["x", "--lang"], says: "argument missing" },
  { args: ["x", "y"], says: "too many arguments" },
  { args: ["x", "--language", "rust"], says: "unknown option '--language'" },
  { args: ["-x"], says: "unknown option '-x'" },
  { args: ["file"], says: 'Cannot make the folder "file": ENOTDIR' },
  { args: ["file/x"], says: 'Cannot make the folder "file/x": ' },
  { args: ["link"], says: 'Cannot make the folder "link": ' },
  { args: ["n".repeat(300)], says: "ENAMETOOLONG" },
  { args: [".."], says: 'Cannot start a project in "..": there is "at-' },
] as const;

describe("tenon new", () => {
  // Languages in turn: each has a name in its own files, and starting the program takes a while.
  test.each(FOLDERS.map((each, index) => ({ ...each, language: LANGUAGES[index % LANGUAGES.length]?.name ?? "" })))("makes $name of $folder, in $language", ({ folder, name, language }) => {
    const cwd = stand();
    const { status, stdout, stderr } = tenonNew(cwd, folder, "--lang", language, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const made = join(cwd, folder);
    const { ok, files } = JSON.parse(stdout) as { ok: boolean; files: readonly string[] };
    expect(ok).toBe(true);
    expect(files.filter((file) => !existsSync(join(made, file)))).toEqual([]);
    const names = [
      (JSON.parse(readFileSync(join(made, "package.json"), "utf8")) as { name: string }).name,
      ...(language === "rust" ? [/^name = "(.*)"$/m.exec(readFileSync(join(made, "Cargo.toml"), "utf8"))?.[1]] : []),
      ...(language === "go" ? [/^module plugins\/(.*)$/m.exec(readFileSync(join(made, "go.mod"), "utf8"))?.[1]] : []),
    ];
    expect(new Set(names)).toEqual(new Set([name]));
    expect(name).toMatch(NAME);
  });

  test.each(LANGUAGES.map(({ name }) => ({ name })))("leaves a folder in which something is alone: $name", ({ name }) => {
    const cwd = stand();
    writeFileSync(join(cwd, "notes.txt"), "mine");
    const { status, stdout, stderr } = tenonNew(cwd, "--lang", name);
    expect(stderr).toBe('error: Cannot start a project in ".": there is "notes.txt" already; name an empty folder or one that does not exist\n');
    expect({ status, stdout, files: readdirSync(cwd) }).toEqual({ status: 2, stdout: "", files: ["notes.txt"] });
  });

  test("without a folder's name writes into the folder it is in, beside .git", () => {
    const cwd = stand();
    mkdirSync(join(cwd, ".git"));
    const { status, stderr } = tenonNew(cwd);
    expect(status).toBe(0);
    expect(stderr).toContain("\nNext:\n  npm install\n  npx tenon test\n");
    expect(existsSync(join(cwd, "plugin.ts"))).toBe(true);
  });

  // skipped because names of Windows have none of these characters, and its shells other rules
  test.skipIf(process.platform === "win32")("says where to go as a shell takes it", () => {
    const cwd = stand();
    for (const folder of FOLDERS_TO_QUOTE) {
      const { stderr } = tenonNew(cwd, folder);
      const command = /^ {2}(cd .*)$/m.exec(stderr)?.[1] ?? "no command";
      expect(stderr).not.toMatch(/(?!\n)\p{C}/u);
      const { stdout } = spawnSync("bash", ["-c", `${command} && node -p "JSON.stringify(process.cwd())"`], { cwd, encoding: "utf8" });
      expect(JSON.parse(stdout), command).toBe(join(realpathSync(cwd), folder));
    }
    expect(tenonNew(cwd, "--", "-x").stderr).toContain("\n  cd ./-x\n");
    expect(existsSync(join(cwd, "-x/plugin.ts"))).toBe(true);
  });

  test.each(MISTAKES)("says what is wrong with $args, and writes nothing", ({ args, says }) => {
    const cwd = stand();
    writeFileSync(join(cwd, "file"), "");
    symlinkSync(join(cwd, "nowhere"), join(cwd, "link"));
    const { status, stdout, stderr } = tenonNew(cwd, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(says);
    expect(readdirSync(cwd).sort()).toEqual(["file", "link"]);
  });

  test("with --json says so in JSON", () => {
    const cwd = stand();
    writeFileSync(join(cwd, "notes.txt"), "mine");
    const { status, stdout, stderr } = tenonNew(cwd, "--json");
    expect({ status, stderr }).toEqual({ status: 2, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "usage", exitCode: 2 } });
  });
});

// skipped because only Linux has a folder that exists and takes none
test.skipIf(process.platform !== "linux")("tenon new ends where no folder can be made", () => {
  const { status, stderr } = tenonNew(stand(), "/proc/tenon/x");
  expect({ status, isSaid: stderr.startsWith('error: Cannot make the folder "/proc/tenon/x": ') }).toEqual({ status: 2, isSaid: true });
});
