/**
 * Each function of preview 1 against a real memory: allowed, refused, hostile. Runs on Node and in browsers.
 *
 * Longer than 350 lines because the 46 functions are asked the same questions first, and those of each group their own then.
 */

import { describe, expect, test } from "vitest";
import { Errno } from "./errno.ts";
import { WasiExit } from "./exit.ts";
import { createGuest, type Guest, PAGE, put, putVectors, read } from "../../test/wasi/guest.ts";
import { memoryFolder } from "./memory-folder.ts";
import { seededRandom } from "./random.ts";
import { WASI_PARAMETERS, type WasiName } from "./signatures.ts";
import { createPathCalls } from "./path-calls.ts";
import { createWasi } from "./wasi.ts";

const NAMES = Object.keys(WASI_PARAMETERS) as WasiName[];

describe("imports", () => {
  test("are the 46 functions, frozen, and nothing that an object inherits", () => {
    const { imports } = createGuest().wasi;
    expect(Object.keys(imports).sort()).toEqual([...NAMES].sort());
    expect(NAMES).toHaveLength(46);
    expect(Object.isFrozen(imports)).toBe(true);
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) expect(imports[name]).toBeUndefined();
  });

  test("have the types that WASI_PARAMETERS states: an engine links and calls each", () => {
    for (const name of NAMES) {
      const bytes = forwarder(name, WASI_PARAMETERS[name]);
      const { wasi } = createGuest();
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
        wasi_snapshot_preview1: wasi.imports as WebAssembly.ModuleImports,
      });
      const run = instance.exports["run"] as () => unknown;
      if (name === "proc_exit") expect(run, name).toThrow(WasiExit);
      else expect(typeof run(), name).toBe("number");
    }
  });

  test("of a wrong type that no linker has refused throw a TypeError into the call and do nothing", () => {
    const guest = createGuest();
    for (const parameters of ["I", "II"]) {
      const module = new WebAssembly.Module(forwarder("fd_close", parameters));
      const imports = { wasi_snapshot_preview1: guest.wasi.imports as WebAssembly.ModuleImports };
      const { exports } = new WebAssembly.Instance(module, imports);
      expect(exports["run"]).toThrow(TypeError);
    }
    expect(guest.call("fd_fdstat_get", 0, 0)).toBe(0);
  });

  test("answer EFAULT where a pointer is meant, before a memory is attached and after close()", () => {
    const guest = createGuest();
    guest.wasi.close();
    guest.wasi.close();
    const before = createWasi({ write() {}, now: () => 0, monotonic: () => 0, random() {} });
    for (const imports of [guest.wasi.imports, before.imports]) {
      expect((imports["random_get"] as (...args: number[]) => number)(0, 1)).toBe(Errno.fault);
    }
    expect(guest.call("fd_fdstat_get", 1, 0)).toBe(Errno.badf);
  });
});

