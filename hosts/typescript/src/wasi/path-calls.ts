/**
 * The functions that take a path, `path_*`. Each finds the place that the path means (`file-path.ts`) and asks the
 * directory there for one operation on one name. A folder that is mounted to be read refuses every change here, with
 * `EROFS`, before the files are asked.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_create_directory
 */

import { type DirectoryDescriptor, grantRights } from "./descriptors.ts";
import { Errno, refuse, Refusal } from "./errno.ts";
import { type Place, readPath, withPlace } from "./file-path.ts";
import { FILESTAT_BYTES, readFileTimes, writeFileStat } from "./file-stat.ts";
import { type FileStat, FileType } from "./file-tree.ts";
import { ENTRY_BYTES, type Instance } from "./instance.ts";
import { Right, toRights } from "./rights.ts";
import type { WasiFunctions } from "./signatures.ts";

const FOLLOW = 1;
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;
const ALL_FDFLAGS = 31;

/** The functions of this file. */
export type PathCall = Extract<keyof WasiFunctions, `path_${string}`>;

/**
 * Builds the functions.
 *
 * @param instance The instance.
 * @returns The functions by name.
 */
export function createPathCalls(instance: Instance): Pick<WasiFunctions, PathCall> {
  const { memory, descriptors, clocks, quota } = instance;

  /** The directory that a change starts from. */
  const writable = (fd: number, right: number): DirectoryDescriptor => {
    const descriptor = descriptors.directory(fd, right);
    if (descriptor.mount.access === "read") refuse("rofs");
    return descriptor;
  };

  return {
    path_create_directory(fd, pointer, length) {
      const { directory } = writable(fd, Right.pathCreateDirectory);
      withPlace(directory, readPath(memory, pointer, length), false, (place) => {
        if (place.name === ".") refuse("exist");
        quota.grow(ENTRY_BYTES, () => place.directory.createDirectory(place.name));
      });
    },
    path_filestat_get(fd, flags, pointer, length, statPointer) {
      const { directory } = descriptors.directory(fd, Right.pathFilestatGet);
      memory.check(statPointer, FILESTAT_BYTES);
      const stat = withPlace(directory, readPath(memory, pointer, length), (flags & FOLLOW) !== 0, describe);
      writeFileStat(memory, statPointer, stat);
    },
    path_filestat_set_times(fd, flags, pointer, length, accessed, modified, which) {
      const { directory } = writable(fd, Right.pathFilestatSetTimes);
      const times = readFileTimes(clocks, accessed, modified, which);
      withPlace(directory, readPath(memory, pointer, length), (flags & FOLLOW) !== 0, (place) => {
        describe(place);
        place.directory.setTimes(place.name, times);
      });
    },
    path_link(fromFd, flags, fromPointer, fromLength, toFd, toPointer, toLength) {
      const from = writable(fromFd, Right.pathLinkSource);
      const to = writable(toFd, Right.pathLinkTarget);
      const [fromPath, toPath] = [readPath(memory, fromPointer, fromLength), readPath(memory, toPointer, toLength)];
      if (from.mount !== to.mount) refuse("xdev");
      if ((flags & FOLLOW) !== 0) refuse("inval");
      withPlace(from.directory, fromPath, false, (source) => {
        if (typeToMove(source) === FileType.directory) refuse("perm");
        withPlace(to.directory, toPath, false, (target) => {
          if (target.isDirectory) refuse("noent");
          quota.grow(ENTRY_BYTES, () => source.directory.linkFile(source.name, target.directory, target.name));
        });
      });
    },
    path_open(fd, lookup, pointer, length, flags, base, inheriting, fdflags, fdPointer) {
      const parent = descriptors.directory(fd, Right.pathOpen);
      memory.check(fdPointer, 4);
      const path = readPath(memory, pointer, length);
      descriptors.checkRoom();
      if ((fdflags & ~ALL_FDFLAGS) !== 0) refuse("inval");
      const opening: Opening = { flags, fdflags, base: toRights(base), inheriting: toRights(inheriting) };
      const isNew = (flags & CREATE) !== 0 && (flags & EXCLUSIVE) !== 0;
      const follow = (lookup & FOLLOW) !== 0 && !isNew;
      const opened = withPlace(parent.directory, path, follow, (place) => openPlace(instance, parent, place, opening));
      memory.setU32(fdPointer, opened);
    },
    path_readlink(fd, pointer, length, textPointer, textLength, usedPointer) {
      const { directory } = descriptors.directory(fd, Right.pathReadlink);
      memory.check(textPointer, textLength >>> 0);
      memory.check(usedPointer, 4);
      const text = withPlace(directory, readPath(memory, pointer, length), false, (place) => {
        if (describe(place).type !== FileType.link) refuse("inval");
        return place.directory.readLink(place.name);
      });
      const bytes = new TextEncoder().encode(text).subarray(0, textLength >>> 0);
      memory.write(textPointer, bytes);
      memory.setU32(usedPointer, bytes.length);
    },
    path_remove_directory(fd, pointer, length) {
      const { directory } = writable(fd, Right.pathRemoveDirectory);
      withPlace(directory, readPath(memory, pointer, length), false, (place) => {
        if (place.name === ".") refuse("inval");
        place.directory.removeDirectory(place.name);
      });
    },
    path_rename(fromFd, fromPointer, fromLength, toFd, toPointer, toLength) {
      const from = writable(fromFd, Right.pathRenameSource);
      const to = writable(toFd, Right.pathRenameTarget);
      const [fromPath, toPath] = [readPath(memory, fromPointer, fromLength), readPath(memory, toPointer, toLength)];
      if (from.mount !== to.mount) refuse("xdev");
      withPlace(from.directory, fromPath, false, (source) => {
        withPlace(to.directory, toPath, false, (target) => {
          if (source.name === "." || target.name === ".") refuse("inval");
          const type = typeToMove(source);
          if (target.isDirectory && type !== FileType.directory) refuse("notdir");
          source.directory.rename(source.name, target.directory, target.name);
        });
      });
    },
    path_symlink(textPointer, textLength, fd, pointer, length) {
      const { directory } = writable(fd, Right.pathSymlink);
      const text = readPath(memory, textPointer, textLength);
      checkLink(text);
      withPlace(directory, readPath(memory, pointer, length), false, (place) => {
        if (place.name === ".") refuse("exist");
        if (place.isDirectory) refuse("noent");
        quota.grow(ENTRY_BYTES, () => place.directory.createLink(place.name, text));
      });
    },
    path_unlink_file(fd, pointer, length) {
      const { directory } = writable(fd, Right.pathUnlinkFile);
      withPlace(directory, readPath(memory, pointer, length), false, (place) => {
        if (describe(place).type === FileType.directory) refuse("isdir");
        place.directory.removeFile(place.name);
      });
    },
  };
}

