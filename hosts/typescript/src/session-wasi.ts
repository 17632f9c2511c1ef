/** WASI for one session: no arguments, no environment, no files; its standard streams go to the logger by lines. */

import { type Session, writeLog } from "./session.ts";
import type { WasiImports } from "./link.ts";
import { LineSplitter, type LogLevel } from "./log.ts";
import { createWasi } from "./wasi/wasi.ts";

const LEVELS = { stdout: "info", stderr: "error" } as const satisfies Record<string, LogLevel>;

/**
 * @param session Session of the plug-in.
 * @returns WASI for one instance of it.
 */
export function createSessionWasi(session: Session): WasiImports {
  const { platform } = session;
  const splitter = (source: "stdout" | "stderr"): LineSplitter => new LineSplitter((line) => writeLog(session, LEVELS[source], line, source));
  const lines = { stdout: splitter("stdout"), stderr: splitter("stderr") };
  const wasi = createWasi({
    write: (stream, bytes) => lines[stream].push(bytes),
    now: platform.wallClock,
    monotonic: platform.now,
    random: platform.random,
  });
  return {
    imports: wasi.imports,
    attach: (memory) => wasi.attach(memory),
    flush() {
      lines.stdout.flush();
      lines.stderr.flush();
    },
    close: () => wasi.close(),
  };
}
