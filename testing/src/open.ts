/** Opens the plug-in under test: the one `tenon test` has built, or any other. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { createPlugin, type Limits, PluginError, type PluginOptions } from "@tenon/host";
import type { ExportDefinitions, ImportDefinitions, ImportsOption, LoadOptions, System } from "@tenon/system";

import { type AnyImports, type HostCall, recordImports } from "./host-calls.ts";
import { type FailureRecord, SystemTestPlugin } from "./system-test-plugin.ts";
import { TestPlugin } from "./test-plugin.ts";
import { createWorld, type WorldOptions } from "./world.ts";

/** Options of the plug-in under test. */
export type OpenOptions = WorldOptions & {
  /** Path or bytes of a module; by default what `tenon test` has built, else `plugin.wasm` in the working directory. */
  readonly source?: string | URL | Uint8Array;
};

/** Options of a plug-in of a system under test: the system, and stand-ins for its imports. */
export type SystemOpenOptions<Exports extends ExportDefinitions, Imports extends ImportDefinitions> = Omit<OpenOptions, "functions" | "limits"> & {
  /** The plug-in is compared with it, typed by it, and held to its limits. */
  readonly system: System<Exports, Imports>;
  /** Limits of this plug-in; they can only be tighter than the system's. */
  readonly limits?: Limits;
} & ImportsOption<Imports>;

/** Options of either kind, once it is known what they are for. */
type AnyOptions = OpenOptions & { readonly system?: System; readonly imports?: AnyImports };

/**
 * Opens a plug-in for a test.
 *
 * @param options Options of the host, stand-ins, and where the plug-in is; with `system`, it is loaded as an application does.
 * @returns The plug-in; close it, or let `await using` do so.
 * @throws {Error} If it cannot be read.
 * @throws {PluginError} If it cannot be loaded; `system/incompatible` lists how it differs from the system.
 * @throws {RangeError} If a limit is looser than the system's.
 */
export async function openPlugin<Exports extends ExportDefinitions, Imports extends ImportDefinitions>(options: SystemOpenOptions<Exports, Imports>): Promise<SystemTestPlugin<Exports>>;
export async function openPlugin(options?: OpenOptions): Promise<TestPlugin>;
export async function openPlugin({ source = process.env["TENON_PLUGIN"] ?? "plugin.wasm", system, imports = {}, ...options }: AnyOptions = {}): Promise<TestPlugin | SystemTestPlugin<ExportDefinitions>> {
  const hostCalls: HostCall[] = [];
  const limits = system === undefined ? options.limits : { ...system.limits, ...(options.limits as Limits) };
  const world = createWorld({ name: "plugin", ...options, ...(limits !== undefined && { limits }) }, hostCalls);
  const bytes = source instanceof Uint8Array ? source : await read(source, world.options);
  if (system === undefined) return new TestPlugin(await createPlugin(bytes, world.options), world, bytes);
  const { functions: _, ...host } = world.options;
  const failures: FailureRecord = { last: undefined };
  const onEvent: LoadOptions["onEvent"] = (event) => {
    if (event.type === "call" && event.outcome === "failed") failures.last = { error: event.error };
  };
  const typed = await system.load(Uint8Array.from(bytes), { ...host, imports: recordImports(imports, hostCalls), onEvent } as LoadOptions);
  return new SystemTestPlugin(typed, world, bytes, failures);
}

async function read(source: string | URL, options: PluginOptions): Promise<Uint8Array> {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    return await readFile(path);
  } catch (cause) {
    await refuseOptions(path, options);
    throw new Error(`Cannot open the plug-in "${path}": it cannot be read; run "tenon test", or "tenon build" first`, { cause });
  }
}

/** The host looks at options before it reads: what it says of them goes before what it says of a file that is not there. */
async function refuseOptions(path: string, options: PluginOptions): Promise<void> {
  try {
    await (await createPlugin(path, options)).close();
  } catch (error) {
    if (!PluginError.is(error, "source/unreadable")) throw error;
  }
}
