/**
 * Folders of the host's file system for WASI, over `node:fs` (Node, Deno, Bun). It implements the one-name operations
 * of `wasi/file-tree.ts` and never gives the system a path that a guest composed.
 *
 * Where `/proc/self/fd` works (Linux), a name is opened relative to the *open* directory it is in:
 *
 *   /proc/self/fd/17/name       17: descriptor of the directory; the last name is never followed if it is a link
 *
 * which is `openat`: whoever moves or replaces directories meanwhile, the operation happens where the walk is.
 * Elsewhere (macOS, Windows, Deno without all permissions) names are joined to the directory's real path, which is
 * resolved again before and, when something is opened, after each operation. Between the two, another *process* that
 * may write into the folder can still swap a directory for a link; a guest alone cannot, since its calls run one at
 * a time. Do not share such a folder with a hostile process on those systems.
 *
 * Refused in any case: links as anything but links, devices, pipes, sockets, other file systems mounted below
 * (`/proc`, `/sys`, a volume), and files with more than one hard link, because their other names may lie outside.
 */

import fs from "node:fs";
import path from "node:path";
import { Errno, type ErrnoCode, refuse, Refusal } from "../wasi/errno.ts";
import { parsePath } from "../wasi/file-path.ts";
import {
  type Directory,
  type FileEntry,
  type FileMode,
  type FileStat,
  type FileTimes,
  FileType,
  type FileTypeCode,
  type Folder,
  type OpenFile,
} from "../wasi/file-tree.ts";

/** How a folder of the host is offered. */
export interface HostFolderOptions {
  /**
   * What to do with files that have more than one hard link, and with a guest that makes one: "refuse" them (the
   * default), or "allow" where every name of every file in the folder is known to lie inside.
   */
  readonly hardLinks?: "refuse" | "allow" | undefined;
  /** Whether directories may be held open through `/proc/self/fd`; by default where that works. */
  readonly useDescriptors?: boolean | undefined;
}

/**
 * Offers a folder of the host.
 *
 * @param folder Its path; a link here is followed, as the embedder wrote it.
 * @param options How it is offered.
 * @returns What WASI mounts. It is opened anew for each instance.
 * @throws {Error} If there is no directory at this path, or it is `/proc` or `/sys` or below.
 */
export function hostFolder(folder: string, options: HostFolderOptions = {}): Folder {
  const real = fs.realpathSync.native(folder);
  if (!fs.statSync(real).isDirectory()) throw new Error(`Cannot mount "${folder}": it is not a directory`);
  if (/^\/(proc|sys)(\/|$)/.test(real)) {
    throw new Error(`Cannot mount "${folder}": it shows the kernel and not files; mount a folder of a disk`);
  }
  const mayLink = options.hardLinks === "allow";
  return {
    open() {
      const { dev } = fs.statSync(real, { bigint: true });
      const rules: Rules = { device: dev, mayLink };
      if (options.useDescriptors ?? true) {
        const opened = HeldDirectory.openTop(real, rules);
        if (opened !== undefined) return opened;
      }
      return new NamedDirectory(real, rules);
    },
  };
}

/** What holds for everything below one mount. */
interface Rules {
  /** The file system that the folder is on. */
  readonly device: bigint;
  readonly mayLink: boolean;
}

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
// Absent on Windows, where the checks before and after an open have to do.
const O_NOFOLLOW = fs.constants.O_NOFOLLOW ?? 0;
const O_DIRECTORY = fs.constants.O_DIRECTORY ?? 0;
const O_NONBLOCK = fs.constants.O_NONBLOCK ?? 0;
const O_NOCTTY = fs.constants.O_NOCTTY ?? 0;
const SAFE = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** What both kinds of directory do alike, given how they name an entry. */
abstract class HostDirectory implements Directory {
  protected readonly rules: Rules;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** A path of the host for a checked name, or for the directory itself. Throws a `Refusal` if it has moved. */
  protected abstract at(name: string): string;
  abstract openDirectory(name: string): Directory;
  abstract close(): void;

  stat(name: string): FileStat {
    return attempt(() => toFileStat(fs.lstatSync(this.at(name), { bigint: true })));
  }

