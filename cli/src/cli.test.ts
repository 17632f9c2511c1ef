import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

import { createPlugin } from "@tenon/host";
import { parseModule } from "@tenon/wasm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import initWabt from "wabt";

const TENON = fileURLToPath(new URL("../tenon.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tenon-cli-"));
const at = (name: string) => join(folder, name);

/** Every sequence here acts on a terminal, hides text, or passes for a line of ours. */
const HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2028\r\nerror: nothing is wrong\b\x7f";
const ACTS_ON_TERMINAL = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\u2028\u2029]/u;

const TALKER = String.raw`(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "log_info" (func $log_info (param i64)))
  (import "extism:host/env" "log_warn" (func $log_warn (param i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (memory (export "memory") 1 3)
  (func (export "echo") (result i32) (call $output_set (call $input_offset) (call $input_length)) (i32.const 0))
  (func (export "fail") (result i32) (call $error_set (call $input_offset)) (i32.const 7))
  (func (export "log") (result i32) (call $log_info (call $input_offset)) (i32.const 0))
  (func (export "config") (result i32) (local $value i64)
    (local.set $value (call $config_get (call $input_offset)))
    (call $output_set (local.get $value) (call $length (local.get $value))) (i32.const 0))
  (func $inner unreachable)
  (func $outer (export "trap") (result i32) (call $inner) (i32.const 0))
  (func (export "loop") (result i32) (loop (br 0)) (i32.const 0))
  (func $recurse (export "recurse") (result i32) (i32.add (call $recurse) (i32.const 1)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "\1b[2Jevil\0afunction") (result i32) (i32.const 0)))`;

const FETCHER = `(module
  (import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "input_offset" (func $input_offset (result i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (func (export "get") (result i32) (local $body i64)
    (local.set $body (call $http_request (call $input_offset) (i64.const 0)))
    (call $output_set (local.get $body) (call $length (local.get $body))) (i32.const 0)))`;

const FINDER = `(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "mounts") (result i32) (call $fd_prestat_get (i32.const 3) (i32.const 0))))`;

