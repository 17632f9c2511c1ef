/**
 * From a source to a plug-in of a system: compared with the interface, limited, its imports linked.
 */

import { createPlugin, type HostFunctions, type Limits, type Platform, type Plugin, PluginError, type PluginOptions, type PluginSource, readPlugin } from "@tenon/host";
import { compareFunctions, compareModule, comparePlugin, type Difference, incompatible } from "./compatibility.ts";
import type { ImportDefinitions, SystemSpec } from "./definition.ts";
import type { EventListener } from "./events.ts";
import { type AnyImports, hostFunctions, type ImportFunctions } from "./host-imports.ts";
import { CheckedPlugin } from "./typed-plugin.ts";

/** Options of a plug-in of a system: those of the host without `functions`, and the system's imports. */
export type LoadOptions<Imports extends ImportDefinitions = ImportDefinitions> = Omit<PluginOptions, "functions" | "limits"> & {
  /** Limits of this plug-in; they can only be tighter than the system's. */
  readonly limits?: Limits;
  /** Is told about every call. */
  readonly onEvent?: EventListener;
} & ImportsOption<Imports>;

/** The option `imports`, which is required if there are any. */
export type ImportsOption<Imports extends ImportDefinitions> = keyof Imports extends never ? { readonly imports?: Readonly<Record<string, never>> } : { readonly imports: ImportFunctions<Imports> };

/** Options that may be left out if nothing in them is required. */
export type OptionsArgument<Options> = Record<never, never> extends Options ? readonly [options?: Options] : readonly [options: Options];

/**
 * Loads a plug-in of a system; see `System.load`.
 */
export async function loadPlugin(spec: SystemSpec, source: PluginSource, { imports, onEvent, limits, ...options }: LoadOptions): Promise<CheckedPlugin> {
  const functions: HostFunctions = hostFunctions(spec, (imports ?? {}) as AnyImports);
  const resolved = tightenLimits(spec, limits ?? {});
  const before = await compareAhead(spec, source, options.platform);
  if (before.length > 0) throw incompatible(spec, before, options.name ?? "plug-in");
  const plugin = await create(spec, source, { ...options, functions, limits: resolved });
  const differences = compareFunctions(spec, plugin.functions);
  if (differences.length > 0) {
    await plugin.close();
    throw incompatible(spec, differences, plugin.name);
  }
  const { functions: names } = plugin;
  return new CheckedPlugin(spec, { name: plugin.name, plugin, functions: names, call: (each, input, callOptions) => plugin.call(each, input, callOptions), close: () => plugin.close() }, onEvent);
}

/**
 * Compares what is at hand before anything is compiled or granted. What comes over the network is not: it would be fetched
 * twice, or a response read up.
 */
async function compareAhead(spec: SystemSpec, source: PluginSource, platform: Platform | undefined): Promise<readonly Difference[]> {
  const module = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  try {
    if (isModule(module)) return compareModule(spec, module);
    return isRemote(source) ? [] : comparePlugin(spec, await readPlugin(source, platform));
  } catch (error) {
    if (PluginError.is(error)) throw error;
    return []; // what is no module, the host says better
  }
}

function isRemote(source: unknown): boolean {
  if (source instanceof Response) return true;
  if (typeof source === "string" || source instanceof URL) return /^https?:/i.test(String(source));
  const { wasm, url, response } = source as { readonly wasm?: unknown; readonly url?: unknown; readonly response?: unknown };
  if (Array.isArray(wasm)) return wasm.some(isRemote);
  return response !== undefined || ((typeof url === "string" || url instanceof URL) && isRemote(url));
}

async function create(spec: SystemSpec, source: PluginSource, options: PluginOptions): Promise<Plugin> {
  try {
    return await createPlugin(source, options);
  } catch (error) {
    if (!PluginError.is(error, "link/missing-import")) throw error;
    const { namespace, name } = error.details;
    throw incompatible(spec, [{ kind: "unknown-import", name, message: `it imports "${name}" from "${namespace}", which is not offered` }], error.plugin ?? options.name ?? "plug-in", error);
  }
}

/** The embedder's limits where they are tighter; looser ones are a mistake, not a wish. */
function tightenLimits({ limits, name: system }: SystemSpec, asked: Limits): Limits {
  const number = (limit: number | "none" | undefined): number => (typeof limit === "number" ? limit : Number.POSITIVE_INFINITY);
  for (const [name, limit] of Object.entries(asked) as [keyof Limits, number | "none" | undefined][]) {
    const most = limits[name];
    if (most !== undefined && number(limit) > number(most)) throw new RangeError(`Cannot load with limits.${name} ${String(limit)}: the system "${system}" allows at most ${most}`);
  }
  return { ...limits, ...asked };
}

/** Whether a source is a module at hand; bytes may also be a manifest. */
function isModule(source: unknown): source is Uint8Array | WebAssembly.Module {
  if (source instanceof WebAssembly.Module) return true;
  return source instanceof Uint8Array && source[0] === 0 && source[1] === 0x61 && source[2] === 0x73 && source[3] === 0x6d;
}
