/**
 * Logs: text for whoever runs the host. `console` ends here too.
 *
 * Nothing is formatted for a level that the host does not want. While the plug-in is built there
 * is no host, and what is logged is dropped.
 */
import { show } from "./show.ts";
import { isBeingBuilt, native } from "./native.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error"] as const;

/** A level, lowest first. */
export type LogLevel = (typeof LEVELS)[number];

/** Writes to the host's log, one function per level; values are shown as `console.log` shows them. */
export const log: Readonly<Record<LogLevel, (...values: unknown[]) => void>> = {
  trace: (...values) => write(0, values),
  debug: (...values) => write(1, values),
  info: (...values) => write(2, values),
  warn: (...values) => write(3, values),
  error: (...values) => write(4, values),
};

/**
 * Whether the host wants messages of a level.
 *
 * @param level The level asked about.
 */
export function isLogged(level: LogLevel): boolean {
  return !isBeingBuilt() && LEVELS.indexOf(level) >= native.logLevel();
}

function write(level: number, values: unknown[]): void {
  if (isBeingBuilt() || level < native.logLevel()) return;
  native.log(level, values.map((value) => (typeof value === "string" ? value : show(value))).join(" "));
}
