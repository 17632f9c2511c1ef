/** What a pool tells its embedder while it happens. */

import type { FailureCode, PluginError } from "../error.ts";

/** Why an instance was closed. */
export type CloseReason =
  /** Nothing called it for a while. */
  | "idle"
  /** The engine had no room for another one. */
  | "room"
  /** It could not be brought back into a known state. */
  | "broken"
  /** The pool was closed. */
  | "pool-closed";

/** Something that happened. */
export type PoolEvent =
  /** A call ended, or was refused before it reached the plug-in: then `runMs` is 0 and `isRefused` holds. */
  | {
      readonly type: "call";
      readonly tenant: string | undefined;
      readonly function: string;
      readonly waitMs: number;
      readonly runMs: number;
      readonly isRefused: boolean;
      /** `undefined` if it succeeded. */
      readonly code: FailureCode | undefined;
    }
  | { readonly type: "instance-started"; readonly live: number }
  | { readonly type: "instance-closed"; readonly live: number; readonly reason: CloseReason }
  /** An instance could not be started. */
  | { readonly type: "start-failed"; readonly failure: PluginError }
  /** Calls are refused for a while: of one tenant, or all (`isStart`) if no instance can be started. */
  | { readonly type: "breaker-opened"; readonly isStart: boolean; readonly tenant: string | undefined; readonly retryAfterMs: number; readonly lastCode: string }
  | { readonly type: "breaker-closed"; readonly isStart: boolean; readonly tenant: string | undefined };
