/**
 * The functions that work on an open descriptor, `fd_*`. Standard input is at its end; standard output and error go
 * to the host. All three look like a terminal, so that C libraries write line by line and nothing is lost when a
 * plug-in never exits.
 *
 *   fdstat, 24 bytes     0 type: u8   2 flags: u16   8 rights: u64   16 inheriting: u64
 *   filestat, 64 bytes   0 device: u64   8 inode: u64   16 type: u8   24 links: u64   32 size: u64   40 times: 3 × u64
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_advise
 */

import type { DescriptorTable } from "./descriptors.ts";
import { refuse } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { WasiLimits } from "./limits.ts";
import { Right, toRights } from "./rights.ts";
import type { WasiFunctions } from "./signatures.ts";

const CHARACTER_DEVICE = 2;
const FDFLAG_APPEND = 1;
const FDFLAG_NONBLOCK = 4;

/** What these functions need of the instance. */
export interface DescriptorContext {
  readonly memory: GuestMemory;
  readonly descriptors: DescriptorTable;
  readonly limits: WasiLimits;
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array<ArrayBuffer>) => void;
}

type DescriptorCall = Extract<keyof WasiFunctions, `fd_${string}` | `path_${string}`>;

/**
 * Builds the functions.
 *
 * @param context The instance.
 * @returns Every `fd_*` and `path_*` function.
 */
export function createDescriptorCalls(context: DescriptorContext): Pick<WasiFunctions, DescriptorCall> {
  const { memory, descriptors, limits } = context;
  /** What only a file can do. */
  const seekable = (fd: number): never => {
    descriptors.get(fd, 0);
    refuse("spipe");
  };
  /** What only a folder that was handed in can do; C libraries and Go look for them until the first `EBADF`. */
  const inMount = (fd: number): never => {
    descriptors.get(fd, 0);
    refuse("badf");
  };
  /** What only a directory can do. */
  const inDirectory = (fd: number): never => {
    descriptors.get(fd, 0);
    refuse("notdir");
  };

  return {
    fd_advise: seekable,
    fd_allocate: seekable,
    fd_close: (fd) => descriptors.close(fd),
    fd_datasync: (fd) => void descriptors.get(fd, Right.sync),
    fd_fdstat_get(fd, pointer) {
      const { flags, rights } = descriptors.get(fd, 0);
      memory.clear(pointer, 24);
      memory.setU8(pointer, CHARACTER_DEVICE);
      memory.setU16(pointer + 2, flags);
      memory.setU64(pointer + 8, BigInt(rights));
    },
    fd_fdstat_set_flags(fd, flags) {
      const descriptor = descriptors.get(fd, Right.fdstatSetFlags);
      if ((flags & ~(FDFLAG_APPEND | FDFLAG_NONBLOCK)) !== 0) refuse("inval");
      descriptor.flags = flags;
    },
    fd_fdstat_set_rights(fd, base, inheriting) {
      const descriptor = descriptors.get(fd, toRights(base));
      if (toRights(inheriting) !== 0) refuse("notcapable");
      descriptor.rights = toRights(base);
    },
    fd_filestat_get(fd, pointer) {
      descriptors.get(fd, Right.filestatGet);
      memory.clear(pointer, 64);
      memory.setU8(pointer + 16, CHARACTER_DEVICE);
      memory.setU64(pointer + 24, 1n);
    },
    fd_filestat_set_size: seekable,
    fd_filestat_set_times: seekable,
    fd_pread: seekable,
    fd_prestat_get: inMount,
    fd_prestat_dir_name: inMount,
    fd_pwrite: seekable,
    fd_read(fd, vectors, count, readPointer) {
      descriptors.get(fd, Right.read);
      memory.vectors(vectors, count, limits);
      memory.setU32(readPointer, 0);
    },
    fd_readdir: inDirectory,
    fd_renumber: (from, to) => descriptors.renumber(from, to),
    fd_seek: seekable,
    fd_sync: (fd) => void descriptors.get(fd, Right.sync),
    fd_tell: seekable,
    fd_write(fd, vectors, count, writtenPointer) {
      const { output } = descriptors.get(fd, Right.write);
      const ranges = memory.vectors(vectors, count, limits);
      memory.check(writtenPointer, 4);
      const bytes = memory.gather(ranges);
      if (output !== undefined && bytes.length > 0) context.write(output, bytes);
      memory.setU32(writtenPointer, bytes.length);
    },
    path_create_directory: inDirectory,
    path_filestat_get: inDirectory,
    path_filestat_set_times: inDirectory,
    path_link: inDirectory,
    path_open: inDirectory,
    path_readlink: inDirectory,
    path_remove_directory: inDirectory,
    path_rename: inDirectory,
    path_symlink: (_target, _length, fd) => inDirectory(fd),
    path_unlink_file: inDirectory,
  };
}
