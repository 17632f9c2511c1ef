/** From whatever the embedder names to a running plug-in: the stations of a plug-in's way, in order. */

import { chooseEngine, mayUseWorker } from "./choice.ts";
import type { CompileSettings } from "./compile/compile.ts";
import { CAN_MERGE, describeModule } from "./compile/compiled.ts";
import type { Engine } from "./engine.ts";
import { PluginError } from "./error.ts";
import { type Grant, grantManifest } from "./source/grant.ts";
import { InlineEngine } from "./inline/engine.ts";
import type { ResolvedLimits } from "./limits.ts";
import { type Blueprint, type NamedModule, WASI_NAMESPACE, type WasiImports } from "./inline/link.ts";
import { type LoadedModule, loadModules } from "./source/load.ts";
import { type ParsedOptions, type PluginOptions, parseOptions } from "./options.ts";
import { loadPart } from "./part.ts";
import type { StartWorker } from "./platform.ts";
import { Plugin } from "./plugin.ts";
import { Session } from "./session/session.ts";
import type { HttpImport } from "./imports/session-http.ts";
import { type AuthoredManifest, nameOf, type PluginSource, readSource } from "./source/source.ts";
import type { FileTree } from "./wasi/file-tree.ts";

/**
 * Loads a plug-in.
 *
 * @param source Bytes, a path, a URL, a `Response`, a `WebAssembly.Module`, one module as `{ path }` and the like, a
 *   manifest, or a manifest's JSON text.
 * @param options What the embedder offers, grants and limits.
 * @returns The plug-in, instantiated and started.
 * @throws {PluginError} `source/…`, `manifest/…`, `module/…`, `link/…`, `memory/limit`, `start/…`, `engine/…`, or `call/…`
 *   if its start reached a limit.
 */
export async function createPlugin(source: PluginSource, options: PluginOptions = {}): Promise<Plugin> {
  const { name, start } = await preparePlugin(source, options);
  return new Plugin(name, await start());
}

/** A plug-in that is loaded, granted and compiled, and can be started any number of times. */
export interface PreparedPlugin {
  readonly name: string;
  readonly limits: ResolvedLimits;
  /** Its modules, with what they import and export, without what the host adds. */
  readonly modules: readonly NamedModule[];
  /** The main one. */
  readonly main: NamedModule;
  /** Starts an engine of its own, which shares nothing with the others but the compiled module and the embedder's functions. */
  readonly start: () => Engine | Promise<Engine>;
}

/**
 * Goes all of a plug-in's way but the last step.
 *
 * @param source As {@link createPlugin}.
 * @param options As {@link createPlugin}.
 * @returns What starts it.
 * @throws {PluginError} `source/…`, `manifest/…`, `module/…`, `memory/limit` or `engine/…`.
 */
export async function preparePlugin(source: PluginSource, options: PluginOptions): Promise<PreparedPlugin> {
  const parsed = parseOptions(options);
  const { platform } = parsed;
  // A thread takes longer to start than all else, so that comes first; should it not start, that shows where it is needed.
  const { startWorker: starter } = platform;
  if (parsed.engine === "worker" && starter !== undefined) import("./worker/threads.ts").then(({ startAhead }) => startAhead(starter)).catch(() => undefined);
  // What builds limits in is loaded while the module is; should that fail, it shows where it is needed. The walk is named
  // so that bundlers give it a file of its own: its text compresses worse next to code.
  if (!parsed.isPrepared && !(source instanceof WebAssembly.Module)) {
    for (const part of [import("./compile/compile.ts"), import("@tenon/wasm/walk")]) part.catch(() => undefined);
  }
  const authored = await readSource(source, platform, parsed.signal);
  return await prepareManifest(authored, parsed.name ?? nameOf(authored.manifest, source), parsed);
}

/**
 * Goes a plug-in's way from its manifest on.
 *
 * @param authored The manifest, and who wrote it.
 * @param name Name of the plug-in.
 * @param parsed What the embedder states.
 * @returns What starts it.
 * @throws {PluginError} As {@link preparePlugin}.
 */
