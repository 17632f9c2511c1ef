/**
 * What the functions a plug-in imports share with the host: the kernel, the variables, the running call.
 *
 * One session belongs to one plug-in and outlives its instances; one call runs in it at a time.
 */

import { LOG_LEVELS } from "../abi.ts";
import { Call } from "./call.ts";
import type { CallOptions } from "../engine.ts";
import { PluginError } from "../error.ts";
import type { Kernel } from "./kernel.ts";
import { LOG_ENTRY_BYTES, type ResolvedLimits } from "../limits.ts";
import type { LogEntry, LogLevel, Logger } from "./log.ts";
import type { Platform } from "../platform.ts";
import { Variables } from "./vars.ts";

/** What a session is made from. */
export interface SessionSettings {
  /** Name of the plug-in. */
  readonly plugin: string;
  readonly platform: Platform;
  readonly limits: ResolvedLimits;
  readonly config: ReadonlyMap<string, string>;
  readonly logger: Logger | undefined;
  /** Lowest level that is logged, as the ABI numbers them. */
  readonly logLevel: number;
  /** The same for WASI's standard output (`info`) and error (`error`). */
  readonly outputLevel: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** State shared by everything that a plug-in's imports do. */
export class Session {
  readonly plugin: string;
  readonly platform: Platform;
  readonly limits: ResolvedLimits;
  readonly config: ReadonlyMap<string, string>;
  readonly vars: Variables;
  readonly logger: Logger | undefined;
  logLevel: number;
  readonly outputLevel: number;
  /** What its files have grown by. */
  fileBytes = 0;
  /** Blocks of the live instance; set when one is linked. */
  kernel!: Kernel;
  /** The running call; one that is over stays here until the next begins. */
  call: Call;

  /** @param settings What the embedder granted. */
  constructor(settings: SessionSettings) {
    this.plugin = settings.plugin;
    this.platform = settings.platform;
    this.limits = settings.limits;
    this.config = settings.config;
    this.vars = new Variables(settings.limits.varBytes);
    this.logger = settings.logger;
    this.logLevel = settings.logLevel;
    this.outputLevel = settings.outputLevel;
    this.call = this.beginCall("", {});
    this.call.isOver = true;
  }

  /**
   * Begins a call; the last one must be over.
   *
   * @param name Plug-in function, or the empty string for the start of an instance.
   * @param options What the caller passed.
   * @returns The call.
   */
  beginCall(name: string, options: CallOptions): Call {
    this.call = new Call(name, this.plugin, options, this.limits.timeoutMs);
    return this.call;
  }
}

/**
 * Records a failure of the running call and returns it to be thrown.
 *
 * @param session The session.
 * @param failure What went wrong. The first one of a call wins.
 */
export function failCall(session: Session, failure: PluginError): PluginError {
  session.call.failure ??= failure;
  return failure;
}

/**
 * @param session The session.
 * @param level Level of a text.
 * @param source Where the text comes from.
 * @returns Whether it would reach the logger: there is one, it wants the level, and the call's budget is not used up.
 */
export function canLog(session: Session, level: LogLevel, source: LogEntry["source"]): boolean {
  return session.logger !== undefined && LOG_LEVELS[level] >= (source === "log" ? session.logLevel : session.outputLevel) && session.call.logBytes < session.limits.logBytes;
}

/**
 * Hands one text to the embedder's logger, if its level is asked for and the call's budget is not used up.
 *
 * @param session The session.
 * @param level Level of the text.
 * @param text The text.
 * @param source Where it came from.
 * @throws {PluginError} `call/host-function` if the logger throws.
 */
export function writeLog(session: Session, level: LogLevel, text: string, source: LogEntry["source"]): void {
  if (!canLog(session, level, source)) return;
  const { call } = session;
  const room = session.limits.logBytes - call.logBytes;
  const encoded = encoder.encode(text);
  const bytes = encoded.length;
  call.logBytes += Math.min(bytes, room) + LOG_ENTRY_BYTES;
  const cut = bytes <= room ? text : `${decoder.decode(encoded.subarray(0, room))}… (the call's log limit is reached)`;
  sendLog(session, { level, text: cut, plugin: session.plugin, function: call.function, source });
}

/**
 * Hands an entry to the embedder's logger. One that fails, or whose promise is rejected while the call runs, fails the call.
 *
 * @param session The session.
 * @param entry What is logged.
 * @throws {PluginError} `call/host-function` if the logger throws.
 */
export function sendLog({ call, logger }: Session, entry: LogEntry): void {
  const fail = (cause: unknown): PluginError => {
    const message = `${call.action}: the logger failed: ${String(cause)}`;
    return (call.failure ??= new PluginError("call/host-function", message, { namespace: "", name: "logger" }, { cause }));
  };
  try {
    const sent: unknown = logger?.(entry);
    if (sent instanceof Promise) sent.catch(fail); // of a call that is over nobody reads the failure
  } catch (cause) {
    throw fail(cause);
  }
}
