/** Directories and files in memory as WASI opens them. The rules of names and budgets are those of `memory-node.ts`. */

import { toNanoseconds } from "./clock.ts";
import { refuse } from "./errno.ts";
import { MAX_DEPTH } from "./file-path.ts";
import {
  type Directory,
  type FileEntry,
  type FileMode,
  type FileStat,
  type FileTimes,
  FileType,
  type OpenFile,
} from "./file-tree.ts";
import {
  describeNode,
  type DirectoryNode,
  type FileNode,
  type MemoryNode,
  type MemoryStore,
  setNodeTimes,
  touch,
} from "./memory-node.ts";

/** An open directory of a folder in memory. */
export class MemoryDirectory implements Directory {
  readonly #store: MemoryStore;
  readonly #node: DirectoryNode;
  readonly #now: () => number;

  constructor(store: MemoryStore, node: DirectoryNode, now: () => number) {
    this.#store = store;
    this.#node = node;
    this.#now = now;
  }

  stat(name: string): FileStat {
    return describeNode(this.#find(name));
  }

  openDirectory(name: string): Directory {
    const node = this.#find(name);
    if (node.type !== FileType.directory) refuse("notdir");
    return new MemoryDirectory(this.#store, node, this.#now);
  }

  openFile(name: string, mode: FileMode): OpenFile {
    const found = this.#node.entries.get(name);
    if (found === undefined && !mode.create) refuse("noent");
    if (found !== undefined && mode.create && mode.exclusive) refuse("exist");
    if (found?.type === FileType.directory) refuse("isdir");
    if (found?.type === FileType.link) refuse("loop");
    const file = found ?? this.#store.file(this.#time());
    if (found === undefined) this.#add(name, file);
    if (mode.truncate) {
      this.#store.resize(file, 0);
      touch(file, this.#time());
    }
    return new OpenMemoryFile(this.#store, file, this.#now);
  }

  list(maxEntries: number): FileEntry[] {
    const { entries } = this.#node;
    if (entries.size > maxEntries) refuse("overflow");
    return [...entries].map(([name, { type, inode }]) => ({ name, type, inode }));
  }

  readLink(name: string): string {
    const node = this.#find(name);
    if (node.type !== FileType.link) refuse("inval");
    return node.target;
  }

  createDirectory(name: string): void {
    this.#checkFree(name);
    if (depthOf(this.#node) + 1 > MAX_DEPTH) refuse("nametoolong");
    this.#add(name, this.#store.directory(this.#time(), this.#node));
  }

  createLink(name: string, target: string): void {
    this.#checkFree(name);
    this.#add(name, this.#store.link(this.#time(), target));
  }

  linkFile(name: string, to: Directory, toName: string): void {
    const target = this.#sameStore(to);
    const node = this.#find(name);
    if (node.type === FileType.directory) refuse("perm");
    target.#checkFree(toName);
    target.#add(toName, node);
  }

  removeDirectory(name: string): void {
    const node = this.#find(name);
    if (node.type !== FileType.directory) refuse("notdir");
    if (node.entries.size > 0) refuse("notempty");
    this.#store.remove(this.#node, name, node, this.#time());
  }

  removeFile(name: string): void {
    const node = this.#find(name);
    if (node.type === FileType.directory) refuse("isdir");
    this.#store.remove(this.#node, name, node, this.#time());
  }

  rename(name: string, to: Directory, toName: string): void {
    const target = this.#sameStore(to);
    const node = this.#find(name);
    const replaced = target.#node.entries.get(toName);
    if (replaced === node) return;
    if (target.#node.isRemoved) refuse("noent");
    if (node.type === FileType.directory) target.#checkDirectoryMove(node, replaced);
    else if (replaced?.type === FileType.directory) refuse(this.#isIn(replaced) ? "notempty" : "isdir"); // as Linux has it
    if (replaced !== undefined) this.#store.remove(target.#node, toName, replaced, this.#time());
    this.#node.entries.delete(name);
    touch(this.#node, this.#time());
    target.#node.entries.set(toName, node);
    touch(target.#node, this.#time());
    if (node.type === FileType.directory) node.parent = target.#node;
  }

  setTimes(name: string, times: FileTimes): void {
    setNodeTimes(this.#find(name), times, this.#time());
  }

  close(): void {}

  #find(name: string): MemoryNode {
    const node = name === "." ? this.#node : this.#node.entries.get(name);
    if (node === undefined) refuse("noent");
    return node;
  }

  #checkFree(name: string): void {
    if (this.#node.entries.has(name)) refuse("exist");
  }

  #add(name: string, node: MemoryNode): void {
    this.#store.add(this.#node, name, node, this.#time());
  }

  /** Whether this is a directory or lies anywhere in it. */
  #isIn(node: DirectoryNode): boolean {
    for (let above: DirectoryNode | undefined = this.#node; above !== undefined; above = above.parent) if (above === node) return true;
    return false;
  }

  /** Whether a directory may come here: not below itself, not over what is in use, not too deep. */
  #checkDirectoryMove(node: DirectoryNode, replaced: MemoryNode | undefined): void {
    if (this.#isIn(node)) refuse("inval");
    if (replaced !== undefined && replaced.type !== FileType.directory) refuse("notdir");
    if (replaced !== undefined && replaced.entries.size > 0) refuse("notempty");
    if (depthOf(this.#node) + heightOf(node) > MAX_DEPTH) refuse("nametoolong");
  }

  #sameStore(other: Directory): MemoryDirectory {
    if (!(other instanceof MemoryDirectory) || other.#store !== this.#store) refuse("xdev");
    return other;
  }

  #time(): bigint {
    return toNanoseconds(this.#now());
  }
}

/** An open file of a folder in memory. */
class OpenMemoryFile implements OpenFile {
  readonly #store: MemoryStore;
  readonly #node: FileNode;
  readonly #now: () => number;
  #isOpen = true;

  constructor(store: MemoryStore, node: FileNode, now: () => number) {
    this.#store = store;
    this.#node = node;
    this.#now = now;
    node.opened++;
  }

  stat(): FileStat {
    return describeNode(this.#node);
  }

  read(into: Uint8Array<ArrayBuffer>, position: number): number {
    const { bytes, size } = this.#node;
    const part = bytes.subarray(Math.min(position, size), Math.min(position + into.length, size));
    into.set(part);
    this.#node.times.accessed = toNanoseconds(this.#now());
    return part.length;
  }

  write(bytes: Uint8Array<ArrayBuffer>, position: number): number {
    const end = position + bytes.length;
    if (end > this.#node.size) this.#store.resize(this.#node, end);
    this.#node.bytes.set(bytes, position);
    touch(this.#node, toNanoseconds(this.#now()));
    return bytes.length;
  }

  resize(size: number): void {
    this.#store.resize(this.#node, size);
    touch(this.#node, toNanoseconds(this.#now()));
  }

  setTimes(times: FileTimes): void {
    setNodeTimes(this.#node, times, toNanoseconds(this.#now()));
  }

  sync(): void {}

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#node.opened--;
    this.#store.release(this.#node);
  }
}

/** How many directories lie above this one; the top has none. */
function depthOf(node: DirectoryNode): number {
  let depth = 0;
  for (let above = node.parent; above !== undefined; above = above.parent) depth++;
  return depth;
}

/** Directories below this one on the longest way down, itself included. */
function heightOf(node: DirectoryNode): number {
  let below = 0;
  for (const entry of node.entries.values()) {
    if (entry.type === FileType.directory) below = Math.max(below, heightOf(entry));
  }
  return below + 1;
}
