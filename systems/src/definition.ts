/**
 * What an application states about its plug-in system, and the one normal form it is parsed into.
 */

import type { Limits } from "@tenon/host";
import { PluginError } from "@tenon/host";
import { type Payload, parsePayload, type Received, type Wire } from "./wire.ts";

/**
 * What happens when a plug-in fails: `"throw"` passes its failure on, `{ use }` gives a copy of this value instead, and
 * `"next"` leaves the plug-in out where several are asked (alone it is the same as `"throw"`).
 */
export type FailurePolicy<Value = unknown> = "throw" | "next" | { readonly use: Value };

/** A function that plug-ins offer. */
export interface ExportDefinition {
  /** What it takes; left out, nothing. */
  readonly input?: Payload | undefined;
  /** What it returns; left out, nothing. */
  readonly output?: Payload | undefined;
  /** What it is for, told to authors of plug-ins. */
  readonly doc?: string;
  /** Whether a plug-in may leave it out. */
  readonly optional?: boolean;
  /** `"throw"` by default. */
  readonly onFailure?: FailurePolicy;
}

/** A function that the application offers to plug-ins, in the namespace `extism:host/user`. */
export interface ImportDefinition {
  /** What it takes; left out, nothing. */
  readonly input?: Payload | undefined;
  /** What it returns; left out, nothing. */
  readonly output?: Payload | undefined;
  /** What it is for, told to authors of plug-ins. */
  readonly doc?: string;
}

/** The schema or wire of an input or output; `undefined` if the definition has none. */
export type PartOf<Definition, Part extends "input" | "output"> = Definition extends { readonly [Name in Part]: infer P } ? P : undefined;

/** Exports by name. */
export type ExportDefinitions = Readonly<Record<string, ExportDefinition>>;

/** Imports by name. */
export type ImportDefinitions = Readonly<Record<string, ImportDefinition>>;

/** A plug-in system as an application states it. */
export interface SystemDefinition<Exports extends ExportDefinitions = ExportDefinitions, Imports extends ImportDefinitions = ImportDefinitions> {
  /** Words of lower case, digits and `-`, parted by `/`: `shop/discounts`. */
  readonly name: string;
  /** Semantic version of the interface: `1.2.0`. */
  readonly version: string;
  /** What the system is for, told to authors of plug-ins. */
  readonly doc?: string;
  /** What plug-ins offer. */
  readonly exports: Exports & { readonly [Name in keyof Exports]: { readonly onFailure?: FailurePolicy<Received<PartOf<Exports[Name], "output">>> } };
  /** What the application offers. */
  readonly imports?: Imports;
  /** Limits of every plug-in; who loads one can tighten them. */
  readonly limits?: Limits;
}

/** A function of a system in normal form. */
export interface FunctionSpec {
  readonly name: string;
  readonly input: Wire | undefined;
  readonly output: Wire | undefined;
  readonly doc: string;
}

/** An export in normal form. */
export interface ExportSpec extends FunctionSpec {
  readonly isOptional: boolean;
  readonly onFailure: FailurePolicy;
}

/** A system in normal form. */
export interface SystemSpec {
  readonly name: string;
  readonly version: string;
  readonly doc: string;
  readonly exports: ReadonlyMap<string, ExportSpec>;
  readonly imports: ReadonlyMap<string, FunctionSpec>;
  readonly limits: Limits;
}

/** Namespace of a system's imports. Source: abi/abi.json, `userNamespace` */
export const IMPORT_NAMESPACE = "extism:host/user";

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
/** A function's name is a name in every language of the bindings. */
const FUNCTION = /^[A-Za-z][A-Za-z0-9_]*$/;
/** `then` would make a plug-in look like a promise, the others mean something to toolchains. */
const RESERVED = new Set(["then", "memory", "hs_init", "main"]);

/**
 * Parses a definition.
 *
 * @throws {PluginError} `system/invalid-definition` with the path of the first field that is unknown or wrong.
 */
