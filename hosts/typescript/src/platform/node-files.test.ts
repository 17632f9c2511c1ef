/**
 * Folders of the host: the suite of all folders, in both ways of naming files, and an attack table against a canary
 * tree outside of the mount that must come out as it went in.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Errno } from "../wasi/errno.ts";
import { describeFiles } from "../../test/wasi/file-suite.ts";
import { FILES_OUTPUT } from "../../test/wasi/files-output.ts";
import { createGuest, type Guest, read } from "../../test/wasi/guest.ts";
import { files as program } from "../../test/wasi/programs.ts";
import { run as runProgram } from "../../test/wasi/run.ts";
import { hostFolder, type HostFolderOptions } from "./node-files.ts";

const CREATE = 1;
const DIRECTORY = 2;
const TRUNCATE = 8;
const READ = 2n;

const base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "tenon-files-")));
afterAll(() => fs.rmSync(base, { recursive: true, force: true }));
let made = 0;

const hasDescriptors = fs.existsSync("/proc/self/fd");
const WAYS = [
  ...(hasDescriptors ? [{ way: "held open", useDescriptors: true }] : []),
  { way: "by real path", useDescriptors: false },
];

for (const { way, useDescriptors } of WAYS) {
  describeFiles(`of the host, ${way}`, (files) => {
    const root = path.join(base, `suite-${made++}`);
    fs.mkdirSync(root);
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), text);
    }
    return {
      folder: hostFolder(root, { useDescriptors, hardLinks: "allow" }),
      text: (name) => (fs.existsSync(path.join(root, name)) ? fs.readFileSync(path.join(root, name), "utf8") : undefined),
      link: (name, target) => fs.symlinkSync(target, path.join(root, name)),
    };
  });

  describe(`attacks on the host, ${way}`, () => {
    let top: string;
    let before: string;

    beforeEach(() => {
      top = path.join(base, `attack-${made++}`);
      fs.mkdirSync(path.join(top, "outside/dir"), { recursive: true });
      fs.mkdirSync(path.join(top, "mount/dir/deep"), { recursive: true });
      fs.writeFileSync(path.join(top, "outside/secret"), "secret");
      fs.writeFileSync(path.join(top, "outside/dir/secret"), "secret");
      fs.writeFileSync(path.join(top, "mount/a.txt"), "inside");
      fs.writeFileSync(path.join(top, "mount/dir/b.txt"), "inside");
      before = hashTree(path.join(top, "outside"));
    });

    const start = (options: HostFolderOptions = {}): Guest => {
      const folder = hostFolder(path.join(top, "mount"), { useDescriptors, ...options });
      return createGuest({ files: [{ guest: "/", access: "write", folder }] });
    };
    /** Everything a guest can do to a path, as often as it says nothing but error numbers. */
    const assault = (guest: Guest, target: string, at = 3): number[] => {
      const answers = [
        guest.open(target, { at, rights: READ }),
        guest.open(target, { at }),
        guest.open(target, { at, flags: CREATE }),
        guest.open(target, { at, flags: TRUNCATE }),
        guest.open(target, { at, flags: DIRECTORY, rights: 0x6000n }),
        guest.open(target, { at, follow: false }),
        guest.path("path_filestat_set_times", at, 1, target, 0n, 0n, 5),
        guest.path("path_create_directory", at, target),
        guest.path("path_remove_directory", at, target),
        guest.path("path_link", at, 0, target, 3, "stolen"),
      ];
      return answers.map((answer) => Math.abs(Number(answer)));
    };
    const untouched = (guest: Guest): void => {
      guest.wasi.close();
      expect(hashTree(path.join(top, "outside"))).toBe(before);
    };

    const LINKS = ["../outside/secret", "../outside", "../outside/dir", "..", "dir/../../outside/secret"];
    test.each(LINKS)("a link to %j leads nowhere", (target) => {
      fs.symlinkSync(target, path.join(top, "mount/link"));
      const guest = start();
      for (const name of ["link", "link/", "link/secret", "link/dir/secret", "dir/../link/secret"]) {
        for (const answer of assault(guest, name)) expect(answer, name).toBeGreaterThanOrEqual(8);
      }
      untouched(guest);
    });

    test("an absolute link leads nowhere, not even into the mount", () => {
      fs.symlinkSync(path.join(top, "outside/secret"), path.join(top, "mount/out"));
      fs.symlinkSync(path.join(top, "mount/a.txt"), path.join(top, "mount/in"));
      const guest = start();
      expect(guest.open("out")).toBe(-Errno.notcapable);
      expect(guest.open("in")).toBe(-Errno.notcapable);
      untouched(guest);
    });

    test("a chain of links is judged where it ends", () => {
      fs.symlinkSync("two", path.join(top, "mount/one"));
      fs.symlinkSync("dir/three", path.join(top, "mount/two"));
      fs.symlinkSync("../../outside/secret", path.join(top, "mount/dir/three"));
      const guest = start();
      expect(guest.open("one")).toBe(-Errno.notcapable);
      untouched(guest);
    });

    test("a name with a second one outside is refused, to read and to write, and a guest makes none", () => {
      fs.linkSync(path.join(top, "outside/secret"), path.join(top, "mount/hard"));
      before = hashTree(path.join(top, "outside"));
      const guest = start();
      expect(guest.open("hard", { rights: READ })).toBe(-Errno.notcapable);
      expect(guest.open("hard")).toBe(-Errno.notcapable);
      expect(guest.open("hard", { flags: TRUNCATE })).toBe(-Errno.notcapable);
      expect(guest.path("path_filestat_set_times", 3, 0, "hard", 0n, 0n, 5)).toBe(Errno.notcapable);
      expect(guest.path("path_link", 3, 0, "a.txt", 3, "b.txt")).toBe(Errno.notcapable);
      untouched(guest);
      const trusting = start({ hardLinks: "allow" });
      expect(trusting.readAll(trusting.open("hard", { rights: READ }))).toBe("secret");
      expect(trusting.path("path_link", 3, 0, "a.txt", 3, "b.txt")).toBe(0);
      untouched(trusting);
    });

    test("a directory that is replaced by a link out while it is open stays what it was, or is refused", () => {
      const guest = start();
      const dir = guest.open("dir", { flags: DIRECTORY, rights: 0xfffffffn });
      fs.renameSync(path.join(top, "mount/dir"), path.join(top, "mount/moved"));
      fs.symlinkSync("../outside/dir", path.join(top, "mount/dir"));
      expect(guest.open("secret", { at: dir, rights: READ })).toBeLessThan(0);
      const created = guest.open("new", { at: dir, flags: CREATE });
      if (useDescriptors) expect(fs.existsSync(path.join(top, "mount/moved/new"))).toBe(true);
      else expect(created).toBe(-Errno.notcapable);
      guest.path("path_create_directory", dir, "made");
      guest.path("path_unlink_file", dir, "secret");
      guest.path("path_rename", 3, "a.txt", dir, "secret");
      for (const answer of assault(guest, "dir/secret")) expect(answer).toBeGreaterThanOrEqual(8);
      untouched(guest);
    });

    test("a mount that is replaced by a link out while it is open stays what it was, or is refused", () => {
      const guest = start();
      fs.renameSync(path.join(top, "mount"), path.join(top, "was"));
      fs.symlinkSync("outside", path.join(top, "mount"));
      expect(guest.open("secret", { rights: READ })).toBeLessThan(0);
      expect(guest.path("path_unlink_file", 3, "secret")).not.toBe(0);
      guest.path("path_create_directory", 3, "made");
      untouched(guest);
    });

    test("a directory that is moved out of the mount while it is open gives no way up", () => {
      const guest = start();
      const dir = guest.open("dir", { flags: DIRECTORY, rights: 0xfffffffn });
      fs.renameSync(path.join(top, "mount/dir"), path.join(top, "outside/stray"));
      before = hashTree(path.join(top, "outside"));
      for (const name of ["../secret", "deep/../../secret"]) {
        expect(guest.open(name, { at: dir, rights: READ })).toBeLessThan(0);
      }
      untouched(guest);
    });

    test("pipes are not opened, so nobody waits for their other end", () => {
      execFileSync("mkfifo", [path.join(top, "mount/pipe")]);
      const guest = start();
      expect(guest.open("pipe", { rights: READ })).toBe(-Errno.acces);
      expect(guest.open("pipe")).toBe(-Errno.acces);
      expect(guest.list(3)).toContain("pipe:0");
      expect(guest.path("path_filestat_get", 3, 0, "pipe", 0)).toBe(0);
      expect(guest.view.getUint8(16)).toBe(0);
      untouched(guest);
    });

    // skipped because only root makes devices
    test.runIf(process.getuid?.() === 0)("devices are not opened", () => {
      execFileSync("mknod", [path.join(top, "mount/null"), "c", "1", "3"]);
      const guest = start();
      expect(guest.open("null", { rights: READ })).toBe(-Errno.acces);
      expect(guest.open("null")).toBe(-Errno.acces);
      untouched(guest);
    });

    test("names that are not UTF-8 are not listed", () => {
      fs.writeFileSync(Buffer.concat([Buffer.from(`${top}/mount/`), Buffer.from([0x62, 0xff])]), "");
      const guest = start();
      expect(guest.list(3)).toEqual(["..:3", ".:3", "a.txt:4", "dir:3"]);
      untouched(guest);
    });

    // skipped because other systems have no /proc to try
    test.runIf(fs.existsSync("/proc/self"))("other file systems below the mount are closed, such as /proc in /", () => {
      const folder = hostFolder("/", { useDescriptors });
      const guest = createGuest({ files: [{ guest: "/", access: "read", folder }] });
      for (const name of ["proc", "proc/self", "proc/self/environ", "proc/self/root/etc/passwd", "proc/1/cwd", "sys"]) {
        expect(guest.open(name, { rights: READ }), name).toBe(-Errno.xdev);
      }
      guest.wasi.close();
      for (const kernel of ["/proc", "/proc/self/fd", "/sys"]) expect(() => hostFolder(kernel)).toThrow(/kernel/);
    });

    test("no error of the host's, with its paths, reaches anybody", () => {
      const guest = start();
      fs.rmSync(path.join(top, "mount"), { recursive: true });
      for (const answer of assault(guest, "a.txt")) expect(answer).toBeGreaterThanOrEqual(8);
      expect(guest.call("fd_readdir", 3, 0, 100, 0n, 512)).toEqual(expect.any(Number));
      untouched(guest);
    });

    test("closing the instance closes every file and directory of the host", () => {
      const open = (): number => fs.readdirSync("/proc/self/fd").length;
      if (!hasDescriptors) return;
      const least = open();
      for (let round = 0; round < 20; round++) {
        const guest = start();
        for (const name of ["a.txt", "dir/b.txt", "nope", "dir/deep/../b.txt", "a.txt/x", "../x"]) guest.open(name);
        guest.open("dir/deep", { flags: DIRECTORY, rights: 0xfffffffn });
        guest.open("new", { flags: CREATE });
        guest.list(3);
        guest.wasi.close();
        guest.wasi.close();
      }
      expect(open()).toBe(least);
    });
  });
}

