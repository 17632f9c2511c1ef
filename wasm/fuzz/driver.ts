/**
 * The smallest host of limited modules: what a host does around a call, and nothing else. Test code.
 */
import { readFileSync } from "node:fs";
import wabtInit from "wabt";
import { ADDED, type LimitedModule } from "../src/mod.ts";

const wabt = await wabtInit();
const FEATURES = {
  exceptions: true, tail_call: true, memory64: true, multi_memory: true, threads: true, simd: true, bulk_memory: true,
  reference_types: true, multi_value: true, mutable_globals: true, extended_const: true, relaxed_simd: true, sat_float_to_int: true, sign_extension: true,
};

/** Compiles text to a module. */
export function compile(text: string): Uint8Array {
  const module = wabt.parseWat("test.wat", text, FEATURES);
  try {
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}

/** Reads and compiles a file of this package. */
export function compileFile(path: string): Uint8Array {
  return compile(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));
}

/** How a host drives a limited module. */
export interface Drive {
  /** Units between two looks. */
  readonly countdown?: number;
  /** Looks after which the module is stopped. */
  readonly looks?: number;
  readonly fuel?: number;
  readonly stack?: number;
  readonly imports?: WebAssembly.Imports;
}

/** A limited module that runs. */
export interface Driven {
  readonly exports: WebAssembly.Exports;
  /** Looks so far. */
  readonly looks: () => number;
  /** Fuel used since the last `call` began. */
  readonly used: () => number;
  /** Calls an export, with the limits set anew. */
  readonly call: (name: string, ...args: readonly unknown[]) => unknown;
}

/** Instantiates a limited module; its start function is not called. */
export function drive(limited: LimitedModule, { countdown = 100_000, looks = Infinity, fuel = 0, stack = 0, imports = {} }: Drive): Driven {
  let seen = 0;
  const interrupt = (): number => (++seen >= looks ? 0 : countdown);
  const module = new WebAssembly.Module(limited.bytes as BufferSource);
  const { exports } = new WebAssembly.Instance(module, { ...imports, [ADDED.namespace]: { [ADDED.interrupt]: interrupt } });
  const left = exports[ADDED.countdown] as WebAssembly.Global | undefined;
  const reserve = exports[ADDED.fuel] as WebAssembly.Global | undefined;
  const depth = exports[ADDED.stack] as WebAssembly.Global | undefined;
  const used = (): number => fuel - Number((reserve?.value as bigint) + BigInt(left?.value as number));
  const call = (name: string, ...args: readonly unknown[]): unknown => {
    seen = 0;
    if (left !== undefined) left.value = reserve === undefined ? countdown : Math.min(countdown, fuel);
    if (reserve !== undefined) reserve.value = BigInt(fuel - Math.min(countdown, fuel));
    if (depth !== undefined) depth.value = stack;
    return (exports[name] as (...args: readonly unknown[]) => unknown)(...args);
  };
  return { exports, looks: () => seen, used, call };
}