describe("hostile numbers", () => {
  const WILD = [0, 1, 2, 3, 4, 6, PAGE - 1, PAGE, 0x7fffffff, -0x80000000, -1, -4, -8];
  const WILD_64 = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];

  test.each(NAMES)("%s() answers every mix of wild arguments with an error number", (name) => {
    const folder = memoryFolder({ a: "text", "\u0001": "text" }, { maxBytes: 10_000 });
    const files = [{ guest: "/", access: "write", folder }] as const;
    const guest = createGuest({ files, random: (into) => void into.fill(7), limits: { maxRandomBytes: PAGE } });
    for (const path of ["a", "a", "."]) guest.open(path);
    new Uint8Array(guest.memory.buffer).fill(1);
    const kinds = [...WASI_PARAMETERS[name]];
    const random = seededRandom(NAMES.indexOf(name));
    const pick = new Uint8Array(kinds.length);
    const answers = new Set<number | void>();
    for (let round = 0; round < 2000; round++) {
      random(pick);
      const args = kinds.map((kind, index) => {
        const wild: readonly (number | bigint)[] = kind === "I" ? WILD_64 : WILD;
        return wild[pick[index]! % wild.length]!;
      });
      if (name === "proc_exit") expect(() => guest.call(name, ...args)).toThrow(WasiExit);
      else answers.add(guest.call(name, ...args));
    }
    expect([0, ...Object.values(Errno)]).toEqual(expect.arrayContaining([...answers]));
  });

  const POINTERS: { name: WasiName; args: (bad: number) => (number | bigint)[]; bytes: number }[] = [
    { name: "args_sizes_get", args: (bad) => [bad, 0], bytes: 4 },
    { name: "args_sizes_get", args: (bad) => [0, bad], bytes: 4 },
    { name: "args_get", args: (bad) => [bad, 0], bytes: 8 },
    { name: "args_get", args: (bad) => [0, bad], bytes: 9 },
    { name: "environ_sizes_get", args: (bad) => [bad, 0], bytes: 4 },
    { name: "environ_sizes_get", args: (bad) => [0, bad], bytes: 4 },
    { name: "environ_get", args: (bad) => [bad, 0], bytes: 4 },
    { name: "environ_get", args: (bad) => [0, bad], bytes: 4 },
    { name: "clock_res_get", args: (bad) => [0, bad], bytes: 8 },
    { name: "clock_time_get", args: (bad) => [0, 0n, bad], bytes: 8 },
    { name: "fd_fdstat_get", args: (bad) => [1, bad], bytes: 24 },
    { name: "fd_filestat_get", args: (bad) => [1, bad], bytes: 64 },
    { name: "fd_read", args: (bad) => [0, bad, 2, 4096], bytes: 16 },
    { name: "fd_read", args: (bad) => [0, 0, 0, bad], bytes: 4 },
    { name: "fd_write", args: (bad) => [1, bad, 2, 4096], bytes: 16 },
    { name: "fd_write", args: (bad) => [1, 0, 0, bad], bytes: 4 },
    { name: "random_get", args: (bad) => [bad, 100], bytes: 100 },
    { name: "poll_oneoff", args: (bad) => [bad, 4096, 1, 8192], bytes: 48 },
    { name: "poll_oneoff", args: (bad) => [0, bad, 1, 8192], bytes: 32 },
    { name: "poll_oneoff", args: (bad) => [0, 4096, 1, bad], bytes: 4 },
  ];

  test.each(POINTERS)("$name() takes the last $bytes bytes of memory and refuses one byte further", ({ name, args, bytes }) => {
    const guest = createGuest({ args: ["tenon", "run"].map((arg) => arg.slice(0, 4)), env: { A: "1" } });
    expect(guest.call(name, ...args(PAGE - bytes))).toBe(0);
    const before = new Uint8Array(guest.memory.buffer).slice();
    const { length } = guest.written;
    expect(guest.call(name, ...args(PAGE - bytes + 1))).toBe(Errno.fault);
    expect(guest.call(name, ...args(-bytes))).toBe(Errno.fault);
    expect(guest.call(name, ...args(-1))).toBe(Errno.fault);
    expect(new Uint8Array(guest.memory.buffer)).toEqual(before);
    expect(guest.written).toHaveLength(length);
  });
});

describe("arguments and environment", () => {
  test("args_get() lays out pointers and text", () => {
    const guest = createGuest({ args: ["plug-in", "ä"] });
    expect(guest.call("args_sizes_get", 0, 4)).toBe(0);
    expect([guest.view.getUint32(0, true), guest.view.getUint32(4, true)]).toEqual([2, 11]);
    expect(guest.call("args_get", 16, 64)).toBe(0);
    expect([guest.view.getUint32(16, true), guest.view.getUint32(20, true)]).toEqual([64, 72]);
    expect(read(guest, 64, 11)).toBe("plug-in\0ä\0");
  });

  test("environ_get() gives what was stated, and by default nothing of the host", () => {
    const guest = createGuest({ env: { LANG: "C", EMPTY: "" } });
    guest.call("environ_sizes_get", 0, 4);
    expect([guest.view.getUint32(0, true), guest.view.getUint32(4, true)]).toEqual([2, 14]);
    guest.call("environ_get", 16, 64);
    expect(read(guest, 64, 14)).toBe("LANG=C\0EMPTY=\0");

    const bare = createGuest();
    bare.view.setUint32(0, 99, true);
    bare.call("environ_sizes_get", 0, 4);
    expect(bare.view.getUint32(0, true)).toBe(0);
    bare.view.setUint32(0, 99, true);
    bare.call("args_sizes_get", 0, 4);
    expect(bare.view.getUint32(0, true)).toBe(0);
  });

  test.each([{ args: ["a\0b"] }, { env: { "a=b": "c" } }, { env: { "": "c" } }, { env: { a: "\0" } }])(
    "createWasi() rejects %j",
    (options) => {
      expect(() => createGuest(options)).toThrow(TypeError);
    },
  );
});

