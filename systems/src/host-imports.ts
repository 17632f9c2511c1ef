/**
 * The imports of a system as host functions: one handle in, one handle out, data checked in both directions.
 */

import type { CallContext, HostFunctions, RawHostFunction, WasmValue } from "@tenon/host";
import { type Crossing, receive, send } from "./checked.ts";
import { type FunctionSpec, IMPORT_NAMESPACE, type ImportDefinition, type ImportDefinitions, type PartOf, type SystemSpec } from "./definition.ts";
import type { Received, Sent } from "./wire.ts";

/** An import as the application writes it. It may be async where the engine can wait: with JSPI, or with the option `engine: "worker"`. */
export type ImportFunction<Definition extends ImportDefinition, Context = CallContext> = (
  input: Received<PartOf<Definition, "input">>,
  context: Context,
) => Given<Definition> | Promise<Given<Definition>>;

/** What such a function gives; nothing where the import has no output. */
type Given<Definition extends ImportDefinition> = PartOf<Definition, "output"> extends undefined ? void : Sent<PartOf<Definition, "output">>;

/** The imports of a system as the application writes them. */
export type ImportFunctions<Imports extends ImportDefinitions, Context = CallContext> = { readonly [Name in keyof Imports]: ImportFunction<Imports[Name], Context> };

/** Imports whose types are not known here. */
export type AnyImports<Context = CallContext> = Readonly<Record<string, (input: unknown, context: Context) => unknown>>;

/**
 * Makes host functions of the imports.
 *
 * @param spec The system.
 * @param given The application's functions.
 * @throws {TypeError} If one is missing, is no function, or is not in the system.
 */
export function hostFunctions(spec: SystemSpec, given: AnyImports): HostFunctions {
  checkImports(spec, given);
  return { [IMPORT_NAMESPACE]: Object.fromEntries([...spec.imports.values()].map((each) => [each.name, hostFunctionFor(each, given[each.name] as AnyImports[string])])) };
}

/**
 * Compares the application's functions with the imports of a system.
 *
 * @throws {TypeError} As {@link hostFunctions}.
 */
export function checkImports(spec: SystemSpec, given: AnyImports<never>): void {
  const missing = [...spec.imports.keys()].filter((name) => !Object.hasOwn(given, name) || typeof given[name] !== "function");
  if (missing.length > 0) throw new TypeError(`Cannot offer the imports of "${spec.name}": give a function for "${missing.join('", "')}"`);
  const unknown = Object.keys(given).filter((name) => !spec.imports.has(name));
  if (unknown.length > 0) throw new TypeError(`Cannot offer "${unknown.join('", "')}": the system "${spec.name}" has no such import`);
}

/**
 * Runs an import on what the other side sent.
 *
 * @param spec The import.
 * @param run The application's function.
 * @param data Its input, encoded; ignored if it takes none.
 * @param plugin Name of the plug-in.
 * @returns Its output, encoded; `undefined` if it has none. A promise only if something on the way is one.
 * @throws {PluginError} `system/invalid-input`, `system/invalid-output`, or what the function throws.
 */
export function runImport(spec: FunctionSpec, run: (input: unknown) => unknown, data: Uint8Array, plugin: string): unknown {
  const crossing = (part: Crossing["part"], from: Crossing["from"]): Crossing => ({ function: spec.name, part, from, plugin });
  const input = spec.input && receive(spec.input, data, crossing("input", "plug-in"));
  const { output } = spec;
  const finish = (value: unknown): unknown => (output === undefined ? undefined : send(output, value, crossing("output", "host")));
  return goOn(goOn(input, run), finish);
}

/** Goes on with a value, at once if it is none to wait for, so that synchronous functions stay so. */
function goOn(value: unknown, step: (value: unknown) => unknown): unknown {
  return value instanceof Promise ? value.then(step) : step(value);
}

const NO_BYTES = new Uint8Array(0);

function hostFunctionFor(spec: FunctionSpec, run: AnyImports[string]): RawHostFunction {
  return (context: CallContext, handle?: WasmValue) => {
    // The block stays the plug-in's: kits free what they pass, and a block freed twice could be the next one's.
    const data = spec.input === undefined ? NO_BYTES : context.bytes(handle as bigint);
    const output = runImport(spec, (input) => run(input, context), data, context.plugin);
    return goOn(output, (sent) => (sent === undefined ? undefined : context.store(sent as string | Uint8Array))) as bigint | undefined | Promise<bigint | undefined>;
  };
}
