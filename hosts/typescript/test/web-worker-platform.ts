/** As `worker-platform.ts`, in a page: the threads' entry lies beside the page's script. */

import type { Platform, StartWorker } from "../src/platform.ts";
import { webPlatform } from "../src/platform/web.ts";
import { openWorker, startWebWorker } from "../src/platform/web-worker.ts";

/** A page that is cross-origin isolated. */
export const workerPlatform: Platform & { readonly startWorker: StartWorker } = { ...webPlatform, startWorker: startWebWorker };

/** Whether threads can share memory here: WebKitGTK has pages that are isolated, and no SharedArrayBuffer in them. */
export const HAS_THREADS: boolean = typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated;

/** Threads whose code is nowhere. */
export const lostWorkers: StartWorker = (listener) => openWorker(new Worker(new URL("/nowhere.js", location.href), { type: "module" }), listener);
