/**
 * The smallest host of limited modules: what a host does around a call, and nothing else. Test code.
 */
import { ADDED, type LimitedModule } from "../src/mod.ts";

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
