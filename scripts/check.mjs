/**
 * How a check talks: one line per failure, `where: what is wrong; what to do`, then exit code 1; or one line of figures
 * and exit code 0. Every `check-*.mjs` is one call of `check` and runs alone as well as in the gate.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tree.mjs";

/**
 * Runs a check and reports.
 *
 * @param inspect Gets `fail(where, what)`, called once per failure; may be async; returns the line of figures.
 *   What it throws is a failure too.
 */
export async function check(inspect) {
  let failures = 0;
  const fail = (where, what) => {
    failures += 1;
    console.log(`${where}: ${what.replaceAll(/\s*\n\s*/g, " ")}`);
  };
  try {
    const figures = await inspect(fail);
    if (failures === 0) console.log(figures);
  } catch (error) {
    fail("the check itself", `did not finish; ${error.message}`);
  }
  process.exitCode = failures === 0 ? 0 : 1;
}

/**
 * Runs a program without a shell, without colours, with nothing on standard input.
 *
 * @param options Those of `spawnSync`; `cwd` is the project's root unless given.
 * @returns Whether it ended with 0, and its standard output and error.
 */
export function run(command, args, options = {}) {
  const { FORCE_COLOR, ...env } = process.env;
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
    env: { ...env, NO_COLOR: "1", ...options.env },
  });
  if (result.error) throw result.error;
  return { ok: result.status === 0, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a program that an npm package of the project installs, as `run` does. */
export function tool(name, args, options) {
  const program = join(root, "node_modules", ".bin", name);
  if (!existsSync(program)) throw new Error(`"${name}" is not installed; run npm ci`);
  return run(program, args, options);
}

/** The first line of a text that says something, for a failure's one line. */
export function firstLine(text) {
  return text.split("\n").find((line) => line.trim() !== "")?.trim() ?? "it said nothing";
}
