/** `http_request` for one session: the plug-in waits while the request is sent. Loaded only where a host is allowed. */

import { ABI_NAMESPACE } from "../abi.ts";
import { PluginError } from "../error.ts";
import type { RawHostFunction } from "../functions.ts";
import { type HttpOptions, parseHttpOptions } from "../http/options.ts";
import { sendRequest } from "../http/send.ts";
import type { Platform } from "../platform.ts";
import type { Session } from "../session/session.ts";
import { CAN_SUSPEND } from "./jspi.ts";

/** Makes `http_request` for a session. */
export type HttpImport = (session: Session) => RawHostFunction;

/**
 * @param options What the embedder allows.
 * @param platform Sends and resolves.
 * @returns A maker of the ABI function, for any number of sessions.
 * @throws {PluginError} `manifest/invalid` if the options have the wrong form.
 */
export async function createHttpImport(options: HttpOptions, platform: Platform): Promise<HttpImport> {
  const policy = parseHttpOptions(options, "http", await platform.loadHttp?.());
  return (session) => (_context, requestHandle, bodyHandle) => {
    const { call, kernel } = session;
    const { waiting } = call;
    const request = takeBytes(session, requestHandle as bigint);
    const body = bodyHandle === 0n ? undefined : takeBytes(session, bodyHandle as bigint);
    if (waiting === undefined) {
      const why = CAN_SUSPEND ? "callSync() and the start of a plug-in cannot wait, use call()" : "this engine cannot wait, use a worker";
      throw new PluginError("host-function/async", `Cannot send an HTTP request: ${why}`, { namespace: ABI_NAMESPACE, name: "http_request" });
    }
    const ending = (waiting.ending ??= new AbortController());
    waiting.response = undefined;
    return sendRequest(policy, request, body, { signal: ending.signal }).then((result) => {
      if (call.isOver) return 0n;
      waiting.response = { status: result.status, headers: result.headers };
      return kernel.store(result.body);
    });
  };
}

function takeBytes(session: Session, handle: bigint): Uint8Array<ArrayBuffer> {
  const bytes = session.kernel.bytes(handle);
  session.kernel.free(handle);
  return bytes;
}
