/**
 * How a directory of the host is held while WASI works in it, and how an entry of it is named to `node:fs`: held open,
 * or known by its real path. `node-files.ts` says what each is worth.
 */

import fs from "node:fs";
import path from "node:path";
import { refuse } from "../wasi/errno.ts";
import { isPlainOnWindows } from "./windows-name.ts";

/** Looks at something that is about to be entered and refuses it with a `Refusal`. */
export type DirectoryCheck = (stat: fs.BigIntStats) => void;

/** A directory of the host. */
export interface Anchor {
  /** The host's path of an entry, or of the directory itself for `.`; refuses if the directory is not where it was. */
  at(name: string): string;
  /** The directory of this name, or `.`, never through a link. */
  enter(name: string, check: DirectoryCheck): Anchor;
  /** Lets it go. Closing twice is safe. */
  close(): void;
}

// Absent on Windows, where `enter` looks before and after instead.
const DIRECTORY = fs.constants.O_DIRECTORY ?? 0;
const NO_FOLLOW = fs.constants.O_NOFOLLOW ?? 0;

/**
 * Holds a directory open.
 *
 * @param real Its real path.
 * @returns The directory, or `undefined` where `/proc/self/fd` does not lead back to what is open.
 * @throws {Error} If it cannot be opened.
 */
export function holdOpen(real: string): Anchor | undefined {
  if (DIRECTORY === 0) return undefined;
  const fd = fs.openSync(real, fs.constants.O_RDONLY | DIRECTORY | NO_FOLLOW);
  try {
    const through = fs.statSync(`/proc/self/fd/${fd}/.`, { bigint: true });
    const direct = fs.fstatSync(fd, { bigint: true });
    if (through.ino === direct.ino && through.dev === direct.dev) return holdDescriptor(fd);
  } catch {
    // No `/proc`, or no permission for it.
  }
  fs.closeSync(fd);
  return undefined;
}

/**
 * Knows a directory by its path, which is resolved again before each use.
 *
 * @param real Its real path.
 * @returns The directory.
 */
export function knowByPath(real: string): Anchor {
  const at = (name: string): string => {
    if (path.sep === "\\" && !isPlainOnWindows(name)) refuse("inval");
    if (fs.realpathSync.native(real) !== real) refuse("notcapable");
    return name === "." ? real : path.join(real, name);
  };
  return {
    at,
    enter(name, check) {
      check(fs.lstatSync(at(name), { bigint: true }));
      const entered = fs.realpathSync.native(at(name));
      if (name !== "." && path.dirname(entered) !== real) refuse("notcapable");
      return knowByPath(entered);
    },
    close() {},
  };
}

function holdDescriptor(fd: number): Anchor {
  let isOpen = true;
  const at = (name: string): string => {
    if (!isOpen) refuse("badf");
    return `/proc/self/fd/${fd}/${name}`;
  };
  return {
    at,
    enter(name, check) {
      const entered = fs.openSync(at(name), fs.constants.O_RDONLY | DIRECTORY | NO_FOLLOW);
      try {
        check(fs.fstatSync(entered, { bigint: true }));
      } catch (error) {
        fs.closeSync(entered);
        throw error;
      }
      return holdDescriptor(entered);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      fs.closeSync(fd);
    },
  };
}
