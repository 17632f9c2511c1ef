/** Sizes on record: a file beside the tests says how large the plug-in was, and a test fails when it has grown. */

import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

/** Sizes of a module in bytes. */
export interface SizeRecord {
  readonly bytes: number;
  /** As a server would send it. */
  readonly gzip: number;
}

/** Options of a comparison. */
export interface SizeOptions {
  /** File that keeps the sizes; by default `plugin.size.json` in the working directory. */
  readonly file?: string;
  /** How much larger than recorded it may be, as a part of one. Default 0.02. */
  readonly growth?: number;
}

/**
 * Compares a module with its record.
 *
 * @param bytes The module.
 * @param options Where the record is, and how much growth is allowed.
 * @returns The sizes of now.
 * @throws {Error} If it has grown too much, if the record is no record, or if there is none on CI.
 */
export async function checkSize(bytes: Uint8Array, { file = "plugin.size.json", growth = 0.02 }: SizeOptions = {}): Promise<SizeRecord> {
  const size: SizeRecord = { bytes: bytes.length, gzip: gzipSync(bytes).length };
  const recorded = process.env["TENON_UPDATE"] === undefined ? await readRecord(file) : undefined;
  if (recorded === undefined) {
    await writeFile(resolve(file), `${JSON.stringify(size)}\n`);
    return size;
  }
  for (const unit of ["bytes", "gzip"] as const) {
    if (size[unit] <= recorded[unit] * (1 + growth)) continue;
    const name = unit === "gzip" ? "bytes compressed" : "bytes";
    throw new Error(`Cannot accept the plug-in's size: ${size[unit]} ${name}, and "${file}" has ${recorded[unit]}; if that is wanted, run "tenon test --update"`);
  }
  return size;
}

async function readRecord(file: string): Promise<SizeRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (["", "false", undefined].includes(process.env["CI"])) return undefined;
    throw new Error(`Cannot compare the plug-in's size: there is no "${file}"; run "tenon test" on your machine and commit it`, { cause });
  }
  const { bytes, gzip } = parseRecord(text);
  if (typeof bytes !== "number" || typeof gzip !== "number") throw new Error(`Cannot compare the plug-in's size: "${file}" has no numbers "bytes" and "gzip"; delete it to record them anew`);
  return { bytes, gzip };
}

/** What has no record in it has nothing in it. */
function parseRecord(text: string): Partial<SizeRecord> {
  try {
    return { ...(JSON.parse(text) as Partial<SizeRecord>) };
  } catch {
    return {};
  }
}
