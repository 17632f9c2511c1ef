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
  const [{ execFile }, { createRequire }, { existsSync }, path] = await Promise.all([import("node:child_process"), import("node:module"), import("node:fs"), import("node:path")]);
  const tsc = path.join(path.dirname(findTypeScript(createRequire, path.join(root, "package.json"))), "bin/tsc");
  let project = tsconfig === undefined ? undefined : path.resolve(root, tsconfig);
  for (let folder = path.dirname(entry); project === undefined; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "tsconfig.json"))) project = path.join(folder, "tsconfig.json");
    if (folder === path.dirname(folder)) break;
  }
  const values = project === undefined ? [...DEFAULTS, entry] : ["--noEmit", "--pretty", "false", "-p", project];
  return new Promise((settle, fail) => {
    execFile(process.execPath, [tsc, ...values], { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const findings = parseOutput(stdout);
      if (findings.length === 0 && error !== null) fail(new Error(`Cannot check the types: tsc failed with "${(stderr || stdout).trim()}"`));
      else settle(findings);
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