beforeAll(async () => {
  const wabt = await initWabt();
  writeFileSync(at("finder.wasm"), wabt.parseWat("finder.wat", FINDER).toBinary({}).buffer);
  const module = wabt.parseWat("talker.wat", TALKER);
  writeFileSync(at("talker.wasm"), module.toBinary({ write_debug_names: true }).buffer);
  const reserved = wabt.parseWat("reserved.wat", '(module (func (export "tenon:fuel")))');
  writeFileSync(at("reserved.wasm"), reserved.toBinary({}).buffer);
  const stranger = wabt.parseWat("stranger.wat", '(module (import "extism:host/user" "rate" (func)) (func (export "run")))');
  writeFileSync(at("stranger.wasm"), stranger.toBinary({}).buffer);
  writeFileSync(at("text.wasm"), "no module");
  writeFileSync(at("asks.json"), JSON.stringify({ wasm: [{ path: at("talker.wasm") }], allowed_hosts: ["api.example.com"], config: { tier: "gold" } }));
  writeFileSync(at("several.json"), JSON.stringify({ wasm: [{ path: at("stranger.wasm") }, { path: at("talker.wasm") }] }));
  const fetcher = wabt.parseWat("fetcher.wat", FETCHER);
  writeFileSync(at("fetcher.wasm"), fetcher.toBinary({}).buffer);
  writeFileSync(at("large.bin"), new Uint8Array(4_000_000));
  writeFileSync(at("bytes.bin"), Uint8Array.of(0, 255, 10, 27, 13));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Result = { readonly status: number | null; readonly stdout: string; readonly stderr: string; readonly bytes: Buffer };

function tenon(args: readonly string[], input?: string | Uint8Array): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [TENON, ...args], { input, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  return { status, stdout: stdout.toString(), stderr: stderr.toString(), bytes: stdout };
}

function call(...args: readonly string[]): Result {
  return tenon(["call", at("talker.wasm"), ...args]);
}

/** The same without holding up this process, which serves it. */
async function tenonAside(args: readonly string[]): Promise<Omit<Result, "bytes">> {
  const child = spawn(process.execPath, [TENON, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await exit) as [number | null];
  return { status, stdout, stderr };
}

async function withServer(body: string | Uint8Array, use: (origin: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

describe("tenon call", () => {
  test("prints the output and nothing else", () => {
    expect(call("echo", "--input", "hello")).toMatchObject({ status: 0, stdout: "hello", stderr: "" });
  });

  test("hands bytes through from a file, from standard input and to standard output", () => {
    const bytes = Buffer.from([0, 255, 10, 27, 13]);
    expect(call("echo", "--input-file", at("bytes.bin")).bytes).toEqual(bytes);
    expect(tenon(["call", at("talker.wasm"), "echo"], bytes).bytes).toEqual(bytes);
  });

  test("sends no input when there is none", () => {
    expect(call("echo")).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  test("calls a plug-in that the official Rust PDK made", () => {
    const rust = fileURLToPath(new URL("../../conformance/plugins/wasm/before-checkout.rust-extism.wasm", import.meta.url));
    const cart = { id: 1, customer: "Ada", is_new_customer: true, cart_total_in_cents: 12_000, items: [] };
    const { status, stdout } = tenon(["call", rust, "before_checkout"], JSON.stringify(cart));
    expect({ status, output: JSON.parse(stdout) as unknown }).toEqual({ status: 0, output: { discount_percent: 20 } });
  });

  test("loads a plug-in from a URL", async () => {
    await withServer(readFileSync(at("talker.wasm")), async (origin) => {
      expect(await tenonAside(["call", `${origin}/talker.wasm`, "echo", "--input", "hello"])).toMatchObject({ status: 0, stdout: "hello" });
    });
  });

  test("lets the plug-in send HTTP requests where that is allowed", async () => {
    await withServer("served", async (origin) => {
      const args = ["call", at("fetcher.wasm"), "get", "--input", JSON.stringify({ url: origin })];
      const { host } = new URL(origin);
      expect(await tenonAside(args)).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("--allow-host") });
      expect(await tenonAside([...args, "--allow-host", "elsewhere.example"])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("http/not-allowed") });
      expect(await tenonAside([...args, "--allow-host", host])).toMatchObject({ status: 0, stdout: "served" });
    });
  });

  test("hands configuration over, with everything after the first equals sign", () => {
    expect(call("config", "--input", "a", "--config", "a=b=c", "--config", "d=").stdout).toBe("b=c");
  });

  test("prints an object for scripts with --json", () => {
    const { stdout, stderr, status } = call("echo", "--json", "--input", "grüße");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      plugin: "talker",
      function: "echo",
      output: "grüße",
      encoding: "utf-8",
      stats: { function: "echo", durationMs: expect.any(Number), inputBytes: 7, outputBytes: 7, memoryBytes: expect.any(Number), hostCalls: 0 },
    });
    expect(JSON.parse(call("echo", "--json", "--input-file", at("bytes.bin")).stdout)).toMatchObject({ output: "AP8KGw0=", encoding: "base64" });
  });

  test("prints figures to standard error with --stats", () => {
    expect(call("echo", "--stats", "--input", "abc")).toMatchObject({ stdout: "abc", stderr: expect.stringMatching(/^\d.* [µm]s, 3 bytes in, 3 bytes out, \d+ KiB of memory, 0 host calls\n$/) });
  });

  test("shows logs from the level that was asked for", () => {
    expect(call("log", "--input", "hello").stderr).toBe("info talker.log: hello\n");
    expect(call("log", "--input", "hello", "--log-level", "warn").stderr).toBe("");
  });

  test("says why, where and what to do when the plug-in fails", () => {
    expect(call("trap")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: 'error: The plug-in "talker" trapped in "trap": unreachable in inner\n  code  call/trap\n  stack inner\n        outer\n',
    });
    expect(call("fail", "--input", "not today")).toMatchObject({ status: 1, stderr: expect.stringContaining("not today") });
  });

  test("prints a failure as an object with --json", () => {
    const { stdout, stderr, status } = call("fail", "--json", "--input", "not today");
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: "call/failed", message: expect.stringContaining("not today"), details: { returnCode: 7, text: "not today" }, guestStack: [], exitCode: 1 },
      stats: { function: "fail", inputBytes: 9 },
    });
  });

  const FAILURES = [
    { name: "no such file", args: [at("absent.wasm"), "echo"], status: 3, stderr: "source/unreadable" },
    { name: "no module", args: [at("text.wasm"), "echo"], status: 3, stderr: "module/invalid" },
    { name: "a missing import", args: [at("stranger.wasm"), "run"], status: 3, stderr: "link/missing-import" },
    { name: "a manifest that asks for a host", args: [at("asks.json"), "echo"], status: 3, stderr: "--allow-host" },
    { name: "no such function", args: [at("talker.wasm"), "ecco"], status: 2, stderr: "function/not-found" },
    { name: "a function with parameters", args: [at("talker.wasm"), "add"], status: 2, stderr: "function/not-callable" },
    { name: "a limit that the plug-in does not fit in", args: [at("talker.wasm"), "echo", "--memory-pages", "0", "--input", "x"], status: 4, stderr: "--memory-pages" },
    { name: "a loop", args: [at("talker.wasm"), "loop", "--timeout-ms", "20"], status: 4, stderr: "call/timeout" },
    { name: "a loop on little fuel", args: [at("talker.wasm"), "loop", "--fuel", "1000"], status: 4, stderr: "call/fuel" },
    { name: "endless recursion", args: [at("talker.wasm"), "recurse"], status: 4, stderr: "recurse, 10 times" },
    { name: "a name that belongs to the host", args: [at("reserved.wasm"), "run"], status: 3, stderr: "module/invalid" },
    { name: "no such input file", args: [at("talker.wasm"), "echo", "--input-file", at("absent")], status: 2, stderr: "Cannot read the input file" },
    { name: "an unknown option", args: [at("talker.wasm"), "echo", "--timeout"], status: 2, stderr: "Did you mean --timeout-ms?" },
    { name: "two inputs", args: [at("talker.wasm"), "echo", "--input", "a", "--input-file", "b"], status: 2, stderr: "cannot be used with" },
    { name: "a limit that is no number", args: [at("talker.wasm"), "echo", "--fuel", "-1"], status: 2, stderr: "whole number" },
    { name: "a folder that is not there", args: [at("finder.wasm"), "mounts", "--allow-path", "/nowhere/at/all:/data"], status: 3, stderr: "/nowhere/at/all" },
    { name: "a folder without a place", args: [at("finder.wasm"), "mounts", "--allow-path", "data"], status: 2, stderr: "HOST:GUEST" },
    { name: "no folder", args: [at("finder.wasm"), "mounts"], status: 1, stderr: "it returned 8" },
    { name: "a host that is none", args: [at("fetcher.wasm"), "get", "--allow-host", "http://"], status: 2, stderr: "http.hosts[0]" },
    { name: "configuration without a key", args: [at("talker.wasm"), "echo", "--config", "=x"], status: 2, stderr: "key=value" },
    { name: "no function", args: [at("talker.wasm")], status: 2, stderr: "missing required argument 'function'" },
  ];
  test.each(FAILURES)("ends with $status for $name", ({ args, status, stderr }) => {
    expect(tenon(["call", ...args])).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(stderr) });
  });

  test("runs the plug-in on a thread of its own when asked to, and stops it there too", () => {
    expect(tenon(["call", at("talker.wasm"), "echo", "--input", "hi", "--worker"])).toMatchObject({ status: 0, stdout: "hi" });
    expect(tenon(["call", at("talker.wasm"), "loop", "--worker", "--timeout-ms", "50"])).toMatchObject({ status: 4 });
  });

  test("grants what a manifest asks for when the option says so, and keeps its configuration", () => {
    expect(tenon(["call", at("finder.wasm"), "mounts", "--allow-path", `${folder}:/data`])).toMatchObject({ status: 0 });
    expect(tenon(["call", at("finder.wasm"), "mounts", "--allow-path", `${folder}:/data:rw`])).toMatchObject({ status: 0 });
    expect(tenon(["call", at("asks.json"), "config", "--input", "tier", "--allow-host", "api.example.com"])).toMatchObject({ status: 0, stdout: "gold" });
  });
});

