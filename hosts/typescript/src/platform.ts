/**
 * What the host needs from the runtime it stands on. Everything else it uses is a web standard.
 *
 * Each entry file (`node.ts`, `mod.ts`) names its platform; an embedder may pass another in the options.
 */

import type { HttpPlatform } from "./http/hop.ts";
import type { Folder } from "./wasi/file-tree.ts";
import { webPlatform } from "./platform/web.ts";

/** What a thread tells the one that started it. */
export interface WorkerListener {
  /** It sent something. */
  readonly message: (value: unknown) => void;
  /** It ended, could not start, or sent what cannot be read. */
  readonly lost: (reason: unknown) => void;
}

/** A thread that runs plug-ins. */
export interface WorkerHandle {
  /** Whether it sleeps between commands, so that it is woken through shared memory and takes messages when it wakes. */
  readonly isSleeper: boolean;
  /** Sends a copy of a value. */
  readonly post: (value: unknown) => void;
  /** Keeps the process alive as long as it is held. */
  readonly hold: (isHeld: boolean) => void;
  /** Ends it, whatever it is doing. */
  readonly terminate: () => Promise<void>;
}

/** Starts a thread that runs plug-ins. */
export type StartWorker = (listener: WorkerListener) => WorkerHandle;

/** The runtime's share: reading files, fetching, hashing, clock and random numbers. */
export interface Platform {
  /** Name for messages, for example `"node"`. */
  readonly name: string;
  /**
   * Reads a whole file, or stops with a `RangeError` once it is longer than `maxBytes`. Absent where there are no files.
   */
  readonly readFile?: (path: string, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>;
  /** Fetches a module or manifest that the embedder named. */
  readonly fetch: typeof fetch;
  /** Loads what sends the requests of plug-ins, where that is more than `fetch`. */
  readonly loadHttp?: () => Promise<HttpPlatform>;
  /** Loads what opens folders of the host. Absent where there are no files. */
  readonly loadFiles?: () => Promise<(path: string) => Folder>;
  /** Blocks the thread for so many milliseconds, or returns at once where that is not allowed. Absent: never blocks. */
  readonly sleep?: (ms: number) => void;
  /** Starts a thread for the worker engine. Absent where there are no threads. */
  readonly startWorker?: StartWorker;
  /** SHA-256 of bytes. Absent in pages that were not loaded over HTTPS: they have no `crypto.subtle`. */
  readonly sha256: ((bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>) | undefined;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallClock: () => number;
  /** Runs something when input, output and timers that are due have had their turn; by default after `setTimeout` of 0. */
  readonly soon?: (run: () => void) => void;
  /** Fills `into`, at most 65,536 bytes, with random bytes fit for secrets. */
  readonly random: (into: Uint8Array<ArrayBuffer>) => void;
}

let current: Platform = webPlatform;

/**
 * Sets the platform of this runtime. For entry files only, once.
 *
 * @param platform The platform to use where the options name none.
 */
export function setDefaultPlatform(platform: Platform): void {
  current = platform;
}

/** The platform of this runtime. */
export function defaultPlatform(): Platform {
  return current;
}
