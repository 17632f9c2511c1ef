import { encodeModule, Writer } from "@tenon/wasm";
import { expect, test } from "vitest";

import { workerPlatform } from "../../test/worker-platform.ts";
import { type CompileSettings, compileModule } from "./compile.ts";
import { COMPILE_CACHE_BYTES, COMPILED_MODULE_BYTES } from "../limits.ts";

const SETTINGS: CompileSettings = { memoryPages: 100, modules: 1, tableElements: 100, interrupt: true, fuel: false, stack: true, merge: false };
/** A module with nothing in it but its number. */
const numbered = (number: number): Uint8Array<ArrayBuffer> => encodeModule([{ id: 0, parts: [new Writer().string(`number ${number}`).view()] }]) as Uint8Array<ArrayBuffer>;
const compile = async (number: number, platform = workerPlatform): Promise<WebAssembly.Module> => (await compileModule(numbered(number), "main", SETTINGS, platform)).module;

test("compileModule() keeps no more small modules than an engine has room for", async () => {
  const first = await compile(0);
  expect(await compile(0)).toBe(first);
  const count = COMPILE_CACHE_BYTES / COMPILED_MODULE_BYTES;
  for (let number = 1; number < count - 1; number += 1) await compile(number);
  const last = await compile(count - 1);
  expect(await compile(count - 1)).toBe(last);
  expect(await compile(0)).not.toBe(first);
});

test("compileModule() keeps nothing where nothing can be hashed, as in a page without HTTPS", async () => {
  const insecure = { ...workerPlatform, sha256: undefined };
  expect(await compile(-1, insecure)).not.toBe(await compile(-1, insecure));
});