/** What a guest does to `dir/file` and beside it; each returns what it read, if anything. */
const CALLS: { name: string; isRead: boolean; run: (guest: Guest) => string | void }[] = [
  { name: "read", isRead: true, run: (guest) => readIfOpened(guest, guest.open("dir/file", { rights: READ })) },
  { name: "list", isRead: true, run: (guest) => listIfOpened(guest, guest.open("dir", { flags: DIRECTORY, rights: 0x4000n })) },
  { name: "write", isRead: true, run: (guest) => void guest.writeText(guest.open("dir/file"), "overwritten") },
  { name: "truncate", isRead: true, run: (guest) => void guest.open("dir/file", { flags: TRUNCATE }) },
  { name: "create", isRead: false, run: (guest) => void guest.open("dir/new", { flags: CREATE }) },
  { name: "mkdir", isRead: false, run: (guest) => void guest.path("path_create_directory", 3, "dir/made") },
  { name: "unlink", isRead: false, run: (guest) => void guest.path("path_unlink_file", 3, "dir/file") },
  { name: "rename", isRead: false, run: (guest) => void guest.path("path_rename", 3, "dir/file", 3, "stolen") },
  { name: "rename into", isRead: false, run: (guest) => void guest.path("path_rename", 3, "a", 3, "dir/file") },
  { name: "symlink", isRead: false, run: (guest) => void guest.path("path_symlink", "x", 3, "dir/made") },
  { name: "times", isRead: false, run: (guest) => void guest.path("path_filestat_set_times", 3, 1, "dir/file", 0n, 0n, 5) },
];

