/**
 * What a folder in memory is made of: files, directories and links, and the budget that they share. Nothing here
 * knows descriptors or paths.
 */

import { refuse } from "./errno.ts";
import { type FileStat, type FileTimes, FileType } from "./file-tree.ts";

/** What a folder may take of the host's memory. Whole numbers of at least 0. */
export interface MemoryLimits {
  /** Bytes of all files and link texts together; more is `ENOSPC`. */
  readonly maxBytes: number;
  /** Files, directories and links; more is `ENOSPC`. */
  readonly maxEntries: number;
}

/** Nanoseconds since 1970. */
interface NodeTimes {
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

/** A regular file; it lives as long as it has a name or is open. */
export interface FileNode {
  readonly type: typeof FileType.file;
  readonly inode: bigint;
  readonly times: NodeTimes;
  /** Capacity; what lies behind `size` is zero. */
  bytes: Uint8Array<ArrayBuffer>;
  size: number;
  links: number;
  opened: number;
}

/** A directory. */
export interface DirectoryNode {
  readonly type: typeof FileType.directory;
  readonly inode: bigint;
  readonly times: NodeTimes;
  readonly entries: Map<string, MemoryNode>;
  /** Absent at the top, and once the directory is removed. */
  parent: DirectoryNode | undefined;
  isRemoved: boolean;
}

/** A symbolic link. */
export interface LinkNode {
  readonly type: typeof FileType.link;
  readonly inode: bigint;
  readonly times: NodeTimes;
  readonly target: string;
  links: number;
}

/** Any of them. */
export type MemoryNode = FileNode | DirectoryNode | LinkNode;

/** The budget of one folder, and how its nodes come and go. */
export class MemoryStore {
  readonly #limits: MemoryLimits;
  #usedBytes = 0;
  #usedEntries = 0;
  #lastInode = 0n;

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  /** Makes an empty file. */
  file(now: bigint): FileNode {
    return { type: FileType.file, ...this.#common(now), bytes: new Uint8Array(0), size: 0, links: 0, opened: 0 };
  }

  /** Makes an empty directory. */
  directory(now: bigint, parent: DirectoryNode | undefined): DirectoryNode {
    return { type: FileType.directory, ...this.#common(now), entries: new Map(), parent, isRemoved: false };
  }

  /** Makes a link. */
  link(now: bigint, target: string): LinkNode {
    return { type: FileType.link, ...this.#common(now), target, links: 0 };
  }

  /** Gives a node a name, or throws `ENOSPC`. */
  add(directory: DirectoryNode, name: string, node: MemoryNode, now: bigint): void {
    if (directory.isRemoved) refuse("noent");
    if (this.#usedEntries >= this.#limits.maxEntries) refuse("nospc");
    if (node.type === FileType.link && node.links === 0) this.#take(node.target.length);
    this.#usedEntries++;
    if (node.type !== FileType.directory) node.links++;
    directory.entries.set(name, node);
    touch(directory, now);
  }

  /** Takes a name away, and the node's bytes if nothing needs them any more. */
  remove(directory: DirectoryNode, name: string, node: MemoryNode, now: bigint): void {
    directory.entries.delete(name);
    this.#usedEntries--;
    touch(directory, now);
    if (node.type === FileType.directory) {
      node.isRemoved = true;
      node.parent = undefined;
      return;
    }
    node.links--;
    if (node.type === FileType.file) this.release(node);
    else if (node.links === 0) this.#usedBytes -= node.target.length;
  }

  /** Frees a file that has no name and is not open. */
  release(file: FileNode): void {
    if (file.links > 0 || file.opened > 0) return;
    this.#usedBytes -= file.size;
    file.bytes = new Uint8Array(0);
    file.size = 0;
  }

  /**
   * Makes a file longer, with zeros, or shorter.
   *
   * @param file The file.
   * @param size Bytes.
   * @throws {Refusal} `ENOSPC` if the folder has no room; nothing is allocated then.
   */
  resize(file: FileNode, size: number): void {
    this.#take(size - file.size);
    const capacity = file.bytes.length;
    if (size > capacity || size * 2 < capacity) {
      // Doubling keeps appending cheap; giving back keeps the memory in use below twice the budget.
      const grown = size > capacity ? Math.min(Math.max(size, capacity * 2), this.#limits.maxBytes) : size;
      const bytes = new Uint8Array(grown);
      bytes.set(file.bytes.subarray(0, Math.min(file.size, size)));
      file.bytes = bytes;
    } else {
      file.bytes.fill(0, size);
    }
    file.size = size;
  }

  #take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#limits.maxBytes) refuse("nospc");
    this.#usedBytes += bytes;
  }

  #common(now: bigint): { inode: bigint; times: NodeTimes } {
    return { inode: ++this.#lastInode, times: { accessed: now, modified: now, changed: now } };
  }
}

/**
 * Describes a node.
 *
 * @param node The node.
 * @returns What the guest sees of it.
 */
export function describeNode(node: MemoryNode): FileStat {
  const size = node.type === FileType.file ? node.size : node.type === FileType.link ? node.target.length : 0;
  const links = node.type === FileType.directory ? 1 : node.links;
  return { type: node.type, inode: node.inode, links: BigInt(links), size: BigInt(size), ...node.times };
}

/**
 * Notes that a node has changed.
 *
 * @param node The node.
 * @param now Nanoseconds since 1970.
 */
export function touch({ times }: MemoryNode, now: bigint): void {
  times.modified = now;
  times.changed = now;
}

/**
 * Sets times of a node.
 *
 * @param node The node.
 * @param given The times to set.
 * @param now Nanoseconds since 1970, when this happened.
 */
export function setNodeTimes({ times }: MemoryNode, given: FileTimes, now: bigint): void {
  times.accessed = given.accessed ?? times.accessed;
  times.modified = given.modified ?? times.modified;
  times.changed = now;
}
