import { describe, expect, test } from "vitest";

import { failureOf } from "../../test/engine-suite.ts";
import { decode, ENGINES, runCommand } from "../../test/wasi/command.ts";
import { files as FILES_PROGRAM, stdio as STDIO_PROGRAM } from "../../test/wasi/programs.ts";
import { OUTPUT_H, plugin, wat } from "../../test/wat.ts";
import { memoryFolder } from "../files.ts";
import { createPlugin, type PluginOptions } from "../node.ts";
import type { Folder } from "../wasi/file-tree.ts";

/** The program sleeps for an hour, which virtual time does at once. */
const WITH_VIRTUAL_TIME: PluginOptions = { deterministic: { now: 0, seed: 1 }, limits: { timeoutMs: "none" } };

/** Looks at the clock, makes, writes and reads a file, and gives its size, its three times, and the time. */
const STAMPER = plugin(
  `(data (i32.const 8) "\\30\\00\\00\\00\\04") (data (i32.const 16) "new")
   (func (export "run") (result i32) (local $h i64) (local $i i32)
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 200)))
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 1) (i64.const 0x200066) (i64.const 0) (i32.const 0) (i32.const 0)))
    (drop (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 32)))
    (drop (call $read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i64.const 0) (i32.const 32)))
    (drop (call $stat (i32.load (i32.const 0)) (i32.const 96)))
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 160)))
    (local.set $h (call $alloc (i64.const 40)))
    (loop $l
      (call $store_u64 (i64.add (local.get $h) (i64.extend_i32_u (local.get $i))) (i64.load (i32.add (i32.const 128) (local.get $i))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 40))))
    ${OUTPUT_H}
    (i32.const 0))`,
  [
    ["clock_time_get", "$clock", "i32 i64 i32"], ["fd_filestat_get", "$stat", "i32 i32"], ["fd_pread", "$read", "i32 i32 i32 i64 i32"],
    ["fd_write", "$write", "i32 i32 i32 i32"], ["path_open", "$open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"],
  ].map(([name, id, params]) => `(import "wasi_snapshot_preview1" "${name}" (func ${id} (param ${params}) (result i32)))`).join("\n"),
);

