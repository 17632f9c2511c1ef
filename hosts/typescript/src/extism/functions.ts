/** Host functions written for `@extism/extism`, as this host takes them. */

import { CallContext } from "./call-context.ts";
import type { ExtismHostFunction } from "./options.ts";
import type { CallContext as Context } from "../session/context.ts";
import { type HostFunctions, type HostResult, isAsyncFunction, type RawHostFunction } from "../functions.ts";

/**
 * @param functions Host functions by namespace and name.
 * @returns The same for this host. The object that was given stays as it is, and later changes of it reach nothing.
 */
export function bindFunctions(functions: Readonly<Record<string, Readonly<Record<string, ExtismHostFunction>>>>): HostFunctions {
  return mapValues(functions, (space) => mapValues(space, bindFunction));
}

function bindFunction(host: ExtismHostFunction): RawHostFunction {
  let context: CallContext | undefined;
  let known: Context | undefined;
  const enter = (current: Context): CallContext => {
    if (current === known && context !== undefined) return context;
    known = current;
    context = new CallContext(current);
    return context;
  };
  // Whether it is declared async decides where the plug-in runs, so it must show.
  if (isAsyncFunction(host)) return async (current, ...values) => settle(enter(current), (await host(enter(current), ...values)) as HostResult);
  return (current, ...values) => {
    const result = host(enter(current), ...values) as HostResult | Promise<HostResult>;
    return result instanceof Promise ? result.then((value) => settle(enter(current), value)) : settle(enter(current), result);
  };
}

function settle(context: CallContext, result: HostResult): HostResult {
  CallContext.settle(context);
  return result;
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Readonly<Record<string, To>> {
  // Without a prototype, so that a name such as "__proto__" is a name like any other.
  const mapped = Object.create(null) as Record<string, To>;
  for (const [name, value] of Object.entries(values)) mapped[name] = map(value);
  return mapped;
}
