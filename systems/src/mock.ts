/**
 * A plug-in made of functions of the host's language, for tests of the application.
 *
 * Values are checked, encoded, decoded and checked again, so that what would fail with a real plug-in fails here too.
 */

import { Output } from "@tenon/host";
import { type ExportDefinitions, type ExportSpec, type FunctionSpec, type ImportDefinitions, type PartOf, type SystemSpec } from "./definition.ts";
import type { EventListener } from "./events.ts";
import { type AnyImports, checkImports, type ImportFunctions, runImport } from "./host-imports.ts";
import { CheckedPlugin, type SystemPlugin, typedPlugin } from "./typed-plugin.ts";
import { decode, encode, type Received, type Sent, type Wire } from "./wire.ts";

/** The imports as a mock's functions call them. */
export type MockImports<Imports extends ImportDefinitions> = {
  readonly [Name in keyof Imports]: (input: Sent<PartOf<Imports[Name], "input">>) => Promise<Received<PartOf<Imports[Name], "output">>>;
};

/** What one export of a mock does: gets what a plug-in would get, returns what a plug-in would return. */
export type MockExport<Input, Result, Imports extends ImportDefinitions> = (input: Input, imports: MockImports<Imports>) => Result | Promise<Result>;

type OptionalNames<Exports extends ExportDefinitions> = { [Name in keyof Exports]: Exports[Name]["optional"] extends true ? Name : never }[keyof Exports];

/** What the exports of a mock do. */
export type MockExports<Exports extends ExportDefinitions, Imports extends ImportDefinitions> = {
  readonly [Name in Exclude<keyof Exports, OptionalNames<Exports>>]: MockExport<Received<PartOf<Exports[Name], "input">>, Sent<PartOf<Exports[Name], "output">>, Imports>;
} & {
  readonly [Name in OptionalNames<Exports>]?: MockExport<Received<PartOf<Exports[Name], "input">>, Sent<PartOf<Exports[Name], "output">>, Imports>;
};

/** Options of a mock. */
export type MockOptions<Imports extends ImportDefinitions = ImportDefinitions> = {
  /** Name for messages and events; `"mock"` by default. */
  readonly name?: string;
  /** What the functions' imports do; without it, calling one fails. */
  readonly imports?: ImportFunctions<Imports, undefined>;
  /** Is told about every call. */
  readonly onEvent?: EventListener;
};

/** A call that a mock got. */
export interface MockCall<Name = string> {
  readonly function: Name;
  readonly input: unknown;
}

/** A mock: a plug-in, and what it was called with. */
export type MockPlugin<Exports extends ExportDefinitions> = SystemPlugin<Exports> & {
  /** Calls so far, in order; inputs as the plug-in got them. */
  readonly $calls: readonly MockCall<keyof Exports>[];
};

type AnyMockExports = Readonly<Record<string, (input: unknown, imports: unknown) => unknown>>;

/**
 * Makes a mock; see `System.mock`.
 *
 * @throws {TypeError} If a function that is not optional is missing, or one is not in the system.
 */
export function mockPlugin<Exports extends ExportDefinitions>(spec: SystemSpec, functions: AnyMockExports, { name = "mock", imports, onEvent }: MockOptions): MockPlugin<Exports> {
  const missing = [...spec.exports.values()].filter((each) => !each.isOptional && !(Object.hasOwn(functions, each.name) && typeof functions[each.name] === "function")).map((each) => each.name);
  if (missing.length > 0) throw new TypeError(`Cannot mock "${spec.name}": give a function for "${missing.join('", "')}"`);
  const unknown = Object.keys(functions).filter((each) => !spec.exports.has(each));
  if (unknown.length > 0) throw new TypeError(`Cannot mock "${unknown.join('", "')}": the system "${spec.name}" has no such export`);
  if (imports !== undefined) checkImports(spec, imports as AnyImports<never>);

  const calls: MockCall[] = [];
  const offered = Object.fromEntries([...spec.imports.values()].map((each) => [each.name, mockImport(each, imports as AnyImports<undefined> | undefined, name)]));
  const call = async (each: string, sent: string | Uint8Array | undefined): Promise<Output> => {
    const { input, output } = spec.exports.get(each) as ExportSpec;
    const value = input && decode(input.encoding, bytesOf(sent));
    calls.push({ function: each, input: value });
    const result = await functions[each]?.(value, offered);
    return new Output(bytesOf(encodeUnchecked(output, result)));
  };
  const names = Object.keys(functions).filter((each) => typeof functions[each] === "function");
  const checked = new CheckedPlugin(spec, { name, plugin: undefined, functions: names, call, close: async () => {} }, onEvent);
  return Object.freeze(Object.assign(Object.create(null) as object, typedPlugin<Exports>(spec, checked), { $calls: calls })) as unknown as MockPlugin<Exports>;
}

function mockImport(spec: FunctionSpec, imports: AnyImports<undefined> | undefined, plugin: string): (input: unknown) => Promise<unknown> {
  return async (input) => {
    const run = imports?.[spec.name];
    if (run === undefined) throw new TypeError(`Cannot call the import "${spec.name}": pass it as mock(…, { imports: { ${spec.name} } })`);
    const output = await runImport(spec, (value) => run(value, undefined), bytesOf(encodeUnchecked(spec.input, input)), plugin);
    return spec.output && decode(spec.output.encoding, bytesOf(output as string | Uint8Array));
  };
}

/** As a plug-in would: what it sends is checked by the host, not by itself. */
function encodeUnchecked(wire: Wire | undefined, value: unknown): string | Uint8Array | undefined {
  return wire && encode(wire.encoding, value);
}

function bytesOf(value: string | Uint8Array | undefined): Uint8Array<ArrayBuffer> {
  return typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(value ?? []);
}
