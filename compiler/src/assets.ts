/**
 * The files that compiler/build.mjs puts into dist/: the engine, the plug-in modules made of it, and the PDK.
 *
 * Read beside this file on Node, fetched beside it in a browser, each once per process.
 */
import type { EngineModule } from "./engine.ts";

/** Which of the prepared plug-in modules: with a parser for `eval`, with WASI for time and chance, with hooks for compiled functions. */
export type PluginVariant = { hasEval: boolean; hasWasi: boolean; isOptimized: boolean };

type EngineNotes = { nativeSlot: number; rejectedSlot: number; thunks: number };

const cache = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
let engine: Promise<EngineModule & EngineNotes> | undefined;
let runtime: Promise<ReadonlyMap<string, string>> | undefined;

/** The engine for build time, compiled. */
export function loadEngine(): Promise<EngineModule & EngineNotes> {
  engine ??= Promise.all([read("engine.wasm"), read("engine.json")]).then(async ([bytes, notes]) => ({
    module: await WebAssembly.compile(bytes),
    ...(JSON.parse(new TextDecoder().decode(notes)) as EngineNotes),
  }));
  return engine;
}

/** The module that a plug-in's snapshot goes into. */
export function loadPlugin({ hasEval, hasWasi, isOptimized }: PluginVariant): Promise<Uint8Array<ArrayBuffer>> {
  return read(`plugin${hasEval ? "-eval" : isOptimized ? "-hooks" : ""}${hasWasi ? "-wasi" : ""}.wasm`);
}

/** The PDK's modules as JavaScript, by path such as `web/url.js`. */
export function loadRuntime(): Promise<ReadonlyMap<string, string>> {
  runtime ??= read("pdk.json").then((bytes) => new Map(Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as Record<string, string>)));
  return runtime;
}

function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = cache.get(name);
  if (bytes === undefined) cache.set(name, (bytes = readOnce(name)));
  return bytes;
}

async function readOnce(name: string): Promise<Uint8Array<ArrayBuffer>> {
  // From src/ (tests) and from dist/ alike.
  const url = new URL(`../dist/${name}`, import.meta.url);
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    const bytes = await readFile(url).catch((cause: unknown) => {
      throw new Error(`Cannot read "${name}", which belongs to the compiler; in a clone, "npm run build" makes it`, { cause });
    });
    return new Uint8Array(bytes);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot load "${url.href}": the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
