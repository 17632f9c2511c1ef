import { describe, expect, test } from "vitest";

import { Errno, Refusal } from "../wasi/errno.ts";
import type { Directory, FileMode, Folder } from "../wasi/file-tree.ts";
import { memoryFolder } from "../wasi/memory-folder.ts";
import { FileDesk } from "./file-desk.ts";
import { FileWindow, WINDOW_BYTES } from "./file-window.ts";
import { remoteFolder } from "./remote-folder.ts";

const WRITE: FileMode = { read: true, write: true, create: true, exclusive: false, truncate: false };

/** A folder, as the other thread has it; both ends are here. */
function far(folder: Folder): { desk: FileDesk; open: (now?: () => number) => Directory } {
  const desk = new FileDesk([{ guest: "/first", access: "write", folder: memoryFolder() }, { guest: "/data", access: "write", folder }]);
  return { desk, open: (now = () => 0) => remoteFolder(1, new FileWindow(desk.openWindow()), (values) => desk.answer(...values)).open(now) };
}

function errnoOf(run: () => unknown): number | undefined {
  try {
    run();
  } catch (thrown) {
    return thrown instanceof Refusal ? thrown.errno : -1;
  }
  return undefined;
}

/** Does something of everything, and tells what it saw. */
function useAll(top: Directory): unknown[] {
  const seen: unknown[] = [top.stat("."), errnoOf(() => top.stat("missing")), errnoOf(() => top.openFile("missing", { ...WRITE, create: false }))];
  top.createDirectory("zoë");
  const inner = top.openDirectory("zoë");
  top.createLink("link", "zoë/naïve");
  seen.push(top.readLink("link"), errnoOf(() => top.openFile("link", WRITE)), errnoOf(() => top.createDirectory("zoë")));
  const file = inner.openFile("a", WRITE);
  seen.push(file.write(new Uint8Array([1, 2, 3]), 2), file.stat());
  file.resize(4);
  file.setTimes({ accessed: 5n, modified: undefined });
  file.sync();
  const into = new Uint8Array(9);
  seen.push(file.read(into, 1), [...into], file.stat());
  file.close();
  inner.linkFile("a", top, "b");
  inner.rename("a", top, "c");
  top.setTimes("c", { accessed: undefined, modified: 2n ** 60n });
  seen.push(top.stat("c"), top.list(10).map(({ name, type }) => `${name} ${type}`).toSorted(), errnoOf(() => top.list(1)));
  top.removeFile("b");
  top.removeFile("c");
  top.removeFile("link");
  seen.push(errnoOf(() => top.removeFile("zoë")), inner.list(10));
  inner.close();
  top.removeDirectory("zoë");
  return [...seen, top.list(10)];
}

/** Without memory that threads share there is no thread to be remote from. */
const IS_SHARED = typeof SharedArrayBuffer !== "undefined";

// skipped because no memory is shared there
test.skipIf(!IS_SHARED)("remoteFolder() does what the folder does, with the same clock", () => {
  const clock = (): (() => number) => { let now = 0; return () => (now += 1); };
  const [near, remote] = [memoryFolder().open(clock()), far(memoryFolder()).open(clock())];
  const plain = (values: unknown[]): string => JSON.stringify(values, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  // Inodes are counted through the process, and changes in one operation are a moment apart, or are not.
  const timeless = (text: string): string => text.replaceAll(/"(inode|accessed|modified|changed)":"[0-9]{1,12}n"/g, '"$1"');
  expect(timeless(plain(useAll(remote)))).toBe(timeless(plain(useAll(near))));
});

// skipped because no memory is shared there
test.skipIf(!IS_SHARED)("FileDesk opens nothing by a name that leads elsewhere, whoever checked it before", () => {
  const top = far(memoryFolder({ a: "x", "d/b": "y" })).open();
  const inner = top.openDirectory("d");
  for (const name of ["..", "../a", "/", "d/b", "a\0"]) {
    const uses = [() => top.stat(name), () => top.openFile(name, WRITE), () => top.openDirectory(name), () => top.rename("a", inner, name), () => top.linkFile("a", inner, name), () => top.removeFile(name), () => top.createLink(name, "a")];
    expect(uses.map(errnoOf), name).toEqual(uses.map(() => Errno.notcapable));
  }
});

// skipped because no memory is shared there
test.skipIf(!IS_SHARED)("a window is good no more when another was opened", () => {
  const { desk, open } = far(memoryFolder({ a: "x" }));
  const old = open();
  expect(old.stat("a").size).toBe(1n);
  desk.openWindow();
  expect(errnoOf(() => old.stat("a"))).not.toBeUndefined();
});

describe("what is larger than the window", () => {
  const large = new Uint8Array(3 * WINDOW_BYTES + 17).map((_, index) => index % 251);

  // skipped because no memory is shared there
  test.skipIf(!IS_SHARED)("is written and read whole", () => {
    const folder = memoryFolder();
    const file = far(folder).open().openFile("large", WRITE);
    expect(file.write(large, 0)).toBe(large.length);
    expect(Buffer.compare(folder.bytes("large") ?? new Uint8Array(), large)).toBe(0);
    const into = new Uint8Array(large.length + 5);
    expect(file.read(into, 0)).toBe(large.length);
    expect(Buffer.compare(into.subarray(0, large.length), large)).toBe(0);
  });

  // skipped because no memory is shared there
  test.skipIf(!IS_SHARED)("is written as far as there is room", () => {
    const file = far(memoryFolder({}, { maxBytes: 2 * WINDOW_BYTES })).open().openFile("large", WRITE);
    const written = file.write(large, 0);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(large.length);
    expect(errnoOf(() => file.write(large, written))).toBeDefined();
  });

  // skipped because no memory is shared there
  test.skipIf(!IS_SHARED)("is listed in parts", () => {
    const names = Array.from({ length: 3_000 }, (_, index) => `${index}`.padStart(60, "ä"));
    const folder = memoryFolder(Object.fromEntries(names.map((name) => [name, ""])));
    expect(far(folder).open().list(5_000).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  });
});

// skipped because no memory is shared there
test.skipIf(!IS_SHARED)("FileDesk.closeAll() closes what an instance left open, and its handles are none afterwards", () => {
  let open = 0;
  const counted: Folder = { open: (now) => { open += 1; return Object.assign(Object.create(memoryFolder().open(now)) as Directory, { close: () => { open -= 1; }, list: () => [] }); } };
  const { desk, open: openTop } = far(counted);
  const tops = [openTop(), openTop()];
  expect(open).toBe(2);
  tops[0]?.close();
  tops[0]?.close();
  desk.closeAll();
  expect(open).toBe(0);
  expect(errnoOf(() => tops[1]?.list(1))).toBe(8);
  expect(desk.answer(16, 1, 0, 10, 0)).toEqual([8]);
  expect(desk.answer(99, 1, 0)).toEqual([8]);
});
