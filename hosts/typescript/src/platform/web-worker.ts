/** Threads in browsers: Web Workers, which need a page that is cross-origin isolated, for shared memory. */

import type { StartWorker, WorkerHandle, WorkerListener } from "../platform.ts";

/** Starts a thread; it takes messages only as events. */
export const startWebWorker: StartWorker = (listener) =>
  // As bundlers know it: a literal address beside this file, no `blob:` and no `data:`, so that strict policies allow it.
  openWorker(new Worker(new URL("./web-thread.js", import.meta.url), { type: "module", name: "tenon" }), listener);

/**
 * @param worker A thread that runs `web-thread.js`.
 * @param listener Takes what it says.
 * @returns The thread.
 */
export function openWorker(worker: Worker, listener: WorkerListener): WorkerHandle {
  worker.addEventListener("message", (event: MessageEvent<unknown>) => listener.message(event.data));
  worker.addEventListener("messageerror", () => listener.lost(new TypeError("a message could not be read")));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    listener.lost(new Error(event.message || "its script could not be loaded"));
  });
  return {
    isSleeper: false,
    post: (value) => worker.postMessage(value, []),
    hold: () => {},
    terminate: async () => {
      worker.terminate(); // of which there is no event
      listener.lost(new Error("the thread was ended"));
    },
  };
}
