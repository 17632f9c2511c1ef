/**
 * A folder that lives in memory: the embedder fills it, mounts it in one or more instances, and reads it afterwards.
 * It works on every platform, tells names apart by every byte, and has its own limits, because what a guest writes
 * here is memory of the host. What the embedder writes carries the time 0, so that calls stay repeatable.
 */

import { Refusal } from "./errno.ts";
import { type Directory, FileType, type Folder } from "./file-tree.ts";
import { MemoryDirectory } from "./memory-directory.ts";
import { type DirectoryNode, type MemoryLimits, type MemoryNode, MemoryStore } from "./memory-node.ts";

export type { MemoryLimits } from "./memory-node.ts";

/** A folder in memory, and how the embedder reads and changes it. Paths are relative: `a/b.txt`. */
export interface MemoryFolder extends Folder {
  /** Paths of all files, sorted; empty directories and links are not among them. */
  paths(): string[];
  /** A copy of a file's bytes, or `undefined` if there is no such file; links are not followed. */
  bytes(path: string): Uint8Array<ArrayBuffer> | undefined;
  /** A file's bytes read as UTF-8, or `undefined` if there is no such file; links are not followed. */
  text(path: string): string | undefined;
  /**
   * Makes or replaces a file, and the directories above it.
   *
   * @throws {TypeError} If the path is not a relative one of plain names of at most 255 bytes.
   * @throws {RangeError} If the folder has no room, or something else is in the way.
   */
  write(path: string, content: Uint8Array | string): void;
}

/** The limits where the embedder states none. */
const DEFAULT_LIMITS: MemoryLimits = { maxBytes: 64 * 1024 * 1024, maxEntries: 16_384 };

/**
 * Makes a folder in memory.
 *
 * @param files What is in it at first: paths, and bytes (copied) or text.
 * @param limits How much it may hold; absent ones are 64 MiB and 16,384 entries.
 * @returns The folder.
 * @throws {TypeError} If a path is not a relative one of plain names.
 * @throws {RangeError} If a limit is not a whole number of at least 0, or the files exceed the limits.
 */
export function memoryFolder(
  files: Readonly<Record<string, Uint8Array | string>> = {},
  limits: Partial<MemoryLimits> = {},
): MemoryFolder {
  const resolved = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot make a folder: "${name}" is "${value}"; give a whole number of at least 0`);
    }
  }
  const store = new MemoryStore(resolved);
  const top = store.directory(0n, undefined);
  const clock = (): number => 0;

  const folder: MemoryFolder = {
    open: (now) => new MemoryDirectory(store, top, now),
    paths: () => listFiles(top),
    bytes(path) {
      const node = findNode(top, parseNames(path));
      return node?.type === FileType.file ? node.bytes.slice(0, node.size) : undefined;
    },
    text(path) {
      const bytes = folder.bytes(path);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    },
    write(path, content) {
      const names = parseNames(path);
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
      try {
        writeFile(new MemoryDirectory(store, top, clock), names, bytes);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw new RangeError(`Cannot write "${path}": the folder is full, or something else is in the way`);
      }
    },
  };
  for (const [path, content] of Object.entries(files)) folder.write(path, content);
  return folder;
}

function parseNames(path: string): string[] {
  const names = path.split("/");
  const encoder = new TextEncoder();
  const isPlain = names.every((name) => {
    return name !== "" && name !== "." && name !== ".." && !name.includes("\0") && encoder.encode(name).length <= 255;
  });
  if (!isPlain) throw new TypeError(`Cannot use the path "${path}": give a relative one of plain names, such as "a/b.txt"`);
  return names;
}

function findNode(top: DirectoryNode, names: readonly string[]): MemoryNode | undefined {
  let node: MemoryNode | undefined = top;
  for (const name of names) node = node?.type === FileType.directory ? node.entries.get(name) : undefined;
  return node;
}

function writeFile(top: Directory, names: readonly string[], bytes: Uint8Array<ArrayBuffer>): void {
  let directory = top;
  for (const name of names.slice(0, -1)) {
    try {
      directory.createDirectory(name);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    directory = directory.openDirectory(name);
  }
  const mode = { read: false, write: true, create: true, exclusive: false, truncate: true };
  const file = directory.openFile(names.at(-1)!, mode);
  try {
    file.write(bytes, 0);
  } finally {
    file.close();
  }
}

function listFiles(top: DirectoryNode): string[] {
  const paths: string[] = [];
  const visit = (directory: DirectoryNode, prefix: string): void => {
    for (const [name, node] of directory.entries) {
      if (node.type === FileType.file) paths.push(prefix + name);
      else if (node.type === FileType.directory) visit(node, `${prefix}${name}/`);
    }
  };
  visit(top, "");
  return paths.sort();
}
