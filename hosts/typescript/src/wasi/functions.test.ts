/**
 * Each of the 46 functions once allowed, with what it does, and once refused, with its error number and nothing done. What is
 * hostile to each (wild numbers, pointers past the end) is in `wasi.test.ts`. Runs on Node and in browsers.
 */

import { describe, expect, test } from "vitest";
import { createGuest, type Guest, put, putVectors, read } from "../../test/wasi/guest.ts";
import { Errno } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import { memoryFolder, type MemoryFolder } from "./memory-folder.ts";
import { Right } from "./rights.ts";
import { WASI_PARAMETERS, type WasiName } from "./signatures.ts";

/** Mounts: one to write, one to read. Then the first descriptor that a test opens. */
const [ROOT, READ_ONLY] = [3, 4];
const [AT, SIZE] = [16_384, 512];

interface Case {
  /** What is done. */
  readonly run: (guest: Guest, folder: MemoryFolder) => unknown;
  readonly gives: unknown;
}

/** `allowed` is the reason, where a function never is. */
type Cases = { readonly allowed: Case | string; readonly refused: (Case & { readonly gives: keyof typeof Errno }) | string };

const u32 = ({ view }: Guest, at = SIZE): number => view.getUint32(at, true);
const u64 = ({ view }: Guest, at = SIZE): bigint => view.getBigUint64(at, true);
/** A call, and what is in a place afterwards. */
const after = (errno: number | void, ...seen: unknown[]): readonly unknown[] => [errno, ...seen];
const text = (folder: MemoryFolder, path: string): string | undefined => folder.text(path);
const vectors = (guest: Guest, content = ""): void => putVectors(guest, 0, [AT, content === "" ? 100 : put(guest, AT, content)]);