describe("clocks", () => {
  const CASES = [
    { name: "realtime", id: 0, ns: 1_790_000_000_123_456_054n },
    { name: "monotonic", id: 1, ns: 5_250_000n },
    { name: "process CPU time, as monotonic", id: 2, ns: 5_250_000n },
    { name: "thread CPU time, as monotonic", id: 3, ns: 5_250_000n },
  ];
  test.each(CASES)("clock_time_get() answers $name in nanoseconds", ({ id, ns }) => {
    const guest = createGuest();
    expect(guest.call("clock_time_get", id, 0n, 8)).toBe(0);
    expect(guest.view.getBigUint64(8, true)).toBe(ns);
    expect(guest.call("clock_res_get", id, 8)).toBe(0);
    expect(guest.view.getBigUint64(8, true)).toBe(1_000_000n);
  });

  test.each([4, 5, -1])("clock %d does not exist", (id) => {
    const guest = createGuest();
    expect(guest.call("clock_time_get", id, 0n, 8)).toBe(Errno.inval);
    expect(guest.call("clock_res_get", id, 8)).toBe(Errno.inval);
  });

  test.each([NaN, -5, Infinity])("a host's clock that says %d reads as 0", (ms) => {
    const guest = createGuest({ now: () => ms });
    expect(guest.call("clock_time_get", 0, 0n, 8)).toBe(0);
    expect(guest.view.getBigUint64(8, true)).toBe(0n);
  });

  test("a monotonic clock at its very start is past 0, because Go's runtime ends itself at 0", () => {
    const guest = createGuest({ monotonic: () => 0 });
    expect(guest.call("clock_time_get", 1, 0n, 8)).toBe(0);
    expect(guest.view.getBigUint64(8, true)).toBe(1n);
  });
});

describe("random_get", () => {
  test("fills exactly the range, in pieces that crypto takes", () => {
    const pieces: number[] = [];
    const guest = createGuest({
      random(into) {
        pieces.push(into.length);
        crypto.getRandomValues(into);
        into.fill(7);
      },
    });
    guest.memory.grow(3);
    expect(guest.call("random_get", 5, 150_000)).toBe(0);
    expect(pieces).toEqual([65_536, 65_536, 18_928]);
    const bytes = new Uint8Array(guest.memory.buffer);
    expect([bytes[4], bytes[5], bytes[150_004], bytes[150_005]]).toEqual([0, 7, 7, 0]);
    expect(bytes.subarray(5, 150_005).every((byte) => byte === 7)).toBe(true);
  });

  test("refuses more than its limit without asking the host, and fills nothing for 0", () => {
    const guest = createGuest({
      limits: { maxRandomBytes: 100 },
      random: (into) => void into.fill(7),
    });
    expect(guest.call("random_get", 0, 100)).toBe(0);
    expect(guest.call("random_get", 200, 101)).toBe(Errno.inval);
    expect(guest.call("random_get", 0, -1)).toBe(Errno.fault);
    expect(guest.view.getUint8(200)).toBe(0);
    expect(guest.call("random_get", PAGE, 0)).toBe(0);
  });

  test("seededRandom() repeats, does not depend on how it is asked, and differs by seed", () => {
    const whole = new Uint8Array(1000);
    seededRandom(42)(whole);
    const pieces = new Uint8Array(1000);
    const random = seededRandom(42n);
    for (let at = 0, step = 1; at < 1000; at += step, step = (step % 13) + 1) random(pieces.subarray(at, at + step));
    expect(pieces).toEqual(whole);
    expect(new Set(whole).size).toBeGreaterThan(200);
    expect(Array.from(whole.subarray(0, 32), (byte) => byte.toString(16).padStart(2, "0")).join(""), "the same on every engine").toBe("6ae579d9ca1cbdfa002b9995158b78b389a20eece479395c50a9d4f04cabcb50");

    const seeds = [0, 1, 2, -1, 2 ** 32, 2n ** 63n];
    const starts = seeds.map((seed) => {
      const into = new Uint8Array(8);
      seededRandom(seed)(into);
      return into.join();
    });
    expect(new Set(starts).size).toBe(seeds.length);
    expect(() => seededRandom(1.5)).toThrow(RangeError);
  });
});

