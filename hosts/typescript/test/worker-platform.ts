/** The platform whose threads tests use: a thread runs JavaScript, so it gets what the build made of the sources. */

import { nodePlatform } from "../src/platform/node.ts";
import { nodeWorkers } from "../src/platform/node-worker.ts";
import type { Platform } from "../src/platform.ts";

/** Node with threads from `dist`. */
export const workerPlatform: Platform = { ...nodePlatform, startWorker: nodeWorkers(new URL("../dist/platform/node-thread.js", import.meta.url)) };
