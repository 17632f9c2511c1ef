/**
 * From source files to a plug-in, in the order data flows: bundle, bytecode in one engine, evaluation in another,
 * snapshot of that one into the prepared module.
 *
 * The first engine is thrown away with the source text and the parser's leavings, so that none of it is in the snapshot.
 */
import type * as Esbuild from "esbuild";
import { assemble } from "./assemble.ts";
import { loadEngine, loadPlugin } from "./assets.ts";
import { bundle, joinPath, type Bundle } from "./bundle.ts";
import { checkTypes } from "./check.ts";
import { Engine, type EngineImage, type EngineModule } from "./engine.ts";
import { CompileError, type Diagnostic } from "./error.ts";
import { zeroDeadMemory } from "./heap.ts";
import { locate, type SourceMap } from "./positions.ts";

/** How a plug-in is built; everything has a default. */
export type CompileOptions = {
  /** Folder that paths are relative to; by default the process's. */
  root?: string;
  /** Shorter names and no spaces; stack traces stay right. */
  minify?: boolean;
  /** Whether stack traces in the plug-in name the author's files; on by default. */
  positions?: boolean;
  /** Whether `tsc` checks the types; on by default for files on disk. */
  check?: boolean;
  /** Path of a tsconfig.json; by default the nearest. */
  tsconfig?: string;
  /** Whether the plug-in can run `eval` and `new Function`; by default when the bundle mentions them. */
  eval?: boolean;
  /** Whether the plug-in may import WASI, for time and random numbers; by default when the bundle mentions them. */
  wasi?: boolean;
  /**
   * Whether functions that compute are compiled to WebAssembly, as far as that is worth it; the others stay with the
   * interpreter, and answers and stack traces are the same. The plug-in is some kB larger, and its code is no longer that
   * of other plug-ins. Off by default, and without effect on plug-ins that use `eval`.
   */
  optimize?: boolean;
  /**
   * Bytes of stack that calls may use before they throw a RangeError, up to 512 KiB; a plain call takes about 250. The
   * default of 128 KiB leaves room on every host; where the host's stack is large, more is safe.
   */
  stackBytes?: number;
  /** Identifiers replaced by expressions, as in esbuild. */
  define?: Readonly<Record<string, string>>;
  /** Further conditions for packages' `exports`. */
  conditions?: readonly string[];
  /** The bundler; in a browser, an initialised `esbuild-wasm`. */
  esbuild?: Pick<typeof Esbuild, "build">;
};

/** A built plug-in. */
export type Compiled = {
  wasm: Uint8Array;
  /** Source map of the bundle, version 3, as JSON. */
  map: string;
  warnings: readonly Diagnostic[];
  /** The plug-in functions and how each takes its input. */
  exports: readonly { name: string; input: string }[];
  /** How many of the program's functions were compiled, if that was asked for; the PDK's are among them. */
  optimized?: { compiled: number; functions: number };
  /** Milliseconds per step. */
  timings: Readonly<Record<string, number>>;
};

/** What wasmtime's 512 KiB of stack can take, whose frames are the largest: measured, see RATIONALE.md. */
const STACK_BYTES = 131_072;
const MAX_STACK_BYTES = 524_288;

/** What the runtime in pdks/typescript/src/runtime.ts answers to. */
const END_BUILD = -4;
const IS_FUNCTION = -16;

/**
 * Builds a plug-in.
 *
 * @param entry Path of the entry file, or the plug-in's files by path, the entry first.
 * @returns A module with the plug-in ABI; the same bytes for the same source.
 * @throws {CompileError} With every finding and its place.
 */
