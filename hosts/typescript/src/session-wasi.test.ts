import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { failureOf } from "../test/engine-suite.ts";
import { files as FILES_PROGRAM, stdio as STDIO_PROGRAM } from "../test/wasi/programs.ts";
import { wat } from "../test/wat.ts";
import { HAS_THREADS, workerPlatform } from "../test/worker-platform.ts";
import { memoryFolder } from "./files.ts";
import { createPlugin, type LogEntry, type PluginOptions } from "./node.ts";

const decode = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

async function runCommand(program: string, options: PluginOptions): Promise<{ lines: string[]; entries: LogEntry[]; code: string | undefined }> {
  const entries: LogEntry[] = [];
  await using sut = await createPlugin(decode(program), { ...options, logger: (entry) => entries.push(entry) });
  let code: string | undefined;
  try {
    await sut.call("_start");
  } catch (error) {
    code = (error as { code: string }).code;
  }
  return { lines: entries.map((entry) => entry.text), entries, code };
}

/** The program sleeps for an hour, which virtual time does at once. */
const WITH_VIRTUAL_TIME: PluginOptions = { deterministic: { now: 0, seed: 1 }, limits: { timeoutMs: "none" } };

const ENGINES: readonly { engine: string; on: PluginOptions }[] = [
  { engine: "inline", on: { engine: "inline" } },
  // skipped because WebKitGTK shares no memory between threads
  ...(HAS_THREADS ? [{ engine: "worker", on: { engine: "worker", platform: workerPlatform } } as const] : []),
];

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

  test("works on a folder of the host, read-write where granted, read-only else", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenon-"));
    try {
      await writeFile(join(folder, "input.txt"), "one\n");
      const grant = { host: folder, guest: "/data" };
      const refused = await runCommand(FILES_PROGRAM, { ...on, allow: { paths: [grant] } });
      expect(refused.lines.find((line) => line.startsWith("mkdir"))).toMatch(/^mkdir -1/);
      const { lines } = await runCommand(FILES_PROGRAM, { ...on, allow: { paths: [{ ...grant, access: "read-write" }] } });
      expect(lines).toContain("line one");
      expect(await readFile(join(folder, "out/short.txt"), "utf8")).toBe("00000\n00001\n");
    } finally {
      await rm(folder, { recursive: true });
    }
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
    const { defaultPlatform } = await import("./platform.ts");
    const greedy = wat(`(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 256) (func (export "run") (loop $l (drop (call $random (i32.const 0) (i32.const 16777216))) (br $l))))`);
    let now = 0;
    let filled = 0;
    const platform = { ...defaultPlatform(), now: () => now, random: () => { now += 1; filled += 1; } };
    await using sut = await createPlugin(greedy, { platform, limits: { timeoutMs: 50 } });
    expect((await failureOf(sut.call("run"))).code).toBe("call/timeout");
    expect(filled).toBeLessThanOrEqual(51);
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
