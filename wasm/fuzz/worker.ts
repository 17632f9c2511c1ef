/**
 * The side of the fuzzer that may hang: it compares the modules it is sent and tells what came of each. Used by `run.mjs`.
 */
import { parentPort } from "node:worker_threads";
import { compare } from "./compare.ts";

/** A module and the seed it was made from. */
interface Job {
  readonly seed: number;
  readonly bytes: Uint8Array;
}

/* oxlint-disable unicorn/require-post-message-target-origin -- this is a thread's port, which has no origin */
parentPort?.on("message", ({ seed, bytes }: Job) => {
  try {
    parentPort?.postMessage(compare(bytes, seed));
  } catch (error) {
    const finding = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ findings: [finding], skipped: undefined, calls: 0, isEndless: false, isCounted: false });
  }
});
