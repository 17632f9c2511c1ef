/** One live instance of a plug-in: linked, started, and good for calls until something breaks it. */

import { STARTUP_EXPORTS } from "../abi.ts";
import type { ExportShape } from "../compile/compiled.ts";
import { type InstanceControls, limitFailure } from "./control.ts";
import { listNames, PluginError } from "../error.ts";
import type { KernelExports } from "../session/kernel.ts";
import { type Blueprint, type LinkedInstance, type LinkedPlugin, type WasiImports, linkPlugin } from "./link.ts";
import type { Session } from "../session/session.ts";

/** A plug-in function, ready to be called: the result is a return code, or nothing. */
export type GuestFunction = () => unknown;

/** A live instance. */
export interface Guest {
  /** Plug-in functions by name. */
  readonly functions: ReadonlyMap<string, GuestFunction>;
  readonly main: LinkedInstance;
  readonly wasi: readonly WasiImports[];
  /** The plug-in functions again, returning promises; `undefined` if nothing in this plug-in can wait. */
  readonly waiting: ReadonlyMap<string, () => Promise<unknown>> | undefined;
  /** Counters of every instance. */
  readonly controls: readonly InstanceControls[];
  /** Whether one of them counts fuel. */
  readonly hasFuel: boolean;
  /** Kernel to give back when the instance is dropped. */
  readonly borrowed: KernelExports | undefined;
  /** Memories of the plug-in that the host can see. */
  readonly memories: readonly WebAssembly.Memory[];
}

/** The export that a WASI command starts with. The instance is spent after it. */
export const COMMAND_EXPORT = "_start";

/**
 * Makes and starts an instance. Must run inside a call of the session, which stops what takes too long.
 *
 * @param blueprint What to link.
 * @param session Session of the plug-in.
 * @returns The instance.
 * @throws Whatever its start throws; see {@link linkPlugin} for the rest.
 */
export function startGuest(blueprint: Blueprint, session: Session): Guest {
  const linked = linkPlugin(blueprint, session);
  const controls = linked.instances.map((each) => each.controls);
  for (const instance of linked.instances) {
    try {
      runStartup(instance, instance === linked.main);
    } catch (cause) {
      throw limitFailure(controls, session) ?? cause;
    }
  }
  const { main, wasi } = linked;
  const functions = collectFunctions(main);
  const { offer } = blueprint;
  const waiting = offer !== undefined && linked.canWait ? new Map([...functions].map(([name, run]) => [name, offer.promising(run)])) : undefined;
  return { functions, main, wasi, waiting, controls, hasFuel: controls.some((each) => each.fuel !== undefined), borrowed: linked.borrowed, memories: collectMemories(linked) };
}

/** @returns Whether an export is a plug-in function, as far as its type is known. */
export function isPluginFunction({ name, kind, signature }: ExportShape): boolean {
  if (kind !== "function" || (STARTUP_EXPORTS as readonly string[]).includes(name)) return false;
  if (signature === undefined) return true;
  const [result, ...more] = signature.results;
  return signature.params.length === 0 && more.length === 0 && (result === undefined || result === "i32");
}

/**
 * Says why a name cannot be called.
 *
 * @param name The name.
 * @param exports All exports of the main module.
 * @returns The failure to throw.
 */
export function notCallable(name: string, exports: readonly ExportShape[]): PluginError {
  const found = exports.find((each) => each.name === name && each.kind === "function");
  if (found !== undefined) {
    const signature = found.signature ? `(${found.signature.params.join(", ")}) → (${found.signature.results.join(", ")})` : "unknown";
    return new PluginError("function/not-callable", `Cannot call "${name}": it is ${signature}, and a plug-in function takes nothing and returns one i32 or nothing`, { name, signature });
  }
  const names = exports.filter(isPluginFunction).map((each) => each.name);
  const list = names.length === 0 ? "no function" : listNames(names);
  return new PluginError("function/not-found", `Cannot call "${name}": the plug-in exports ${list}`, { name, exports: names });
}

function runStartup({ module, exports }: LinkedInstance, isMain: boolean): void {
  const named = (name: string): GuestFunction | undefined => {
    const value = exports[name];
    return typeof value === "function" ? (value as GuestFunction) : undefined;
  };
  const [haskell, constructors, initialize] = STARTUP_EXPORTS.map(named);
  if (haskell !== undefined) initialize?.();
  (haskell ?? constructors ?? initialize)?.();
  // A command among the side modules runs when it is linked.
  if (!isMain && module.exports.some((each) => each.name === COMMAND_EXPORT)) named(COMMAND_EXPORT)?.();
}

function collectFunctions({ module, exports }: LinkedInstance): ReadonlyMap<string, GuestFunction> {
  const functions = new Map<string, GuestFunction>();
  for (const shape of module.exports) {
    const value = exports[shape.name];
    if (isPluginFunction(shape) && typeof value === "function" && value.length === 0) functions.set(shape.name, value as GuestFunction);
  }
  return functions;
}

function collectMemories({ instances }: LinkedPlugin): readonly WebAssembly.Memory[] {
  const memories = instances.flatMap(({ module, exports }) =>
    module.exports.filter((each) => each.kind === "memory").map((each) => exports[each.name] as WebAssembly.Memory),
  );
  return [...new Set(memories)];
}