export async function prepareManifest({ manifest, author }: AuthoredManifest, name: string, parsed: ParsedOptions): Promise<PreparedPlugin> {
  const { platform } = parsed;
  const grant = author === "embedder" ? grantManifest(manifest, parsed) : (await loadPart(import("./source/stranger.ts"))).grantStranger(manifest, author, parsed);
  const loaded = await loadModules(manifest, author, platform, parsed.signal);
  const settings = compileSettings(grant.limits, loaded.modules.length, parsed.isPrepared, mayUseWorker(parsed, grant.hosts));
  const modules = await Promise.all(loaded.modules.map((module) => compileOrDescribe(module, settings, parsed)));
  const createHttp = await loadHttp(grant, parsed);
  const hasOffers = createHttp !== undefined || Object.keys(parsed.functions).length > 0;
  const wasi = await loadWasi(modules, grant, parsed);
  const blueprint: Blueprint = {
    modules,
    main: loaded.main,
    functions: parsed.functions,
    offer: hasOffers ? await loadPart(import("./imports/offer.ts")) : undefined,
    createWasi: wasi?.create,
    createHttp,
  };
  const { limits, config } = grant;
  const { logger, logLevel, outputLevel, isMeasured } = parsed;
  const startWorker = chooseEngine(parsed, modules, grant);
  const start = (): Engine | Promise<Engine> => {
    const session = new Session({ plugin: name, platform, limits, config, logger, logLevel, outputLevel });
    return startWorker === undefined ? new InlineEngine(blueprint, session, isMeasured) : startOnWorker(blueprint, session, parsed, wasi?.files ?? [], startWorker);
  };
  return { name, limits, modules, main: modules[loaded.main] as NamedModule, start };
}

/** The seed's face of {@link createPlugin}: `ExtismPlugin.new(wasm)`. */
export const ExtismPlugin: { readonly new: typeof createPlugin } = Object.freeze({ new: createPlugin });

/** Modules of one plug-in share its memory and table limits evenly, because each is limited by itself. */
function compileSettings(limits: ResolvedLimits, moduleCount: number, isPrepared: boolean, isForWorker: boolean): CompileSettings {
  const isOn = (limit: number): boolean => !isPrepared && limit !== Number.POSITIVE_INFINITY;
  const share = (limit: number): number => (isOn(limit) ? Math.floor(limit / moduleCount) : Number.POSITIVE_INFINITY);
  return Object.freeze({
    memoryPages: share(limits.memoryPages),
    modules: moduleCount,
    tableElements: share(limits.tableElements),
    interrupt: isOn(limits.timeoutMs),
    fuel: isOn(limits.fuel),
    stack: isOn(limits.stackDepth),
    // A kernel in one module is none for the others, and none for another thread.
    merge: !isPrepared && CAN_MERGE && moduleCount === 1 && !isForWorker,
  });
}

async function compileOrDescribe({ name, content }: LoadedModule, settings: CompileSettings, { isPrepared, platform }: ParsedOptions): Promise<NamedModule> {
  if (!(content instanceof WebAssembly.Module)) return { ...(await (await loadPart(import("./compile/compile.ts"))).compileModule(content, name, settings, platform)), name };
  const { memoryPages, tableElements, interrupt, fuel, stack } = settings;
  const isLimited = interrupt || fuel || stack || memoryPages !== Number.POSITIVE_INFINITY || tableElements !== Number.POSITIVE_INFINITY;
  if (isLimited && !isPrepared) {
    throw new PluginError(
      "module/unlimitable",
      `Cannot limit the module "${name}": it came compiled; pass its bytes, a module of tenon prepare with prepared: true, or limits: "none" if you trust it`,
      { module: name, construct: "a compiled module", offset: undefined },
    );
  }
  return { ...describeModule(content), name };
}

async function startOnWorker(blueprint: Blueprint, session: Session, { args, deterministic, env, isMeasured }: ParsedOptions, files: FileTree, startWorker: StartWorker): Promise<Engine> {
  const { WorkerEngine } = await loadPart(import("./worker/engine.ts"));
  return await WorkerEngine.start(blueprint, session, isMeasured, { args, deterministic, env, files }, startWorker);
}

async function loadWasi(modules: readonly NamedModule[], { paths }: Grant, { args, env, deterministic, platform }: ParsedOptions): Promise<{ readonly files: FileTree; readonly create: (session: Session) => WasiImports } | undefined> {
  if (!modules.some((module) => module.imports.some((each) => each.namespace === WASI_NAMESPACE))) return undefined;
  const { makeWasi, openFiles } = await loadPart(import("./imports/session-wasi.ts"));
  const files = await openFiles(paths, platform);
  const createPathCalls = files.length === 0 ? undefined : (await loadPart(import("./wasi/path-calls.ts"))).createPathCalls;
  return { files, create: makeWasi({ args, env, deterministic }, files, createPathCalls) };
}

async function loadHttp({ hosts, limits }: Grant, { http, platform }: ParsedOptions): Promise<HttpImport | undefined> {
  if (hosts.length === 0) return undefined;
  const { createHttpImport } = await loadPart(import("./imports/session-http.ts"));
  const maxResponseBytes = Math.min(limits.httpResponseBytes, Number.MAX_SAFE_INTEGER);
  return await createHttpImport({ ...http, hosts, maxResponseBytes }, platform);
}
