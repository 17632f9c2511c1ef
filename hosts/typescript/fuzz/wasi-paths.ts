/**
 * WASI paths: random calls with random paths and links, on a folder in memory and on one of the host at once. Both answer the
 * same, nothing outside of the host's folder changes, and no byte from there comes in.
 */

import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";

import { hostFolder } from "../src/platform/node-files.ts";
import { memoryFolder } from "../src/wasi/memory-folder.ts";
import { createGuest, type Guest, read } from "../test/wasi/guest.ts";

const SECRET = "this lies outside";
const name = fc.constantFrom("a", "b", "c", "dir", "..", ".", "", "file", "link", "no", "ü", "x".repeat(256), "\0");
const path = fc.oneof(
  { weight: 8, arbitrary: fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join("/")) },
  { weight: 1, arbitrary: fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`) },
  { weight: 1, arbitrary: fc.constantFrom("../secret", "../../secret", "/etc/passwd", "dir/../../secret", "link/secret", "link/../../secret", "./../folder/a", "dir/", "file/", "link/") },
);
type Call = readonly [kind: "open" | "create" | "write" | "read" | "mkdir" | "rmdir" | "unlink" | "symlink" | "link" | "rename" | "stat" | "lstat" | "readlink" | "list" | "truncate", one: string, two: string];
const call: fc.Arbitrary<Call> = fc.tuple(fc.constantFrom("open", "create", "write", "write", "read", "read", "mkdir", "mkdir", "rmdir", "unlink", "symlink", "symlink", "link", "rename", "rename", "stat", "lstat", "readlink", "list", "truncate"), path, path);

/** Found: a second name of a symbolic link, which a folder in memory gave and one of the host did not. */
export const examples: [Call[]][] = [
  [[["symlink", "a", "a"], ["link", "a", "a"], ["open", "a", "/a"]]],
  [[["symlink", "dir/a", "b"], ["link", "b", "c"], ["read", "c", ""], ["readlink", "c", ""], ["unlink", "b", ""], ["read", "c", ""]]],
  [[["symlink", "../secret", "b"], ["link", "b", "c"], ["read", "c", ""], ["lstat", "c", ""]]],
];

/** The law. */
export const property = fc.property(fc.array(call, { minLength: 1, maxLength: 20 }), (calls) => {
  const outside = fs.mkdtempSync(join(tmpdir(), "tenon-fuzz-"));
  try {
    const folder = join(outside, "folder");
    fs.mkdirSync(join(folder, "dir"), { recursive: true });
    fs.writeFileSync(join(folder, "file"), "inside");
    fs.writeFileSync(join(folder, "dir/a"), "deep");
    fs.writeFileSync(join(outside, "secret"), SECRET);
    const inMemory = createGuest({ files: [{ guest: "/", access: "write", folder: memoryFolder({ file: "inside", "dir/a": "deep" }) }] });
    const onHost = createGuest({ files: [{ guest: "/", access: "write", folder: hostFolder(folder, { hardLinks: "allow" }) }] });
    try {
      for (const [index, each] of calls.entries()) {
        const [here, there] = [perform(inMemory, each), perform(onHost, each)];
        if (there.includes(SECRET)) throw new Error(`call ${index}, ${each.join(" ")}, reads what lies outside`);
        if (here !== there) throw new Error(`call ${index}, ${JSON.stringify(each)}: in memory ${here}, on the host ${there}`);
      }
    } finally {
      inMemory.wasi.close();
      onHost.wasi.close();
    }
    if ([...fs.readdirSync(outside)].sort().join() !== "folder,secret" || fs.readFileSync(join(outside, "secret"), "utf8") !== SECRET) throw new Error("something outside has changed");
  } finally {
    fs.rmSync(outside, { recursive: true, force: true });
  }
});

const CREATE = 1;
const TRUNCATE = 8;

/** Does one call; gives what the guest sees of it, as text. Inodes and times are each folder's own. */
function perform(guest: Guest, [kind, one, two]: Call): string {
  switch (kind) {
    case "open":
      return using(guest, guest.open(one), () => "opened");
    case "create":
      return using(guest, guest.open(one, { flags: CREATE }), () => "opened");
    case "truncate":
      return using(guest, guest.open(one, { flags: TRUNCATE }), () => "opened");
    case "write":
      return using(guest, guest.open(one, { flags: CREATE, follow: two.length % 2 === 0 }), (fd) => `wrote ${String(guest.writeText(fd, two.slice(0, 20)))}`);
    case "read":
      return using(guest, guest.open(one), (fd) => attempt(() => guest.readAll(fd)));
    case "list":
      return using(guest, guest.open(one, { flags: 2 }), (fd) => attempt(() => guest.list(fd).join()));
    case "mkdir":
      return String(guest.path("path_create_directory", 3, one));
    case "rmdir":
      return String(guest.path("path_remove_directory", 3, one));
    case "unlink":
      return String(guest.path("path_unlink_file", 3, one));
    case "symlink":
      return String(guest.path("path_symlink", one, 3, two));
    case "link":
      return String(guest.path("path_link", 3, 0, one, 3, two));
    case "rename":
      return String(guest.path("path_rename", 3, one, 3, two));
    case "stat":
    case "lstat": {
      const errno = guest.path("path_filestat_get", 3, kind === "stat" ? 1 : 0, one, 256);
      const type = guest.view.getUint8(256 + 16);
      return errno === 0 ? `type ${type}${type === 4 ? ` ${guest.view.getBigUint64(256 + 32, true)}` : ""}` : String(errno);
    }
    case "readlink": {
      const errno = guest.path("path_readlink", 3, one, 16_384, 5000, 512);
      return errno === 0 ? `to ${read(guest, 16_384, guest.view.getUint32(512, true))}` : String(errno);
    }
    default:
      return kind satisfies never;
  }
}

function using(guest: Guest, fd: number, work: (fd: number) => string): string {
  if (fd < 0) return String(-fd);
  try {
    return work(fd);
  } finally {
    guest.call("fd_close", fd);
  }
}

function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return (error as Error).message;
  }
}