export function parseDefinition(definition: SystemDefinition): SystemSpec {
  const fields = readFields(definition, "definition", ["name", "version", "doc", "exports", "imports", "limits"]);
  const { name, version, limits } = definition;
  if (typeof name !== "string" || !NAME.test(name)) refuse("name", 'words of a-z, 0-9 and "-", parted by "/", such as "shop/discounts"', name);
  if (typeof version !== "string" || !VERSION.test(version)) refuse("version", 'a version such as "1.2.0"', version);
  const exports = new Map<string, ExportSpec>();
  for (const [key, field] of Object.entries(readFields(fields["exports"], "exports"))) {
    const given = readFields(field, `exports.${key}`, ["input", "output", "doc", "optional", "onFailure"]) as ExportDefinition;
    if (!["undefined", "boolean"].includes(typeof given.optional)) refuse(`exports.${key}.optional`, "true or false", given.optional);
    exports.set(key, Object.freeze({ ...readFunction(key, given, `exports.${key}`), isOptional: given.optional ?? false, onFailure: readPolicy(given, `exports.${key}.onFailure`) }));
  }
  if (exports.size === 0) refuse("exports", "at least one export", "none");
  const imports = new Map<string, FunctionSpec>();
  for (const [key, field] of Object.entries(readFields(fields["imports"] ?? {}, "imports"))) {
    imports.set(key, Object.freeze(readFunction(key, readFields(field, `imports.${key}`, ["input", "output", "doc"]) as ImportDefinition, `imports.${key}`)));
  }
  return Object.freeze({ name, version, doc: readDoc(fields["doc"], "doc"), exports, imports, limits: Object.freeze({ ...(limits === undefined ? {} : readLimits(limits)) }) });
}

/** The host's limits by name; it checks the values of each plug-in's again. */
const LIMITS: Readonly<Record<keyof Limits, true>> = { memoryPages: true, tableElements: true, timeoutMs: true, fuel: true, stackDepth: true, varBytes: true, httpResponseBytes: true, logBytes: true, fileBytes: true };

function readLimits(limits: unknown): Limits {
  const fields = readFields(limits, "limits", Object.keys(LIMITS));
  for (const [name, limit] of Object.entries(fields)) {
    if (limit !== undefined && limit !== "none" && !(typeof limit === "number" && limit >= 0)) refuse(`limits.${name}`, '"none" or a number from 0 on', limit);
  }
  return fields;
}

/**
 * Says what is wrong with a definition.
 *
 * @throws {PluginError} `system/invalid-definition`, always.
 */
export function refuse(path: string, expected: string, value: unknown): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : typeof value;
  throw new PluginError("system/invalid-definition", `Cannot define the plug-in system: "${path}" is ${shown}, expected ${expected}`, { path, expected });
}

/**
 * Reads an object whose names are known.
 *
 * @param names Names it may have; left out, any.
 * @throws {PluginError} `system/invalid-definition`.
 */
export function readFields(value: unknown, path: string, names?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(path, "an object", value);
  const unknown = names === undefined ? undefined : Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) refuse(`${path}.${unknown}`, `one of ${names?.join(", ")}`, unknown);
  return value as Record<string, unknown>;
}

function readFunction(name: string, given: ImportDefinition, path: string): FunctionSpec {
  if (!FUNCTION.test(name) || RESERVED.has(name)) refuse(path, `a name of letters, digits and "_" that begins with a letter and is none of ${[...RESERVED].join(", ")}`, name);
  return { name, input: readPayload(given.input, `${path}.input`), output: readPayload(given.output, `${path}.output`), doc: readDoc(given.doc, `${path}.doc`) };
}

function readPayload(payload: Payload | undefined, path: string): Wire | undefined {
  const isObject = payload === undefined || typeof payload === "object" || typeof payload === "function";
  if (!isObject || payload === null) refuse(path, "a schema", payload);
  try {
    return parsePayload(payload);
  } catch (cause) {
    return refuse(path, `a schema (${cause instanceof Error ? cause.message : String(cause)})`, payload);
  }
}

function readPolicy({ onFailure = "throw" }: ExportDefinition, path: string): FailurePolicy {
  if (onFailure === "throw" || onFailure === "next") return onFailure;
  const fields = readFields(onFailure, path, ["use"]);
  if (!Object.hasOwn(fields, "use")) refuse(path, '"throw", "next" or { use: value }', fields);
  const { use } = fields;
  try {
    return Object.freeze({ use: structuredClone(use) });
  } catch {
    return refuse(`${path}.use`, "a value that can be copied (no functions)", use);
  }
}

function readDoc(value: unknown, path: string): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value.trim() : refuse(path, "a text", value);
}
