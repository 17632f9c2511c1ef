/** Programs and packages that drivers run: whether they are there, what they answer, what to do when they are missing. */

import { execFile, spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { access, constants } from "node:fs/promises";

import { BuildFailed, type BuildOptions, type Tool } from "./language.ts";
import { packageFolder } from "./package-folder.ts";

/**
 * A program that is looked for on the PATH.
 *
 * @param name Its name, without an extension.
 * @param install What to do where it is missing, such as `Install Rust from https://rustup.rs`.
 */
export function program(name: string, install: string): Tool {
  return { name, install, isThere: async () => await isOnPath(name) };
}

/**
 * A package of npm that is a project's own dependency.
 *
 * @param name Its name in the registry.
 */
export function npmPackage(name: string): Tool {
  return {
    name,
    install: `npm i -D ${name}`,
    isThere: async (folder) => packageFolder(name, folder) !== undefined,
  };
}

/**
 * Runs a program to its end.
 *
 * @param tool What it is; tells what to do if it cannot be found.
 * @param command Program and arguments.
 * @param folder Folder to run it in.
 * @param options The build's; they end it and say whether it may use colours.
 * @param env Variables to set beside the process's own; `undefined` takes one away.
 * @returns Its standard output.
 * @throws {BuildFailed} If it is missing or fails, with what it wrote.
 */
export async function runTool(tool: Tool, command: readonly [string, ...string[]], folder: string, { signal, isColored }: Pick<BuildOptions, "signal" | "isColored">, env: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const [file, ...args] = command;
  const colors = isColored ? { FORCE_COLOR: "1", CLICOLOR_FORCE: "1" } : { NO_COLOR: "1" };
  return await new Promise((settle, fail) => {
    const child = spawn(file, args, { cwd: folder, env: { ...process.env, ...colors, ...env }, stdio: ["ignore", "pipe", "pipe"], signal });
    const stdout: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => void (stdout.push(chunk), all.push(chunk)));
    child.stderr.on("data", (chunk: Buffer) => void all.push(chunk));
    child.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") fail(new BuildFailed(`Cannot run "${tool.name}": it is not there. ${tool.install}`, { cause }));
      else fail(cause);
    });
    child.on("close", (code, end) => {
      if (code === 0) settle(Buffer.concat(stdout).toString());
      else fail(new BuildFailed(`Cannot build the plug-in: ${tool.name} ${code === null ? `was ended by ${end}` : `failed with exit code ${code}`}`, { output: Buffer.concat(all).toString() }));
    });
  });
}

/**
 * Asks a program something.
 *
 * @param command Program and arguments.
 * @param folder Folder to run it in; by default the working directory.
 * @param env Variables to set beside the process's own.
 * @returns Its standard output, trimmed; `undefined` if it is not there or fails.
 */
export async function answerOf(command: readonly [string, ...string[]], folder?: string, env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const [file, ...args] = command;
  return await new Promise((settle) => {
    execFile(file, args, { ...(folder === undefined ? {} : { cwd: folder }), env: { ...process.env, ...env }, maxBuffer: 1 << 26 }, (error, stdout) => settle(error === null ? stdout.trim() : undefined));
  });
}

async function isOnPath(name: string): Promise<boolean> {
  const extensions = process.platform === "win32" ? (process.env["PATHEXT"] ?? ".EXE;.CMD").split(";") : [""];
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const extension of extensions) {
      const isThere = await access(join(folder, name + extension), constants.X_OK).then(() => true, () => false);
      if (folder !== "" && isThere) return true;
    }
  }
  return false;
}