function readIfOpened(guest: Guest, fd: number): string | void {
  return fd > 0 ? guest.readAll(fd) : undefined;
}

function listIfOpened(guest: Guest, fd: number): string | void {
  if (fd < 0) return undefined;
  return guest.call("fd_readdir", fd, 16_384, 4096, 0n, 512) === 0 ? read(guest, 16_384, guest.view.getUint32(512, true)) : undefined;
}

/** What a hostile process does to the mount at the worst moment. */
const SWAPS = {
  directory(top: string, { renameSync, symlinkSync }: Originals) {
    renameSync(path.join(top, "mount/dir"), path.join(top, "mount/hidden"));
    symlinkSync("../outside/dir", path.join(top, "mount/dir"));
  },
  file(top: string, { renameSync, symlinkSync }: Originals) {
    renameSync(path.join(top, "mount/dir/file"), path.join(top, "mount/dir/hidden"));
    symlinkSync("../../outside/dir/file", path.join(top, "mount/dir/file"));
  },
};
type Originals = Pick<typeof fs, "renameSync" | "symlinkSync">;

describe.each(["directory", "file"] as const)("a hostile process that swaps a %s for a link out, before any one system call", (kind) => {
  const WATCHED = [
    ...(["openSync", "lstatSync", "fstatSync", "statSync", "readlinkSync", "opendirSync", "mkdirSync", "unlinkSync"] as const),
    ...(["renameSync", "symlinkSync", "lutimesSync", "ftruncateSync", "realpathSync"] as const),
  ];
  /** Runs a guest's call with the swap before the system call of this number; returns whether it got that far. */
  const swapBefore = (
    nth: number,
    options: HostFolderOptions,
    work: (guest: Guest) => string | void,
  ): { isSwapped: boolean; seen: string } => {
    const top = path.join(base, `race-${made++}`);
    for (const dir of ["mount/dir", "outside/dir"]) fs.mkdirSync(path.join(top, dir), { recursive: true });
    fs.writeFileSync(path.join(top, "mount/a"), "a");
    fs.writeFileSync(path.join(top, "mount/dir/file"), "inside");
    fs.writeFileSync(path.join(top, "outside/dir/file"), "secret");
    fs.writeFileSync(path.join(top, "outside/dir/other"), "secret");
    const before = hashTree(path.join(top, "outside"));
    const folder = hostFolder(path.join(top, "mount"), options);
    const guest = createGuest({ files: [{ guest: "/", access: "write", folder }] });
    const originals: Originals = { renameSync: fs.renameSync, symlinkSync: fs.symlinkSync };
    let calls = 0;
    const spies = WATCHED.map((name) => {
      const [owner, key]: [object, string] = name === "realpathSync" ? [fs.realpathSync, "native"] : [fs, name];
      const original = Reflect.get(owner, key) as (...args: unknown[]) => unknown;
      return vi.spyOn(owner as Record<string, (...args: unknown[]) => unknown>, key).mockImplementation((...args) => {
        if (++calls === nth) SWAPS[kind](top, originals);
        return original.apply(fs, args);
      });
    });
    let seen: string | void;
    try {
      seen = work(guest);
    } finally {
      for (const spy of spies) spy.mockRestore();
      guest.wasi.close();
    }
    const isTouched = hashTree(path.join(top, "outside")) !== before;
    return { isSwapped: calls >= nth, seen: isTouched ? "touched" : /secret|other/.test(seen ?? "") ? "read" : "nothing" };
  };
  /** What came of the swap before each system call in turn. */
  const swapEverywhere = (options: HostFolderOptions, work: (guest: Guest) => string | void): string[] => {
    const outcomes: string[] = [];
    for (;;) {
      const { isSwapped, seen } = swapBefore(outcomes.length + 1, options, work);
      if (!isSwapped) return outcomes;
      outcomes.push(seen);
    }
  };

  // skipped because other systems cannot hold directories open
  test.runIf(hasDescriptors).each(CALLS)("gains nothing from $name where directories are held open", ({ run }) => {
    const outcomes = swapEverywhere({}, run);
    expect(outcomes.length).toBeGreaterThanOrEqual(3);
    expect(outcomes).toEqual(outcomes.map(() => "nothing"));
  });

  test.each(CALLS.filter(({ isRead }) => isRead))("gains nothing from $name, by real path", ({ run }) => {
    const outcomes = swapEverywhere({ useDescriptors: false }, run);
    expect(outcomes.length).toBeGreaterThanOrEqual(3);
    expect(outcomes).toEqual(outcomes.map(() => "nothing"));
  });
});

