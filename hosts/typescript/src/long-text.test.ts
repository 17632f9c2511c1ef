/** Texts that no string can hold: each way one comes in fails the call alone, on either engine. */

import { describe, expect, test } from "vitest";
import { wat } from "../test/wat.ts";
import { workerPlatform } from "../test/worker-platform.ts";
import { hostFunction, PluginError } from "./mod.ts";
import { createPlugin } from "./node.ts";

const plugin = wat(`(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (import "extism:host/env" "log_error" (func $log_error (param i64)))
  (import "extism:host/env" "config_get" (func $config_get (param i64) (result i64)))
  (import "extism:host/env" "var_get" (func $var_get (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $var_set (param i64 i64)))
  (import "extism:host/env" "http_request" (func $http_request (param i64 i64) (result i64)))
  (import "extism:host/user" "ask" (func $ask (param i64) (result i64)))
  (func $text (result i64) (call $alloc (i64.const 600000000)))
  (func (export "error") (result i32) (call $error_set (call $text)) (i32.const 1))
  (func (export "log") (result i32) (call $log_error (call $text)) (i32.const 0))
  (func (export "configuration") (result i32) (drop (call $config_get (call $text))) (i32.const 0))
  (func (export "variable") (result i32) (drop (call $var_get (call $text))) (i32.const 0))
  (func (export "new variable") (result i32) (call $var_set (call $text) (call $alloc (i64.const 1))) (i32.const 0))
  (func (export "request") (result i32) (drop (call $http_request (call $text) (i64.const 0))) (i32.const 0))
  (func (export "host function") (result i32) (drop (call $ask (call $text))) (i32.const 0))
  (func (export "fine") (result i32) (i32.const 0)))`);

describe.each(["inline", "worker"] as const)("a text of 600 MB on the engine %s", (engine) => {
  test("fails each call that passes one, and the next call works", { timeout: 120_000 }, async () => {
    const ask = hostFunction({ params: ["text"], result: "text" }, (_context, text) => text.slice(0, 1));
    const options = { engine, platform: workerPlatform, limits: { memoryPages: 20_000, timeoutMs: 60_000 }, logger: () => {}, functions: { "extism:host/user": { ask } } };
    await using sut = await createPlugin(plugin, options);
    for (const way of ["error", "log", "configuration", "variable", "new variable", "request", "host function"]) {
      const failure = await sut.call(way).catch((error: unknown) => error);
      expect([way, PluginError.is(failure) && failure.code]).toEqual([way, "memory/limit"]);
      expect((await sut.call("fine")).length).toBe(0);
    }
  });
});
