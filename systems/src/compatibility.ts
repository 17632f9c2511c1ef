/**
 * Does a module fit the interface? Its exports and imports, and what its stamp says, against a system: every difference at
 * once, each with what to do. Nothing is run.
 */

import { type PluginContents, PluginError } from "@tenon/host";
import { I32, I64, parseModule, signatureOf, type ValueType } from "@tenon/wasm";
import { type FunctionSpec, IMPORT_NAMESPACE, type SystemSpec } from "./definition.ts";
import { readStamp } from "./stamp.ts";

/** What can be different. */
export type DifferenceKind = "missing-export" | "export-signature" | "unknown-import" | "import-signature" | "other-system" | "other-version";

/** One difference between a plug-in and its system. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** Export, import, or what the stamp says. */
  readonly name: string;
  /** What is different and what to do, for the author of the plug-in. */
  readonly message: string;
}

/** Names and types as a module states them; types are unknown for modules that came compiled. */
interface Shape {
  readonly exports: ReadonlyMap<string, Signature | undefined>;
  readonly imports: readonly ImportShape[];
}

interface ImportShape {
  readonly namespace: string;
  readonly name: string;
  readonly signature: Signature | undefined;
}

interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/**
 * Compares a module with a system.
 *
 * @param spec The system.
 * @param module Bytes of the module, or the compiled module, whose signatures cannot be seen.
 * @returns Every difference; none if it fits.
 * @throws {WasmError} If the bytes are no module.
 */
export function compareModule(spec: SystemSpec, module: Uint8Array | WebAssembly.Module): readonly Difference[] {
  const shape = module instanceof Uint8Array ? shapeOfBytes(module) : shapeOfModule(module);
  return [...compareStamp(spec, module), ...compareExports(spec, shape), ...compareImports(spec, shape)];
}

/**
 * Compares a plug-in of one or several modules, which may import from each other.
 *
 * @param spec The system.
 * @param contents Its modules; those that came compiled are left out.
 * @returns As {@link compareModule}.
 */
export function comparePlugin(spec: SystemSpec, { modules }: PluginContents): readonly Difference[] {
  const own = new Set(modules.map(({ name }) => name));
  return modules.flatMap(({ bytes, isMain }) => {
    if (bytes === undefined) return [];
    const shape = shapeOfBytes(bytes);
    const imports = compareImports(spec, { ...shape, imports: shape.imports.filter(({ namespace }) => !own.has(namespace)) });
    return isMain ? [...compareStamp(spec, bytes), ...compareExports(spec, shape), ...imports] : imports;
  });
}

/**
 * Compares the functions of a plug-in that runs already.
 *
 * @param functions Names of what it offers.
 */
export function compareFunctions(spec: SystemSpec, functions: readonly string[]): readonly Difference[] {
  return compareExports(spec, { exports: new Map(functions.map((name) => [name, undefined])), imports: [] });
}

/** Differences that one message lists at most; a plug-in decides how many there are. All are in the details. */
const MOST_LISTED = 100;

/**
 * The failure that lists differences.
 *
 * @param plugin Name of the plug-in.
 */
export function incompatible(spec: SystemSpec, differences: readonly Difference[], plugin: string, cause?: unknown): PluginError {
  const more = differences.length - MOST_LISTED;
  const list = differences.slice(0, MOST_LISTED).map(({ message }) => `\n- ${message}`).join("") + (more > 0 ? `\n- and ${more} more` : "");
  return new PluginError("system/incompatible", `Cannot load "${plugin}": it does not fit the plug-in system "${spec.name}" ${spec.version}:${list}`, { differences }, { plugin, cause });
}

function compareExports({ exports, name: system }: SystemSpec, shape: Shape): Difference[] {
  const differences: Difference[] = [];
  const others = namesByLook([...shape.exports.keys()].filter((name) => !exports.has(name)));
  for (const { name, isOptional } of exports.values()) {
    const signature = shape.exports.get(name);
    if (!shape.exports.has(name)) {
      const similar = others.get(lookOf(name));
      const remedy = similar === undefined ? "export a function of this name" : `rename its export ${quote(similar)}`;
      // An optional export under a slightly wrong name is a mistake too: nobody would ever call it.
      if (!isOptional || similar !== undefined) differences.push({ kind: "missing-export", name, message: `it does not export "${name}"; ${remedy}` });
    } else if (signature !== undefined && !(signature.params.length === 0 && (signature.results.length === 0 || (signature.results.length === 1 && signature.results[0] === I32)))) {
      differences.push({ kind: "export-signature", name, message: `its export "${name}" is a function ${format(signature)}; make it () -> i32 and take the input from the plug-in kit of "${system}"` });
    }
  }
  return differences;
}

