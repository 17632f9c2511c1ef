/** All languages, and which of them a source is written in. A project's own file (`Cargo.toml`) says more than an extension. */

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";

import { stampOfBindings } from "@tenon/system";

import { UsageError } from "../exit.ts";
import type { Language, Source } from "./language.ts";
import { assemblyscript } from "./assemblyscript.ts";
import { c, cpp } from "./clang.ts";
import { go } from "./go.ts";
import { rust } from "./rust.ts";
import { typescript } from "./typescript.ts";
import { zig } from "./zig.ts";

/** In the order in which a folder is searched: languages whose projects have a file of their own come first. */
export const LANGUAGES: readonly Language[] = [rust, go, assemblyscript, zig, cpp, c, typescript];

/** What `tenon bindgen` writes to be built, in languages where it is not the file that the author writes. */
const GENERATED = ["main.ts", "main.zig"] as const;

/** A source and its language. */
export type Found = { readonly language: Language; readonly source: Source };

/**
 * @param name What stands behind `--lang`.
 * @throws {UsageError} If there is no such language.
 */
export function languageOf(name: string): Language {
  const language = LANGUAGES.find((each) => each.name === name);
  if (language === undefined) throw new UsageError(`Cannot find the language "${name}": there are ${LANGUAGES.map((each) => each.name).join(", ")}`);
  return language;
}

/**
 * Finds what is to be built.
 *
 * @param path A file, or the folder of a project.
 * @param language Only this one.
 * @throws {UsageError} If nothing is there, or nothing that a language knows.
 */
export async function findSource(path: string, language?: Language): Promise<Found> {
  const languages = language === undefined ? LANGUAGES : [language];
  const absolute = resolve(path);
  const found = await stat(absolute).catch((cause: unknown) => {
    throw new UsageError(`Cannot read "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  if (found.isDirectory()) {
    for (const name of GENERATED) {
      const entry = join(absolute, name);
      const text = await textOf(entry);
      const known = stampOfBindings(text) === undefined ? undefined : whoseFile(entry, text, languages);
      if (known !== undefined) return { language: known, source: { folder: absolute, entry } };
    }
    for (const each of languages) {
      const entry = await findEntry(absolute, each);
      if (entry !== undefined) return { language: each, source: { folder: absolute, entry } };
    }
    throw new UsageError(`Cannot find a plug-in in "${path}": looked for ${languages.flatMap(({ entries }) => entries).join(", ")}; name the file to build`);
  }
  const known = whoseFile(absolute, await textOf(absolute), languages);
  if (known === undefined) throw new UsageError(`Cannot build "${path}": it is none of ${languages.map(({ title }) => title).join(", ")}`);
  return { language: known, source: { folder: folderOf(absolute), entry: absolute } };
}

function whoseFile(path: string, text: string, languages: readonly Language[]): Language | undefined {
  return languages.find(({ files, sign }) => files.test(path.replaceAll("\\", "/")) || (sign !== undefined && extname(path) === ".ts" && sign.test(text)));
}

/** What is in a file; nothing if it cannot be read, which whoever builds it will say. */
async function textOf(file: string): Promise<string> {
  return await readFile(file, "utf8").catch(() => "");
}

/** The working directory if the file is in it, so that paths in messages are what a person would type; else the file's folder. */
function folderOf(file: string): string {
  return relative(process.cwd(), file).startsWith("..") ? dirname(file) : process.cwd();
}

async function findEntry(folder: string, { entries }: Language): Promise<string | undefined> {
  for (const entry of entries) {
    const [name, inside] = [basename(entry), join(folder, dirname(entry))];
    const names = await readdir(inside).catch(() => []);
    const [start = "", end] = name.split("*");
    const match = names.toSorted((one, other) => (one < other ? -1 : 1)).find((each) => (end === undefined ? each === name : each.startsWith(start) && each.endsWith(end)));
    if (match !== undefined) return join(inside, match);
  }
  return undefined;
}
