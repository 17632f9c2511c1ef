/**
 * Logs. What the host does not keep is not even copied.
 */
import * as abi from "./abi";
import { shareText } from "./block";

/** Levels, lowest first, with the numbers of the ABI. */
export enum Level {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
}

export namespace log {
  /** Whether the host keeps logs of this level: saves making a text that nobody reads. */
  export function isKept(level: Level): bool {
    return <i32>level >= abi.get_log_level();
  }

  /** Logs at trace. */
  export function trace(text: string): void {
    if (isKept(Level.Trace)) abi.log_trace(shareText(text));
  }

  /** Logs at debug. */
  export function debug(text: string): void {
    if (isKept(Level.Debug)) abi.log_debug(shareText(text));
  }

  /** Logs at info. */
  export function info(text: string): void {
    if (isKept(Level.Info)) abi.log_info(shareText(text));
  }

  /** Logs at warn. */
  export function warn(text: string): void {
    if (isKept(Level.Warn)) abi.log_warn(shareText(text));
  }

  /** Logs at error. */
  export function error(text: string): void {
    if (isKept(Level.Error)) abi.log_error(shareText(text));
  }
}
