/** Real C programs (test/wasi/*.c, compiled with wasi-libc) on our WASI. Runs on Node and in browsers. */

import { expect, test } from "vitest";
import { FILES_OUTPUT } from "../../test/wasi/files-output.ts";
import { files, stdio } from "../../test/wasi/programs.ts";
import { run } from "../../test/wasi/run.ts";
import { memoryFolder } from "./memory-folder.ts";

test("a C program with no permission finds its streams, clocks and random bytes, and nothing of the host", () => {
  const slept: number[] = [];
  const { exitCode, stdout, stderr } = run(stdio, { sleep: (ms) => void slept.push(ms) });
  expect(stdout.split("\n")).toEqual([
    "args 0 -",
    "env -",
    "time 1790000000",
    "monotonic 1.500000000",
    expect.stringMatching(/^random 0 [0-9a-f]{8}$/),
    "sleep 0",
    "input -1",
    "tty 1",
    "open -1 No such file or directory",
    "",
  ]);
  expect(stderr).toBe("to stderr\n");
  expect(exitCode).toBe(7);
  expect(slept).toEqual([3_600_000]);
  expect(run(stdio).stdout, "the same arguments, byte for byte").toBe(stdout);
});

test("a C program gets the arguments and the environment that the embedder states", () => {
  const { stdout } = run(stdio, { args: ["stdio", "grüße"], env: { GREETING: "hello" } });
  expect(stdout.split("\n").slice(0, 2)).toEqual(["args 2 grüße", "env hello"]);
});

test("a C program reads and writes files, and the embedder reads them back", () => {
  const folder = memoryFolder({ "input.txt": "one\ntwo\n" });
  const readOnly = memoryFolder({ "a.txt": "x" });
  const { exitCode, stdout } = run(files, {
    files: [
      { guest: "/data", access: "write", folder },
      { guest: "/ro", access: "read", folder: readOnly },
    ],
  });
  expect(stdout.split("\n")).toEqual(FILES_OUTPUT);
  expect(exitCode).toBe(0);
  expect(folder.paths()).toEqual(["input.txt", "out/short.txt"]);
  expect(folder.text("out/short.txt")).toBe("00000\n00001\n");
  expect([readOnly.paths(), readOnly.text("a.txt")]).toEqual([["a.txt"], "x"]);
});

test("a C program without the folder it wants gets an error it can print", () => {
  expect(run(files)).toEqual({ exitCode: 1, stdout: "fopen -1 No such file or directory\n", stderr: "" });
});
