/** A plug-in of one module, as a manifest in normal form: all that most plug-ins need, without the parser of manifests. */

import type { Manifest, ModuleOrigin } from "./manifest.ts";

/** The manifest of a single module. */
export function singleModule(origin: ModuleOrigin, name?: string, hash?: string): Manifest {
  return Object.freeze({
    entries: [{ origin, name, hash }],
    maxPages: undefined,
    maxHttpResponseBytes: undefined,
    maxVarBytes: undefined,
    timeoutMs: undefined,
    config: new Map<string, string>(),
    allowedHosts: [],
    allowedPaths: [],
  });
}

/**
 * @param value Anything.
 * @returns A copy of exactly its bytes if it is an `ArrayBuffer`, a `SharedArrayBuffer` or a view of one; else `undefined`.
 */
export function copyBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  const isBuffer = value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer);
  return isBuffer ? new Uint8Array(new Uint8Array(value)) : undefined;
}
