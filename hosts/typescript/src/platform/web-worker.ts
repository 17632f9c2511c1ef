/** Threads in browsers: Web Workers, which need a page that is cross-origin isolated, for shared memory. */

import type { StartWorker } from "../platform.ts";

/** Starts a thread; it takes messages only as events. */
export const startWebWorker: StartWorker = (listener) => {
  // As bundlers know it: a literal address beside this file, no `blob:` and no `data:`, so that strict policies allow it.
  const worker = new Worker(new URL("./web-thread.js", import.meta.url), { type: "module", name: "tenon" });
  worker.addEventListener("message", (event: MessageEvent<unknown>) => listener.message(event.data));
  worker.addEventListener("messageerror", () => listener.lost(new TypeError("a message could not be read")));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    listener.lost(new Error(event.message));
  });
  return {
    isSleeper: false,
    post: (value) => worker.postMessage(value, []),
    hold: () => {},
    terminate: async () => worker.terminate(),
  };
};
