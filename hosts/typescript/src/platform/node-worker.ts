/** Threads on Node, Deno and Bun: `node:worker_threads`. */

import { THREAD_HEAP_MIB } from "../limits.ts";
import type { StartWorker } from "../platform.ts";

/** Deno's threads cannot take a message that they were not given as an event. */
const IS_DENO = "Deno" in globalThis;

/**
 * @param locate Says where the thread's own module is, `node-thread.cjs`; asked when a thread starts, as what a bundler made may not know where it lies.
 * @returns Starts threads that run it.
 */
export function nodeWorkers(locate: () => URL): StartWorker {
  return (listener) => {
    const { Worker } = process.getBuiltinModule("node:worker_threads"); // loaded when the first thread starts
    const script = locate();
    const worker = new Worker(script, {
      name: "tenon",
      // Nothing of the host's process: no environment, no command line, no loaders.
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
    });
    worker.on("message", listener.message);
    worker.on("messageerror", listener.lost);
    worker.on("error", (error) => listener.lost(process.getBuiltinModule("node:fs").existsSync(script) ? error : missing(script, error)));
    worker.on("exit", (exitCode) => listener.lost(new Error(`the thread exited with code ${exitCode}`)));
    return {
      isSleeper: !IS_DENO,
      post: (value) => worker.postMessage(value, []),
      hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      terminate: async () => {
        await worker.terminate();
      },
    };
  };
}

function missing(script: URL, cause: unknown): Error {
  const path = process.getBuiltinModule("node:url").fileURLToPath(script);
  return new Error(`its script is not at "${path}"; leave "@tenon/host" out of the bundle, or put the file of "@tenon/host/node-thread" there`, { cause });
}