describe("what a plug-in says", () => {
  test.each(["fail", "log"])("cannot act on the terminal through %s", (name) => {
    const { stderr } = call(name, "--input", HOSTILE);
    expect(stderr).not.toMatch(ACTS_ON_TERMINAL);
    expect(stderr).toContain("\\u{1b}]0;owned\\u{7}");
    expect(stderr).not.toMatch(/^error: nothing is wrong/m);
  });

  test("cannot act on the terminal through --json, and stays what it was", () => {
    const { stdout } = call("echo", "--json", "--input", HOSTILE);
    expect(stdout).not.toMatch(ACTS_ON_TERMINAL);
    expect(JSON.parse(stdout)).toMatchObject({ output: HOSTILE });
  });

  test("cannot act on the terminal through a name", () => {
    const { stdout } = tenon(["inspect", at("talker.wasm")]);
    expect(stdout).not.toMatch(ACTS_ON_TERMINAL);
    expect(stdout).toContain("  \\u{1b}[2Jevil\\nfunction\n");
  });

  test("goes to a pipe as it is", () => {
    expect(call("echo", "--input", HOSTILE).stdout).toBe(HOSTILE);
  });
});

describe("tenon inspect", () => {
  test("shows functions, imports in plain words, memory and sections", () => {
    const { stdout, status } = tenon(["inspect", at("talker.wasm")]);
    expect(status).toBe(0);
    for (const line of [
      /^ {2}memory +1 page \(64 KiB\), at most 3 pages \(192 KiB\)$/m,
      /^ {2}limits +can be built in: memory, tables, time, fuel, stack$/m,
      /^Plug-in functions\n {2}echo\n {2}fail\n/m,
      /^Other exports\n {2}memory +memory 1\.\.3\n {2}add +\(i32, i32\) -> i32$/m,
      /^Imports from extism:host\/env\n/m,
      /^ {2}log_info +\(i64\) -> \(\) +write to the log$/m,
      /^ {2}code +\d+$/m,
      /^ {2}custom "name" +\d+$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test("prints all of it with --json", () => {
    const report = JSON.parse(tenon(["inspect", at("talker.wasm"), "--json"]).stdout) as unknown;
    expect(report).toMatchObject({
      modules: [
        {
          name: "main",
          isMain: true,
          bytes: expect.any(Number),
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          pluginFunctions: ["echo", "fail", "log", "config", "trap", "loop", "recurse", "\x1b[2Jevil\nfunction"],
          memories: [{ min: 1, max: 3 }],
        },
      ],
      asks: { hosts: [], paths: [] },
    });
    expect(report).toHaveProperty("modules.0.imports.7", { module: "extism:host/env", name: "config_get", kind: "function", type: "(i64) -> i64", meaning: "read the configuration it is given" });
  });

  test("shows what a manifest asks for, granting nothing", () => {
    expect(tenon(["inspect", at("asks.json")]).stdout).toMatch(/^Its manifest asks for\n {2}api\.example\.com {2}HTTP requests to it$/m);
  });

  test("says what keeps limits from holding", () => {
    expect(tenon(["inspect", at("reserved.wasm")]).stdout).toMatch(/^ {2}limits +cannot be built in: .*"tenon:fuel"/m);
    expect(JSON.parse(tenon(["inspect", at("talker.wasm"), "--json"]).stdout)).not.toHaveProperty("modules.0.unlimitable");
  });

  test("says who has to offer a host function", () => {
    expect(tenon(["inspect", at("stranger.wasm")]).stdout).toMatch(/^Imports from extism:host\/user\n {2}rate {2}\(\) -> \(\) {2}a host function: the application must offer it$/m);
  });

  test("refuses what is no module", () => {
    expect(tenon(["inspect", at("text.wasm")])).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining("module/invalid") });
    expect(JSON.parse(tenon(["inspect", at("text.wasm"), "--json"]).stdout)).toMatchObject({ ok: false, error: { code: "module/invalid", exitCode: 3 } });
  });
});

describe("tenon prepare", () => {
  test("writes a module that brings its limits", async () => {
    expect(tenon(["prepare", at("talker.wasm"), "-o", at("prepared.wasm"), "--fuel"])).toMatchObject({ status: 0, stdout: "", stderr: expect.stringMatching(/^prepared .*: \d+ bytes, from \d+\n$/) });
    expect(tenon(["call", at("prepared.wasm"), "echo", "--input", "hi", "--prepared"])).toMatchObject({ status: 0, stdout: "hi" });
    expect(tenon(["prepare", at("talker.wasm"), "-o", at("edge.wasm"), "--kernel"])).toMatchObject({ status: 0 });
    const importsOf = (name: string) => parseModule(readFileSync(at(name))).imports.filter(({ module }) => module === "extism:host/env").map((item) => item.name);
    expect(importsOf("prepared.wasm")).toContain("alloc");
    expect(importsOf("edge.wasm")).not.toContain("alloc");
    expect(tenon(["call", at("prepared.wasm"), "echo"])).toMatchObject({ status: 3, stderr: expect.stringContaining("--prepared") });
    expect(tenon(["inspect", at("prepared.wasm")]).stdout).toMatch(/^ {2}limits +built in by tenon prepare, it says: time, fuel, stack;/m);
    const plugin = await createPlugin(at("prepared.wasm"), { prepared: true, limits: { fuel: 1000 } });
    expect((await plugin.call("echo", "hello")).text()).toBe("hello");
    await expect(plugin.call("loop")).rejects.toMatchObject({ code: "call/fuel" });
  });

  const FAILURES = [
    { name: "no output", args: [at("talker.wasm")], status: 2, stderr: "--output" },
    { name: "an output that cannot be written", args: [at("talker.wasm"), "-o", at("talker.wasm/prepared.wasm")], status: 2, stderr: "Cannot write" },
    { name: "several modules", args: [at("several.json"), "-o", at("prepared.wasm")], status: 2, stderr: "2 modules" },
    { name: "less memory than it needs", args: [at("talker.wasm"), "-o", at("prepared.wasm"), "--memory-pages", "0"], status: 4, stderr: "memory/limit" },
    { name: "a prepared module", args: [at("reserved.wasm"), "-o", at("prepared.wasm")], status: 3, stderr: "tenon:fuel" },
  ];
  test.each(FAILURES)("ends with $status for $name", ({ args, status, stderr }) => {
    expect(tenon(["prepare", ...args])).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(stderr) });
  });
});

