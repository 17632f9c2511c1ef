/**
 * What the host's thread and a thread of plug-ins send each other: two unions, each sent by one side.
 *
 *   host                                            thread
 *   load ─────────────────────────────────────────►         once for each plug-in, its start included
 *   mailbox: command, then the bell (or wake) ────►
 *        ◄───────────────────────── number (turn)           the mailbox of that plug-in asks, or is done
 *   mailbox: answered, then the bell ─────────────►
 *        ◄───────────────────────── log                     before the turn that follows it
 *        ◄───────────────────────── number, or failed       the command is done
 *   unload ───────────────────────────────────────►
 *
 * The bell is two words of shared memory for all plug-ins of a thread: how often it was rung, and how many messages were
 * sent. A thread that sleeps wakes by it. One that cannot take messages in its sleep gets the message `wake`.
 */

import type { CompiledModule, ExportShape, ImportShape } from "../compile/compiled.ts";
import type { FailureCode } from "../error.ts";
import type { Signature } from "../functions.ts";
import type { ResolvedLimits } from "../limits.ts";
import type { LogEntry } from "../session/log.ts";
import type { Deterministic } from "../options.ts";

/** Words of the bell. */
export const BELL = { rung: 0, messages: 1, bytes: 8 } as const;

/** What is asked for, in place of the number of a function, when a plug-in uses its folders. */
export const FILES = -1;

/** A module of a plug-in, with what is known of its types. */
export interface SentModule {
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly imports: readonly ImportShape[];
  readonly exports: readonly ExportShape[];
  readonly image: CompiledModule["image"];
}

/** A function that runs on the host's thread. */
export interface Offer {
  readonly namespace: string;
  readonly name: string;
  readonly signature: Signature | undefined;
}

/** Folders that stay on the host's thread. */
export interface SentFiles {
  readonly mounts: readonly { readonly guest: string; readonly access: "read" | "write" }[];
  readonly window: SharedArrayBuffer;
}

/** A plug-in to be linked and started. */
export interface LoadMessage {
  readonly kind: "load";
  /** Number of the plug-in, unique in its thread. */
  readonly id: number;
  readonly mailbox: SharedArrayBuffer;
  readonly bell: SharedArrayBuffer;
  /** The kernel's module, to be instantiated on `memory`. */
  readonly kernel: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly modules: readonly SentModule[];
  readonly main: number;
  /** Functions to be asked for by their place in this list. */
  readonly offers: readonly Offer[];
  /** Names of all host functions by namespace, to say what is offered when something is missing. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly plugin: string;
  readonly limits: ResolvedLimits;
  readonly config: ReadonlyMap<string, string>;
  readonly logLevel: number;
  readonly outputLevel: number;
  readonly isLogged: boolean;
  /** What the plug-in finds through WASI. */
  readonly wasi: { readonly args: readonly string[]; readonly env: ReadonlyMap<string, string>; readonly deterministic: Deterministic | undefined };
  /** Its folders, which the host's thread keeps; absent if there are none. */
  readonly files: SentFiles | undefined;
}

/** From the host to a thread. */
export type HostMessage = LoadMessage | { readonly kind: "unload"; readonly id: number } | { readonly kind: "wake" };

/** A failure on its way to the other thread. */
export interface SentFailure {
  readonly code: FailureCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly plugin: string | undefined;
  readonly function: string | undefined;
  readonly guestStack: readonly string[];
  readonly cause: unknown;
}

/** From a thread to the host; a number is the plug-in whose mailbox is to be looked into. */
export type ThreadMessage =
  | number
  | { readonly kind: "log"; readonly id: number; readonly entry: LogEntry }
  | { readonly kind: "failed"; readonly id: number; readonly failure: SentFailure };
