/**
 * The ABI functions that need the host: configuration, variables, logs, and HTTP where no host is allowed. Blocks are the
 * kernel's, and `session-http.ts` sends requests.
 */

import type { HOST_IMPORTS } from "../abi.ts";
import { PluginError } from "../error.ts";
import type { LogLevel } from "../session/log.ts";
import { type Session, failCall, writeLog } from "../session/session.ts";
import { lateFailure } from "../session/watch.ts";

/** The host's half of `extism:host/env`, by name. */
export type HostImports = { readonly [Name in (typeof HOST_IMPORTS)[number]]: (...handles: bigint[]) => bigint | number | void };

/**
 * Makes the functions for one session. A failure in one of them fails the running call.
 *
 * @param session Session of the plug-in.
 * @returns The functions by name.
 */
export function createHostImports(session: Session): HostImports {
  /** Text of a block that the callee frees, read once. */
  const takeText = (handle: bigint): string => {
    const text = session.kernel.text(handle);
    session.kernel.free(handle);
    return text;
  };
  const guard = <Result>(run: () => Result): Result => {
    try {
      return run();
    } catch (failure) {
      throw failCall(session, failure as PluginError); // nothing here throws anything else
    }
  };
  const log = (level: LogLevel) => (handle: bigint) => guard(() => writeLog(session, level, takeText(handle), "log"));
  return {
    config_get: (key = 0n) =>
      guard(() => {
        const value = session.config.get(takeText(key));
        return value === undefined ? 0n : session.kernel.store(value);
      }),
    var_get: (key = 0n) =>
      guard(() => {
        const value = session.vars.get(takeText(key));
        // Much may be copied in one cheap call, so the plug-in's own looks are too few.
        const late = lateFailure(session);
        if (late) throw late;
        return value === undefined ? 0n : session.kernel.store(value);
      }),
    var_set: (key = 0n, value = 0n) =>
      guard(() => {
        const name = takeText(key);
        if (value === 0n) {
          session.vars.delete(name);
          return;
        }
        const bytes = session.kernel.bytes(value);
        session.kernel.free(value);
        session.vars.set(name, bytes);
      }),
    http_request: (request = 0n, body = 0n) =>
      guard(() => {
        const url = takeText(request).slice(0, 256);
        session.kernel.free(body);
        throw new PluginError("http/not-allowed", `Cannot send the request ${url}: no host is allowed, name it in allow.hosts`, { url });
      }),
    http_status_code: () => session.call.waiting?.response?.status ?? 0,
    http_headers: () =>
      guard(() => {
        const headers = session.call.waiting?.response?.headers;
        return headers === undefined ? 0n : session.kernel.store(JSON.stringify(headers));
      }),
    log_trace: log("trace"),
    log_debug: log("debug"),
    log_info: log("info"),
    log_warn: log("warn"),
    log_error: log("error"),
    get_log_level: () => session.logLevel,
  };
}