export async function compile(entry: string | Readonly<Record<string, string>>, options: CompileOptions = {}): Promise<Compiled> {
  const timings: Record<string, number> = {};
  const time = async <T>(step: string, run: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await run();
    } finally {
      timings[step] = performance.now() - start;
    }
  };
  const { stackBytes = STACK_BYTES } = options;
  if (!Number.isInteger(stackBytes) || stackBytes < 16_384 || stackBytes > MAX_STACK_BYTES) throw new RangeError(`Cannot set stackBytes to ${stackBytes}: it must be an integer from 16384 to ${MAX_STACK_BYTES}`);
  const files = new Map(typeof entry === "string" ? [] : Object.entries(entry));
  const root = options.root ?? (globalThis.process?.cwd() ?? "/");
  const first = typeof entry === "string" ? joinPath(root, entry) : [...files.keys()][0];
  if (first === undefined) throw new CompileError([{ message: "Cannot find the entry file: there are no files" }]);
  const engineLoading = time("load", loadEngine);
  engineLoading.catch(() => undefined);
  const checking = typeof entry === "string" && options.check !== false && /\.[cm]?tsx?$/.test(entry) ? time("check", () => checkTypes(first, root, options.tsconfig)) : Promise.resolve([]);
  checking.catch(() => undefined);

  const bundled = await time("bundle", async () =>
    bundle({
      entry: first, root, files, isMinified: options.minify ?? false, tsconfig: options.tsconfig,
      define: options.define ?? {}, conditions: options.conditions ?? [],
      esbuild: options.esbuild ?? (await import("esbuild")),
    }));
  if (bundled.exports.length === 0) throw new CompileError([{ file: first, message: "Cannot build a plug-in without functions: the entry file exports none" }]);
  const hasEval = options.eval ?? mentionsEval(bundled.code);
  const hasWasi = options.wasi ?? mentionsWasi(bundled.code);
  const engine = await engineLoading;
  const { image, exports, warnings } = await time("evaluate", () => evaluate(engine, bundled, hasEval, options.positions ?? true, stackBytes));
  const isOptimized = options.optimize === true && !hasEval;
  if (options.optimize === true && hasEval) warnings.push({ message: "Functions stay interpreted: the plug-in mentions eval or Function, and code that is made at run time cannot be optimized beside" });
  const optimized = isOptimized ? await time("optimize", async () => (await import("./optimize/optimize.ts")).optimize(await loadPlugin({ hasEval, hasWasi, isOptimized }), image)) : undefined;
  const plugin = optimized?.plugin ?? (await loadPlugin({ hasEval, hasWasi, isOptimized: false }));
  const wasm = await time("assemble", () => {
    zeroDeadMemory(image);
    return assemble({ plugin, state: { memory: image.memory, globals: image.globals }, exports, hostImports: bundled.hostImports, thunks: engine.thunks });
  });
  const findings = await checking;
  if (findings.length > 0) throw new CompileError(findings);
  return {
    wasm, map: JSON.stringify(bundled.map), warnings: [...bundled.warnings, ...warnings],
    exports: exports.map(({ index }) => bundled.exports[index] as { name: string; input: string }), timings,
    ...(optimized === undefined ? {} : { optimized: { compiled: optimized.compiled, functions: optimized.functions } }),
  };
}

function evaluate(module: EngineModule, bundled: Bundle, hasEval: boolean, hasPositions: boolean, stackBytes: number): { image: EngineImage; exports: { name: string; index: number }[]; warnings: Diagnostic[] } {
  try {
    const bytecode = new Engine(module, true).compile(bundled.code);
    const engine = new Engine(module, hasEval);
    engine.offerBridge();
    engine.evaluate(bytecode);
    engine.attach();
    const exports = bundled.exports.map(({ name }, index) => ({ name, index })).filter(({ index }) => engine.ask(IS_FUNCTION - index) === 1);
    if (exports.length === 0) throw new CompileError([{ message: "Cannot build a plug-in without functions: none of the entry file's exports is one" }]);
    engine.ask(END_BUILD, hasPositions ? bundled.positions : "");
    const { randomReads } = engine.observed;
    const warnings = randomReads === 0 ? [] : [{ message: "Random numbers were used while the plug-in was built: every instance starts with the same values; use them inside an exported function" }];
    return { image: engine.freeze(stackBytes), exports, warnings };
  } catch (error) {
    throw error instanceof CompileError ? new CompileError(error.diagnostics.map((finding) => inAuthorsFiles(finding, bundled.map))) : error;
  }
}

/** Leads a stack of the bundle back to the author's files. */
function inAuthorsFiles(finding: Diagnostic, map: SourceMap): Diagnostic {
  if (finding.stack === undefined) return finding;
  let first: ReturnType<typeof locate>;
  const stack = finding.stack.split("\n").flatMap((line) => {
    const place = /^(\s*at .*?)\(?plugin\.js:(\d+):(\d+)\)?$/.exec(line);
    if (place === null) return line.includes("(native)") || line.trim() === "" ? [] : [line];
    const found = locate(map, Number(place[2]), Number(place[3]));
    if (found === undefined || found.source.includes("tenon-pdk:")) return [];
    const shown = { ...found, source: found.source.replace(/^tenon-file:/, "") };
    first ??= shown;
    return [`${(place[1] as string).replace("<anonymous> ", "")}(${shown.source}:${shown.line}:${shown.column})`];
  });
  return { ...finding, stack: stack.join("\n"), ...(first === undefined ? {} : { file: first.source, line: first.line, column: first.column }) };
}

/** Whether code is made from text at run time, as far as the names tell. */
function mentionsEval(code: string): boolean {
  return /\beval\b|(?<!instanceof )\bFunction\b(?!\.prototype)/.test(code);
}

/** Whether time or chance is asked for, as far as the names tell. */
function mentionsWasi(code: string): boolean {
  return /\brandom\b|\.randomFill\(|\.clock\(|(?<!instanceof )\bDate\b/.test(code);
}