describe("standard streams", () => {
  test("fd_write() hands over a copy of all vectors in order", () => {
    const guest = createGuest();
    put(guest, 100, "Hello, world");
    putVectors(guest, 0, [107, 5], [0, 0], [105, 2], [100, 5]);
    expect(guest.call("fd_write", 1, 0, 4, 64)).toBe(0);
    expect(guest.call("fd_write", 2, 0, 1, 64)).toBe(0);
    expect(guest.written).toEqual(["stdout:world, Hello", "stderr:world"]);
    expect(guest.view.getUint32(64, true)).toBe(5);
  });

  test("fd_write() of gigabytes moves its limit once and says so", () => {
    const sizes: number[] = [];
    const guest = createGuest({ write: (_stream, bytes) => void sizes.push(bytes.length), limits: { maxTransferBytes: 1000 } });
    putVectors(guest, 0, ...Array.from({ length: 1024 }, (): [number, number] => [0, PAGE]));
    expect(guest.call("fd_write", 1, 0, 1024, 0)).toBe(0);
    expect(sizes).toEqual([1000]);
    expect(guest.view.getUint32(0, true)).toBe(1000);
  });

  const REFUSED = [
    { name: "a length past the end", vectors: [[PAGE - 4, 5]], errno: Errno.fault },
    { name: "a pointer past the end", vectors: [[PAGE + 1, 0]], errno: Errno.fault },
    { name: "pointer + length that wraps", vectors: [[PAGE - 1, 0xffffffff]], errno: Errno.fault },
    { name: "4 GiB", vectors: [[0, 0xffffffff]], errno: Errno.fault },
    { name: "a bad second vector", vectors: [[0, 4], [-4, 4]], errno: Errno.fault },
  ] satisfies { name: string; vectors: [number, number][]; errno: number }[];
  test.each(REFUSED)("fd_write() and fd_read() refuse $name and write nothing", ({ vectors, errno }) => {
    const guest = createGuest();
    putVectors(guest, 1000, ...vectors);
    expect(guest.call("fd_write", 1, 1000, vectors.length, 0)).toBe(errno);
    expect(guest.call("fd_read", 0, 1000, vectors.length, 0)).toBe(errno);
    expect(guest.written).toEqual([]);
  });

  test("fd_write() refuses more vectors than IOV_MAX", () => {
    const guest = createGuest();
    expect(guest.call("fd_write", 1, 0, 1024, 0)).toBe(0);
    expect(guest.call("fd_write", 1, 0, 1025, 0)).toBe(Errno.inval);
    expect(guest.call("fd_write", 1, 0, -1, 0)).toBe(Errno.inval);
  });

  test("fd_read() of standard input is at its end; each stream has one direction", () => {
    const guest = createGuest();
    putVectors(guest, 0, [100, 5]);
    guest.view.setUint32(64, 99, true);
    expect(guest.call("fd_read", 0, 0, 1, 64)).toBe(0);
    expect(guest.view.getUint32(64, true)).toBe(0);
    expect(guest.call("fd_read", 1, 0, 1, 64)).toBe(Errno.notcapable);
    expect(guest.call("fd_write", 0, 0, 1, 64)).toBe(Errno.notcapable);
    expect(guest.call("fd_read", 3, 0, 1, 64)).toBe(Errno.badf);
  });

  test("fd_fdstat_get() and fd_filestat_get() describe a terminal, so that C libraries write line by line", () => {
    const guest = createGuest();
    for (const fd of [0, 1, 2]) {
      new Uint8Array(guest.memory.buffer).fill(0xff);
      expect(guest.call("fd_fdstat_get", fd, 0)).toBe(0);
      expect(guest.view.getUint8(0)).toBe(2);
      expect(guest.view.getUint16(2, true)).toBe(0);
      const rights = guest.view.getBigUint64(8, true);
      expect(rights & 0b100100n, "neither seek nor tell").toBe(0n);
      expect(rights & 0b1000010n, "reads or writes").toBe(fd === 0 ? 2n : 64n);
      expect(guest.view.getBigUint64(16, true)).toBe(0n);
      expect(guest.call("fd_filestat_get", fd, 64)).toBe(0);
      expect(guest.view.getUint8(80)).toBe(2);
      expect(guest.view.getBigUint64(96, true)).toBe(0n);
    }
  });

  test("fd_fdstat_set_flags() keeps append and nonblock and refuses the rest", () => {
    const guest = createGuest();
    expect(guest.call("fd_fdstat_set_flags", 1, 5)).toBe(0);
    guest.call("fd_fdstat_get", 1, 0);
    expect(guest.view.getUint16(2, true)).toBe(5);
    expect(guest.call("fd_fdstat_set_flags", 1, 2)).toBe(Errno.inval);
    expect(guest.call("fd_fdstat_set_flags", 1, -1)).toBe(Errno.inval);
    expect(guest.call("fd_fdstat_set_flags", 9, 0)).toBe(Errno.badf);
  });

  test("fd_fdstat_set_rights() only ever takes away", () => {
    const guest = createGuest();
    expect(guest.call("fd_fdstat_set_rights", 1, 2n, 0n)).toBe(Errno.notcapable);
    expect(guest.call("fd_fdstat_set_rights", 1, 64n, 1n)).toBe(Errno.notcapable);
    expect(guest.call("fd_fdstat_set_rights", 1, 0n, 0n)).toBe(0);
    expect(guest.call("fd_write", 1, 0, 0, 0)).toBe(Errno.notcapable);
    expect(guest.call("fd_fdstat_set_rights", 1, 64n, 0n)).toBe(Errno.notcapable);
  });

  test("fd_close() and fd_renumber() move numbers about and nothing else", () => {
    const guest = createGuest();
    put(guest, 100, "x");
    putVectors(guest, 0, [100, 1]);
    expect(guest.call("fd_renumber", 2, 1)).toBe(0);
    expect(guest.call("fd_write", 1, 0, 1, 64)).toBe(0);
    expect(guest.written).toEqual(["stderr:x"]);
    expect(guest.call("fd_write", 2, 0, 1, 64)).toBe(Errno.badf);
    expect(guest.call("fd_renumber", 1, 2)).toBe(Errno.badf);
    expect(guest.call("fd_renumber", 1, 0x7fffffff)).toBe(Errno.badf);
    expect(guest.call("fd_renumber", 1, 1)).toBe(0);
    expect(guest.call("fd_close", 1)).toBe(0);
    expect(guest.call("fd_close", 1)).toBe(Errno.badf);
    expect(guest.call("fd_close", -1)).toBe(Errno.badf);
  });

  const NOT_A_FILE: { name: WasiName; args: (number | bigint)[]; errno: number }[] = [
    { name: "fd_advise", args: [0n, 0n, 0], errno: Errno.spipe },
    { name: "fd_allocate", args: [0n, 0n], errno: Errno.spipe },
    { name: "fd_filestat_set_size", args: [0n], errno: Errno.spipe },
    { name: "fd_filestat_set_times", args: [0n, 0n, 0], errno: Errno.spipe },
    { name: "fd_pread", args: [0, 0, 0n, 64], errno: Errno.spipe },
    { name: "fd_pwrite", args: [0, 0, 0n, 64], errno: Errno.spipe },
    { name: "fd_seek", args: [0n, 0, 64], errno: Errno.spipe },
    { name: "fd_tell", args: [64], errno: Errno.spipe },
    { name: "fd_readdir", args: [0, 64, 0n, 128], errno: Errno.notdir },
    { name: "fd_prestat_get", args: [0], errno: Errno.badf },
    { name: "fd_prestat_dir_name", args: [0, 0], errno: Errno.badf },
    { name: "path_create_directory", args: [0, 1], errno: Errno.notdir },
    { name: "path_filestat_get", args: [0, 0, 1, 64], errno: Errno.notdir },
    { name: "path_filestat_set_times", args: [0, 0, 1, 0n, 0n, 0], errno: Errno.notdir },
    { name: "path_link", args: [0, 0, 1, 1, 0, 1], errno: Errno.notdir },
    { name: "path_open", args: [0, 0, 1, 0, 0n, 0n, 0, 64], errno: Errno.notdir },
    { name: "path_readlink", args: [0, 1, 64, 8, 128], errno: Errno.notdir },
    { name: "path_remove_directory", args: [0, 1], errno: Errno.notdir },
    { name: "path_rename", args: [0, 1, 1, 0, 1], errno: Errno.notdir },
    { name: "path_unlink_file", args: [0, 1], errno: Errno.notdir },
    { name: "sock_accept", args: [0, 64], errno: Errno.notsock },
    { name: "sock_recv", args: [0, 0, 0, 64, 68], errno: Errno.notsock },
    { name: "sock_send", args: [0, 0, 0, 64], errno: Errno.notsock },
    { name: "sock_shutdown", args: [0], errno: Errno.notsock },
  ];
  test.each(NOT_A_FILE)("$name() is refused on a stream and on a number that is not open", ({ name, args, errno }) => {
    const guest = createGuest();
    for (const fd of [0, 1, 2]) expect(guest.call(name, fd, ...args)).toBe(errno);
    for (const fd of [3, 1000, -1]) expect(guest.call(name, fd, ...args)).toBe(Errno.badf);
  });

  test("path_symlink() is refused on a stream and on a number that is not open", () => {
    const guest = createGuest();
    expect(guest.call("path_symlink", 0, 1, 1, 0, 1)).toBe(Errno.notdir);
    expect(guest.call("path_symlink", 0, 1, 3, 0, 1)).toBe(Errno.badf);
  });

  test("fd_sync() and fd_datasync() succeed on a stream", () => {
    const guest = createGuest();
    for (const name of ["fd_sync", "fd_datasync"] as const) {
      expect(guest.call(name, 1)).toBe(0);
      expect(guest.call(name, 3)).toBe(Errno.badf);
    }
  });

  test("what the embedder's write() throws reaches the embedder", () => {
    const failure = new Error("disk full");
    const guest = createGuest({
      write() {
        throw failure;
      },
    });
    putVectors(guest, 0, [0, 1]);
    expect(() => guest.call("fd_write", 1, 0, 1, 64)).toThrow(failure);
  });
});

