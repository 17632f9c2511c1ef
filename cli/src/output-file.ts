/** Writes the files that commands make. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { UsageError } from "./exit.ts";

/**
 * Writes a file, and the folders it lies in.
 *
 * @param file Its path.
 * @param content What it shall have in it.
 * @throws {UsageError} If it cannot be written.
 */
export async function writeOutput(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (cause) {
    throw new UsageError(`Cannot write "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