function compareImports({ imports }: SystemSpec, shape: Shape): Difference[] {
  const differences: Difference[] = [];
  const names = [...imports.keys()].map((each) => `"${each}"`).join(", ") || "no function";
  const looks = namesByLook([...imports.keys()]);
  for (const { namespace, name, signature } of shape.imports) {
    if (HOST_NAMESPACES.has(namespace)) continue;
    const offered = USER_NAMESPACES.has(namespace) ? imports.get(name) : undefined;
    if (offered === undefined) {
      const similar = looks.get(lookOf(name));
      const remedy = similar === undefined ? `use only what is offered: ${names}` : `import "${similar}" from "${IMPORT_NAMESPACE}" instead`;
      differences.push({ kind: "unknown-import", name, message: `it imports ${quote(name)} from ${quote(namespace)}, which is not offered; ${remedy}` });
    } else if (signature !== undefined && format(signature) !== format(signatureFor(offered))) {
      differences.push({ kind: "import-signature", name, message: `it imports "${name}" as ${format(signature)}; declare it as ${format(signatureFor(offered))}` });
    }
  }
  return differences;
}

function compareStamp(spec: SystemSpec, module: Uint8Array | WebAssembly.Module): Difference[] {
  const stamp = readStamp(module);
  if (stamp === undefined) return [];
  if (stamp.name !== spec.name) return [{ kind: "other-system", name: stamp.name, message: `it was built for the plug-in system ${quote(stamp.name)}; build it with the bindings of "${spec.name}"` }];
  if (breakingPart(stamp.version) === breakingPart(spec.version)) return [];
  return [{ kind: "other-version", name: stamp.version, message: `it was built for version ${quote(stamp.version).slice(1, -1)} of the interface; build it with the bindings of version ${spec.version}` }];
}

/** The part of a semantic version that changes when the interface breaks: the major one, below 1.0.0 the minor one. */
function breakingPart(version: string): string {
  const [major = "", minor = ""] = version.split(".");
  return major === "0" ? `0.${minor}` : major;
}

/** Type of an import on the wire: one handle for each of input and output. */
function signatureFor({ input, output }: FunctionSpec): Signature {
  return { params: input === undefined ? [] : [I64], results: output === undefined ? [] : [I64] };
}

function shapeOfBytes(bytes: Uint8Array): Shape {
  const module = parseModule(bytes);
  const signature = (index: number): Signature | undefined => signatureOf(module, index);
  return {
    exports: new Map(module.exports.filter(({ kind }) => kind === "function").map(({ name, index }) => [name, signature(index)])),
    imports: module.imports.filter(({ kind }) => kind === "function").map(({ module: namespace, name, index }) => ({ namespace, name, signature: signature(index) })),
  };
}

function shapeOfModule(module: WebAssembly.Module): Shape {
  const isFunction = ({ kind }: { readonly kind: string }): boolean => kind === "function";
  return {
    exports: new Map(WebAssembly.Module.exports(module).filter(isFunction).map(({ name }) => [name, undefined])),
    imports: WebAssembly.Module.imports(module).filter(isFunction).map(({ module: namespace, name }) => ({ namespace, name, signature: undefined })),
  };
}

/** Where a system's imports are found; the host takes `env`, which some compilers write, for the same. */
const USER_NAMESPACES: ReadonlySet<string> = new Set([IMPORT_NAMESPACE, "env"]);

/** What the host itself offers there it knows best. Source: abi/abi.json, `namespace` */
const HOST_NAMESPACES: ReadonlySet<string> = new Set(["extism:host/env", "wasi_snapshot_preview1"]);

/** What names have in common that differ only in case and underscores. */
function lookOf(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

function namesByLook(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [lookOf(name), name]));
}

/** Text of a plug-in, short, in one line and without control characters. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

const TYPE_NAMES: Readonly<Record<number, string>> = { [I32]: "i32", [I64]: "i64", 0x7d: "f32", 0x7c: "f64" };

function format({ params, results }: Signature): string {
  const names = (types: readonly ValueType[]): string => types.map((type) => TYPE_NAMES[type] ?? "?").join(", ");
  return `(${names(params)}) -> ${results.length === 1 ? names(results) : `(${names(results)})`}`;
}
