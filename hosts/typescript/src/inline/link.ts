/**
 * Finds what each module imports and makes instances of all modules of a plug-in, dependencies first.
 *
 * Two modules may import functions from each other; memories, tables and globals cannot be had before their module
 * exists, so a circle of those is an error. Start-up exports are not run here.
 */

import { ADDED } from "@tenon/wasm/reserved";

import { ABI_NAMESPACE, KERNEL_IMPORTS, USER_NAMESPACE } from "../abi.ts";
import type { CompiledModule, ImportShape } from "../compile/compiled.ts";
import { armInstance, createInterrupt, type InstanceControls, limitFailure } from "./control.ts";
import { createHostImports, type HostImports } from "../imports/env.ts";
import { listNames, PluginError } from "../error.ts";
import type { HostFunction, HostFunctions, Signature, WasmValue } from "../functions.ts";
import { placeImage } from "../compile/image.ts";
import { borrowKernel, type KernelExports, Kernel, mergedKernel } from "../session/kernel.ts";
import type * as Offer from "../imports/offer.ts";
import type { Session } from "../session/session.ts";
import type { HttpImport } from "../imports/session-http.ts";
import { guestStack, trapKind } from "./trap.ts";

/** Namespace of WASI preview 1. */
export const WASI_NAMESPACE = "wasi_snapshot_preview1";

/** Functions by name, and the memory they will work on. */
export interface WasiImports {
  readonly imports: Readonly<Record<string, (...values: never[]) => unknown>>;
  /** Whether a function has this type. */
  accepts(name: string, signature: Signature): boolean;
  attach(memory: WebAssembly.Memory): void;
  /** Writes out what stands in the standard streams without a line end. */
  flush(): void;
  close(): void;
}

/** A module of a plug-in. */
export interface NamedModule extends CompiledModule {
  /** Name within the manifest. */
  readonly name: string;
}

/** What a plug-in is linked from. */
export interface Blueprint {
  readonly modules: readonly NamedModule[];
  /** Index of the main module. */
  readonly main: number;
  readonly functions: HostFunctions;
  /** Offers them, and `createHttp`; absent if there is nothing to offer. */
  readonly offer: typeof Offer | undefined;
  /** Absent if no module imports WASI. */
  readonly createWasi: ((session: Session) => WasiImports) | undefined;
  /** Absent if no host is allowed. */
  readonly createHttp: HttpImport | undefined;
  /** What a plug-in has that runs on another thread than its host; absent if they share one. */
  readonly remote?: RemoteHost;
}

/** The host of a plug-in, as seen from the thread that only runs the plug-in. */
export interface RemoteHost {
  /** Blocks that both threads see; they outlive the instances. */
  readonly kernel: Kernel;
  /**
   * @param namespace Namespace where the host has the function.
   * @param wanted The import.
   * @returns A function that asks the host, or `undefined` for an ABI function that this thread has itself.
   */
  readonly find: (namespace: string, wanted: ImportShape) => ((...values: WasmValue[]) => unknown) | undefined;
}

/** A module's instance. */
export interface LinkedInstance {
  readonly module: NamedModule;
  readonly exports: WebAssembly.Exports;
  readonly controls: InstanceControls;
}

/** All instances of a plug-in, dependencies before those that use them. */
export interface LinkedPlugin {
  readonly instances: readonly LinkedInstance[];
  readonly main: LinkedInstance;
  readonly wasi: readonly WasiImports[];
  /** Whether host functions of this plug-in may return promises. */
  readonly canWait: boolean;
  /** The kernel that was borrowed, to be given back; `undefined` if it is part of an instance. */
  readonly borrowed: KernelExports | undefined;
}

/**
 * Links and instantiates. The session's kernel is set on the way.
 *
 * @param blueprint What to link.
 * @param session The session that the imports work on.
 * @returns The instances.
 * @throws {PluginError} `link/…`, `memory/limit`, or `start/failed` if a start function fails.
 */
export function linkPlugin(blueprint: Blueprint, session: Session): LinkedPlugin {
  const linker = new Linker(blueprint, session);
  const main = linker.instance(blueprint.main);
  for (const index of blueprint.modules.keys()) linker.instance(index);
  return { instances: linker.finished, main, wasi: linker.wasi, canWait: linker.canWait, borrowed: linker.borrowed };
}

