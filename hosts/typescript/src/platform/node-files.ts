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
import type { Folder } from "../wasi/file-tree.ts";
import { holdOpen, knowByPath } from "./node-anchor.ts";
import { HostDirectory } from "./node-directory.ts";

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
      const anchor = (options.useDescriptors ?? true) ? holdOpen(real) : undefined;
      return new HostDirectory(anchor ?? knowByPath(real), { device: dev, mayLink });
    },
  };
}