const FUNCTIONS: Readonly<Record<WasiName, Cases>> = {
  args_sizes_get: {
    allowed: { run: (guest) => after(guest.call("args_sizes_get", AT, SIZE), u32(guest, AT), u32(guest)), gives: [0, 2, 10] },
    refused: { run: (guest) => guest.call("args_sizes_get", -4, SIZE), gives: "fault" },
  },
  args_get: {
    allowed: { run: (guest) => after(guest.call("args_get", 0, AT), read(guest, AT, 10)), gives: [0, "tenon\0run\0"] },
    refused: { run: (guest) => guest.call("args_get", 0, -9), gives: "fault" },
  },
  environ_sizes_get: {
    allowed: { run: (guest) => after(guest.call("environ_sizes_get", AT, SIZE), u32(guest, AT), u32(guest)), gives: [0, 1, 4] },
    refused: { run: (guest) => guest.call("environ_sizes_get", AT, -4), gives: "fault" },
  },
  environ_get: {
    allowed: { run: (guest) => after(guest.call("environ_get", 0, AT), u32(guest, 0), read(guest, AT, 4)), gives: [0, AT, "A=1\0"] },
    refused: { run: (guest) => guest.call("environ_get", -4, AT), gives: "fault" },
  },
  clock_res_get: {
    allowed: { run: (guest) => after(guest.call("clock_res_get", 0, SIZE), u64(guest) > 0n), gives: [0, true] },
    refused: { run: (guest) => guest.call("clock_res_get", 9, SIZE), gives: "inval" },
  },
  clock_time_get: {
    allowed: { run: (guest) => after(guest.call("clock_time_get", 0, 1n, SIZE), u64(guest)), gives: [0, 1_790_000_000_123_456_054n] },
    refused: { run: (guest) => guest.call("clock_time_get", 9, 1n, SIZE), gives: "inval" },
  },
  fd_advise: {
    allowed: { run: (guest) => guest.call("fd_advise", guest.open("a"), 0n, 4n, 5), gives: 0 },
    refused: { run: (guest) => guest.call("fd_advise", guest.open("a"), 0n, 4n, 6), gives: "inval" },
  },
  fd_allocate: {
    allowed: { run: (guest, folder) => after(guest.call("fd_allocate", guest.open("a"), 4n, 4n), text(folder, "a")), gives: [0, "text\0\0\0\0"] },
    refused: { run: (guest) => guest.call("fd_allocate", guest.open("a"), 0n, 20_000n), gives: "nospc" },
  },
  fd_close: {
    allowed: { run: (guest) => after(guest.call("fd_close", guest.open("a")), guest.call("fd_close", 5)), gives: [0, Errno.badf] },
    refused: { run: (guest) => guest.call("fd_close", 5), gives: "badf" },
  },
  fd_datasync: {
    allowed: { run: (guest) => guest.call("fd_datasync", guest.open("a")), gives: 0 },
    refused: { run: (guest) => guest.call("fd_datasync", guest.open("a", { rights: BigInt(Right.fdRead) })), gives: "notcapable" },
  },
  fd_fdstat_get: {
    allowed: { run: (guest) => after(guest.call("fd_fdstat_get", guest.open("a"), AT), guest.view.getUint8(AT), (Number(u64(guest, AT + 8)) & Right.fdWrite) !== 0), gives: [0, 4, true] },
    refused: { run: (guest) => guest.call("fd_fdstat_get", 5, AT), gives: "badf" },
  },
  fd_fdstat_set_flags: {
    allowed: { run: (guest, folder) => after(guest.call("fd_fdstat_set_flags", guest.open("a"), 1), guest.writeText(5, "!"), text(folder, "a")), gives: [0, 0, "text!"] },
    refused: { run: (guest) => guest.call("fd_fdstat_set_flags", guest.open("a"), 2), gives: "inval" },
  },
  fd_fdstat_set_rights: {
    allowed: { run: (guest) => after(guest.call("fd_fdstat_set_rights", guest.open("a"), BigInt(Right.fdRead), 0n), guest.readAll(5), guest.writeText(5, "!")), gives: [0, "text", Errno.notcapable] },
    refused: { run: (guest) => guest.call("fd_fdstat_set_rights", guest.open("a"), BigInt(Right.pathOpen), 0n), gives: "notcapable" },
  },
  fd_filestat_get: {
    allowed: { run: (guest) => after(guest.call("fd_filestat_get", guest.open("a"), AT), guest.view.getUint8(AT + 16), u64(guest, AT + 32)), gives: [0, 4, 4n] },
    refused: { run: (guest) => guest.call("fd_filestat_get", guest.open("a", { rights: BigInt(Right.fdRead) }), AT), gives: "notcapable" },
  },
  fd_filestat_set_size: {
    allowed: { run: (guest, folder) => after(guest.call("fd_filestat_set_size", guest.open("a"), 2n), text(folder, "a")), gives: [0, "te"] },
    refused: { run: (guest) => guest.call("fd_filestat_set_size", guest.open("b", { at: READ_ONLY, rights: BigInt(Right.fdRead | Right.fdFilestatSetSize) }), 2n), gives: "rofs" },
  },
  fd_filestat_set_times: {
    allowed: { run: (guest) => after(guest.call("fd_filestat_set_times", guest.open("a"), 5n, 7n, 5), guest.call("fd_filestat_get", 5, AT), u64(guest, AT + 40), u64(guest, AT + 48)), gives: [0, 0, 5n, 7n] },
    refused: { run: (guest) => guest.call("fd_filestat_set_times", READ_ONLY, 5n, 7n, 5), gives: "rofs" },
  },
  fd_pread: {
    allowed: { run: (guest) => (vectors(guest), after(guest.call("fd_pread", guest.open("a"), 0, 1, 2n, SIZE), u32(guest), read(guest, AT, 2))), gives: [0, 2, "xt"] },
    refused: { run: (guest) => (vectors(guest), guest.call("fd_pread", ROOT, 0, 1, 0n, SIZE)), gives: "isdir" },
  },
  fd_prestat_get: {
    allowed: { run: (guest) => after(guest.call("fd_prestat_get", READ_ONLY, AT), u32(guest, AT), u32(guest, AT + 4)), gives: [0, 0, 3] },
    refused: { run: (guest) => guest.call("fd_prestat_get", guest.open("."), AT), gives: "badf" },
  },
  fd_prestat_dir_name: {
    allowed: { run: (guest) => after(guest.call("fd_prestat_dir_name", READ_ONLY, AT, 3), read(guest, AT, 3)), gives: [0, "/ro"] },
    refused: { run: (guest) => guest.call("fd_prestat_dir_name", READ_ONLY, AT, 2), gives: "nametoolong" },
  },
  fd_pwrite: {
    allowed: { run: (guest, folder) => (vectors(guest, "!!"), after(guest.call("fd_pwrite", guest.open("a"), 0, 1, 1n, SIZE), u32(guest), text(folder, "a"))), gives: [0, 2, "t!!t"] },
    refused: { run: (guest) => (vectors(guest, "!!"), guest.call("fd_pwrite", guest.open("a"), 0, 1, 20_000n, SIZE)), gives: "nospc" },
  },
  fd_read: {
    allowed: { run: (guest) => (vectors(guest), after(guest.call("fd_read", guest.open("a"), 0, 1, SIZE), u32(guest), read(guest, AT, 4))), gives: [0, 4, "text"] },
    refused: { run: (guest) => (vectors(guest), guest.call("fd_read", guest.open("a", { rights: BigInt(Right.fdWrite) }), 0, 1, SIZE)), gives: "notcapable" },
  },
  fd_readdir: {
    allowed: { run: (guest) => guest.list(ROOT), gives: ["..:3", ".:3", "a:4", "d:3", "link:7"] },
    refused: { run: (guest) => guest.call("fd_readdir", guest.open("a"), AT, 100, 0n, SIZE), gives: "notdir" },
  },
  fd_renumber: {
    allowed: { run: (guest) => (guest.open("a"), guest.open("d/c"), after(guest.call("fd_renumber", 6, 5), guest.readAll(5), guest.call("fd_close", 6))), gives: [0, "deep", Errno.badf] },
    refused: { run: (guest) => guest.call("fd_renumber", ROOT, 9), gives: "badf" },
  },
  fd_seek: {
    allowed: { run: (guest) => after(guest.call("fd_seek", guest.open("a"), -1n, 2, SIZE), u64(guest), guest.readAll(5)), gives: [0, 3n, "t"] },
    refused: { run: (guest) => guest.call("fd_seek", guest.open("a"), -5n, 2, SIZE), gives: "inval" },
  },
  fd_sync: {
    allowed: { run: (guest) => guest.call("fd_sync", guest.open("a")), gives: 0 },
    refused: { run: (guest) => guest.call("fd_sync", 5), gives: "badf" },
  },
  fd_tell: {
    allowed: { run: (guest) => (guest.open("a"), guest.readAll(5), after(guest.call("fd_tell", 5, SIZE), u64(guest))), gives: [0, 4n] },
    refused: { run: (guest) => guest.call("fd_tell", 1, SIZE), gives: "spipe" },
  },
  fd_write: {
    allowed: { run: (guest, folder) => after(guest.writeText(guest.open("a"), "TE"), u32(guest), text(folder, "a")), gives: [0, 2, "TExt"] },
    refused: { run: (guest) => guest.writeText(guest.open("b", { at: READ_ONLY, rights: BigInt(Right.fdRead) }), "no"), gives: "notcapable" },
  },
  path_create_directory: {
    allowed: { run: (guest, folder) => after(guest.path("path_create_directory", ROOT, "e"), guest.open("e/new", { flags: 1 }) > 0, folder.paths().includes("e/new")), gives: [0, true, true] },
    refused: { run: (guest) => guest.path("path_create_directory", READ_ONLY, "e"), gives: "rofs" },
  },
  path_filestat_get: {
    allowed: { run: (guest) => after(guest.path("path_filestat_get", ROOT, 1, "link", AT), guest.view.getUint8(AT + 16)), gives: [0, 4] },
    refused: { run: (guest) => guest.path("path_filestat_get", ROOT, 1, "../a", AT), gives: "notcapable" },
  },
  path_filestat_set_times: {
    allowed: { run: (guest) => after(guest.path("path_filestat_set_times", ROOT, 0, "a", 5n, 7n, 5), guest.path("path_filestat_get", ROOT, 0, "a", AT), u64(guest, AT + 48)), gives: [0, 0, 7n] },
    refused: { run: (guest) => guest.path("path_filestat_set_times", READ_ONLY, 0, "b", 5n, 7n, 5), gives: "rofs" },
  },
  path_link: {
    allowed: { run: (guest, folder) => after(guest.path("path_link", ROOT, 0, "a", ROOT, "e"), text(folder, "e")), gives: [0, "text"] },
    refused: { run: (guest) => guest.path("path_link", ROOT, 0, "a", READ_ONLY, "e"), gives: "rofs" },
  },
  path_open: {
    allowed: { run: (guest) => guest.readAll(guest.open("d/c")), gives: "deep" },
    refused: { run: (guest) => -guest.open("/d/c"), gives: "notcapable" },
  },
  path_readlink: {
    allowed: { run: (guest) => after(guest.path("path_readlink", ROOT, "link", AT, 100, SIZE), read(guest, AT, u32(guest))), gives: [0, "a"] },
    refused: { run: (guest) => guest.path("path_readlink", ROOT, "a", AT, 100, SIZE), gives: "inval" },
  },
  path_remove_directory: {
    allowed: { run: (guest) => (guest.path("path_create_directory", ROOT, "e"), after(guest.path("path_remove_directory", ROOT, "e"), guest.open("e"))), gives: [0, -Errno.noent] },
    refused: { run: (guest) => guest.path("path_remove_directory", ROOT, "d"), gives: "notempty" },
  },
  path_rename: {
    allowed: { run: (guest, folder) => after(guest.path("path_rename", ROOT, "a", ROOT, "d/a"), text(folder, "d/a"), guest.open("a")), gives: [0, "text", -Errno.noent] },
    refused: { run: (guest) => guest.path("path_rename", READ_ONLY, "b", ROOT, "b"), gives: "rofs" },
  },
  path_symlink: {
    allowed: { run: (guest) => after(guest.path("path_symlink", "d/c", ROOT, "way"), guest.readAll(guest.open("way"))), gives: [0, "deep"] },
    refused: { run: (guest) => guest.path("path_symlink", "/etc/passwd", ROOT, "way"), gives: "notcapable" },
  },
  path_unlink_file: {
    allowed: { run: (guest, folder) => after(guest.path("path_unlink_file", ROOT, "a"), folder.paths().includes("a")), gives: [0, false] },
    refused: { run: (guest) => guest.path("path_unlink_file", ROOT, "d"), gives: "isdir" },
  },
  poll_oneoff: {
    allowed: {
      run: (guest) => {
        guest.view.setUint32(AT + 16, 1, true); // the monotonic clock
        guest.view.setBigUint64(AT + 24, 2_000_000n, true); // nanoseconds from now
        return after(guest.call("poll_oneoff", AT, 0, 1, SIZE), u32(guest), guest.slept);
      },
      gives: [0, 1, [2]],
    },
    refused: { run: (guest) => guest.call("poll_oneoff", AT, 0, 0, SIZE), gives: "inval" },
  },
  proc_exit: {
    allowed: { run: (guest) => { try { return guest.call("proc_exit", 3); } catch (error) { return error instanceof WasiExit && error.exitCode; } }, gives: 3 },
    refused: "leaves whatever it is given",
  },
  proc_raise: { allowed: "there are no signals", refused: { run: (guest) => guest.call("proc_raise", 9), gives: "nosys" } },
  random_get: {
    allowed: { run: (guest) => after(guest.call("random_get", AT, 8), u64(guest, AT) !== 0n, u64(guest, AT + 8)), gives: [0, true, 0n] },
    refused: { run: (guest) => guest.call("random_get", -8, 8), gives: "fault" },
  },
  sched_yield: { allowed: { run: (guest) => guest.call("sched_yield"), gives: 0 }, refused: "has nothing to refuse" },
  sock_accept: { allowed: "there are no sockets", refused: { run: (guest) => guest.call("sock_accept", guest.open("a"), 0, SIZE), gives: "notsock" } },
  sock_recv: { allowed: "there are no sockets", refused: { run: (guest) => guest.call("sock_recv", guest.open("a"), 0, 1, 0, SIZE, SIZE), gives: "notsock" } },
  sock_send: { allowed: "there are no sockets", refused: { run: (guest) => guest.call("sock_send", guest.open("a"), 0, 1, 0, SIZE), gives: "notsock" } },
  sock_shutdown: { allowed: "there are no sockets", refused: { run: (guest) => guest.call("sock_shutdown", guest.open("a"), 1), gives: "notsock" } },
};

