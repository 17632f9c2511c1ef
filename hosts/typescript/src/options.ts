/** What the embedder states when it makes a plug-in, parsed once into one frozen form. Only this grants. */

import { LOG_LEVELS } from "./abi.ts";
import { type Field, failField, readArray, readCount, readEntries, readFields, readString, readStringMap } from "./source/fields.ts";
import type { HostFunction, HostFunctions } from "./functions.ts";
import type { HttpOptions } from "./http/options.ts";
import { type Limits, LIMIT_CEILINGS } from "./limits.ts";
import type { LogLevel, Logger } from "./session/log.ts";
import { type Platform, defaultPlatform } from "./platform.ts";
import type { Folder } from "./wasi/file-tree.ts";

/** A folder that a plug-in sees: one of the host, or one that the embedder keeps, such as `memoryFolder()`. */
export interface PathGrant {
  /** Path of a folder of the host; a link here is followed. */
  readonly host?: string;
  /** A folder in place of `host`. */
  readonly folder?: Folder;
  /** Where the plug-in finds it, such as `/data`. */
  readonly guest: string;
  /** Default `"read"`. */
  readonly access?: "read" | "read-write";
}

/** A world that is the same at each call, so that a call can be repeated byte for byte. */
export interface Deterministic {
  /** What WASI's clock says at the beginning of each call, in milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  /** Seed of WASI's random numbers, a whole number; they are fit for no secret. */
  readonly seed: number;
}

/** What a plug-in is allowed beyond computing. Everything is off unless it stands here. */
export interface Allow {
  /** Hosts that `http_request` may reach. */
  readonly hosts?: readonly string[];
  /** Folders that the plug-in sees. */
  readonly paths?: readonly PathGrant[];
}

/** Where a plug-in runs. */
export type EngineChoice = "auto" | "inline" | "worker";

/** Options of a plug-in. */
export interface PluginOptions {
  /** Name for messages and logs; by default that of the file. */
  readonly name?: string;
  /** Configuration; it overrides the manifest's. */
  readonly config?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /** Host functions by namespace (usually `extism:host/user`) and name. */
  readonly functions?: HostFunctions;
  /** Limits by name, or `"none"` for no limit at all. They override the manifest's. */
  readonly limits?: Limits | "none";
  /** What the plug-in is allowed. */
  readonly allow?: Allow;
  /** How requests of the plug-in are sent, beside `allow.hosts` and `limits.httpResponseBytes`. */
  readonly http?: Omit<HttpOptions, "hosts" | "maxResponseBytes">;
  /** Arguments and environment that the plug-in finds through WASI; both are empty by default. */
  readonly wasi?: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** Whether the logger gets standard output and error whatever `logLevel` is; left out, `logLevel` decides. */
    readonly output?: boolean;
  };
  /** Gives the plug-in a fixed clock and seeded random numbers. */
  readonly deterministic?: Deterministic;
  /**
   * Says that the modules come from `tenon prepare` and bring their limits with them, so that they are not rewritten. Only
   * for modules that you prepared yourself: what is missing is refused, but memory and what is built in are not checked.
   */
  readonly prepared?: boolean;
  /**
   * Where the plug-in runs. `"inline"` is the thread that calls it; there host functions may return promises if the
   * JavaScript engine has JSPI. `"worker"` is another thread, and any host function may return a promise; `callSync()` is
   * not to be had then. `"auto"`, the default, is inline, but for a plug-in that surely has to wait where inline cannot:
   * one that imports a host function declared `async`, or that may send HTTP requests.
   */
  readonly engine?: EngineChoice;
  /** Ends loading: modules and manifests that are still being fetched are given up. */
  readonly signal?: AbortSignal;
  /** Takes what the plug-in logs. */
  readonly logger?: Logger;
  /** Lowest level that is logged; `"info"` if there is a logger. */
  readonly logLevel?: LogLevel | "off";
  /** Whether calls are timed for `lastCall.durationMs`; on by default. Reading the clock twice costs about 100 ns. */
  readonly measure?: boolean;
  /** The runtime to stand on; by default the one this package was loaded for. */
  readonly platform?: Platform;
}

/** Options in normal form. */
export interface ParsedOptions {
  readonly name: string | undefined;
  readonly config: ReadonlyMap<string, string>;
  readonly functions: HostFunctions;
  /** Stated limits only, `Infinity` for none. */
  readonly limits: { readonly [Name in keyof Limits]?: number };
  readonly allowedHosts: readonly string[];
  readonly allowedPaths: readonly PathGrant[];
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly deterministic: Deterministic | undefined;
  readonly http: Omit<HttpOptions, "hosts" | "maxResponseBytes">;
  readonly isPrepared: boolean;
  readonly signal: AbortSignal | undefined;
  readonly engine: EngineChoice;
  readonly logger: Logger | undefined;
  readonly logLevel: number;
  readonly outputLevel: number;
  readonly isMeasured: boolean;
  readonly platform: Platform;
}

const NAMES = ["name", "config", "functions", "limits", "allow", "http", "wasi", "deterministic", "prepared", "signal", "engine", "logger", "logLevel", "measure", "platform"] as const;

/**
 * Parses options.
 *
 * @param options What the embedder passed.
 * @returns Their normal form.
 * @throws {PluginError} `manifest/invalid` with the path of the first option that is unknown or wrong.
 */
