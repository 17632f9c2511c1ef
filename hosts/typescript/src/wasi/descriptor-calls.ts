/**
 * The functions that ask about an open descriptor and change what is known of it, and the listing of directories.
 * Standard streams look like a terminal, so that C libraries write line by line and nothing is lost when a plug-in
 * never exits.
 *
 *   fdstat, 24 bytes     0 type: u8   2 flags: u16   8 rights: u64   16 inheriting: u64
 *   prestat, 8 bytes     0 tag: u8 (directory: 0)    4 length of the name: u32
 *   dirent, 24 bytes     0 cookie of the next: u64   8 inode: u64   16 length of the name: u32   20 type: u8, then
 *                        the name; the last one is cut off at the end of the buffer
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_advise
 */

import type { Descriptor, DirectoryDescriptor } from "./descriptors.ts";
import { refuse } from "./errno.ts";
import { FILESTAT_BYTES, readFileTimes, writeFileStat } from "./file-stat.ts";
import { type FileStat, FileType } from "./file-tree.ts";
import type { Instance } from "./instance.ts";
import { Right, toRights } from "./rights.ts";
import type { WasiFunctions } from "./signatures.ts";

const CHARACTER_DEVICE = 2;
const FDSTAT_BYTES = 24;
const PRESTAT_BYTES = 8;
const DIRENT_BYTES = 24;
const APPEND = 1;
const NONBLOCK = 4;

/** The functions of this file. */
export type DescriptorCall =
  | "fd_close"
  | "fd_datasync"
  | "fd_fdstat_get"
  | "fd_fdstat_set_flags"
  | "fd_fdstat_set_rights"
  | "fd_filestat_get"
  | "fd_filestat_set_times"
  | "fd_prestat_dir_name"
  | "fd_prestat_get"
  | "fd_readdir"
  | "fd_renumber"
  | "fd_sync";

/**
 * Builds the functions.
 *
 * @param instance The instance.
 * @returns The functions by name.
 */
