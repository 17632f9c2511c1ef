/**
 * A plug-in system: states the interface, and makes everything that follows from it.
 */

import type { Limits, PluginSource } from "@tenon/host";
import { compareModule, type Difference } from "./compatibility.ts";
import { type ExportDefinitions, type ImportDefinitions, parseDefinition, type SystemDefinition, type SystemSpec } from "./definition.ts";
import { documentOf, hashDocument, type InterfaceDocument, specOf } from "./document.ts";
import { type LoadOptions, loadPlugin, type OptionsArgument } from "./load.ts";
import { type MockExports, type MockOptions, type MockPlugin, mockPlugin } from "./mock.ts";
import { PluginSet, type SetOptions } from "./set.ts";
import { type CheckedPlugin, type SystemPlugin, typedPlugin } from "./typed-plugin.ts";
import { type SystemStamp, writeStamp } from "./stamp.ts";

/** A plug-in system. Made by {@link definePluginSystem}. */
export interface System<Exports extends ExportDefinitions = ExportDefinitions, Imports extends ImportDefinitions = ImportDefinitions> {
  readonly name: string;
  readonly version: string;
  /** Limits of every plug-in. */
  readonly limits: Limits;

  /**
   * Loads a plug-in.
   *
   * @param source What `createPlugin` of `@tenon/host` takes. Of bytes and compiled modules every difference to the
   *   interface is known before anything of the plug-in runs; of other sources the host reports the first import that
   *   is missing, and exports are compared once the plug-in has started.
   * @param options The imports, and options of the host.
   * @returns The plug-in with its exports as methods.
   * @throws {PluginError} `system/incompatible`, or what `createPlugin` throws.
   * @throws {TypeError} If an import is missing.
   * @throws {RangeError} If a limit is looser than the system's.
   */
  load(source: PluginSource, ...options: OptionsArgument<LoadOptions<Imports>>): Promise<SystemPlugin<Exports>>;

  /**
   * Compares a module with the interface, without running it.
   *
   * @param module Bytes of the module, or the compiled module, whose signatures cannot be seen.
   * @returns Every difference; none if it fits.
   * @throws {WasmError} If the bytes are no module.
   */
  check(module: Uint8Array | WebAssembly.Module): readonly Difference[];

  /**
   * Makes a plug-in out of functions of the host's language, for tests. Its data takes the same way as a real one's.
   *
   * @param functions What its exports do.
   * @param options The imports, if the functions use them.
   * @throws {TypeError} If a function that is not optional is missing, or one is not in the system.
   */
  mock(functions: MockExports<Exports, Imports>, ...options: OptionsArgument<MockOptions<Imports>>): MockPlugin<Exports>;

  /**
   * Makes an empty set of plug-ins, which are asked together: one set per extension point and tenant.
   *
   * @param options Options that every plug-in of the set is loaded with.
   */
  set(...options: OptionsArgument<SetOptions<Imports>>): PluginSet<Exports, Imports>;

  /**
   * Tells the interface as data, for files and tools.
   *
   * @throws {PluginError} `system/no-json-schema` if a schema cannot be told as JSON Schema.
   */
  document(): InterfaceDocument;

  /**
   * @returns SHA-256 of the interface's canonical form, in hexadecimal digits.
   * @throws {PluginError} `system/no-json-schema`.
   */
  hash(): Promise<string>;

  /**
   * Writes into a module that it was built for this interface.
   *
   * @param module Bytes of the module; not changed.
   * @returns The module with a custom section `tenon:system`.
   * @throws {PluginError} `system/no-json-schema`.
   * @throws {WasmError} If the bytes are no module.
   */
  stamp(module: Uint8Array): Promise<Uint8Array>;
}

/**
 * Defines a plug-in system.
 *
 * @param definition Its interface.
 * @returns The system.
 * @throws {PluginError} `system/invalid-definition`.
 */
export function definePluginSystem<const Exports extends ExportDefinitions, const Imports extends ImportDefinitions = Record<never, never>>(
  definition: SystemDefinition<Exports, Imports>,
): System<Exports, Imports> {
  return makeSystem(parseDefinition(definition as SystemDefinition));
}

/**
 * Reads a plug-in system from data, as {@link System.document} told it or `readXtp` read it.
 *
 * @param document What was parsed from a file.
 * @returns The system; the types of its values are not known.
 * @throws {PluginError} `system/invalid-definition`.
 */
export function readSystem(document: unknown): System {
  return makeSystem(specOf(document));
}

function makeSystem<Exports extends ExportDefinitions, Imports extends ImportDefinitions>(spec: SystemSpec): System<Exports, Imports> {
  let told: InterfaceDocument | undefined;
  let hashed: Promise<string> | undefined;
  const document = (): InterfaceDocument => (told ??= documentOf(spec));
  const hash = (): Promise<string> => (hashed ??= Promise.resolve().then(() => hashDocument(document())));
  const load = async (source: PluginSource, options: LoadOptions): Promise<CheckedPlugin> => await loadPlugin(spec, source, options);
  const system = {
    name: spec.name,
    version: spec.version,
    limits: spec.limits,
    load: async (source: PluginSource, options = {} as LoadOptions<Imports>) => typedPlugin<Exports>(spec, await load(source, options as never)),
    check: (module: Uint8Array | WebAssembly.Module) => compareModule(spec, module),
    mock: (functions: MockExports<Exports, Imports>, options = {} as MockOptions<Imports>) => mockPlugin<Exports>(spec, functions, options),
    set: (options = {} as SetOptions<Imports>) => new PluginSet<Exports, Imports>(spec, options, load),
    document,
    hash,
    stamp: async (module: Uint8Array) => writeStamp(module, { name: spec.name, version: spec.version, hash: await hash() } satisfies SystemStamp),
  };
  // The optional last argument of each method is a tuple to TypeScript, which it cannot see through for any `Imports`.
  return Object.freeze(system) as unknown as System<Exports, Imports>;
}
