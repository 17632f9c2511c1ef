/**
 * From a path that a guest hands over to one name in one open directory, without ever leaving the directory it
 * started from.
 *
 *   start/a/link/../b      stack [start]            a: a directory, opened
 *                          stack [start a]          link → "../c": a link, its text takes its place
 *                          stack [start a]          ..: one off the stack, nothing is asked of the host
 *                          stack [start]            c: opened …
 *
 * `..` never reaches the host, so it means the directory that the walk came from, even if somebody moved it
 * meanwhile; below `start` there is nothing on the stack, and the answer is `ENOTCAPABLE`. Links are read and their
 * text walked by the same rules, so a link out of the folder leads nowhere.
 */

import { Errno, refuse, Refusal } from "./errno.ts";
import { type Directory, FileType } from "./file-tree.ts";
import type { GuestMemory } from "./guest-memory.ts";

/** Longest path in bytes, as PATH_MAX on Linux. */
const MAX_PATH_BYTES = 4096;
/** Longest name in bytes, as NAME_MAX on Linux. */
const MAX_NAME_BYTES = 255;
/** Deepest directory that one path reaches; each holds a descriptor of the host while the walk lasts. */
export const MAX_DEPTH = 128;
/** Links that one path may lead through, as MAXSYMLINKS on Linux. */
const MAX_LINKS = 40;
/** Names that one path may go through, those of its links included: what bounds the host's work for one call. */
const MAX_STEPS = 2048;

/** One name in one directory. */
export interface Place {
  readonly directory: Directory;
  /** The name; `.` where the path ends at the directory itself. */
  readonly name: string;
  /** Whether the path ends in a slash, so that only a directory can be meant. */
  readonly isDirectory: boolean;
}

/**
 * Reads a path out of guest memory.
 *
 * @param memory The guest's memory.
 * @param pointer First byte.
 * @param length Bytes, as Wasm handed it over.
 * @returns The path, not empty.
 * @throws {Refusal} `EFAULT`, `ENAMETOOLONG` past 4,096 bytes, `ENOENT` if empty, `EILSEQ` if it is not UTF-8,
 * `EINVAL` with a NUL in it.
 */
export function readPath(memory: GuestMemory, pointer: number, length: number): string {
  const bytes = length >>> 0;
  memory.check(pointer, bytes);
  if (bytes > MAX_PATH_BYTES) refuse("nametoolong");
  if (bytes === 0) refuse("noent");
  return parsePath(memory.read(pointer, bytes));
}

/**
 * Decodes a path or the text of a link.
 *
 * @param bytes What should be UTF-8.
 * @returns The text.
 * @throws {Refusal} `EILSEQ` if it is not UTF-8, `EINVAL` with a NUL in it.
 */
export function parsePath(bytes: Uint8Array<ArrayBuffer>): string {
  let path: string;
  try {
    path = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    refuse("ilseq");
  }
  if (path.includes("\0")) refuse("inval");
  return path;
}

/**
 * Finds the place that a path means and works there. The directories opened on the way are closed afterwards.
 *
 * @param start Where the path starts; it cannot lead above.
 * @param path What {@link readPath} returned.
 * @param follow Whether a link at the very end is followed.
 * @param work What to do there; the place is valid until it returns.
 * @returns What `work` returns.
 * @throws {Refusal} `ENOTCAPABLE` if the path leads out, `ELOOP`, `ENAMETOOLONG`, `ENOTDIR`, and what the files say.
 */
export function withPlace<T>(start: Directory, path: string, follow: boolean, work: (place: Place) => T): T {
  const stack: Directory[] = [];
  try {
    return work(walk(start, stack, path, follow));
  } finally {
    for (const directory of stack) directory.close();
  }
}

function walk(start: Directory, stack: Directory[], path: string, follow: boolean): Place {
  const names = split(path).reverse();
  const isDirectory = path.endsWith("/") || path.endsWith("/.") || path === ".";
  let links = 0;
  for (let step = 0; ; step++) {
    if (step > MAX_STEPS) refuse("loop");
    const name = names.pop();
    const directory = stack.at(-1) ?? start;
    if (name === undefined) return { directory, name: ".", isDirectory: true };
    if (name === "..") {
      const left = stack.pop();
      if (left === undefined) refuse("notcapable");
      left.close();
      continue;
    }
    const isLast = names.length === 0;
    if (isLast && !isLink(directory, name, follow || isDirectory)) return { directory, name, isDirectory };
    const next = isLast ? undefined : open(directory, name);
    if (next !== undefined) {
      stack.push(next);
      if (stack.length > MAX_DEPTH) refuse("nametoolong");
    } else {
      if (++links > MAX_LINKS) refuse("loop");
      names.push(...split(directory.readLink(name)).reverse());
    }
  }
}

/** The names of a path, without those that go nowhere. */
function split(path: string): string[] {
  if (path.startsWith("/")) refuse("notcapable");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  const encoder = new TextEncoder();
  if (names.some((name) => name.length > MAX_NAME_BYTES || encoder.encode(name).length > MAX_NAME_BYTES)) {
    refuse("nametoolong");
  }
  return names;
}

function isLink(directory: Directory, name: string, follow: boolean): boolean {
  if (!follow) return false;
  try {
    return directory.stat(name).type === FileType.link;
  } catch (error) {
    // Perhaps the caller is about to make it.
    if (error instanceof Refusal && error.errno === Errno.noent) return false;
    throw error;
  }
}

/** Opens a directory on the way; `undefined` if there is a link. */
function open(directory: Directory, name: string): Directory | undefined {
  try {
    return directory.openDirectory(name);
  } catch (error) {
    if (!(error instanceof Refusal) || (error.errno !== Errno.notdir && error.errno !== Errno.loop)) throw error;
    if (directory.stat(name).type !== FileType.link) refuse("notdir");
    return undefined;
  }
}
