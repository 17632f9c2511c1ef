/** Runs a task, and again whenever a file of a folder changes, until Ctrl-C. */

import { relative, sep } from "node:path";

import type { ExitCode } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Folders that are made or installed; a build writes there. */
const MADE = new Set(["node_modules", "dist", "build", "target", "zig-out"]);

/** Editors write a file in several steps. */
const QUIET_MS = 30;

/**
 * Watches a folder.
 *
 * @param folder Absolute path.
 * @param written Absolute paths that the task itself writes.
 * @param terminal Where to say that it waits.
 * @param task Runs once at the start and after every change; what still runs then is told by its signal to end.
 * @returns The exit code, 0, when it is stopped by Ctrl-C.
 */
export async function watchFolder(folder: string, written: readonly string[], terminal: Terminal, task: (signal: AbortSignal) => Promise<ExitCode>): Promise<ExitCode> {
  const { watch } = await import("chokidar");
  const ours = new Set(written);
  const isIgnored = (path: string): boolean => ours.has(path) || relative(folder, path).split(sep).some((part) => MADE.has(part) || (part.startsWith(".") && part !== ".." && part !== "."));
  const watcher = watch(folder, { ignored: isIgnored, ignoreInitial: true });
  const stopping = new AbortController();
  let current = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => current.abort();
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(wake, QUIET_MS);
  });
  const stop = (): void => {
    stopping.abort();
    wake();
  };
  process.once("SIGINT", stop);
  try {
    await new Promise<void>((ready) => void watcher.once("ready", ready));
    while (!stopping.signal.aborted) {
      current = new AbortController();
      const { signal } = current;
      const changed = new Promise<void>((settle) => signal.addEventListener("abort", () => settle()));
      await task(signal);
      if (!signal.aborted) terminal.messages.write(`${terminal.messages.paint("dim", "waiting for changes; Ctrl-C ends")}\n`);
      await changed;
    }
    return 0;
  } finally {
    process.removeListener("SIGINT", stop);
    clearTimeout(timer);
    await watcher.close();
  }
}
