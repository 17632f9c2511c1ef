/** Folders in memory: the suite of all folders, and what only they have. Runs on Node and in browsers. */

import { describe, expect, test } from "vitest";
import { Errno } from "./errno.ts";
import { describeFiles } from "../../test/wasi/file-suite.ts";
import { createGuest, type Guest } from "../../test/wasi/guest.ts";
import { MAX_DEPTH } from "./file-path.ts";
import { memoryFolder, type MemoryFolder } from "./memory-folder.ts";
import { Right } from "./rights.ts";

const CREATE = 1;

describeFiles("in memory", (files) => {
  const folder = memoryFolder(files);
  return {
    folder,
    text: (path) => folder.text(path),
    link(path, target) {
      const names = path.split("/");
      let directory = folder.open(() => 0);
      for (const name of names.slice(0, -1)) directory = directory.openDirectory(name);
      directory.createLink(names.at(-1)!, target);
    },
  };
});

function mounted(folder: MemoryFolder): Guest {
  return createGuest({ files: [{ guest: "/", access: "write", folder }] });
}

describe("memoryFolder()", () => {
  test("copies what the embedder gives and what it reads back", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const folder = memoryFolder({ "dir/a": bytes, b: "text" });
    bytes[0] = 9;
    expect([...folder.bytes("dir/a")!]).toEqual([1, 2, 3]);
    folder.bytes("dir/a")![0] = 9;
    expect([...folder.bytes("dir/a")!]).toEqual([1, 2, 3]);
    expect(folder.paths()).toEqual(["b", "dir/a"]);
    folder.write("b", "short");
    folder.write("b", "s");
    expect(folder.text("b")).toBe("s");
    expect([folder.bytes("nope"), folder.text("dir"), folder.text("dir/a/b")]).toEqual([undefined, undefined, undefined]);
  });

  test.each(["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b", "x".repeat(256)])("rejects the path %j", (path) => {
    expect(() => memoryFolder({ [path]: "" })).toThrow(TypeError);
    expect(() => memoryFolder().text(path)).toThrow(TypeError);
  });

  test("takes __proto__ for a name like any other", () => {
    const folder = memoryFolder(JSON.parse('{ "__proto__": "x", "constructor/a": "y" }'));
    expect(folder.paths()).toEqual(["__proto__", "constructor/a"]);
    expect(folder.text("__proto__")).toBe("x");
  });

  test("refuses what does not fit or is in the way", () => {
    expect(() => memoryFolder({ a: "12345" }, { maxBytes: 4 })).toThrow(RangeError);
    expect(() => memoryFolder({ a: "", b: "" }, { maxEntries: 1 })).toThrow(RangeError);
    expect(() => memoryFolder({ a: "", "a/b": "" })).toThrow(RangeError);
    expect(() => memoryFolder({ "a/b": "", a: "" })).toThrow(RangeError);
    expect(() => memoryFolder({}, { maxBytes: -1 })).toThrow(RangeError);
    expect(() => memoryFolder({}, { maxEntries: 0.5 })).toThrow(RangeError);
  });

  test("is one folder for all instances that mount it", () => {
    const folder = memoryFolder();
    const [one, two] = [mounted(folder), mounted(folder)];
    one.writeText(one.open("a", { flags: CREATE }), "from one");
    expect(two.readAll(two.open("a"))).toBe("from one");
    folder.write("a", "from outside");
    expect(two.readAll(two.open("a"))).toBe("from outside");
  });

  test("tells files apart by inode and gives them the instance's time, the embedder's the time 0", () => {
    const guest = mounted(memoryFolder({ a: "" }));
    guest.open("b", { flags: CREATE });
    const stat = (path: string): bigint[] => {
      expect(guest.path("path_filestat_get", 3, 0, path, 0)).toBe(0);
      return [8, 40, 48, 56].map((at) => guest.view.getBigUint64(at, true));
    };
    const [[inode, ...times], [otherInode, ...otherTimes]] = [stat("a"), stat("b")];
    expect(inode).not.toBe(otherInode);
    expect(times).toEqual([0n, 0n, 0n]);
    expect(otherTimes).toEqual(Array(3).fill(1_790_000_000_123_456_054n));
  });

  test("counts links, and a file lives until its last name and descriptor are gone", () => {
    const folder = memoryFolder({ a: "12345678" }, { maxBytes: 10 });
    const guest = mounted(folder);
    expect(guest.path("path_link", 3, 0, "a", 3, "b")).toBe(0);
    expect(guest.path("path_link", 3, 0, "a", 3, "b")).toBe(Errno.exist);
    expect(guest.path("path_link", 3, 1, "a", 3, "c")).toBe(Errno.inval);
    expect(guest.path("path_link", 3, 0, ".", 3, "c")).toBe(Errno.perm);
    expect(guest.path("path_link", 3, 0, "a", 3, "c/")).toBe(Errno.noent);
    guest.path("path_filestat_get", 3, 0, "a", 0);
    expect(guest.view.getBigUint64(24, true)).toBe(2n);
    const open = guest.open("b");
    const other = guest.open("c", { flags: CREATE });
    expect(guest.path("path_unlink_file", 3, "a")).toBe(0);
    expect(folder.text("b")).toBe("12345678");
    expect(guest.path("path_unlink_file", 3, "b")).toBe(0);
    expect(guest.writeText(other, "123"), "still open, so still counted").toBe(Errno.nospc);
    expect(guest.readAll(open)).toBe("12345678");
    guest.call("fd_close", open);
    expect(guest.writeText(other, "1234567890")).toBe(0);
  });

  test("a file that is renamed to another of its own names keeps both", () => {
    const folder = memoryFolder({ a: "text" });
    const guest = mounted(folder);
    expect(guest.path("path_link", 3, 0, "a", 3, "b")).toBe(0);
    expect(guest.path("path_rename", 3, "a", 3, "b")).toBe(0);
    expect([folder.text("a"), folder.text("b")]).toEqual(["text", "text"]);
  });

  test("a file takes no folder's place, and least of all that of one it lies in", () => {
    const guest = mounted(memoryFolder({ "d/e/f": "text", "g/h": "" }));
    expect(["d", "d/e", "g"].map((to) => guest.path("path_rename", 3, "d/e/f", 3, to))).toEqual([Errno.notempty, Errno.notempty, Errno.isdir]);
  });

  test("what is missing is missing, and a folder is there, however they are named", () => {
    const guest = mounted(memoryFolder({}));
    expect(guest.open("missing/")).toBe(-Errno.noent);
    expect(guest.path("path_symlink", "x", 3, ".")).toBe(Errno.exist);
    expect(guest.path("path_symlink", "x", 3, "missing/")).toBe(Errno.noent);
  });

  test("maxBytes bounds files and link texts, and refuses before it allocates", () => {
    const folder = memoryFolder({}, { maxBytes: 10 });
    const guest = mounted(folder);
    const fd = guest.open("a", { flags: CREATE });
    expect(guest.call("fd_filestat_set_size", fd, 2n ** 27n)).toBe(Errno.nospc);
    expect(guest.call("fd_allocate", fd, 0n, 2n ** 27n)).toBe(Errno.nospc);
    expect(guest.call("fd_seek", fd, 2n ** 27n, 0, 512)).toBe(0);
    expect(guest.writeText(fd, "x")).toBe(Errno.nospc);
    expect(guest.path("path_symlink", "12345678", 3, "link")).toBe(0);
    expect(guest.call("fd_filestat_set_size", fd, 3n)).toBe(Errno.nospc);
    expect(guest.call("fd_filestat_set_size", fd, 2n)).toBe(0);
    guest.path("path_unlink_file", 3, "link");
    expect(guest.call("fd_filestat_set_size", fd, 10n)).toBe(0);
    expect(folder.bytes("a")).toEqual(new Uint8Array(10));
  });

  test("maxEntries bounds files, directories and links, and removing gives room again", () => {
    const guest = mounted(memoryFolder({}, { maxEntries: 3 }));
    expect(guest.path("path_create_directory", 3, "d")).toBe(0);
    expect(guest.path("path_symlink", "x", 3, "d/l")).toBe(0);
    expect(guest.open("f", { flags: CREATE })).toBeGreaterThan(3);
    expect(guest.open("g", { flags: CREATE })).toBe(-Errno.nospc);
    expect(guest.path("path_create_directory", 3, "g")).toBe(Errno.nospc);
    expect(guest.path("path_rename", 3, "f", 3, "d/l")).toBe(0);
    expect(guest.open("g", { flags: CREATE })).toBeGreaterThan(3);
  });

  test("zeros what shrinking cut off, and gives its memory back", () => {
    const guest = mounted(memoryFolder({}));
    const fd = guest.open("a", { flags: CREATE });
    guest.writeText(fd, "x".repeat(100));
    for (const size of [60, 1]) {
      guest.call("fd_filestat_set_size", fd, BigInt(size));
      guest.call("fd_filestat_set_size", fd, 100n);
      guest.call("fd_seek", fd, 0n, 0, 512);
      expect(guest.readAll(fd)).toBe("x".repeat(size) + "\0".repeat(100 - size));
    }
  });

  test("nests no deeper than the walk goes, by moving neither, nor from a folder that is open", () => {
    const guest = mounted(memoryFolder());
    for (const top of ["a", "b"]) {
      for (let depth = 0; depth < 70; depth++) guest.path("path_create_directory", 3, top + "/d".repeat(depth));
    }
    expect(guest.path("path_rename", 3, "b", 3, `a${"/d".repeat(69)}/b`)).toBe(Errno.nametoolong);
    expect(guest.path("path_rename", 3, "b/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d", 3, `a${"/d".repeat(69)}/b`)).toBe(0);
    const open = guest.open(`a${"/d".repeat(69)}`, { rights: BigInt(Right.pathCreateDirectory) });
    const made = Array.from({ length: 100 }, (_, depth) => guest.path("path_create_directory", open, `e${"/e".repeat(depth)}`));
    expect(made.indexOf(Errno.nametoolong)).toBe(MAX_DEPTH - 70);
  });
});