describe("poll_oneoff", () => {
  const EVENTS = 4096;
  const COUNT = 8192;
  interface Subscription {
    tag: number;
    id: number;
    timeout?: bigint;
    flags?: number;
  }
  function subscribe(guest: Guest, subscriptions: Subscription[]): number | void {
    subscriptions.forEach(({ tag, id, timeout = 0n, flags = 0 }, index) => {
      const at = index * 48;
      guest.view.setBigUint64(at, 100n + BigInt(index), true);
      guest.view.setUint8(at + 8, tag);
      guest.view.setUint32(at + 16, id, true);
      guest.view.setBigUint64(at + 24, timeout, true);
      guest.view.setUint16(at + 40, flags, true);
    });
    return guest.call("poll_oneoff", 0, EVENTS, subscriptions.length, COUNT);
  }
  function events({ view }: Guest): { userdata: bigint; errno: number; type: number; flags: number }[] {
    return Array.from({ length: view.getUint32(COUNT, true) }, (_, index) => {
      const at = EVENTS + 32 * index;
      const [userdata, errno, type] = [view.getBigUint64(at, true), view.getUint16(at + 8, true), view.getUint8(at + 10)];
      return { userdata, errno, type, flags: view.getUint16(at + 24, true) };
    });
  }

  const CASES: { name: string; subscriptions: Subscription[]; slept: number[]; events: object[] }[] = [
    {
      name: "sleeps by a relative timer",
      subscriptions: [{ tag: 0, id: 1, timeout: 1_500_000n }],
      slept: [1.5],
      events: [{ userdata: 100n, errno: 0, type: 0, flags: 0 }],
    },
    {
      name: "sleeps until an absolute time",
      subscriptions: [{ tag: 0, id: 1, timeout: 7_250_000n, flags: 1 }],
      slept: [2],
      events: [{ userdata: 100n, errno: 0, type: 0, flags: 0 }],
    },
    {
      name: "does not sleep for a time that is over",
      subscriptions: [{ tag: 0, id: 1, timeout: 1n, flags: 1 }, { tag: 0, id: 1, timeout: 9_000_000n }],
      slept: [],
      events: [{ userdata: 100n, errno: 0, type: 0, flags: 0 }],
    },
    {
      name: "answers the nearest of several timers",
      subscriptions: [{ tag: 0, id: 0, timeout: 3_000_000n }, { tag: 0, id: 1, timeout: 2_000_000n }],
      slept: [2],
      events: [{ userdata: 101n, errno: 0, type: 0, flags: 0 }],
    },
    {
      name: "prefers descriptors, which are always ready",
      subscriptions: [{ tag: 0, id: 1, timeout: 3_000_000n }, { tag: 2, id: 1 }, { tag: 1, id: 0 }],
      slept: [],
      events: [
        { userdata: 101n, errno: 0, type: 2, flags: 0 },
        { userdata: 102n, errno: 0, type: 1, flags: 1 },
      ],
    },
    {
      name: "answers wrong ones each with its error",
      subscriptions: [{ tag: 2, id: 0 }, { tag: 1, id: 77 }, { tag: 0, id: 9 }],
      slept: [],
      events: [
        { userdata: 100n, errno: Errno.notcapable, type: 2, flags: 0 },
        { userdata: 101n, errno: Errno.badf, type: 1, flags: 0 },
        { userdata: 102n, errno: Errno.inval, type: 0, flags: 0 },
      ],
    },
  ];
  test.each(CASES)("$name", ({ subscriptions, slept, events: expected }) => {
    const guest = createGuest();
    new Uint8Array(guest.memory.buffer).fill(0xff, EVENTS);
    expect(subscribe(guest, subscriptions)).toBe(0);
    expect(guest.slept).toEqual(slept);
    expect(events(guest)).toEqual(expected);
  });

  test("hands centuries to the host as a finite number of milliseconds", () => {
    const guest = createGuest();
    expect(subscribe(guest, [{ tag: 0, id: 0, timeout: 2n ** 64n - 1n }])).toBe(0);
    expect(guest.slept).toEqual([18_446_744_073_709.55]);
  });

  test("goes on at once where the host does not let guests wait", () => {
    const guest = createGuest({ sleep: undefined });
    expect(subscribe(guest, [{ tag: 0, id: 0, timeout: 3_600_000_000_000n }])).toBe(0);
    expect(events(guest)).toHaveLength(1);
  });

  test("lets the host's sleep() end the call", () => {
    const timeout = new Error("timeout");
    const guest = createGuest({
      sleep() {
        throw timeout;
      },
    });
    expect(() => subscribe(guest, [{ tag: 0, id: 0, timeout: 1n }])).toThrow(timeout);
  });

  test("refuses none, too many and unknown subscriptions", () => {
    const guest = createGuest();
    expect(guest.call("poll_oneoff", 0, EVENTS, 0, COUNT)).toBe(Errno.inval);
    expect(guest.call("poll_oneoff", 0, EVENTS, 1025, COUNT)).toBe(Errno.inval);
    expect(guest.call("poll_oneoff", 0, EVENTS, -1, COUNT)).toBe(Errno.inval);
    expect(subscribe(guest, [{ tag: 3, id: 0 }])).toBe(Errno.inval);
    expect(guest.slept).toEqual([]);
  });

  test("may write its events over its subscriptions", () => {
    const guest = createGuest();
    guest.view.setUint8(8, 2);
    guest.view.setUint32(16, 1, true);
    guest.view.setUint8(56, 2);
    guest.view.setUint32(64, 2, true);
    expect(guest.call("poll_oneoff", 0, 0, 2, COUNT)).toBe(0);
    expect([guest.view.getUint8(10), guest.view.getUint8(42)]).toEqual([2, 2]);
  });
});

