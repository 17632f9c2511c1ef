/**
 * `console`, which writes to the host's log.
 * Source: https://console.spec.whatwg.org/
 */
import { log } from "../log.ts";
import { show } from "../show.ts";
import { native } from "../native.ts";

const counts = new Map<string, number>();
const timers = new Map<string, number>();
let indent = "";

/** The usual functions; formats such as `%s` and `%d` work, styles are dropped. */
export const console: Readonly<Record<string, (...values: unknown[]) => void>> = {
  log: (...values) => write("info", values),
  info: (...values) => write("info", values),
  debug: (...values) => write("debug", values),
  warn: (...values) => write("warn", values),
  error: (...values) => write("error", values),
  trace: (...values) => write("trace", [...values, new Error("Trace").stack]),
  dir: (value) => write("info", [show(value)]),
  table: (value) => write("info", [show(value)]),
  assert: (condition, ...values) => { if (!condition) write("error", ["Assertion failed:", ...values]); },
  count: (label = "default") => {
    const count = (counts.get(String(label)) ?? 0) + 1;
    counts.set(String(label), count);
    write("info", [`${String(label)}: ${count}`]);
  },
  countReset: (label = "default") => { counts.delete(String(label)); },
  group: (...values) => {
    if (values.length > 0) write("info", values);
    indent += "  ";
  },
  groupEnd: () => { indent = indent.slice(2); },
  time: (label = "default") => { timers.set(String(label), native.clock(1)); },
  timeLog: (label = "default", ...values) => write("info", [elapsed(String(label)), ...values]),
  timeEnd: (label = "default") => {
    write("info", [elapsed(String(label))]);
    timers.delete(String(label));
  },
  clear: () => {},
};

function elapsed(label: string): string {
  const start = timers.get(label);
  return start === undefined ? `${label}: no such timer` : `${label}: ${(native.clock(1) - start).toFixed(3)} ms`;
}

function write(level: "trace" | "debug" | "info" | "warn" | "error", values: unknown[]): void {
  const text = format(values);
  log[level](indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
}

function format(values: unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== "string" || !first.includes("%")) return values.map(show).join(" ");
  const text = first.replace(/%[sdifoOjc%]/g, (mark) => {
    if (mark === "%%") return "%";
    if (rest.length === 0) return mark;
    const value = rest.shift();
    switch (mark) {
      case "%s": return typeof value === "object" ? show(value) : String(value);
      case "%d": return String(Number(value));
      case "%i": return String(Math.trunc(Number(value)));
      case "%f": return String(Number(value));
      case "%c": return "";
      default: return show(value);
    }
  });
  return [text, ...rest.map(show)].join(" ");
}