/** A host function that may return promises, on its way into the import object. */
interface WaitingImport {
  readonly run: (...values: WasmValue[]) => unknown;
  readonly signature: Signature;
  readonly name: string;
  readonly space: Record<string, WebAssembly.ImportValue>;
  suspender: Offer.Suspender | undefined;
}

type AddWaiting = (run: WaitingImport["run"], signature: Signature) => WaitingImport;

/** What host functions take and return. */
const NUMBERS: ReadonlySet<string> = new Set(["i32", "i64", "f32", "f64"]);

class Linker {
  readonly finished: LinkedInstance[] = [];
  readonly wasi: WasiImports[] = [];
  canWait = false;
  borrowed: KernelExports | undefined;
  readonly #blueprint: Blueprint;
  readonly #session: Session;
  readonly #hostImports: HostImports;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #instances: (LinkedInstance | undefined)[];
  readonly #pending: number[] = [];
  readonly #exportNames: (ReadonlySet<string> | undefined)[] = [];

  constructor(blueprint: Blueprint, session: Session) {
    this.#blueprint = blueprint;
    this.#session = session;
    this.#hostImports = createHostImports(session);
    this.#instances = blueprint.modules.map(() => undefined);
    this.#indices = new Map(blueprint.modules.map((module, index) => [module.name, index]));
    if (blueprint.remote !== undefined) {
      session.kernel = blueprint.remote.kernel;
    } else if (!blueprint.modules.some((module) => module.hasKernel)) {
      this.borrowed = borrowKernel();
      session.kernel = new Kernel(this.borrowed, session.limits.memoryPages);
    }
  }