export function createDescriptorCalls(instance: Instance): Pick<WasiFunctions, DescriptorCall> {
  const { memory, descriptors, clocks } = instance;
  const encoder = new TextEncoder();

  const sync = (fd: number, right: number): void => {
    const descriptor = descriptors.get(fd, right);
    if (descriptor.kind === "file") descriptor.file.sync();
  };
  /** C libraries and Go look for mounts from 3 on until the first `EBADF`. */
  const mountName = (fd: number): Uint8Array<ArrayBuffer> => {
    const descriptor = descriptors.get(fd, 0);
    if (descriptor.kind !== "directory" || !descriptor.isMount) refuse("badf");
    return encoder.encode(descriptor.mount.guest);
  };

  return {
    fd_close: (fd) => descriptors.close(fd),
    fd_datasync: (fd) => sync(fd, Right.fdDatasync),
    fd_fdstat_get(fd, pointer) {
      const descriptor = descriptors.get(fd, 0);
      memory.clear(pointer, FDSTAT_BYTES);
      memory.setU8(pointer, typeOf(descriptor));
      memory.setU16(pointer + 2, descriptor.flags);
      memory.setU64(pointer + 8, BigInt(descriptor.rights));
      memory.setU64(pointer + 16, BigInt(descriptor.inheriting));
    },
    fd_fdstat_set_flags(fd, flags) {
      const descriptor = descriptors.get(fd, Right.fdFdstatSetFlags);
      if ((flags & ~(APPEND | NONBLOCK)) !== 0) refuse("inval");
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights(fd, base, inheriting) {
      const descriptor = descriptors.get(fd, toRights(base));
      if ((toRights(inheriting) & ~descriptor.inheriting) !== 0) refuse("notcapable");
      descriptor.rights = toRights(base);
      descriptor.inheriting = toRights(inheriting);
    },
    fd_filestat_get(fd, pointer) {
      const descriptor = descriptors.get(fd, Right.fdFilestatGet);
      memory.check(pointer, FILESTAT_BYTES);
      if (descriptor.kind === "stream") {
        memory.clear(pointer, FILESTAT_BYTES);
        memory.setU8(pointer + 16, CHARACTER_DEVICE);
        memory.setU64(pointer + 24, 1n);
      } else {
        writeFileStat(memory, pointer, statOf(descriptor));
      }
    },
    fd_filestat_set_times(fd, accessed, modified, flags) {
      const descriptor = descriptors.get(fd, 0);
      if (descriptor.kind === "stream") refuse("spipe");
      descriptors.get(fd, Right.fdFilestatSetTimes);
      if (descriptor.mount.access === "read") refuse("rofs");
      const times = readFileTimes(clocks, accessed, modified, flags);
      if (descriptor.kind === "file") descriptor.file.setTimes(times);
      else descriptor.directory.setTimes(".", times);
    },
    fd_prestat_get(fd, pointer) {
      const name = mountName(fd);
      memory.clear(pointer, PRESTAT_BYTES);
      memory.setU32(pointer + 4, name.length);
    },
    fd_prestat_dir_name(fd, pointer, length) {
      const name = mountName(fd);
      if (length >>> 0 < name.length) refuse("nametoolong");
      memory.write(pointer, name);
    },
    fd_readdir(fd, pointer, length, cookie, usedPointer) {
      const descriptor = descriptors.directory(fd, Right.fdReaddir);
      memory.check(pointer, length >>> 0);
      memory.check(usedPointer, 4);
      if (cookie === 0n || descriptor.entries.length === 0) list(instance, descriptor);
      memory.setU32(usedPointer, writeEntries(instance, descriptor, pointer >>> 0, length >>> 0, cookie));
    },
    fd_renumber: (from, to) => descriptors.renumber(from, to),
    fd_sync: (fd) => sync(fd, Right.fdSync),
  };
}

function typeOf({ kind }: Descriptor): number {
  if (kind === "stream") return CHARACTER_DEVICE;
  return kind === "file" ? FileType.file : FileType.directory;
}

function statOf(descriptor: Exclude<Descriptor, { kind: "stream" }>): FileStat {
  return descriptor.kind === "file" ? descriptor.file.stat() : descriptor.directory.stat(".");
}

/** Reads a directory once, so that a guest that removes entries while it lists them misses none. */
function list({ descriptors, limits }: Instance, descriptor: DirectoryDescriptor): void {
  descriptor.entries = [];
  const room = limits.maxListedEntries - descriptors.listedEntries(descriptor) - 2;
  const { inode } = descriptor.directory.stat(".");
  const self = { type: FileType.directory, inode };
  // Above a directory there is nothing that the guest could ask about, so ".." is the directory itself.
  descriptor.entries = [{ ...self, name: "." }, { ...self, name: ".." }, ...descriptor.directory.list(room)];
}

/** Writes entries from `cookie` on until the buffer is full; returns the bytes used. */
function writeEntries(
  { memory }: Instance,
  { entries }: DirectoryDescriptor,
  pointer: number,
  length: number,
  cookie: bigint,
): number {
  const encoder = new TextEncoder();
  const header = new Uint8Array(DIRENT_BYTES);
  const view = new DataView(header.buffer);
  const first = BigInt.asUintN(64, cookie);
  let used = 0;
  for (let index = Number(first); index < entries.length && used < length; index++) {
    const { name, type, inode } = entries[index]!;
    const bytes = encoder.encode(name);
    view.setBigUint64(0, BigInt(index + 1), true);
    view.setBigUint64(8, inode, true);
    view.setUint32(16, bytes.length, true);
    view.setUint8(20, type);
    for (const part of [header, bytes]) {
      const cut = part.subarray(0, length - used);
      memory.write(pointer + used, cut);
      used += cut.length;
    }
  }
  return used;
}