/** Our own walk would not follow such a link out, but a program of the host's that works in the folder would. */
function checkLink(text: string): void {
  if (text.startsWith("/") || text.split("/").includes("..")) refuse("notcapable");
}

/** Type of what gets another place; the host's own links may lead upward, but not from there. */
function typeToMove(place: Place): FileStat["type"] {
  const { type } = describe(place);
  if (type === FileType.link) checkLink(place.directory.readLink(place.name));
  return type;
}

/** What `path_open` was asked for. */
interface Opening {
  readonly flags: number;
  readonly fdflags: number;
  readonly base: number;
  readonly inheriting: number;
}

/** Describes what is at a place; `ENOTDIR` if the path says it is a directory and it is not. */
function describe({ directory, name, isDirectory }: Place): FileStat {
  const stat = directory.stat(name);
  if (isDirectory && stat.type !== FileType.directory) refuse("notdir");
  return stat;
}

/** Opens what is at a place and returns its new descriptor. */
function openPlace({ descriptors, quota }: Instance, parent: DirectoryDescriptor, place: Place, opening: Opening): number {
  const { flags, fdflags, base, inheriting } = opening;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const { mount } = parent;
  const found = describeIfThere(place);
  if (found !== undefined && has(CREATE) && has(EXCLUSIVE)) refuse("exist");

  if (found?.type === FileType.directory) {
    const writes = (base & Right.fdWrite) !== 0 && !has(DIRECTORY);
    if (writes || has(TRUNCATE) || has(CREATE)) refuse("isdir");
    const rights = grantRights("directory", base, inheriting, parent);
    const directory = place.directory.openDirectory(place.name);
    return descriptors.add({ kind: "directory", directory, mount, isMount: false, entries: [], flags: fdflags, ...rights });
  }

  if (has(DIRECTORY)) refuse(found === undefined ? "noent" : "notdir");
  if (found === undefined && !has(CREATE)) refuse("noent");
  if (found === undefined && place.isDirectory) refuse("isdir");
  if (found?.type === FileType.link) refuse("loop");
  const rights = grantRights("file", base, inheriting, parent);
  const mode = {
    read: (rights.rights & Right.fdRead) !== 0,
    write: (rights.rights & Right.fdWrite) !== 0,
    create: has(CREATE),
    exclusive: has(EXCLUSIVE),
    truncate: has(TRUNCATE),
  };
  const makes = mode.create && found === undefined;
  if ((makes || mode.write || mode.truncate) && mount.access === "read") refuse("rofs");
  if (makes && (parent.rights & Right.pathCreateFile) === 0) refuse("notcapable");
  if (mode.truncate && (parent.rights & Right.pathFilestatSetSize) === 0) refuse("notcapable");
  const growth = makes ? ENTRY_BYTES : mode.truncate ? -Number(found?.size ?? 0) : 0;
  const file = quota.grow(growth, () => place.directory.openFile(place.name, mode));
  return descriptors.add({ kind: "file", file, mount, position: 0, flags: fdflags, ...rights });
}

function describeIfThere(place: Place): FileStat | undefined {
  try {
    return describe(place);
  } catch (error) {
    if (error instanceof Refusal && error.errno === Errno.noent) return undefined;
    throw error;
  }
}
