/**
 * Lets a plug-in wait for a promise that a host function returned, on engines with JSPI (JavaScript promise
 * integration), at no cost for host functions that return none.
 *
 * A suspending import suspends whatever it returns, which costs 200 to 800 ns. So the plug-in is given functions of a
 * small module made here, one per host function, that call the plain import and suspend only if it left a promise:
 *
 *     (func (param T…) (result R)   call $plain_i   if $pending then (drop, call $wait_i)   )
 *
 * Source: https://github.com/WebAssembly/js-promise-integration
 */

import { encodeModule, Writer } from "@tenon/wasm/writer";

import type { Signature, WasmValue } from "../functions.ts";
import { type Jspi, jspi } from "./jspi.ts";

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

/** Compiled adapters by the types of their functions; a shop's plug-ins share a few. */
const compiled = new Map<string, WebAssembly.Module>();
const MAX_COMPILED = 64;
const MAX_SHARED_FUNCTIONS = 64;

/**
 * @param run An export of a module.
 * @returns The same, returning a promise, so that what it calls may suspend.
 */
export function promising(run: () => unknown): () => Promise<unknown> {
  return (jspi as Jspi).promising(run);
}

/** @returns Whether a function of this type can wait: plain numbers, and at most one result. */
export function canWait(signature: Signature | undefined): signature is Signature {
  return signature !== undefined && signature.results.length <= 1 && [...signature.params, ...signature.results].every((type) => Object.hasOwn(TYPES, type));
}

/** Functions of one instance that may wait. */
export class Suspender {
  /** What the plug-in imports in place of the plain functions, in their order. */
  readonly functions: readonly WebAssembly.ImportValue[];
  readonly #pending: WebAssembly.Global;
  #promise: Promise<unknown> | undefined;

  /** @param plain The functions and their types, each of which {@link canWait}. */
  constructor(plain: readonly { readonly signature: Signature; readonly run: (...values: WasmValue[]) => unknown }[]) {
    this.#pending = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
    const wait = new (jspi as Jspi).Suspending(() => {
      const promise = this.#promise;
      this.#promise = undefined;
      this.#pending.value = 0;
      return promise;
    });
    const imports: Record<string, WebAssembly.ImportValue> = { pending: this.#pending };
    for (const [index, { run }] of plain.entries()) {
      imports[`plain${index}`] = run as WebAssembly.ImportValue;
      imports[`wait${index}`] = wait;
    }
    const { exports } = new WebAssembly.Instance(adapter(plain.map(({ signature }) => signature)), { t: imports });
    this.functions = plain.map((_, index) => exports[`f${index}`] as WebAssembly.ImportValue);
  }

  /**
   * Makes the running import wait. Called from within a plain function, which returns what this returns.
   *
   * @param promise Settles to the import's raw result.
   * @param type Type of that result.
   * @returns A placeholder that nothing reads.
   */
  defer(promise: Promise<unknown>, type: string | undefined): WasmValue | undefined {
    this.#promise = promise;
    this.#pending.value = 1;
    return type === undefined ? undefined : type === "i64" ? 0n : 0;
  }
}

function adapter(signatures: readonly Signature[]): WebAssembly.Module {
  const key = signatures.map(({ params, results }) => `${params.join()}>${results.join()}`).join(";");
  const found = compiled.get(key);
  if (found !== undefined) return found;
  const module = new WebAssembly.Module(encodeAdapter(signatures) as Uint8Array<ArrayBuffer>);
  if (signatures.length <= MAX_SHARED_FUNCTIONS) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(key, module);
  }
  return module;
}

function encodeAdapter(signatures: readonly Signature[]): Uint8Array {
  const count = signatures.length;
  const code = (type: string): number => TYPES[type] as number;
  const types = new Writer().u32(count * 2);
  const imports = new Writer().u32(count * 2 + 1).string("t").string("pending").all(0x03, 0x7f, 0x01);
  const functions = new Writer().u32(count);
  const exports = new Writer().u32(count);
  const bodies = new Writer().u32(count);
  for (const [index, { params, results }] of signatures.entries()) {
    types.byte(0x60).u32(params.length).all(...params.map(code)).u32(results.length).all(...results.map(code));
    types.all(0x60, 0).u32(results.length).all(...results.map(code));
    imports.string("t").string(`plain${index}`).byte(0).u32(index * 2);
    imports.string("t").string(`wait${index}`).byte(0).u32(index * 2 + 1);
    functions.u32(index * 2);
    exports.string(`f${index}`).byte(0).u32(count * 2 + index);
    const body = encodeBody(index, params.length, results.map(code)[0]);
    bodies.u32(body.length).raw(body);
  }
  return encodeModule([
    { id: 1, parts: [types.view()] },
    { id: 2, parts: [imports.view()] },
    { id: 3, parts: [functions.view()] },
    { id: 7, parts: [exports.view()] },
    { id: 10, parts: [bodies.view()] },
  ]);
}

function encodeBody(index: number, paramCount: number, result: number | undefined): Uint8Array {
  const body = new Writer();
  if (result === undefined) body.byte(0);
  else body.all(1, 1, result); // one local of the result's type
  for (let local = 0; local < paramCount; local += 1) body.byte(0x20).u32(local); // local.get
  body.byte(0x10).u32(index * 2); // call $plain
  if (result !== undefined) body.byte(0x21).u32(paramCount); // local.set
  body.all(0x23, 0, 0x04, result ?? 0x40).byte(0x10).u32(index * 2 + 1); // global.get $pending, if, call $wait
  if (result !== undefined) body.byte(0x05).byte(0x20).u32(paramCount); // else local.get
  return body.all(0x0b, 0x0b).view();
}
