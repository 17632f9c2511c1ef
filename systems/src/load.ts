/**
 * From a source to a plug-in of a system: compared with the interface, limited, its imports linked.
 */

import { createPlugin, defaultPlatform, type HostFunctions, type Limits, type Platform, type Plugin, PluginError, type PluginOptions, type PluginSource, readPlugin } from "@tenon/host";
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

const UNNAMED = "plug-in";
const NOTHING_SEEN = { differences: [], name: UNNAMED };

/**
 * Loads a plug-in of a system; see `System.load`.
 */
export async function loadPlugin(spec: SystemSpec, source: PluginSource, { imports, onEvent, limits, ...options }: LoadOptions): Promise<CheckedPlugin> {
  const functions: HostFunctions = hostFunctions(spec, (imports ?? {}) as AnyImports);
  const resolved = tightenLimits(spec, limits ?? {});
  const platform = readOnce(options.platform ?? defaultPlatform(), options.signal);
  let unread = source;
  const { differences: before, name } = await compareAhead(spec, source, platform, (again) => (unread = again));
  if (before.length > 0) throw incompatible(spec, before, options.name ?? name);
  const plugin = await create(spec, unread, { ...options, functions, limits: resolved, platform });
  const differences = compareFunctions(spec, plugin.functions);
  if (differences.length > 0) {
    await plugin.close();
    throw incompatible(spec, differences, plugin.name);
  }
  const { functions: names } = plugin;
  return new CheckedPlugin(spec, { name: plugin.name, plugin, functions: names, call: (each, input, callOptions) => plugin.call(each, input, callOptions), close: () => plugin.close() }, onEvent);
}

/**
 * A platform that reads and fetches each thing once: what was compared is what runs, even if the file or the server's answer is
 * another by then. What is read a second time is given from what is kept, and kept no longer.
 */
function readOnce(platform: Platform, signal: AbortSignal | undefined): Platform {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const responses = new Map<string, Response>();
  const { readFile } = platform;
  return {
    ...platform,
    ...(readFile !== undefined && {
      readFile: async (path, maxBytes) => {
        const kept = files.get(path);
        if (!files.delete(path)) files.set(path, await readFile(path, maxBytes));
        return kept ?? (files.get(path) as Uint8Array<ArrayBuffer>);
      },
    }),
    fetch: async (input, init) => {
      const key = JSON.stringify([input instanceof Request ? input.url : input.toString(), init?.method, init?.headers]);
      const kept = responses.get(key);
      if (responses.delete(key)) return kept as Response;
      const response = await platform.fetch(input, signal === undefined ? init : { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) });
      return recorded(response, (again) => responses.set(key, again));
    },
  };
}

/**
 * @param response A response that nobody has read.
 * @param keep Is given another one with the same body, once that was read to its end.
 * @returns One to be read in place of it. No clone: who stops reading one of two waits until the other is stopped too.
 */
function recorded(response: Response, keep: (again: Response) => void): Response {
  const { ok, body, status, headers } = response;
  if (!ok || body === null) return response;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const recorder = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (chunk, controller) => {
      chunks.push(chunk);
      controller.enqueue(chunk);
    },
    flush: () => keep(new Response(new Blob(chunks), { status, headers })),
  });
  return new Response(body.pipeThrough(recorder), { status, headers });
}

/** Compares before anything is compiled or granted. Responses inside of a manifest are not, which would be read up. */
async function compareAhead(spec: SystemSpec, source: PluginSource, platform: Platform, keep: (again: Response) => void): Promise<{ readonly differences: readonly Difference[]; readonly name: string }> {
  const module = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  try {
    if (isModule(module)) return { differences: compareModule(spec, module), name: UNNAMED };
    if (hasResponse(source)) return NOTHING_SEEN;
    const contents = await readPlugin(source instanceof Response ? recorded(source, keep) : source, platform);
    return { differences: comparePlugin(spec, contents), name: contents.name };
  } catch (error) {
    if (PluginError.is(error)) throw error;
    return NOTHING_SEEN; // what is no module, or was read already, the host says better
  }
}

function hasResponse(source: unknown): boolean {
  const { wasm, response } = source as { readonly wasm?: unknown; readonly response?: unknown };
  return response !== undefined || (Array.isArray(wasm) && wasm.some((entry) => typeof entry === "object" && entry !== null && hasResponse(entry)));
}

async function create(spec: SystemSpec, source: PluginSource, options: PluginOptions): Promise<Plugin> {
  try {
    return await createPlugin(source, options);
  } catch (error) {
    if (!PluginError.is(error, "link/missing-import")) throw error;
    const { namespace, name } = error.details;
    throw incompatible(spec, [{ kind: "unknown-import", name, message: `it imports "${name}" from "${namespace}", which is not offered` }], error.plugin ?? options.name ?? UNNAMED, error);
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