  openFile(name: string, mode: FileMode): OpenFile {
    return attempt(() => {
      const at = this.at(name);
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
        this.at(name);
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
      const listing = fs.opendirSync(this.at("."));
      try {
        // As for files: a path must still be the one that was checked.
        this.at(".");
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
    const bytes = attempt(() => fs.readlinkSync(this.at(name), { encoding: "buffer" }));
    return parsePath(new Uint8Array(bytes));
  }

  createDirectory(name: string): void {
    attempt(() => fs.mkdirSync(this.at(name)));
  }

  createLink(name: string, target: string): void {
    attempt(() => fs.symlinkSync(target, this.at(name)));
  }

  linkFile(name: string, to: Directory, toName: string): void {
    if (!(to instanceof HostDirectory)) refuse("xdev");
    if (!this.rules.mayLink) refuse("notcapable");
    attempt(() => {
      const from = this.at(name);
      this.#checkFile(fs.lstatSync(from, { bigint: true }));
      fs.linkSync(from, to.at(toName));
    });
  }

  removeDirectory(name: string): void {
    attempt(() => fs.rmdirSync(this.at(name)));
  }

  removeFile(name: string): void {
    attempt(() => fs.unlinkSync(this.at(name)));
  }

  rename(name: string, to: Directory, toName: string): void {
    if (!(to instanceof HostDirectory)) refuse("xdev");
    attempt(() => fs.renameSync(this.at(name), to.at(toName)));
  }

  setTimes(name: string, times: FileTimes): void {
    attempt(() => {
      const at = this.at(name);
      const stat = fs.lstatSync(at, { bigint: true });
      if (stat.isFile()) this.#checkFile(stat);
      fs.lutimesSync(at, toSeconds(times.accessed ?? stat.atimeNs), toSeconds(times.modified ?? stat.mtimeNs));
    });
  }

  #checkFile(stat: fs.BigIntStats): void {
    if (stat.isDirectory()) refuse("isdir");
    if (stat.isSymbolicLink()) refuse("loop");
    if (!stat.isFile()) refuse("acces");
    if (stat.nlink > 1n && !this.rules.mayLink) refuse("notcapable");
  }

  protected checkDirectory(stat: fs.BigIntStats): void {
    if (!stat.isDirectory()) refuse("notdir");
    if (stat.dev !== this.rules.device) refuse("xdev");
  }
}

/** A directory held open: names are looked up in it wherever it is now. */
class HeldDirectory extends HostDirectory {
  readonly #fd: number;
  #isOpen = true;

  private constructor(fd: number, rules: Rules) {
    super(rules);
    this.#fd = fd;
  }

  /** Opens the top of a mount; `undefined` where `/proc/self/fd` does not lead back to what is open. */
  static openTop(real: string, rules: Rules): HeldDirectory | undefined {
    if (O_DIRECTORY === 0) return undefined;
    const fd = fs.openSync(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      const through = fs.statSync(`/proc/self/fd/${fd}/.`, { bigint: true });
      const direct = fs.fstatSync(fd, { bigint: true });
      if (through.ino === direct.ino && through.dev === direct.dev) return new HeldDirectory(fd, rules);
    } catch {
      // No `/proc`, or no permission for it.
    }
    fs.closeSync(fd);
    return undefined;
  }

  openDirectory(name: string): Directory {
    return attempt(() => {
      const fd = fs.openSync(this.at(name), O_RDONLY | O_DIRECTORY | SAFE);
      try {
        this.checkDirectory(fs.fstatSync(fd, { bigint: true }));
      } catch (error) {
        fs.closeSync(fd);
        throw error;
      }
      return new HeldDirectory(fd, this.rules);
    });
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fs.closeSync(this.#fd);
  }

  protected at(name: string): string {
    if (!this.#isOpen) refuse("badf");
    return `/proc/self/fd/${this.#fd}/${name}`;
  }
}

/** A directory known by its real path, which is resolved again before each use. */
class NamedDirectory extends HostDirectory {
  readonly #real: string;

  constructor(real: string, rules: Rules) {
    super(rules);
    this.#real = real;
  }

  openDirectory(name: string): Directory {
    return attempt(() => {
      const at = this.at(name);
      this.checkDirectory(fs.lstatSync(at, { bigint: true }));
      const real = fs.realpathSync.native(at);
      if (name !== "." && path.dirname(real) !== this.#real) refuse("notcapable");
      return new NamedDirectory(real, this.rules);
    });
  }

  close(): void {}

  protected at(name: string): string {
    checkPortableName(name);
    if (fs.realpathSync.native(this.#real) !== this.#real) refuse("notcapable");
    return name === "." ? this.#real : this.#real + path.sep + name;
  }
}

/** An open file of the host. */
class OpenHostFile implements OpenFile {
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

/** Names of the system's errors that have a number of the same meaning in preview 1. */
const ERRNOS: Readonly<Record<string, ErrnoCode>> = {
  EACCES: Errno.acces,
  EBADF: Errno.badf,
  EBUSY: Errno.busy,
  EDQUOT: Errno.dquot,
  EEXIST: Errno.exist,
  EFBIG: Errno.fbig,
  EINVAL: Errno.inval,
  EISDIR: Errno.isdir,
  ELOOP: Errno.loop,
  EMFILE: Errno.mfile,
  ENAMETOOLONG: Errno.nametoolong,
  ENFILE: Errno.mfile,
  ENOENT: Errno.noent,
  ENOSPC: Errno.nospc,
  ENOTDIR: Errno.notdir,
  ENOTEMPTY: Errno.notempty,
  ENXIO: Errno.acces,
  EPERM: Errno.perm,
  EROFS: Errno.rofs,
  EXDEV: Errno.xdev,
};

/** Runs something of `node:fs` and turns its error, whose text has paths of the host in it, into a number. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal || !(error instanceof Error)) throw error;
    if ("code" in error) throw new Refusal(ERRNOS[String(error.code)] ?? Errno.io);
    // Deno's own permissions, which may be narrower than the mount.
    if (error.name === "NotCapable") refuse("notcapable");
    throw error;
  }
}

function toFileStat(stat: fs.BigIntStats): FileStat {
  const { ino, nlink, size, atimeNs, mtimeNs, ctimeNs } = stat;
  const times = { accessed: atimeNs, modified: mtimeNs, changed: ctimeNs };
  return { type: toFileType(stat), inode: ino, links: nlink, size, ...times };
}

function toFileType(stat: Pick<fs.BigIntStats, "isFile" | "isDirectory" | "isSymbolicLink">): FileTypeCode {
  if (stat.isFile()) return FileType.file;
  if (stat.isDirectory()) return FileType.directory;
  return stat.isSymbolicLink() ? FileType.link : FileType.other;
}

/** `node:fs` takes times as seconds, which keep about a microsecond. */
function toSeconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}

/** Names that mean something else than themselves to Windows: other streams, devices, cut-off ends. */
function checkPortableName(name: string): void {
  if (name === "." || path.sep === "/") return;
  const isDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i.test(name);
  if (isDevice || /[\\/:*?"<>|\u0000-\u001f]/.test(name) || /[. ]$/.test(name)) refuse("inval");
}
