/**
 * Every limit of a plug-in in one place: its unit, its default and where the default comes from.
 *
 * Used by the manifest parser, which turns what the embedder and the manifest say into one {@link ResolvedLimits}.
 * The reasons for the defaults are in RATIONALE.md, "Why these default limits?".
 */

/** What the embedder may limit. Left out means the default, `"none"` means no limit, 0 means nothing is allowed. */
export interface Limits {
  /** Pages of 64 KiB that all memories of the plug-in may have together, and again all blocks exchanged with the host. */
  readonly memoryPages?: number | "none";
  /** Entries that all tables of the plug-in may have together. */
  readonly tableElements?: number | "none";
  /** Milliseconds one call, or the start of an instance, may take, time in host functions included. */
  readonly timeoutMs?: number | "none";
  /** WebAssembly instructions one call may execute. Off by default, because counting them exactly costs speed. */
  readonly fuel?: number | "none";
  /** How deep calls inside the plug-in may be nested. */
  readonly stackDepth?: number | "none";
  /** Bytes of all variables together, names included. 0 turns variables off. */
  readonly varBytes?: number | "none";
  /** Bytes of one HTTP response's body. */
  readonly httpResponseBytes?: number | "none";
  /** Bytes of log text one call may write as UTF-8, 32 more for each entry, stdout and stderr included; the rest is dropped. */
  readonly logBytes?: number | "none";
  /** Bytes by which files in its folders may grow, 4,096 more for each file, directory or link that it makes; shorter gives back. */
  readonly fileBytes?: number | "none";
}

/** All limits, with no limit as `Infinity`. */
export type ResolvedLimits = { readonly [Name in keyof Limits]-?: number };

/** What holds when nothing is said. */
export const DEFAULT_LIMITS: ResolvedLimits = Object.freeze({
  memoryPages: 2048, // 128 MiB: eighteen times what the largest plug-in at hand, Go's runtime, needs
  tableElements: 1_000_000, // 8 to 16 MiB in the engine
  timeoutMs: 5_000, // a plug-in that loops is stopped without the embedder's doing, a slow one is not
  fuel: Number.POSITIVE_INFINITY,
  stackDepth: 10_000, // engines overflow between 10,000 and 60,000 small frames
  varBytes: 1_048_576, // Extism's default
  httpResponseBytes: 52_428_800, // Extism's default
  logBytes: 1_048_576,
  fileBytes: 268_435_456,
});

/** Largest value of each limit that can be enforced; beyond these only `"none"` makes sense. */
export const LIMIT_CEILINGS: ResolvedLimits = Object.freeze({
  memoryPages: 65_536,
  tableElements: 0xffff_ffff,
  timeoutMs: Number.MAX_SAFE_INTEGER,
  fuel: Number.MAX_SAFE_INTEGER,
  stackDepth: 0x7fff_ffff,
  varBytes: Number.MAX_SAFE_INTEGER,
  httpResponseBytes: Number.MAX_SAFE_INTEGER,
  logBytes: Number.MAX_SAFE_INTEGER,
  fileBytes: Number.MAX_SAFE_INTEGER,
});

/** Bytes of a manifest, or of all modules of a plug-in together, that the host is willing to read. */
export const MAX_SOURCE_BYTES = 268_435_456;

/** What an entry costs of a call's log budget beside its text, so that empty ones are not free. */
export const LOG_ENTRY_BYTES = 32;

/** Variables of one plug-in, whatever their size: each costs the host some hundred bytes more than it holds. */
export const MAX_VARIABLES = 16_384;

/** Milliseconds that fetching a module or manifest may take. */
export const FETCH_TIMEOUT_MS = 30_000;

/** Modules of one plug-in. */
export const MAX_MODULES = 64;

/** Bytes of source modules whose compiled form is kept for the next plug-in of the same content, and again of code. */
export const COMPILE_CACHE_BYTES = 67_108_864;

/**
 * What a compiled module weighs in the cache beside its own bytes: the engine's books, and code space in whole pages. An
 * empty one took 90 kB and five mappings of the process in V8 of Node 20, of which Linux gives 65,530; out of them, V8 ends
 * the process.
 */
export const COMPILED_MODULE_BYTES = 65_536;

/** Bytes from which on a module's code is worth being compiled apart: below, that costs about as much as it saves. */
export const MIN_SHARED_BYTES = 32_768;

/** Bytes of one page of linear memory. Source: https://webassembly.github.io/spec/core/exec/runtime.html#page-size */
export const PAGE_BYTES = 65_536;

/** Loop turns and function entries that pass between two looks at the clock: about a tenth of a millisecond's work. */
export const INTERRUPT_INTERVAL = 100_000;

/** Kernels that are kept for the next plug-in on the host's thread. */
export const MAX_IDLE_KERNELS = 16;

/** Kernels that each thread of plug-ins keeps. A Chromium renderer has 124 memories in all. */
export const MAX_IDLE_SHARED_KERNELS = 4;

/**
 * Instances after which an idle thread of a page is ended and not kept: their memories may be uncollected there, where no
 * other thread can have them collected.
 */
export const MAX_THREAD_INSTANCES = 24;

/** Bytes above which a kernel is not kept. */
export const MAX_IDLE_KERNEL_BYTES = 1_048_576;

/** Threads that the worker engine starts before plug-ins share them. One takes about 5 MiB. */
export const MAX_THREADS = 32;

/** Threads beyond those, for plug-ins that ran out of time where others waited for them. */
export const MAX_SLOW_THREADS = 4;

/** Idle threads that are kept for the next plug-in. */
export const MAX_IDLE_THREADS = 2;

/** Milliseconds without a plug-in after which these are ended, too: they have about 10 MiB each. */
export const IDLE_THREAD_MS = 60_000;

/** Milliseconds that a plug-in on another thread has to stop by itself before the thread is ended. */
export const STOP_GRACE_MS = 500;

/** Milliseconds that a thread may take to come up, before the plug-in's own time begins. */
export const THREAD_START_MS = 10_000;

/** JavaScript heap of a thread of plug-ins in MiB; what it holds is the host's own, and objects of plug-ins with Wasm GC. */
export const THREAD_HEAP_MIB = 256;
