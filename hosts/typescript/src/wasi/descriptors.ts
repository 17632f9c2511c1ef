/**
 * The table of open descriptors of one instance: numbers that the guest holds, and what the host means by them.
 * 0, 1 and 2 are standard input, output and error; the mounts follow from 3.
 */

import { refuse } from "./errno.ts";
import type { Directory, FileEntry, FileTree, Mount, OpenFile } from "./file-tree.ts";
import { DIRECTORY_RIGHTS, FILE_RIGHTS, INHERITED_RIGHTS, Right } from "./rights.ts";

/** Standard input (always at its end), output or error. */
export interface StreamDescriptor {
  readonly kind: "stream";
  /** Where writes go; standard input has none. */
  readonly output: "stdout" | "stderr" | undefined;
  flags: number;
  rights: number;
  inheriting: number;
}

/** An open regular file. */
export interface FileDescriptor {
  readonly kind: "file";
  readonly file: OpenFile;
  readonly mount: Mount;
  /** Bytes from the start of the file. */
  position: number;
  flags: number;
  rights: number;
  inheriting: number;
}

/** An open directory. */
export interface DirectoryDescriptor {
  readonly kind: "directory";
  readonly directory: Directory;
  readonly mount: Mount;
  /** Whether the embedder handed it in, so that the guest may ask for its name. */
  readonly isMount: boolean;
  /** What a listing in progress found. */
  entries: readonly FileEntry[];
  flags: number;
  rights: number;
  inheriting: number;
}

/** What an open number stands for. */
export type Descriptor = StreamDescriptor | FileDescriptor | DirectoryDescriptor;

/** The open descriptors of one instance. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();
  readonly #maxDescriptors: number;
  /** No number below it is free. */
  #lowestFree = 0;

  constructor(maxDescriptors: number) {
    this.#maxDescriptors = maxDescriptors;
  }

  /**
   * Opens the standard streams and the mounts, whatever the limit.
   *
   * @param files The mounts.
   * @param now The instance's clock, in milliseconds since 1970.
   * @throws Whatever opening a folder throws; what was open by then is closed.
   */
  openStandard(files: FileTree, now: () => number): void {
    const common = Right.pollFdReadwrite | Right.fdFdstatSetFlags | Right.fdFilestatGet | Right.fdSync | Right.fdDatasync;
    const reads = { kind: "stream", flags: 0, rights: common | Right.fdRead, inheriting: 0 } as const;
    const writes = { ...reads, rights: common | Right.fdWrite } as const;
    this.#open.set(0, { ...reads, output: undefined });
    this.#open.set(1, { ...writes, output: "stdout" });
    this.#open.set(2, { ...writes, output: "stderr" });
    try {
      files.forEach((mount, index) => {
        const directory = mount.folder.open(now);
        const rights = { flags: 0, rights: DIRECTORY_RIGHTS, inheriting: INHERITED_RIGHTS };
        this.#open.set(3 + index, { kind: "directory", directory, mount, isMount: true, entries: [], ...rights });
      });
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /**
   * Finds a descriptor.
   *
   * @param fd The number, as Wasm handed it over.
   * @param right What the caller is about to do with it; 0 for what needs no right.
   * @returns The descriptor.
   * @throws {Refusal} `EBADF` if nothing is open there, `ENOTCAPABLE` if it may not do that.
   */
  get(fd: number, right: number): Descriptor {
    const descriptor = this.#open.get(fd >>> 0);
    if (descriptor === undefined) refuse("badf");
    if ((descriptor.rights & right) !== right) refuse("notcapable");
    return descriptor;
  }

  /** As {@link DescriptorTable.get}, for what only a file can do: `ESPIPE` on a stream, `EISDIR` on a directory. */
  file(fd: number, right: number): FileDescriptor {
    const { kind } = this.get(fd, 0);
    if (kind === "stream") refuse("spipe");
    if (kind === "directory") refuse("isdir");
    return this.get(fd, right) as FileDescriptor;
  }

  /** As {@link DescriptorTable.get}, for what only a directory can do: `ENOTDIR` on all else. */
  directory(fd: number, right: number): DirectoryDescriptor {
    if (this.get(fd, 0).kind !== "directory") refuse("notdir");
    return this.get(fd, right) as DirectoryDescriptor;
  }

  /** Throws `EMFILE` if no further descriptor may be opened. */
  checkRoom(): void {
    if (this.#open.size >= this.#maxDescriptors) refuse("mfile");
  }

  /** Gives a descriptor the lowest free number. The caller has asked {@link DescriptorTable.checkRoom}. */
  add(descriptor: Descriptor): number {
    while (this.#open.has(this.#lowestFree)) this.#lowestFree++;
    this.#open.set(this.#lowestFree, descriptor);
    return this.#lowestFree;
  }

  /** How many entries the listings in progress hold, but that of one descriptor. */
  listedEntries(except: Descriptor): number {
    let entries = 0;
    for (const descriptor of this.#open.values()) {
      if (descriptor.kind === "directory" && descriptor !== except) entries += descriptor.entries.length;
    }
    return entries;
  }

  /** Closes one, or throws `EBADF`. */
  close(fd: number): void {
    const descriptor = this.get(fd, 0);
    this.#open.delete(fd >>> 0);
    this.#lowestFree = Math.min(this.#lowestFree, fd >>> 0);
    release(descriptor);
  }

  /**
   * Moves a descriptor to another number, closing what was there. Both must be open, so that a guest cannot spread
   * its numbers over all of 32 bits.
   */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from, 0);
    const replaced = this.get(to, 0);
    if (from === to) return;
    this.#open.set(to >>> 0, descriptor);
    this.#open.delete(from >>> 0);
    this.#lowestFree = Math.min(this.#lowestFree, from >>> 0);
    release(replaced);
  }

  /** Closes all. */
  clear(): void {
    const descriptors = [...this.#open.values()];
    this.#open.clear();
    for (const descriptor of descriptors) release(descriptor);
  }
}

/**
 * What an opened file or directory may do: what was asked for, as far as its directory passes it on.
 *
 * @param kind What is opened.
 * @param base The rights asked for.
 * @param inheriting The rights asked for what is opened below it.
 * @param parent The directory that it is opened in.
 * @returns The two sets.
 */
export function grantRights(
  kind: "file" | "directory",
  base: number,
  inheriting: number,
  parent: DirectoryDescriptor,
): { rights: number; inheriting: number } {
  const all = kind === "file" ? FILE_RIGHTS : DIRECTORY_RIGHTS;
  return { rights: base & parent.inheriting & all, inheriting: kind === "file" ? 0 : inheriting & parent.inheriting };
}

function release(descriptor: Descriptor): void {
  if (descriptor.kind === "file") descriptor.file.close();
  else if (descriptor.kind === "directory") descriptor.directory.close();
}
