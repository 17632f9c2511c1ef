/** Wasm bytes: real plug-ins with bytes changed, moved, cut out and put in. Whatever they are, they end as an output or a failure with a code. */

import { readFileSync } from "node:fs";

import fc from "fast-check";

import { PluginError } from "../src/error.ts";
import { createPlugin } from "../src/node.ts";

const SEEDS = ["c-tenon", "as-extism", "c-none", "zig-tenon"].map((name) => new Uint8Array(readFileSync(new URL(`../../../conformance/plugins/wasm/kitchen-sink.${name}.wasm`, import.meta.url))));

type Change = { readonly kind: "set" | "insert" | "cut" | "copy"; readonly at: number; readonly value: number; readonly length: number };
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("set", "set", "set", "insert", "cut", "copy"),
  // Places as a part of the file; most of what is not code is in front.
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true })),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x0b, 0x10, 0x40, 0x7f, 0x80, 0xff)),
  length: fc.nat(16),
});

const CODES = /^(module|link|memory|start|call|function|manifest)\/|^http\/not-allowed$|^vars\//;
const functions = { "extism:host/user": Object.fromEntries(["add_i32", "add_i64", "add_f32", "add_f64", "upper", "mixed", "sum_seven", "note", "refuse"].map((name) => [name, () => 0])) };

/** Found: what begins with a brace is a manifest, and says so. */
export const examples: [number, Change[]][] = [[0, [{ kind: "set", at: 0, value: 123, length: 0 }]]];

/** The law. */
export const property = fc.asyncProperty(fc.nat(SEEDS.length - 1), fc.array(change, { minLength: 0, maxLength: 4 }), async (seed, changes) => {
  const bytes = mutate(SEEDS[seed] ?? new Uint8Array(0), changes);
  const isValid = WebAssembly.validate(bytes);
  try {
    await using plugin = await createPlugin(bytes, { functions, limits: { timeoutMs: 30, memoryPages: 64 } });
    for (const name of plugin.functions.slice(0, 8)) await plugin.call(name, "12").catch(known);
  } catch (error) {
    known(error);
    const { code, message } = error as PluginError;
    if (isValid && code === "module/invalid") throw new Error(`the engine validates it, and it is refused: ${message}`, { cause: error });
    return;
  }
  if (!isValid) throw new Error("the engine refuses it, and it runs");
});

function known(error: unknown): void {
  if (!PluginError.is(error) || !CODES.test(error.code)) throw error;
  if (/^Cannot compile|CompileError/.test(error.message) && error.code !== "module/invalid") throw error;
}

function mutate(original: Uint8Array, changes: readonly Change[]): Uint8Array<ArrayBuffer> {
  let bytes = [...original];
  for (const { kind, at, value, length } of changes) {
    const place = Math.min(Math.floor(at * bytes.length), bytes.length - 1);
    if (kind === "set") bytes[place] = value;
    else if (kind === "insert") bytes.splice(place, 0, ...Array.from({ length }, () => value));
    else if (kind === "cut") bytes.splice(place, length);
    else bytes = [...bytes.slice(0, place), ...bytes.slice(Math.max(0, place - length), place), ...bytes.slice(place)];
  }
  return Uint8Array.from(bytes);
}
