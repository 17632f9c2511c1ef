/** Options under the names of `@extism/extism`, and what they are in this host. */

import type { CallContext } from "./call-context.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { bindFunctions } from "./functions.ts";
import type { Manifest } from "../source/manifest.ts";
import type { PathGrant, PluginOptions } from "../options.ts";
import { defaultPlatform } from "../platform.ts";

/** Level of a log text, or none. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

type PathAccess = NonNullable<PathGrant["access"]>;

/** Configuration by name. */
export type PluginConfig = Record<string, string>;

/** Configuration by name. */
export interface PluginConfigLike {
  [key: string]: string;
}

/** Limits of memory. */
export type MemoryOptions = {
  /** Pages of 64 KiB; without it there is no limit but WebAssembly's own. */
  maxPages?: number | undefined;
  /** Bytes of a response's body; 50 MiB without it. */
  maxHttpResponseBytes?: number | undefined;
  /** Bytes of all variables together; 1 MiB without it. */
  maxVarBytes?: number | undefined;
};

/** Accepted and not needed: threads of this host are not the embedder's to configure. */
export interface NodeWorkerArgs {
  /** Name of the thread. */
  name?: string;
  /** Options of Node. */
  execArgv?: string[];
  /** Arguments. */
  argv?: string[];
  /** Environment. */
  env?: Record<string, string>;
  /** Limits of the thread, in MiB. */
  resourceLimits?: { maxOldGenerationSizeMb?: number; maxYoungGenerationSizeMb?: number; codeRangeSizeMb?: number; stackSizeMb?: number };
  // oxlint-disable-next-line typescript/no-explicit-any -- as the library that this stands in for declares it
  [k: string]: any;
}

/** A host function: the call, then raw numbers, addresses as bigints. */
// oxlint-disable-next-line typescript/no-explicit-any -- as the library that this stands in for declares it
export type ExtismHostFunction = (callContext: CallContext, ...args: any[]) => any;

/** Options of a plug-in. */
export interface ExtismPluginOptions {
  /** Whether the plug-in may import WASI; `false` by default. */
  useWasi?: boolean | undefined;
  /** Whether it runs on another thread. */
  runInWorker?: boolean | undefined;
  /** Takes what the plug-in logs; the console by default. */
  logger?: Pick<Console, "trace" | "debug" | "info" | "warn" | "error"> | undefined;
  /** Lowest level that is logged; `"silent"` by default. */
  logLevel?: LogLevel | undefined;
  /** Host functions by namespace and name. */
  functions?: { [key: string]: { [key: string]: ExtismHostFunction } } | undefined;
  /** Folders: the plug-in's path is the key, the host's path the value. With `ro:` before the latter it is read-only. */
  allowedPaths?: { [key: string]: string } | undefined;
  /** Hosts that HTTP requests may go to. */
  allowedHosts?: string[] | undefined;
  /** Limits of memory. */
  memory?: MemoryOptions | undefined;
  /** Milliseconds that a call may take; `null` or 0 is no limit, and the default. */
  timeoutMs?: number | null | undefined;
  /** Whether standard output and error are written to the console. */
  enableWasiOutput?: boolean | undefined;
  /** Configuration. */
  config?: PluginConfigLike | undefined;
  /** Fetches modules and manifests, and sends requests of the plug-in. */
  fetch?: typeof fetch | undefined;
  /** Accepted and not needed: nothing is sent through a buffer of a fixed size. */
  sharedArrayBufferSize?: number | undefined;
  /** Whether the plug-in sees headers of responses. */
  allowHttpResponseHeaders?: boolean | undefined;
  /** Accepted and not needed. */
  nodeWorkerArgs?: NodeWorkerArgs | undefined;
}

/**
 * Says in this host's words what the embedder stated. A stated option takes the place of the manifest's, whole.
 *
 * @param options What the embedder stated.
 * @param manifest The manifest in normal form, folders still in the direction of this host.
 * @returns The manifest without what was stated, folders turned round, and the options of this host.
 * @throws {TypeError} If the log level is unknown.
 */
export function translateOptions(options: ExtismPluginOptions, manifest: Manifest): { readonly manifest: Manifest; readonly options: PluginOptions } {
  const { memory, allowedHosts, allowedPaths, config, logger = console, logLevel = "silent", runInWorker = false } = options;
  const output = options.enableWasiOutput ?? (options.useWasi === true && CAPABILITIES.extismStdoutEnvVarSet);
  const paths = allowedPaths && Object.entries(allowedPaths).map(([guest, host]) => turnRound(guest, host));
  // Limits are built into bytes, so a module that came compiled has only those that were asked for, and is refused with them.
  const isCompiled = manifest.entries.some(({ origin }) => origin.kind === "module");
  const maxPages = memory ? memory.maxPages : manifest.maxPages;
  const timeoutMs = options.timeoutMs ?? manifest.timeoutMs;
  return {
    manifest: {
      ...manifest,
      maxPages: undefined,
      timeoutMs: undefined,
      maxHttpResponseBytes: memory ? undefined : manifest.maxHttpResponseBytes,
      maxVarBytes: memory ? undefined : manifest.maxVarBytes,
      config: config ? new Map() : manifest.config,
      allowedHosts: allowedHosts ? [] : manifest.allowedHosts,
      // What this host reads as the host's path stands first, and is the plug-in's.
      allowedPaths: paths ? [] : manifest.allowedPaths.map(({ host, guest, access }) => turnRound(host, guest, access)),
    },
    options: {
      config: config ?? {},
      functions: bindFunctions(options.functions ?? {}),
      limits: {
        timeoutMs: timeoutMs === undefined || timeoutMs === 0 ? "none" : timeoutMs,
        memoryPages: maxPages ?? "none",
        ...(isCompiled ? { stackDepth: "none", tableElements: "none" } : {}),
        ...(memory?.maxVarBytes === undefined ? {} : { varBytes: memory.maxVarBytes }),
        ...(memory?.maxHttpResponseBytes === undefined ? {} : { httpResponseBytes: memory.maxHttpResponseBytes }),
      },
      allow: { hosts: allowedHosts ?? [], paths: paths ?? [] },
      http: { allowResponseHeaders: options.allowHttpResponseHeaders ?? false, ...(options.fetch ? { fetch: options.fetch } : {}) },
      wasi: { output },
      engine: runInWorker ? "worker" : "auto",
      logLevel: logLevel === "silent" ? "off" : checkLevel(logLevel),
      logger: ({ level, text, source }) => {
        if (source === "log") logger[level](text);
        else console[source === "stdout" ? "log" : "error"](text);
      },
      platform: options.fetch ? { ...defaultPlatform(), fetch: options.fetch } : defaultPlatform(),
    },
  };
}

/**
 * `ro:` on either side counts: in other hosts it stands at the key, and a folder that was meant to be read must not be written.
 * Of a manifest's key it is read already, and is the access.
 */
function turnRound(guest: string, host: string, access: PathAccess = "read-write"): PathGrant & { readonly host: string; readonly access: PathAccess } {
  const bare = (path: string): string => (path.startsWith("ro:") ? path.slice(3) : path);
  return { host: bare(host), guest: bare(guest), access: host.startsWith("ro:") || guest.startsWith("ro:") ? "read" : access };
}

function checkLevel(level: Exclude<LogLevel, "silent">): Exclude<LogLevel, "silent"> {
  if (["trace", "debug", "info", "warn", "error"].includes(level)) return level;
  throw new TypeError(`unrecognized log level "${level as string}"; expected one of "trace", "debug", "info", "warn", "error", "silent"`);
}
