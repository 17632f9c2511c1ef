/**
 * Offers host functions to a plug-in: wrapped so that nothing they do harms more than one call, and so that the plug-in
 * waits for what returns a promise, where the engine can. Loaded only for a plug-in that is offered any.
 */

import { ABI_NAMESPACE } from "../abi.ts";
import type { Call } from "../session/call.ts";
import { CallContext } from "../session/context.ts";
import { PluginError } from "../error.ts";
import type { HostFunction, HostType, Signature, WasmValue } from "../functions.ts";
import { type Session, failCall } from "../session/session.ts";
import { lateFailure, watchCall } from "../session/watch.ts";

export { CAN_SUSPEND } from "./jspi.ts";
export { canWait, promising, Suspender } from "./suspend.ts";

/** Identity of an import, for messages. */
export interface ImportName {
  readonly namespace: string;
  readonly name: string;
}

/** Makes the running import wait for a promise of its raw result. Returns what the import returns meanwhile. */
export type Wait = (value: Promise<unknown>) => WasmValue | undefined;

/**
 * Wraps a host function as something a module can import.
 *
 * @param session Session of the plug-in.
 * @param host The host function.
 * @param id Its namespace and name.
 * @param signature Type of the import; unknown for modules that came compiled.
 * @param wait Waits for promises; left out where the engine cannot.
 * @returns The function to import.
 */
export function importFunction(
  session: Session,
  host: HostFunction,
  id: ImportName,
  signature: Signature | undefined,
  wait: Wait | undefined,
): (...values: WasmValue[]) => unknown {
  const settle = settler(session, typeof host === "function" ? undefined : host.result, id, signature);
  // What most host functions return: the raw type already, so that one comparison ends the way back.
  const rawType = typeof host === "function" ? RAW_TYPES[signature?.results.join() ?? "?"] : undefined;
  let context: CallContext | undefined;
  let contextCall: Call | undefined;
  const enter = (call: Call): void => {
    context = new CallContext(session, call);
    contextCall = call;
    // The host's own time counts too, so the clock starts here at the latest.
    call.deadline ??= session.platform.now() + call.timeoutMs;
  };
  const leave = (value: unknown): unknown => {
    try {
      // One of another make is adopted: it settles once, and whatever its `then` throws is a rejection.
      return isPromise(value) ? waitForHost(session, Promise.resolve(value), settle, id, wait) : settle(value);
    } catch (failure) {
      throw ownFailure(failure, id, session);
    }
  };
  const begin = (): CallContext => {
    const { call } = session;
    if (contextCall !== call) enter(call);
    call.hostCalls += 1;
    // The plug-in's own looks take no notice of what the host does between them.
    const late = (call.hostCalls & call.lookMask) === 0 ? lateFailure(session) : undefined;
    if (late !== undefined) {
      call.lookMask = 0; // for a plug-in that catches this and calls again
      throw late;
    }
    return context as CallContext;
  };
  const end = (value: unknown): unknown => (typeof value === rawType ? value : leave(value));
  const failed = (cause: unknown): PluginError => failCall(session, hostFailure(cause, id, session));
  if (typeof host === "function") {
    // A function with the import's own number of parameters is called by the engine without an array in between.
    switch (signature?.params.length) {
      case 0:
        return () => {
          let value: unknown;
          try {
            value = host(begin());
          } catch (cause) {
            throw failed(cause);
          }
          return end(value);
        };
      case 1:
        return (first) => {
          let value: unknown;
          try {
            value = host(begin(), first);
          } catch (cause) {
            throw failed(cause);
          }
          return end(value);
        };
      case 2:
        return (first, second) => {
          let value: unknown;
          try {
            value = host(begin(), first, second);
          } catch (cause) {
            throw failed(cause);
          }
          return end(value);
        };
      default:
        return (...values) => {
          let value: unknown;
          try {
            value = host(begin(), ...values);
          } catch (cause) {
            throw failed(cause);
          }
          return end(value);
        };
    }
  }
  return (...values) => {
    let running: CallContext;
    let decoded: unknown[];
    try {
      running = begin();
      decoded = host.params.map((type, index) => decodeParam(running, type, values[index], id, index));
    } catch (failure) {
      throw failCall(session, failure as PluginError);
    }
    let value: unknown;
    try {
      value = host.run(running, decoded);
    } catch (cause) {
      throw failed(cause);
    }
    return leave(value);
  };
}

/** `typeof` of a raw result by the types of a function's results. */
const RAW_TYPES: Readonly<Record<string, string>> = { "": "undefined", i32: "number", i64: "bigint", f32: "number", f64: "number" };

/**
 * Makes the running call wait for a host function's promise. Once the call is over, the outcome is nobody's: the plug-in
 * is never resumed with it, so it cannot reach a later call.
 */