describe.each(ENGINES)("a C program on the $engine engine", ({ on }) => {
  test("sees no files, no arguments and no environment unless they are given", async () => {
    const { lines, code } = await runCommand(FILES_PROGRAM, on);
    expect(code).toBe("call/exit");
    expect(lines.join("\n")).toMatch(/fopen -1/);
  });

  test("works on a folder in memory, which the embedder reads back", async () => {
    const folder = memoryFolder({ "input.txt": "one\ntwo\n" });
    const allow = { paths: [{ folder, guest: "/data", access: "read-write" as const }, { folder: memoryFolder({ "a.txt": "a" }), guest: "/ro" }] };
    const { lines } = await runCommand(FILES_PROGRAM, { ...on, allow });
    expect(lines).toContain("line one");
    expect(lines).toContain("last 19999");
    expect(folder.text("out/short.txt")).toBe("00000\n00001\n");
    expect(lines.find((line) => line.startsWith("ro create"))).toMatch(/^ro create -1/);
    expect(lines.filter((line) => line.startsWith("up "))).toEqual(expect.arrayContaining([expect.stringMatching(/^up -1/)]));
  });

  test("a folder that is not there is manifest/invalid", async () => {
    const failure = await failureOf(createPlugin(decode(FILES_PROGRAM), { ...on, allow: { paths: [{ host: "/nowhere/at/all", guest: "/data" }] } }));
    expect(failure.code).toBe("manifest/invalid");
  });

  test("finds arguments and environment; its streams are logged by lines at info and error", async () => {
    const { entries } = await runCommand(STDIO_PROGRAM, { ...on, ...WITH_VIRTUAL_TIME, wasi: { args: ["program", "zoë"], env: { GREETING: "hello" } } });
    const lines = entries.map(({ text }) => text);
    expect(lines.join("\n")).toMatch(/zoë/);
    expect(lines.join("\n")).toMatch(/hello/);
    expect(entries.find(({ source }) => source === "stderr")?.level).toBe("error");
    expect(entries.find(({ source }) => source === "stdout")?.level).toBe("info");
  });

  test("wasi.output decides whether its streams are logged, whatever the level", async () => {
    const wasi = { args: ["program"], env: {} };
    const sources = async (options: PluginOptions): Promise<string[]> => [...new Set((await runCommand(STDIO_PROGRAM, { ...WITH_VIRTUAL_TIME, ...options })).entries.map(({ source }) => source))].toSorted();
    expect(await sources({ wasi: { ...wasi, output: true }, logLevel: "off" })).toEqual(["stderr", "stdout"]);
    expect(await sources({ wasi: { ...wasi, output: false }, logLevel: "trace" })).toEqual([]);
    expect(await sources({ wasi, logLevel: "off" })).toEqual([]);
  });

  test("deterministic makes a run repeatable, and without it random numbers differ", async () => {
    const options: PluginOptions = { deterministic: { now: 1_700_000_000_000, seed: 7 } };
    const [first, again, other, real] = [
      await runCommand(STDIO_PROGRAM, { ...on, ...options }),
      await runCommand(STDIO_PROGRAM, { ...on, ...options }),
      await runCommand(STDIO_PROGRAM, { ...on, deterministic: { now: 1_700_000_000_000, seed: 8 } }),
      await runCommand(STDIO_PROGRAM, on),
    ];
    expect(again.lines).toEqual(first.lines);
    const random = ({ lines }: { lines: string[] }): string | undefined => lines.find((line) => line.startsWith("random"));
    expect(new Set([random(first), random(other), random(real)]).size).toBe(3);
  });

  test("deterministic gives what is in a folder in memory the same times, on every engine", async () => {
    const allow = { paths: [{ folder: memoryFolder({ a: "text" }), guest: "/", access: "read-write" as const }] };
    await using sut = await createPlugin(STAMPER, { ...on, deterministic: { now: 0, seed: 7 }, allow });
    const times = new BigUint64Array((await sut.call("run")).bytes().buffer);
    // A microsecond for each look at the clock, and none for what was done with the file.
    expect([...times]).toEqual([4n, 1000n, 1000n, 1000n, 2000n]);
  });

  test("fileBytes holds over all instances of a plug-in, and one that traps begins no new account", async () => {
    const grower = plugin(
      `(data (i32.const 16) "new")
       (func (export "run") (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 3) (i32.const 1) (i64.const 0x400040) (i64.const 0) (i32.const 0) (i32.const 0)))
        (drop (call $resize (i32.load (i32.const 0)) (call $input_load_u64 (i64.const 0))))
        unreachable)`,
      `(import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
       (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $resize (param i32 i64) (result i32)))
       (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))`,
    );
    const folder = memoryFolder();
    const allow = { paths: [{ folder, guest: "/", access: "read-write" as const }] };
    await using sut = await createPlugin(grower, { ...on, allow, limits: { fileBytes: 6000 } });
    const sizeAfter = async (size: number): Promise<number | undefined> => {
      await failureOf(sut.call("run", new Uint8Array(new BigUint64Array([BigInt(size)]).buffer)));
      return folder.bytes("new")?.length;
    };
    expect([await sizeAfter(1500), await sizeAfter(1904), await sizeAfter(1905), await sizeAfter(10), await sizeAfter(1904)]).toEqual([1500, 1904, 1904, 10, 1904]);
  });

  test("deterministic gives the same bytes on every runtime", async () => {
    const { lines } = await runCommand(STDIO_PROGRAM, { deterministic: { now: 1_700_000_000_000, seed: 7 }, limits: { timeoutMs: "none" } });
    expect(lines).toEqual([
      "args 0 -", "env -", "time 1700000000", "monotonic 0.000002000", "random 0 07d2eeb6", "sleep 0", "input -1", "tty 1",
      "open -1 No such file or directory", "to stderr",
    ]);
  });
});

