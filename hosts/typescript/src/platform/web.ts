/** Any runtime with web standards and nothing more: browsers, workers, edge. No files. */

import type { Platform } from "../platform.ts";
import { startWebWorker } from "./web-worker.ts";

/** The platform of browsers and edge runtimes. */
export const webPlatform: Platform = Object.freeze({
  name: "web",
  fetch: (input, init) => fetch(input, init),
  // Not asked of `crypto.subtle`, at whose sight Node loads all of its cryptography.
  sha256: (globalThis.isSecureContext as boolean | undefined) === false ? undefined : async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  // WebKitGTK isolates pages and shares no memory.
  ...(typeof Worker === "function" && typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated ? { startWorker: startWebWorker } : {}),
  now: () => performance.now(),
  wallClock: () => Date.now(),
  random: (into) => {
    crypto.getRandomValues(into);
  },
} satisfies Platform);
