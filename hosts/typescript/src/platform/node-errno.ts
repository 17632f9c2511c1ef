/** What the system says about files, as error numbers of WASI preview 1. */

import { type Errno, refuse, Refusal } from "../wasi/errno.ts";

/** Names of the system's errors that have a number of the same meaning in preview 1. */
const ERRNOS: Readonly<Record<string, keyof typeof Errno>> = {
  EACCES: "acces",
  EBADF: "badf",
  EBUSY: "busy",
  EDQUOT: "dquot",
  EEXIST: "exist",
  EFBIG: "fbig",
  EINVAL: "inval",
  EISDIR: "isdir",
  ELOOP: "loop",
  EMFILE: "mfile",
  ENAMETOOLONG: "nametoolong",
  ENFILE: "mfile",
  ENOENT: "noent",
  ENOSPC: "nospc",
  ENOTDIR: "notdir",
  ENOTEMPTY: "notempty",
  ENXIO: "acces",
  EPERM: "perm",
  EROFS: "rofs",
  EXDEV: "xdev",
};

/**
 * Runs something of `node:fs` and turns its error, whose text has paths of the host in it, into a number.
 *
 * @param work What to run.
 * @returns What it returns.
 * @throws {Refusal} The number of what the system says; `EIO` for what preview 1 has no number for.
 */
export function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal || !(error instanceof Error)) throw error;
    if ("code" in error) refuse(ERRNOS[String(error.code)] ?? "io");
    // Deno's own permissions, which may be narrower than the mount.
    if (error.name === "NotCapable") refuse("notcapable");
    throw error;
  }
}
