/** Finds a project's tests and runs them in a process of their own, whose output goes straight to the terminal. */

import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { Script } from "node:vm";

import { type ExitCode, UsageError } from "./exit.ts";

const TEST = /\.test\.[cm]?[jt]s$/;
const MADE = new Set(["node_modules", "dist", "build", "target"]);

/** What the tests are told. */
export type TestRun = {
  /** Absolute path of the built plug-in; they find it as `TENON_PLUGIN`. */
  readonly plugin: string;
  /** Whether recorded sizes are written anew. */
  readonly isUpdating: boolean;
  /** Ends them. */
  readonly signal: AbortSignal;
};

/**
 * @param folder Absolute path of the project.
 * @returns The tests' absolute paths.
 * @throws {UsageError} If there is none.
 */
export async function findTests(folder: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (inside: string): Promise<void> => {
    for (const entry of await readdir(inside, { withFileTypes: true })) {
      const path = join(inside, entry.name);
      if (entry.isDirectory() && !MADE.has(entry.name) && !entry.name.startsWith(".")) await walk(path);
      else if (entry.isFile() && TEST.test(entry.name)) found.push(path);
    }
  };
  await walk(folder);
  if (found.length === 0) throw new UsageError(`Cannot test "${folder}": there is no *.test.ts or *.test.mjs in it; tenon new shows one`);
  return found.sort();
}

/**
 * Runs tests.
 *
 * @param folder Absolute path of the project.
 * @param files Absolute paths of the tests.
 * @param run What they are told.
 * @returns 0 if all pass, 5 if not.
 */
export async function runTests(folder: string, files: readonly string[], { plugin, isUpdating, signal }: TestRun): Promise<ExitCode> {
  const vitest = await findVitest(folder);
  const names = files.map((file) => relative(folder, file).split(sep).join("/"));
  const args = vitest === undefined ? [...nodeOptions(files), "--test", "--test-reporter=spec", ...names] : [vitest, "run", ...names];
  const env = { ...process.env, TENON_PLUGIN: plugin, ...(isUpdating ? { TENON_UPDATE: "1" } : {}) };
  return await new Promise((settle, fail) => {
    const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "inherit", "inherit"], signal });
    child.on("error", (error: NodeJS.ErrnoException) => (error.name === "AbortError" ? settle(5) : fail(error)));
    child.on("close", (code) => settle(code === 0 ? 0 : 5));
  });
}

/** The program of the vitest that the project depends on. */
async function findVitest(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
  const { dependencies, devDependencies } = JSON.parse(text) as { readonly dependencies?: object; readonly devDependencies?: object };
  if (!("vitest" in { ...dependencies, ...devDependencies })) return undefined;
  const require = createRequire(join(folder, "package.json"));
  try {
    const manifest = require.resolve("vitest/package.json");
    const { bin } = require(manifest) as { readonly bin: { readonly vitest: string } };
    return join(dirname(manifest), bin.vitest);
  } catch (cause) {
    throw new UsageError("Cannot run vitest: package.json lists it and it is not installed; run npm install", { cause });
  }
}

/**
 * Node strips types by itself from 22.18 on, and reads `await using`, which the tests of `tenon new` have, from 24 on; before
 * that, esbuild does both, which the compiler brings.
 */
function nodeOptions(files: readonly string[]): string[] {
  const isTyped = files.some((file) => /\.[cm]?ts$/.test(file));
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (!isTyped || ((typescript === "strip" || typescript === "transform") && readsUsing())) return [];
  return ["--import", new URL("./strip-types.js", import.meta.url).href, "--enable-source-maps"];
}

function readsUsing(): boolean {
  try {
    return new Script("async () => { await using nothing = null; }") instanceof Script;
  } catch {
    return false;
  }
}
