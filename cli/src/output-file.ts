/**
 * Writes the files that commands make.
 *
 * A file that the user named is written wherever its name leads, as by `>`: `-o /dev/stdout` is meant. Where the user named a
 * folder and the command the files in it, nothing outside of that folder is written, whatever links somebody put into it.
 */

import { lstat, mkdir, realpath, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";

import { UsageError } from "./exit.ts";

/**
 * Writes a file, and the folders it lies in.
 *
 * @param file Its path.
 * @param content What it shall have in it.
 * @param within The folder that the user named, if it is not the user who named the file.
 * @throws {UsageError} If it cannot be written, or a link leads out of that folder.
 */
export async function writeOutput(file: string, content: string | Uint8Array, within?: string): Promise<void> {
  try {
    await mkdir(within ?? dirname(file), { recursive: true });
    if (within !== undefined) await checkLinks(within, relative(within, file));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (cause) {
    throw new UsageError(`Cannot write "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Follows a path down from a folder, as far as it exists. */
async function checkLinks(folder: string, path: string): Promise<void> {
  const top = await realpath(folder);
  let place = top;
  for (const name of path.split(sep)) {
    place = join(place, name);
    const stat = await lstat(place).catch(() => undefined);
    if (stat === undefined) return;
    if (!stat.isSymbolicLink()) continue;
    const target = await realpath(place).catch(() => undefined);
    const way = target === undefined ? ".." : relative(top, target);
    if (target === undefined || way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) {
      throw new Error(`"${relative(top, place)}" is a link that leads out of "${folder}"; remove it, or write into the folder that it leads to`);
    }
    place = target;
  }
}