test.each(WAYS)("a C program does with a folder of the host what it does with one in memory ($way)", ({ useDescriptors }) => {
  const root = path.join(base, `program-${made++}`);
  for (const name of ["data", "ro"]) fs.mkdirSync(path.join(root, name), { recursive: true });
  fs.writeFileSync(path.join(root, "data/input.txt"), "one\ntwo\n");
  fs.writeFileSync(path.join(root, "ro/a.txt"), "x");
  const { stdout } = runProgram(program, {
    files: [
      { guest: "/data", access: "write", folder: hostFolder(path.join(root, "data"), { useDescriptors }) },
      { guest: "/ro", access: "read", folder: hostFolder(path.join(root, "ro"), { useDescriptors }) },
    ],
  });
  expect(stdout.split("\n")).toEqual(FILES_OUTPUT);
  expect(fs.readFileSync(path.join(root, "data/out/short.txt"), "utf8")).toBe("00000\n00001\n");
  expect(fs.readdirSync(path.join(root, "ro"))).toEqual(["a.txt"]);
});

test("hostFolder() wants a directory", () => {
  fs.writeFileSync(path.join(base, "file"), "");
  expect(() => hostFolder(path.join(base, "file"))).toThrow(/not a directory/);
  expect(() => hostFolder(path.join(base, "nothing"))).toThrow(/ENOENT/);
});

test("hostFolder() follows a link that the embedder wrote", () => {
  fs.mkdirSync(path.join(base, "real"));
  fs.writeFileSync(path.join(base, "real/a"), "x");
  fs.symlinkSync("real", path.join(base, "alias"));
  const folder = hostFolder(path.join(base, "alias"));
  const guest = createGuest({ files: [{ guest: "/", access: "read", folder }] });
  expect(guest.readAll(guest.open("a", { rights: READ }))).toBe("x");
  expect(read(guest, 16_384, 1)).toBe("x");
  guest.wasi.close();
});

/** A hash of names, kinds, sizes, contents, modification times and link counts of a tree. */
function hashTree(root: string): string {
  const hash = createHash("sha256");
  const visit = (at: string): void => {
    const stat = fs.lstatSync(at, { bigint: true });
    hash.update(`${at}\0${stat.mode}\0${stat.nlink}\0${stat.isDirectory() ? 0n : stat.size}\0${stat.mtimeNs}\0`);
    if (stat.isDirectory()) for (const name of fs.readdirSync(at).sort()) visit(path.join(at, name));
    else if (stat.isFile()) hash.update(fs.readFileSync(at));
  };
  visit(root);
  return hash.digest("hex");
}