export function parseOptions(options: PluginOptions): ParsedOptions {
  const fields = readFields(options, "options", NAMES);
  const get = <Value>(name: (typeof NAMES)[number], read: (field: Field) => Value): Value | undefined => {
    const field = fields.get(name);
    return field && read(field);
  };
  const allow = get("allow", ({ value, path }) => readFields(value, path, ["hosts", "paths"]));
  const hosts = allow?.get("hosts");
  const paths = allow?.get("paths");
  const wasi = get("wasi", ({ value, path }) => readFields(value, path, ["args", "env", "output"]));
  const args = wasi?.get("args");
  const env = wasi?.get("env");
  const output = wasi?.get("output");
  const logger = get("logger", readFunction) as Logger | undefined;
  const logLevel = get("logLevel", readLogLevel) ?? LOG_LEVELS[logger === undefined ? "off" : "info"];
  return Object.freeze({
    name: get("name", readString),
    config: get("config", readStringMap) ?? new Map<string, string>(),
    functions: get("functions", readHostFunctions) ?? {},
    limits: get("limits", readLimits) ?? {},
    allowedHosts: hosts ? readArray(hosts).map(readString) : [],
    allowedPaths: paths ? readArray(paths).map(readPath) : [],
    args: args ? readArray(args).map(readString) : [],
    env: env ? readStringMap(env) : new Map<string, string>(),
    deterministic: get("deterministic", readDeterministic),
    http: get("http", readHttp) ?? {},
    signal: get("signal", readSignal),
    isPrepared: get("prepared", readBoolean) ?? false,
    engine: get("engine", readEngine) ?? "auto",
    logger,
    logLevel,
    outputLevel: output === undefined ? logLevel : LOG_LEVELS[readBoolean(output) ? "trace" : "off"],
    isMeasured: get("measure", readBoolean) ?? true,
    platform: options.platform ?? defaultPlatform(),
  });
}

function readLimits({ path, value }: Field): ParsedOptions["limits"] {
  const names = Object.keys(LIMIT_CEILINGS) as (keyof Limits)[];
  if (value === "none") return Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY]));
  const limits: { -readonly [Name in keyof Limits]?: number } = {};
  for (const [name, field] of readFields(value, path, names)) {
    limits[name] = field.value === "none" || field.value === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : readLimit(field, LIMIT_CEILINGS[name]);
  }
  return limits;
}

function readLimit(field: Field, ceiling: number): number {
  return typeof field.value === "number" ? readCount(field, ceiling) : failField(field.path, `a whole number from 0 to ${ceiling}, or "none"`, field.value);
}

function readHostFunctions({ path, value }: Field): HostFunctions {
  // Own copies without a prototype: later changes of the embedder's object, and names like "constructor", reach nothing.
  const spaces: Record<string, Record<string, HostFunction>> = Object.create(null) as Record<string, Record<string, HostFunction>>;
  for (const [namespace, space] of readEntries(value, path)) {
    const functions: Record<string, HostFunction> = Object.create(null) as Record<string, HostFunction>;
    for (const [name, item] of readEntries(space, `${path}.${namespace}`)) {
      const isTyped = typeof item === "object" && item !== null && "run" in item && "params" in item;
      if (typeof item !== "function" && !isTyped) failField(`${path}.${namespace}.${name}`, "a function, or what hostFunction() returns", item);
      functions[name] = item as HostFunction;
    }
    spaces[namespace] = functions;
  }
  return spaces;
}

/** Names are checked here, and forms where HTTP is loaded: only if a host is allowed. */
function readHttp({ path, value }: Field): ParsedOptions["http"] {
  readFields(value, path, ["privateHosts", "fetch", "resolve", "maxRequestBytes", "maxRedirects", "allowResponseHeaders", "secrets", "audit"]);
  return value as ParsedOptions["http"];
}

function readSignal({ path, value }: Field): AbortSignal {
  return value instanceof AbortSignal ? value : failField(path, "an AbortSignal", value);
}

function readDeterministic({ path, value }: Field): Deterministic {
  const fields = readFields(value, path, ["now", "seed"]);
  const count = (name: "now" | "seed"): number => readCount(fields.get(name) ?? failField(`${path}.${name}`, "a whole number", undefined), Number.MAX_SAFE_INTEGER);
  return Object.freeze({ now: count("now"), seed: count("seed") });
}

function readPath({ path, value }: Field): PathGrant {
  const fields = readFields(value, path, ["host", "folder", "guest", "access"]);
  const host = fields.get("host");
  const folder = fields.get("folder")?.value;
  if ((host === undefined) === (folder === undefined)) failField(path, 'exactly one of "host", "folder"', value);
  if (folder !== undefined && !isFolder(folder)) failField(`${path}.folder`, "what memoryFolder() returns", folder);
  const guest = fields.get("guest") ?? failField(`${path}.guest`, "a path of the guest", undefined);
  const access = fields.get("access");
  const mode = access === undefined ? "read" : readString(access);
  if (mode !== "read" && mode !== "read-write") failField(`${path}.access`, '"read" or "read-write"', mode);
  const place = folder === undefined ? { host: readString(host as Field) } : { folder };
  return Object.freeze({ ...place, guest: readString(guest), access: mode });
}

function isFolder(value: unknown): value is Folder {
  return typeof value === "object" && value !== null && "open" in value && typeof value.open === "function";
}

function readEngine({ path, value }: Field): EngineChoice {
  return value === "auto" || value === "inline" || value === "worker" ? value : failField(path, '"auto", "inline" or "worker"', value);
}

function readFunction({ path, value }: Field): unknown {
  return typeof value === "function" ? value : failField(path, "a function", value);
}

function readBoolean({ path, value }: Field): boolean {
  return typeof value === "boolean" ? value : failField(path, "true or false", value);
}

function readLogLevel(field: Field): number {
  const name = readString(field);
  if (Object.hasOwn(LOG_LEVELS, name)) return LOG_LEVELS[name as keyof typeof LOG_LEVELS];
  return failField(field.path, `one of ${Object.keys(LOG_LEVELS).map((each) => `"${each}"`).join(", ")}`, name);
}
