/** An open file of the host, and how `node:fs` describes entries. Which files may be opened is decided before. */

import fs from "node:fs";
import { type FileStat, type FileTimes, FileType, type FileTypeCode, type OpenFile } from "../wasi/file-tree.ts";
import { attempt } from "./node-errno.ts";

/** An open file of the host. */
export class OpenHostFile implements OpenFile {
  readonly #fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  stat(): FileStat {
    return attempt(() => toFileStat(fs.fstatSync(this.#fd, { bigint: true })));
  }

  read(into: Uint8Array<ArrayBuffer>, position: number): number {
    return attempt(() => fs.readSync(this.#fd, into, 0, into.length, position));
  }

  write(bytes: Uint8Array<ArrayBuffer>, position: number): number {
    return attempt(() => fs.writeSync(this.#fd, bytes, 0, bytes.length, position));
  }

  resize(size: number): void {
    attempt(() => fs.ftruncateSync(this.#fd, size));
  }

  setTimes(times: FileTimes): void {
    attempt(() => {
      const { atimeNs, mtimeNs } = fs.fstatSync(this.#fd, { bigint: true });
      fs.futimesSync(this.#fd, toSeconds(times.accessed ?? atimeNs), toSeconds(times.modified ?? mtimeNs));
    });
  }

  sync(): void {
    attempt(() => fs.fsyncSync(this.#fd));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fs.closeSync(this.#fd);
  }
}

/**
 * Describes an entry of the host.
 *
 * @param stat What the system says, not having followed a link.
 * @returns The same in the words of WASI.
 */
export function toFileStat(stat: fs.BigIntStats): FileStat {
  const { ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
  const times = { accessed: atimeNs, modified: mtimeNs, changed: ctimeNs };
  return { type: toFileType(stat), inode: ino, links: nlink, size, ...times };
}

/**
 * Names the kind of an entry.
 *
 * @param stat What the system says, or an entry of a listing.
 * @returns The kind.
 */
export function toFileType(stat: Pick<fs.BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">): FileTypeCode {
  if (stat.isFile()) return FileType.file;
  if (stat.isDirectory()) return FileType.directory;
  return stat.isSymbolicLink() ? FileType.link : FileType.other;
}

/**
 * Turns a time into the seconds that `node:fs` takes, which keep about a microsecond.
 *
 * @param nanoseconds Nanoseconds since 1970.
 * @returns Seconds since 1970, with fractions.
 */
export function toSeconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