  instance(index: number): LinkedInstance {
    const existing = this.#instances[index];
    if (existing !== undefined) return existing;
    const module = this.#blueprint.modules[index] as NamedModule;
    this.#pending.push(index);
    const importObject: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null) as Record<string, Record<string, WebAssembly.ImportValue>>;
    const wasi = module.imports.some((wanted) => wanted.namespace === WASI_NAMESPACE) ? this.#blueprint.createWasi?.(this.#session) : undefined;
    importObject[ADDED.namespace] = { [ADDED.interrupt]: createInterrupt(this.#session) };
    const waiting: WaitingImport[] = [];
    const types = new Map<string, string>();
    for (const wanted of module.imports) {
      // What is part of the module is listed as its import, and the engine asks for it no more.
      if (module.hasKernel && wanted.namespace === ABI_NAMESPACE && (KERNEL_IMPORTS as readonly string[]).includes(wanted.name)) continue;
      const space = (importObject[wanted.namespace] ??= Object.create(null) as Record<string, WebAssembly.ImportValue>);
      const key = `${wanted.namespace.length} ${wanted.namespace}${wanted.name}`;
      const type = typeOf(wanted);
      const twin = types.get(key);
      types.set(key, type);
      // One name has one value in the object that engines take, so it cannot have two types.
      if ((twin ?? type) !== type) throw this.#mismatch(module, wanted);
      if (twin !== undefined) continue;
      space[wanted.name] = this.#find(module, wanted, wasi, (run, signature) => {
        const entry: WaitingImport = { run, signature, name: wanted.name, space, suspender: undefined };
        waiting.push(entry);
        return entry;
      });
    }
    const { offer } = this.#blueprint;
    if (offer !== undefined && waiting.length > 0) this.#letWait(waiting, offer);
    const exports = instantiate(module, importObject, this.#session);
    const linked = { module, exports, controls: armInstance(exports, this.#session) };
    if (module.hasKernel) this.#session.kernel = new Kernel(mergedKernel(exports, ADDED.kernel), this.#session.limits.memoryPages);
    const { memory } = exports;
    if (wasi !== undefined) {
      if (memory instanceof WebAssembly.Memory) wasi.attach(memory);
      this.wasi.push(wasi);
    }
    this.#pending.pop();
    this.finished.push(linked);
    runStart(linked, this.finished, this.#session);
    this.#instances[index] = linked;
    return linked;
  }

  /** Puts functions that can wait in the place of the plain ones. */
  #letWait(waiting: readonly WaitingImport[], offer: typeof Offer): void {
    const suspender = new offer.Suspender(waiting);
    for (const [index, entry] of waiting.entries()) {
      entry.suspender = suspender;
      entry.space[entry.name] = suspender.functions[index] as WebAssembly.ImportValue;
    }
    this.canWait = true;
  }

  #find(module: NamedModule, wanted: ImportShape, wasi: WasiImports | undefined, addWaiting: AddWaiting): WebAssembly.ImportValue {
    const { namespace, name, kind } = wanted;
    const found =
      (namespace === ABI_NAMESPACE ? this.#abiFunction(wanted, addWaiting) : undefined) ??
      (namespace === WASI_NAMESPACE && wasi !== undefined && Object.hasOwn(wasi.imports, name) ? wasi.imports[name] : undefined) ??
      this.#hostFunction(namespace, wanted, addWaiting) ??
      this.#linkedExport(module, wanted) ??
      (namespace === "env" ? this.#hostFunction(USER_NAMESPACE, wanted, addWaiting) : undefined);
    if (found === undefined) throw this.#missing(module, wanted);
    const { signature } = wanted;
    const isWrongWasi = namespace === WASI_NAMESPACE && signature !== undefined && wasi?.accepts(name, signature) === false && found === wasi.imports[name];
    if (isWrongWasi) throw this.#mismatch(module, wanted);
    if (kind === "function" ? typeof found === "function" : typeof found === "object") return found;
    throw this.#mismatch(module, wanted);
  }

  #mismatch(module: NamedModule, { namespace, name, kind, signature }: ImportShape): PluginError {
    const type = signature === undefined ? kind : `function (${signature.params.join(", ")}) → (${signature.results.join(", ")})`;
    return new PluginError(
      "link/mismatch",
      `Cannot link the module "${module.name}": it imports "${namespace}" "${name}" as a ${type}, and what is offered has another type`,
      { module: module.name, namespace, name },
      { plugin: this.#session.plugin },
    );
  }

  #abiFunction(wanted: ImportShape, addWaiting: AddWaiting): WebAssembly.ImportValue | undefined {
    const { name } = wanted;
    const asking = this.#blueprint.remote?.find(ABI_NAMESPACE, wanted);
    if (asking !== undefined) return asking;
    if (name === "http_request" && this.#blueprint.createHttp !== undefined) {
      return this.#offer(this.#blueprint.createHttp(this.#session), ABI_NAMESPACE, wanted, addWaiting);
    }
    if (Object.hasOwn(this.#hostImports, name)) return this.#hostImports[name as keyof HostImports];
    const kernelName = KERNEL_IMPORTS.find((candidate) => candidate === name);
    if (kernelName === undefined) return undefined;
    return (this.borrowed ?? this.#session.kernel.exports)[kernelName];
  }

  #hostFunction(namespace: string, wanted: ImportShape, addWaiting: AddWaiting): WebAssembly.ImportValue | undefined {
    const { functions } = this.#blueprint;
    if (wanted.kind !== "function" || !Object.hasOwn(functions, namespace)) return undefined;
    const space = functions[namespace] as Readonly<Record<string, HostFunction>>;
    if (!Object.hasOwn(space, wanted.name)) return undefined;
    return this.#offer(space[wanted.name] as HostFunction, namespace, wanted, addWaiting);
  }

  /** Wraps a host function, so that it may wait where the engine can. */
  #offer(host: HostFunction, namespace: string, wanted: ImportShape, addWaiting: AddWaiting): WebAssembly.ImportValue {
    const { name, signature } = wanted;
    const id = { namespace, name };
    // A reference would be a function of the plug-in in the hands of the host, good beyond the call and the instance.
    if (signature !== undefined && ![...signature.params, ...signature.results].every((type) => NUMBERS.has(type))) {
      throw this.#mismatch(this.#blueprint.modules[this.#pending.at(-1) ?? 0] as NamedModule, wanted);
    }
    const asking = this.#blueprint.remote?.find(namespace, wanted);
    if (asking !== undefined) return asking;
    const { canWait, CAN_SUSPEND, importFunction } = this.#blueprint.offer as typeof Offer;
    if (!CAN_SUSPEND || !canWait(signature)) return importFunction(this.#session, host, id, signature, undefined);
    const run = importFunction(this.#session, host, id, signature, (promise) => entry.suspender?.defer(promise, signature.results[0]));
    const entry = addWaiting(run, signature);
    return run;
  }

  #linkedExport(module: NamedModule, wanted: ImportShape): WebAssembly.ImportValue | undefined {
    const index = this.#indices.get(wanted.namespace);
    const partner = index === undefined ? undefined : this.#blueprint.modules[index];
    if (index === undefined || partner === undefined || !this.#exports(index, partner).has(wanted.name)) return undefined;
    if (this.#instances[index] !== undefined || !this.#pending.includes(index)) {
      return this.instance(index).exports[wanted.name];
    }
    if (wanted.kind !== "function") {
      const modules = [...this.#pending.slice(this.#pending.indexOf(index)), index].map((each) => this.#blueprint.modules[each]?.name ?? "");
      throw new PluginError(
        "link/circular",
        `Cannot link the module "${module.name}": it imports the ${wanted.kind} "${wanted.name}" of "${partner.name}", which needs it in turn; only functions may be circular`,
        { modules },
        { plugin: this.#session.plugin },
      );
    }
    // The partner exists by the time this is called.
    return (...values: unknown[]): unknown => {
      const target = this.#instances[index]?.exports[wanted.name] as ((...values: unknown[]) => unknown) | undefined;
      if (target === undefined) throw new TypeError(`"${partner.name}" is not instantiated yet`);
      return target(...values);
    };
  }

  #exports(index: number, { exports }: NamedModule): ReadonlySet<string> {
    return (this.#exportNames[index] ??= new Set(exports.map((each) => each.name)));
  }

  #missing(module: NamedModule, { namespace, name, kind }: ImportShape): PluginError {
    const { functions } = this.#blueprint;
    const offered = Object.hasOwn(functions, namespace) ? Object.keys(functions[namespace] ?? {}) : [];
    const offers = offered.length > 0 ? `that namespace has ${listNames(offered)}` : "nothing is offered in that namespace";
    const advice = kind === "function" ? "pass it in functions, or add the module of that name to the manifest" : "add the module of that name to the manifest";
    return new PluginError(
      "link/missing-import",
      `Cannot link the module "${module.name}": it imports the ${kind} "${name}" from "${namespace}", and ${offers}; ${advice}`,
      { module: module.name, namespace, name, kind },
      { plugin: this.#session.plugin },
    );
  }
}

function typeOf({ kind, signature }: ImportShape): string {
  return [kind, signature?.params, signature?.results].join(">");
}

/** A limited module's start function waits until its memory is attached and its limits are set. It may call the others. */
function runStart({ exports, module }: LinkedInstance, instances: readonly LinkedInstance[], session: Session): void {
  const start = exports[ADDED.start];
  if (typeof start !== "function") return;
  try {
    (start as () => void)();
  } catch (cause) {
    // An engine whose own stack is the smaller one is the first to stop it; who started it says so.
    if (trapKind(cause) === "stack-overflow") throw cause;
    throw session.call.failure ?? limitFailure(instances.map((each) => each.controls), session) ?? startFailure(module, session, cause);
  }
}

function instantiate(module: NamedModule, imports: WebAssembly.Imports, session: Session): WebAssembly.Exports {
  try {
    const { exports } = new WebAssembly.Instance(module.module, imports);
    return module.image === undefined ? exports : placeImage(exports, module.image);
  } catch (cause) {
    throw instantiationFailure(module, session, cause);
  }
}

function instantiationFailure(module: NamedModule, session: Session, cause: unknown): PluginError {
  const { plugin } = session;
  const why = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof WebAssembly.LinkError || cause instanceof TypeError) {
    const position = /Import #(\d+)/.exec(why)?.[1];
    const wanted = position === undefined ? undefined : WebAssembly.Module.imports(module.module)[Number(position)];
    const details = { module: module.name, namespace: wanted?.module ?? "", name: wanted?.name ?? "" };
    return new PluginError("link/mismatch", `Cannot link the module "${module.name}": an import has another type than what is offered: ${why}`, details, { cause, plugin });
  }
  if (cause instanceof RangeError && trapKind(cause) === undefined) {
    const { memoryPages } = session.limits;
    return new PluginError("memory/limit", `Cannot instantiate the module "${module.name}": the engine has no room for its memory: ${why}`, { limitPages: memoryPages }, { cause, plugin });
  }
  return startFailure(module, session, cause);
}

function startFailure({ name }: NamedModule, { plugin }: Session, cause: unknown): PluginError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PluginError("start/failed", `Cannot start the module "${name}": ${why}`, { phase: "start" }, { cause, plugin, guestStack: guestStack(cause) });
}