describe("process", () => {
  test.each([
    [0, 0],
    [3, 3],
    [-1, 0xffffffff],
  ])("proc_exit(%d) throws WasiExit with %d", (code, exitCode) => {
    const guest = createGuest();
    expect(() => guest.call("proc_exit", code)).toThrow(expect.objectContaining({ name: "WasiExit", exitCode }));
  });

  test("proc_raise() has no signals to raise, sched_yield() nothing to yield to", () => {
    const guest = createGuest();
    expect(guest.call("proc_raise", 9)).toBe(Errno.nosys);
    expect(guest.call("sched_yield")).toBe(0);
  });
});

describe("memory", () => {
  test("grown by the guest is seen at once", () => {
    const guest = createGuest();
    expect(guest.call("clock_time_get", 1, 0n, PAGE)).toBe(Errno.fault);
    guest.memory.grow(1);
    expect(guest.call("clock_time_get", 1, 0n, PAGE)).toBe(0);
    expect(guest.view.getBigUint64(PAGE, true)).toBe(5_250_000n);
  });

  // skipped because pages that are not cross-origin isolated have no SharedArrayBuffer
  // skipped because pages that are not isolated have no shared memory
  test.runIf(typeof SharedArrayBuffer === "function")("shared between threads works, and no shared byte leaves it", () => {
    const buffers: ArrayBufferLike[] = [];
    const guest = createGuest(
      {
        write: (_stream, bytes) => void buffers.push(bytes.buffer),
        random(into) {
          buffers.push(into.buffer);
          crypto.getRandomValues(into);
        },
      },
      true,
    );
    expect(guest.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    putVectors(guest, 0, [100, 5]);
    expect(guest.call("fd_write", 1, 0, 1, 64)).toBe(0);
    expect(guest.call("random_get", 0, 64)).toBe(0);
    expect(buffers.map((buffer) => buffer instanceof ArrayBuffer)).toEqual([true, true]);
    guest.memory.grow(1);
    expect(guest.call("random_get", PAGE, 64)).toBe(0);
  });
});

describe("instances", () => {
  test("share nothing", () => {
    const [one, two] = [createGuest(), createGuest()];
    one.call("fd_close", 1);
    expect(two.call("fd_fdstat_get", 1, 0)).toBe(0);
  });

  test.each([{ maxVectors: -1 }, { maxRandomBytes: 1.5 }, { maxTransferBytes: NaN }])("reject the limits %j", (limits) => {
    expect(() => createGuest({ limits })).toThrow(RangeError);
  });
});

/** A module that imports one function and exports `run`, which calls it with zeros. */
function forwarder(name: string, parameters: string): Uint8Array<ArrayBuffer> {
  const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
  const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  const results = name === "proc_exit" ? [0] : [1, 0x7f];
  const zeros = [...parameters].flatMap((kind) => [kind === "I" ? 0x42 : 0x41, 0]);
  const body = [0, ...zeros, 0x10, 0, 0x0b];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      2,
      ...[0x60, parameters.length, ...[...parameters].map((kind) => (kind === "I" ? 0x7e : 0x7f)), ...results],
      ...[0x60, 0, ...results],
    ),
    ...section(2, 1, ...text("wasi_snapshot_preview1"), ...text(name), 0, 0),
    ...section(3, 1, 1),
    ...section(7, 1, ...text("run"), 0, 1),
    ...section(10, 1, body.length, ...body),
  ]);
}

describe("without folders", () => {
  const PATHS = NAMES.filter((name) => name.startsWith("path_"));

  test.each(PATHS)("%s() answers alike whether or not what takes paths is loaded", (name) => {
    expect(PATHS).toHaveLength(10);
    const [light, whole] = [createGuest(), createGuest({ files: [], createPathCalls })];
    for (const fd of [0, 1, 2, 3, 99, -1]) {
      const values = [...WASI_PARAMETERS[name]].map((type, index) => (type === "I" ? 0n : index === (name === "path_symlink" ? 2 : 0) ? fd : 0));
      const answer = light.call(name, ...values);
      expect(answer).toBe(fd >= 0 && fd < 3 ? Errno.notdir : Errno.badf);
      expect(whole.call(name, ...values)).toBe(answer);
    }
  });

  test("createWasi() rejects a folder without what takes paths", () => {
    const files = [{ guest: "/data", access: "read", folder: memoryFolder() }] as const;
    expect(() => createWasi({ files, write() {}, now: () => 0, monotonic: () => 0, random() {} })).toThrow(TypeError);
  });
});
