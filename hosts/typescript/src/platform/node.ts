/** Node, and what speaks its file API: Deno and Bun. */

import { loadPart } from "../part.ts";
import type { Platform } from "../platform.ts";
import { nodeWorkers } from "./node-worker.ts";
import { webPlatform } from "./web.ts";

const SMALL_BYTES = 262_144;

/** The platform of Node, Deno and Bun. Of their own modules none is loaded before it is used: `node:crypto` takes 3 to 6 ms, `node:worker_threads` 2. */
export const nodePlatform: Platform = Object.freeze({
  ...webPlatform,
  name: "node",
  readFile: async (path, maxBytes) => {
    const file = await process.getBuiltinModule("node:fs/promises").open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new RangeError(`the file has ${size} bytes`);
      const bytes = new Uint8Array(size);
      let length = 0;
      while (length < size) {
        const { bytesRead } = await file.read(bytes, length, size - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return length === size ? bytes : bytes.slice(0, length);
    } finally {
      await file.close();
    }
  },
  soon: (run) => {
    setImmediate(run);
  },
  loadHttp: async () => (await loadPart(import("./node-http.ts"))).NODE_HTTP,
  loadFiles: async () => (await loadPart(import("./node-files.ts"))).hostFolder,
  sleep: (ms) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
  // A literal address, which bundlers know. What they made into CommonJS has none, but a folder.
  startWorker: nodeWorkers(() => ((import.meta.url as string | undefined) === undefined ? process.getBuiltinModule("node:url").pathToFileURL(`${__dirname}/node-thread.cjs`) : new URL("./node-thread.cjs", import.meta.url))),
  // Small inputs are hashed at once: a trip through the thread pool costs more than the hash.
  sha256: async (bytes) =>
    bytes.length <= SMALL_BYTES ? process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest() : new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
} satisfies Platform);