/** A guest with both folders, and what is in the one to write. */
function start(): { readonly guest: Guest; readonly folder: MemoryFolder } {
  const folder = memoryFolder({ a: "text", "d/c": "deep" }, { maxBytes: 10_000 });
  const files = [
    { guest: "/", access: "write", folder },
    { guest: "/ro", access: "read", folder: memoryFolder({ b: "kept" }) },
  ] as const;
  const guest = createGuest({ args: ["tenon", "run"], env: { A: "1" }, files });
  expect(guest.path("path_symlink", "a", ROOT, "link")).toBe(0);
  return { guest, folder };
}

const every = (kind: keyof Cases): readonly { readonly name: WasiName; readonly one: Case }[] =>
  (Object.keys(WASI_PARAMETERS) as WasiName[]).flatMap((name) => {
    const one = FUNCTIONS[name][kind];
    return typeof one === "string" ? [] : [{ name, one }];
  });

describe("each function", () => {
  test.each(every("allowed"))("$name() does what it is for", ({ one }) => {
    const { guest, folder } = start();
    expect(one.run(guest, folder)).toEqual(one.gives);
  });

  test.each(every("refused"))("$name() refuses what it may not do, and does nothing", ({ one }) => {
    const { guest, folder } = start();
    const before = folder.paths().map((path) => [path, folder.text(path)]);
    expect(one.run(guest, folder)).toBe(Errno[one.gives as keyof typeof Errno]);
    expect(folder.paths().map((path) => [path, folder.text(path)])).toEqual(before);
  });
});