describe("tenon", () => {
  test("prints its version, its help with exit codes, and help of a command with examples", () => {
    expect(tenon(["--version"])).toMatchObject({ status: 0, stdout: "0.1.0\n" });
    expect(tenon(["--help"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/Exit codes:\n +0 {2}done[^]*Examples:/) });
    for (const command of ["call", "inspect", "prepare"]) expect(tenon([command, "--help"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/Examples:\n {2}tenon/) });
  });

  test("ends with 2 and a hint for an unknown command or none", () => {
    expect(tenon(["cal"])).toMatchObject({ status: 2, stderr: expect.stringContaining("Did you mean call?") });
    expect(tenon([])).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("Usage:") });
  });

  test("is quiet when its reader goes away", () => {
    const { status, stderr } = spawnSync("sh", ["-c", '"$0" "$1" call "$2" echo --input-file "$3" | true', process.execPath, TENON, at("talker.wasm"), at("large.bin")], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});

/** util-linux's `script` runs a command in a terminal; only there does tenon colour, escape output and show progress. */
const hasScript = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

// skipped because there is no program that gives us a terminal
describe.skipIf(!hasScript)("in a terminal", () => {
  function inTerminal(args: readonly string[], environment: Record<string, string> = {}): string {
    const command = [process.execPath, TENON, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const { CI: _ci, NO_COLOR: _noColor, FORCE_COLOR: _forceColor, ...inherited } = process.env;
    const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...inherited, TERM: "xterm-256color", ...environment } });
    return stdout.replaceAll("\r\n", "\n");
  }

  test("output is shown escaped and ends its line", () => {
    const shown = inTerminal(["call", at("talker.wasm"), "echo", "--input", HOSTILE], { NO_COLOR: "1" });
    const output = shown.slice(shown.lastIndexOf("\x1b[2K") + 4);
    expect(output).not.toMatch(ACTS_ON_TERMINAL);
    expect(output).toMatch(/^\\u\{1b\}\]0;owned[^]*\\u\{7f\}\n$/);
  });

  test("bytes that are no text are not shown", () => {
    expect(inTerminal(["call", at("talker.wasm"), "echo", "--input-file", at("bytes.bin")])).toMatch(/not shown: 5 bytes that are no text/);
  });

  test("an error is red, and not with NO_COLOR", () => {
    expect(inTerminal(["call", at("talker.wasm"), "trap"])).toContain("\x1b[31merror\x1b[39m: ");
    expect(inTerminal(["call", at("talker.wasm"), "trap"], { NO_COLOR: "1" })).not.toContain("\x1b[31m");
  });
});
