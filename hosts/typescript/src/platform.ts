/**
 * What the host needs from the runtime it stands on. Everything else it uses is a web standard.
 *
 * Each entry file (`node.ts`, `mod.ts`) names its platform; an embedder may pass another in the options.
 */

import type { HttpPlatform } from "./http/hop.ts";
import type { Folder } from "./wasi/file-tree.ts";
import { webPlatform } from "./platform/web.ts";

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
  /** SHA-256 of bytes. */
  readonly sha256: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallClock: () => number;
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
