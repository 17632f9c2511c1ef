/** An open directory of the host as WASI sees it: one operation on one name, and what is refused whoever asks. */

import fs from "node:fs";
import { refuse } from "../wasi/errno.ts";
import { parsePath } from "../wasi/file-path.ts";
import type { Directory, FileEntry, FileMode, FileStat, FileTimes, OpenFile } from "../wasi/file-tree.ts";
import type { Anchor } from "./node-anchor.ts";
import { attempt } from "./node-errno.ts";
import { OpenHostFile, toFileStat, toFileType, toSeconds } from "./node-file.ts";

/** What holds for everything below one mount. */
export interface HostRules {
  /** The file system that the folder is on; directories on others are refused. */
  readonly device: bigint;
  /** Whether files may have more than one hard link. */
  readonly mayLink: boolean;
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
// Absent on Windows, where the looks before and after an open have to do.
const SAFE = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOCTTY ?? 0);

/** An open directory of the host. */
export class HostDirectory implements Directory {
  readonly #anchor: Anchor;
  readonly #rules: HostRules;

  constructor(anchor: Anchor, rules: HostRules) {
    this.#anchor = anchor;
    this.#rules = rules;
  }

  stat(name: string): FileStat {
    return attempt(() => toFileStat(fs.lstatSync(this.#anchor.at(name), { bigint: true })));
  }

  openDirectory(name: string): Directory {
    const anchor = attempt(() => {
      return this.#anchor.enter(name, (stat) => {
        if (!stat.isDirectory()) refuse("notdir");
        if (stat.dev !== this.#rules.device) refuse("xdev");
      });
    });
    return new HostDirectory(anchor, this.#rules);
  }

  openFile(name: string, mode: FileMode): OpenFile {
    return attempt(() => {
      const at = this.#anchor.at(name);
      const before = fs.lstatSync(at, { bigint: true, throwIfNoEntry: false });
      if (before !== undefined) {
        if (mode.create && mode.exclusive) refuse("exist");
        this.#checkFile(before);
      } else if (!mode.create) {
        refuse("noent");
      }
      const access = mode.write || mode.truncate ? (mode.read ? O_RDWR : O_WRONLY) : O_RDONLY;
      // Made here or refused: never what somebody else has put there since.
      const fd = fs.openSync(at, access | SAFE | (before === undefined ? O_CREAT | O_EXCL : 0), 0o666);
      try {
        const after = fs.fstatSync(fd, { bigint: true });
        this.#checkFile(after);
        if (before !== undefined && (before.ino !== after.ino || before.dev !== after.dev)) refuse("notcapable");
        // Where `at` is a path, it must still be the one that was checked, before a byte is read or written.
        this.#anchor.at(name);
        if (mode.truncate) fs.ftruncateSync(fd, 0);
      } catch (error) {
        fs.closeSync(fd);
        throw error;
      }
      return new OpenHostFile(fd);
    });
  }

  list(maxEntries: number): FileEntry[] {
    return attempt(() => {
      const listing = fs.opendirSync(this.#anchor.at("."));
      try {
        // As for files: a path must still be the one that was checked.
        this.#anchor.at(".");
        const entries: FileEntry[] = [];
        for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
          // A name that is not UTF-8 arrives with this character in it, and no guest could ask for it.
          if (entry.name.includes("\ufffd")) continue;
          if (entries.length >= maxEntries) refuse("overflow");
          entries.push({ name: entry.name, type: toFileType(entry), inode: 0n });
        }
        return entries;
      } finally {
        listing.closeSync();
      }
    });
  }

  readLink(name: string): string {
    const bytes = attempt(() => fs.readlinkSync(this.#anchor.at(name), { encoding: "buffer" }));
    return parsePath(new Uint8Array(bytes));
  }

  createDirectory(name: string): void {
    attempt(() => fs.mkdirSync(this.#anchor.at(name)));
  }

  createLink(name: string, target: string): void {
    attempt(() => fs.symlinkSync(target, this.#anchor.at(name)));
  }

  linkFile(name: string, to: Directory, toName: string): void {
    if (!(to instanceof HostDirectory)) refuse("xdev");
    if (!this.#rules.mayLink) refuse("notcapable");
    attempt(() => {
      const from = this.#anchor.at(name);
      const stat = fs.lstatSync(from, { bigint: true });
      // Some systems would follow it, out of the folder perhaps; a second one with the same target is the same to a guest.
      if (stat.isSymbolicLink()) return to.createLink(toName, this.readLink(name));
      this.#checkFile(stat);
      fs.linkSync(from, to.#anchor.at(toName));
    });
  }

  removeDirectory(name: string): void {
    attempt(() => fs.rmdirSync(this.#anchor.at(name)));
  }

  removeFile(name: string): void {
    attempt(() => fs.unlinkSync(this.#anchor.at(name)));
  }

  rename(name: string, to: Directory, toName: string): void {
    if (!(to instanceof HostDirectory)) refuse("xdev");
    attempt(() => fs.renameSync(this.#anchor.at(name), to.#anchor.at(toName)));
  }

  setTimes(name: string, times: FileTimes): void {
    attempt(() => {
      const at = this.#anchor.at(name);
      const stat = fs.lstatSync(at, { bigint: true });
      if (stat.isFile()) this.#checkFile(stat);
      fs.lutimesSync(at, toSeconds(times.accessed ?? stat.atimeNs), toSeconds(times.modified ?? stat.mtimeNs));
    });
  }

  close(): void {
    this.#anchor.close();
  }

  #checkFile(stat: fs.BigIntStats): void {
    if (stat.isDirectory()) refuse("isdir");
    if (stat.isSymbolicLink()) refuse("loop");
    if (!stat.isFile()) refuse("acces");
    if (stat.nlink > 1n && !this.#rules.mayLink) refuse("notcapable");
  }
}