describe("WASI and the call", () => {
  const sleeper = wat(`(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "sleep") (i32.store8 (i32.const 8) (i32.const 0)) (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3600000000000))
      (try (do (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))) (catch_all)))
    (func (export "fine")))`);

  test("a plug-in that sleeps for an hour is stopped at once, whatever it catches", async () => {
    await using sut = await createPlugin(sleeper);
    expect((await failureOf(sut.call("sleep"))).code).toBe("call/timeout");
    expect((await sut.call("fine")).length).toBe(0);
  });

  test("random bytes without end are stopped by the clock, not by what the module counts", async () => {
    const { defaultPlatform } = await import("../platform.ts");
    const greedy = wat(`(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 256) (func (export "run") (loop $l (drop (call $random (i32.const 0) (i32.const 16777216))) (br $l))))`);
    let now = 0;
    let filled = 0;
    const platform = { ...defaultPlatform(), now: () => now, random: () => { now += 1; filled += 1; } };
    await using sut = await createPlugin(greedy, { platform, limits: { timeoutMs: 50 } });
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(filled).toBeLessThanOrEqual(51);
  });

  const DO_MUCH: { name: string; call: string; params: string; args: string }[] = [
    { name: "lists a folder", call: "fd_readdir", params: "i32 i32 i32 i64 i32", args: "(i32.const 3) (i32.const 64) (i32.const 64) (i64.const 0) (i32.const 0)" },
    { name: "asks for a file", call: "path_filestat_get", params: "i32 i32 i32 i32 i32", args: "(i32.const 3) (i32.const 0) (i32.const 4) (i32.const 1) (i32.const 64)" },
    { name: "writes lines", call: "fd_write", params: "i32 i32 i32 i32", args: "(i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)" },
  ];
  test.each(DO_MUCH)("a plug-in that $name without end is stopped by the clock, however much each time takes", async ({ call, params, args }) => {
    const { defaultPlatform } = await import("../platform.ts");
    const busy = wat(`(module (import "wasi_snapshot_preview1" "${call}" (func $do (param ${params}) (result i32))) (memory (export "memory") 1)
      (data (i32.const 4) "a\\0a\\00\\00\\05\\00\\00\\00\\01\\00\\00\\00") (func (export "run") (loop $l (drop (call $do ${args})) (br $l))))`);
    let now = 0;
    let done = 0;
    const folder = countingFolder(() => (done += 1));
    const platform = { ...defaultPlatform(), now: () => (now += 1) };
    await using sut = await createPlugin(busy, { platform, logger: () => (done += 1), limits: { timeoutMs: 50 }, allow: { paths: [{ folder, guest: "/" }] } });
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(done).toBeGreaterThan(10);
    expect(done).toBeLessThanOrEqual(51);
  });

  test("a WASI function imported with another type is link/mismatch", async () => {
    const wrong = wat(`(module (import "wasi_snapshot_preview1" "fd_write" (func (param i64) (result i32))))`);
    const failure = await failureOf(createPlugin(wrong));
    expect(failure.code).toBe("link/mismatch");
    expect(failure.details).toMatchObject({ name: "fd_write" });
  });

  test("a logger that throws fails the call with its cause, also from a standard stream", async () => {
    const thrown = new Error("disk full");
    await using sut = await createPlugin(decode(STDIO_PROGRAM), { logger: () => { throw thrown; } });
    const failure = await failureOf(sut.call("_start"));
    expect(failure.code).toBe("call/host-function");
    expect(failure.cause).toBe(thrown);
  });
});

/** An empty folder that tells when it is listed, and when it is asked for `a`. */
function countingFolder(count: () => void): Folder {
  const empty = memoryFolder();
  return {
    open(now) {
      const directory = empty.open(now);
      return new Proxy(directory, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== "function") return value;
          return (...values: unknown[]): unknown => {
            if (name === "list" || (name === "stat" && values[0] === "a")) count();
            return Reflect.apply(value, target, values) as unknown;
          };
        },
      });
    },
  };
}
