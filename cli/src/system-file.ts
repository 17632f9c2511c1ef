/**
 * Finds the plug-in system in a file: a module that exports one (TypeScript or JavaScript, which is run), a JSON document, or
 * an XTP schema.
 */

import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { definePluginSystem, type InterfaceDocument, readSystem, readXtp, type System, type SystemDefinition } from "@tenon/system";
import type { Command } from "commander";
import { build } from "esbuild";

import { UsageError } from "./exit.ts";

/** Options that say which system a file means; {@link addSystemOptions} adds them. */
export type SystemFlags = { readonly export?: string; readonly xtpName: string; readonly xtpVersion: string };

/** What commands tell about the files they take. */
export const SYSTEM_FILES = `SYSTEM is a module that exports a plug-in system (.ts, .mts, .js or .mjs; it is run), what System.document() gives as
.json, or an XTP schema v1-draft as .yaml.`;

/**
 * Adds the options that say which system a file means.
 *
 * @param command A command that takes a system.
 * @returns The command.
 */
export function addSystemOptions(command: Command): Command {
  return command
    .option("--export <name>", "name of the export, if a module exports several systems")
    .option("--xtp-name <name>", "name of the system, which an XTP schema does not say", "xtp")
    .option("--xtp-version <version>", "version of the interface, which an XTP schema does not say", "1.0.0");
}

/**
 * Loads a system.
 *
 * @param path The file. Modules are run with all that this process may do.
 * @param flags Options of the command line.
 * @returns The system.
 * @throws {UsageError} If there is none, or what there is is wrong.
 */
export async function loadSystem(path: string, flags: SystemFlags): Promise<System> {
  try {
    const extension = extname(path).toLowerCase();
    if (/^\.[mc]?[jt]sx?$/.test(extension)) return pick(await importModule(path), path, flags.export);
    const text = await readFile(path, "utf8");
    const isXtp = extension === ".yaml" || extension === ".yml" || /^\s*\{[^{]*"version"\s*:\s*"v1-draft"/.test(text);
    return readSystem(isXtp ? readXtp(text, { name: flags.xtpName, version: flags.xtpVersion }) : JSON.parse(text));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`Cannot read the plug-in system "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Loads a system as data.
 *
 * @throws {UsageError} As {@link loadSystem}, or if its schemas cannot be told.
 */
export async function loadDocument(path: string, flags: SystemFlags): Promise<InterfaceDocument> {
  const system = await loadSystem(path, flags);
  try {
    return system.document();
  } catch (cause) {
    throw new UsageError(`Cannot describe the plug-in system "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Bundles a module to plain JavaScript, since this Node may know no TypeScript, and runs it. */
async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`Cannot read the plug-in system "${path}": there is no such file`);
  const { outputFiles } = await build({ entryPoints: [file], bundle: true, packages: "external", platform: "node", format: "esm", target: "node20", write: false, logLevel: "silent", absWorkingDir: dirname(file) });
  // Where its packages are found; `node_modules` itself so that nothing is left among the sources if we are killed.
  const folder = join(packagesOf(dirname(file)) ?? dirname(file), ".tenon-temp");
  const made = join(folder, `${basename(file, extname(file))}-${randomUUID()}.mjs`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(made, outputFiles[0]?.contents ?? "");
    return (await import(pathToFileURL(made).href)) as Readonly<Record<string, unknown>>;
  } finally {
    await rm(made, { force: true });
    await rmdir(folder).catch(() => {}); // another command may be using it
  }
}

/** The nearest folder of packages. */
function packagesOf(folder: string): string | undefined {
  const packages = join(folder, "node_modules");
  if (existsSync(packages)) return packages;
  return dirname(folder) === folder ? undefined : packagesOf(dirname(folder));
}

function pick(module: Readonly<Record<string, unknown>>, path: string, name: string | undefined): System {
  const found = Object.entries(module).flatMap(([key, value]): [string, System][] => {
    const system = systemOf(value);
    return system === undefined ? [] : [[key, system]];
  });
  const names = found.map(([key]) => `"${key}"`).join(", ");
  if (name !== undefined) {
    const [, system] = found.find(([key]) => key === name) ?? [];
    if (system === undefined) throw new UsageError(`Cannot find the plug-in system "${name}" in "${path}": it exports ${names || "none"}`);
    return system;
  }
  const [first, second] = found;
  if (first === undefined) throw new UsageError(`Cannot find a plug-in system in "${path}": export what definePluginSystem() gives`);
  if (second !== undefined && second[1] !== first[1]) throw new UsageError(`Cannot choose a plug-in system in "${path}": it exports ${names}; name one with --export`);
  return first[1];
}

/** A system, the definition of one, or one as data. */
function systemOf(value: unknown): System | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  // The module may have brought a copy of @tenon/system of its own, so its class says nothing.
  if (["check", "document", "hash", "stamp"].every((each) => typeof fields[each] === "function")) return value as System;
  if (fields["tenonSystem"] !== undefined) return readSystem(value);
  const isDefinition = typeof fields["name"] === "string" && typeof fields["version"] === "string" && typeof fields["exports"] === "object";
  return isDefinition ? definePluginSystem(value as SystemDefinition) : undefined;
}
