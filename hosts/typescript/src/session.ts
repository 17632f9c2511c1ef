/**
 * What the functions a plug-in imports share with the host: the kernel, the variables, the running call.
 *
 * One session belongs to one plug-in and outlives its instances; one call runs in it at a time.
 */

import { LOG_LEVELS } from "./abi.ts";
import { PluginError } from "./error.ts";
import type { Kernel } from "./kernel.ts";
import type { ResolvedLimits } from "./limits.ts";
import type { LogEntry, LogLevel, Logger } from "./log.ts";
import type { Platform } from "./platform.ts";
import type { Variables } from "./vars.ts";

/** One run of a plug-in function, or the start of an instance. */
export interface Call {
  /** Plug-in function; empty while the instance starts. */
  readonly function: string;
  /** What the caller passed as host context. */
  readonly host: unknown;
  readonly signal: AbortSignal | undefined;
  /** Limit in milliseconds; `Infinity` for none. */
  readonly timeoutMs: number;
  /** On the platform's clock; set at the first look, because most calls end before one. */
  deadline: number | undefined;
  /** First thing that went wrong in the host; it fails the call even if the plug-in catches what was thrown. */
  failure: PluginError | undefined;
  hostCalls: number;
  logBytes: number;
  isOver: boolean;
}

/** State shared by everything that a plug-in's imports do. */
export interface Session {
  readonly plugin: string;
  readonly platform: Platform;
  readonly limits: ResolvedLimits;
  readonly config: ReadonlyMap<string, string>;
  readonly vars: Variables;
  readonly logger: Logger | undefined;
  readonly logLevel: number;
  /** Blocks of the live instance. */
  kernel: Kernel;
  /** The running call; a call that is over stays here until the next begins. */
  call: Call;
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
 * Hands one text to the embedder's logger, if its level is asked for and the call's budget is not used up.
 *
 * @param session The session.
 * @param level Level of the text.
 * @param text The text.
 * @param source Where it came from.
 */
export function writeLog(session: Session, level: LogLevel, text: string, source: LogEntry["source"]): void {
  if (session.logger === undefined || LOG_LEVELS[level] < session.logLevel) return;
  const { call } = session;
  const room = session.limits.logBytes - call.logBytes;
  if (room <= 0) return;
  call.logBytes += text.length;
  const cut = text.length <= room ? text : `${text.slice(0, room)}… (the call's log limit is reached)`;
  session.logger({ level, text: cut, plugin: session.plugin, function: call.function, source });
}
