/**
 * The platform whose threads tests use: a thread runs JavaScript, so it gets what the build made of the sources. In a page
 * `web-worker-platform.ts` stands in its place.
 */

import { nodePlatform } from "../src/platform/node.ts";
import { nodeWorkers } from "../src/platform/node-worker.ts";
import type { Platform, StartWorker } from "../src/platform.ts";

/** Node, Deno or Bun, with threads from `dist`. */
export const workerPlatform: Platform & { readonly startWorker: StartWorker } = {
  ...nodePlatform,
  startWorker: nodeWorkers(() => new URL("../dist/bundled/node-thread.cjs", import.meta.url)),
};

/** Whether threads can share memory here. */
export const HAS_THREADS = true as boolean;

/** Threads whose code is nowhere. */
export const lostWorkers: StartWorker = nodeWorkers(() => new URL("../dist/bundled/nowhere.js", import.meta.url));
