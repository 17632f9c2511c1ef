/**
 * Type check by `tsc`, in a process of its own beside the build: the newest compiler is a native program without an
 * interface for JavaScript.
 */
import type { Diagnostic } from "./error.ts";

const DEFAULTS = [
  "--noEmit", "--pretty", "false", "--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--resolveJsonModule",
  "--target", "es2023", "--lib", "es2023,dom,dom.iterable", "--module", "esnext", "--moduleResolution", "bundler", "--types", "",
];

/**
 * Checks a file and all it imports.
 *
 * @param entry Absolute path.
 * @param root Folder to look for `typescript` and to which paths in messages are relative.
 * @param tsconfig Path of a tsconfig.json; by default the nearest above the entry.
 * @returns What `tsc` found; empty when all is well.
 */
export async function checkTypes(entry: string, root: string, tsconfig?: string): Promise<Diagnostic[]> {
  const [{ createRequire }, { existsSync, readFileSync }, path] = await Promise.all([import("node:module"), import("node:fs"), import("node:path")]);
  const tsc = await findProgram(findTypeScript(createRequire, path.join(root, "package.json")));
  let project = tsconfig === undefined ? undefined : path.resolve(root, tsconfig);
  for (let folder = path.dirname(entry); project === undefined; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "tsconfig.json"))) project = path.join(folder, "tsconfig.json");
    if (folder === path.dirname(folder)) break;
  }
  const place = (findings: Diagnostic[]): Diagnostic[] => findings.map((finding) => withSource(finding, (file) => readFileSync(path.resolve(root, file), "utf8")));
  if (project === undefined) return place((await runTsc(tsc, root, [...DEFAULTS, entry])).findings);
  const { findings, files } = await runTsc(tsc, root, ["--noEmit", "--listFiles", "--pretty", "false", "-p", project]);
  if (files.has(entry.replaceAll("\\", "/"))) return place(findings);
  return place(await checkAlone(tsc, entry, root, project));
}

/** For an entry that its tsconfig.json does not include: a project of this one file, with the same options. */
async function checkAlone(tsc: string[], entry: string, root: string, project: string): Promise<Diagnostic[]> {
  const [{ mkdtemp, rm, writeFile }, { tmpdir }, path] = await Promise.all([import("node:fs/promises"), import("node:os"), import("node:path")]);
  const folder = await mkdtemp(path.join(tmpdir(), "tenon-check-"));
  try {
    const typeRoots: string[] = [];
    for (let above = path.dirname(project); ; above = path.dirname(above)) {
      typeRoots.push(path.join(above, "node_modules/@types"));
      if (above === path.dirname(above)) break;
    }
    const alone = path.join(folder, "tsconfig.json");
    await writeFile(alone, JSON.stringify({ extends: project, files: [entry], include: [], compilerOptions: { noEmit: true, composite: false, incremental: false, allowImportingTsExtensions: true, rootDir: path.parse(entry).root, typeRoots } }));
    return (await runTsc(tsc, root, ["--pretty", "false", "-p", alone])).findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The compiler as a command: from version 7 on the native program itself, whose wrapper would start Node once more.
 * Source: `lib/getExePath.js` of the package.
 */
async function findProgram(manifest: string): Promise<string[]> {
  const [{ existsSync }, { createRequire }, path] = await Promise.all([import("node:fs"), import("node:module"), import("node:path")]);
  try {
    const native = createRequire(manifest).resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`);
    const program = path.join(path.dirname(native), "lib", process.platform === "win32" ? "tsc.exe" : "tsc");
    if (existsSync(program)) return [program];
  } catch {
    // An older version, or one that keeps its program elsewhere.
  }
  return [process.execPath, path.join(path.dirname(manifest), "bin/tsc")];
}

async function runTsc([program = "", ...first]: string[], root: string, args: string[]): Promise<{ findings: Diagnostic[]; files: Set<string> }> {
  const { execFile } = await import("node:child_process");
  return new Promise((settle, fail) => {
    execFile(program, [...first, ...args], { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const findings = parseOutput(stdout);
      const files = new Set(stdout.split(/\r?\n/).filter((line) => line.startsWith("/") || /^[A-Za-z]:\//.test(line)));
      // With no file of its own, a project is an error to tsc and none to us.
      const isEmpty = findings.length === 1 && findings[0]?.code === "TS18002";
      if (isEmpty) settle({ findings: [], files });
      else if (findings.length === 0 && error !== null) fail(new Error(`Cannot check the types: tsc failed with "${(stderr || stdout).trim()}"`));
      else settle({ findings, files });
    });
  });
}

/** The author's TypeScript if there is one, else ours. */
function findTypeScript(createRequire: (path: string) => NodeJS.Require, from: string): string {
  try {
    return createRequire(from).resolve("typescript/package.json");
  } catch {
    return createRequire(import.meta.url).resolve("typescript/package.json");
  }
}

function parseOutput(text: string): Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const line of text.split("\n")) {
    const placed = /^(.+)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line);
    const bare = /^error (TS\d+): (.*)$/.exec(line);
    const last = findings.at(-1);
    if (placed !== null) findings.push({ file: placed[1] as string, line: Number(placed[2]), column: Number(placed[3]), code: placed[4] as string, message: placed[5] as string });
    else if (bare !== null) findings.push({ code: bare[1] as string, message: bare[2] as string });
    else if (last !== undefined && line.startsWith(" ")) last.message += `\n${line}`;
  }
  return findings;
}

/** Adds the line that is meant, and how much of it: the word that begins there. */
function withSource(finding: Diagnostic, readText: (file: string) => string): Diagnostic {
  const { file, line, column } = finding;
  if (file === undefined || line === undefined || column === undefined) return finding;
  const lineText = readText(file).split(/\r?\n/)[line - 1];
  if (lineText === undefined) return finding;
  return { ...finding, lineText, length: /^[\w$]+/.exec(lineText.slice(column - 1))?.[0].length ?? 1 };
}
