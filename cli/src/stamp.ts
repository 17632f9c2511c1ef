/**
 * Stamps plug-ins that are built on the bindings of a system, in languages whose compilers cannot write the custom section:
 * the bindings say at their top what they were made from, and are the entry or, in Go, lie in its package.
 */

import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";

import { readStamp, stampOfBindings, type SystemStamp, writeStamp } from "@tenon/system";

import type { Built, Source } from "./languages/language.ts";

/**
 * @param source What was built.
 * @param built The plug-in.
 * @returns The plug-in with name, version and hash of its system's interface in it; unchanged if it has a stamp already, or
 *   is not built on bindings, or on those of several interfaces.
 */
export async function stampBuilt({ entry }: Source, built: Built): Promise<Built> {
  if (readStamp(built.wasm) !== undefined) return built;
  const stamps = new Map<string, SystemStamp>();
  for (const file of await filesOf(entry)) {
    const stamp = stampOfBindings(await readFile(file, "utf8"));
    if (stamp !== undefined) stamps.set(stamp.hash, stamp);
  }
  const [stamp, another] = stamps.values();
  return stamp === undefined || another !== undefined ? built : { ...built, wasm: writeStamp(built.wasm, stamp) };
}

async function filesOf(entry: string): Promise<readonly string[]> {
  if (extname(entry) !== ".go") return [".ts", ".js", ".mjs"].includes(extname(entry)) ? [entry] : [];
  const folder = dirname(entry);
  return (await readdir(folder)).filter((name) => name.endsWith(".go") && !name.endsWith("_test.go")).map((name) => join(folder, name));
}