function waitForHost(
  session: Session,
  value: Promise<unknown>,
  settle: (value: unknown) => WasmValue | undefined,
  id: ImportName,
  wait: Wait | undefined,
): WasmValue | undefined {
  const { call } = session;
  const { waiting } = call;
  if (wait === undefined || waiting === undefined) {
    value.catch(() => {});
    const why = wait === undefined ? 'this engine cannot wait, use engine: "worker"' : "callSync() and the start of a plug-in cannot wait, use call()";
    throw new PluginError("host-function/async", `Cannot wait for the host function "${id.namespace}.${id.name}": it returned a promise, and ${why}`, { ...id });
  }
  const stopWatching = watchCall(session.platform, call, waiting);
  const settled = new Promise<unknown>((resolve, reject) => {
    const resume = (outcome: () => void): void => {
      if (call.isOver) return;
      stopWatching();
      try {
        outcome();
      } catch (failure) {
        reject(ownFailure(failure, id, session));
      }
    };
    value.then(
      (result) => resume(() => resolve(settle(result))),
      (cause: unknown) =>
        resume(() => {
          throw hostFailure(cause, id, session);
        }),
    );
  });
  // If the engine refuses to suspend here, nobody waits for it, and a rejection must not end the process.
  settled.catch(() => {});
  return wait(settled);
}

/**
 * Turns what a host function threw into a failure of the call.
 *
 * @param cause What was thrown.
 * @param id The host function.
 * @param session Session of the plug-in.
 * @returns The failure; the ABI's own functions say themselves what went wrong.
 */
function hostFailure(cause: unknown, id: ImportName, session: Session): PluginError {
  if (id.namespace === ABI_NAMESPACE && PluginError.is(cause)) return cause;
  const message = `${session.call.action}: the host function "${id.namespace}.${id.name}" failed: ${textOf(cause)}`;
  return new PluginError("call/host-function", message, { ...id }, { cause, plugin: session.plugin, function: session.call.function });
}

/** What was thrown, in words; it may be anything, also what has none. */
function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "it threw what cannot be put into words";
  }
}

/** What the host itself threw over a result, or what reading the result did. */
function ownFailure(failure: unknown, id: ImportName, session: Session): PluginError {
  return failCall(session, PluginError.is(failure) ? failure : hostFailure(failure, id, session));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** Decodes a parameter of the comfortable form. */
function decodeParam(context: CallContext, type: HostType, value: WasmValue | undefined, id: ImportName, index: number): unknown {
  const place = `parameter ${index + 1}`;
  if (type === "i32" || type === "f32" || type === "f64") return typeof value === "number" ? value : badValue(id, place, type, value);
  if (typeof value !== "bigint") return badValue(id, place, type === "i64" ? type : `a handle (i64) of ${type}`, value);
  switch (type) {
    case "i64":
      return value;
    case "text":
      return context.text(value);
    case "bytes":
      return context.bytes(value);
    case "json":
      try {
        return context.json(value);
      } catch (cause) {
        if (PluginError.is(cause)) throw cause;
        return badValue(id, place, "JSON", String(cause));
      }
    default:
      return type satisfies never;
  }
}

/** Encodes results: first from the comfortable form to a number, then to the type the module imports. */
function settler(
  session: Session,
  declared: HostType | "none" | undefined,
  id: ImportName,
  signature: Signature | undefined,
): (value: unknown) => WasmValue | undefined {
  const [wanted, ...more] = signature?.results ?? [];
  // Several results travel as an iterable, which the engine checks.
  if (more.length > 0) return (value) => value as WasmValue;
  const encode = (value: unknown): unknown => {
    if (value === undefined || declared === undefined) return value;
    switch (declared) {
      case "none":
        return undefined;
      case "text":
        return typeof value === "string" ? session.kernel.store(value) : badValue(id, "result", "a string", value);
      case "bytes":
        return value instanceof Uint8Array ? session.kernel.store(value) : badValue(id, "result", "a Uint8Array", value);
      case "json":
        return session.kernel.store(JSON.stringify(value));
      case "i32":
      case "i64":
      case "f32":
      case "f64":
        return value;
      default:
        return declared satisfies never;
    }
  };
  return (value) => {
    const raw = encode(value);
    if (signature === undefined) return raw as WasmValue | undefined;
    switch (wanted) {
      case undefined:
        return undefined;
      case "i64":
        if (typeof raw === "bigint") return raw;
        if (raw === undefined || typeof raw === "boolean") return raw ? 1n : 0n;
        return Number.isSafeInteger(raw) ? BigInt(raw as number) : badValue(id, "result", "a bigint or a whole number", raw);
      case "i32":
      case "f32":
      case "f64":
        if (typeof raw === "number") return raw;
        return raw === undefined || typeof raw === "boolean" ? Number(raw ?? 0) : badValue(id, "result", "a number", raw);
      default:
        return raw as WasmValue; // reference types: the engine checks them
    }
  };
}

function badValue(id: ImportName, place: string, expected: string, value: unknown): never {
  throw new PluginError(
    "host-function/bad-value",
    `Cannot use the ${place} of the host function "${id.namespace}.${id.name}": expected ${expected}, found ${typeof value === "string" ? JSON.stringify(value.slice(0, 64)) : typeof value}`,
    { ...id, expected },
  );
}
