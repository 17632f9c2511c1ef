/** How a value reads in a log line: short, on one line where it can be, never an error. */

const DEPTH = 4;
const ITEMS = 100;

/**
 * Writes a value as text.
 *
 * @param value Anything; getters are not run, cycles are marked.
 * @returns Text such as `{ a: 1, b: [ "x" ] }`; an error with its stack.
 */
export function show(value: unknown): string {
  try {
    return showAt(value, 0, new Set());
  } catch (error) {
    return `[cannot be shown: ${String(error)}]`;
  }
}

function showAt(value: unknown, depth: number, seen: Set<object>): string {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return `[${value.name === "" ? "function" : `function ${value.name}`}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (seen.has(value)) return "[cycle]";
  seen.add(value);
  const text = showObject(value, depth, seen);
  seen.delete(value);
  return text;
}

function showObject(value: object, depth: number, seen: Set<object>): string {
  if (value instanceof Error) return showError(value, depth, seen);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "[promise]";
  if (depth >= DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  const next = (item: unknown): string => showAt(item, depth + 1, seen);
  if (Array.isArray(value)) return list("[", value.slice(0, ITEMS).map(next), value.length, "]");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const numbers = value as unknown as ArrayLike<number | bigint>;
    return `${nameOf(value)}(${numbers.length}) ${list("[", Array.from({ length: Math.min(numbers.length, ITEMS) }, (_, i) => String(numbers[i])), numbers.length, "]")}`;
  }
  if (value instanceof Map) return `Map(${value.size}) ${list("{", [...value].slice(0, ITEMS).map(([key, item]) => `${next(key)} => ${next(item)}`), value.size, "}")}`;
  if (value instanceof Set) return `Set(${value.size}) ${list("{", [...value].slice(0, ITEMS).map(next), value.size, "}")}`;
  const keys = Object.keys(value);
  const fields = keys.slice(0, ITEMS).map((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key);
    const label = /^[\w$]+$/.test(key) ? key : JSON.stringify(key);
    return `${label}: ${property !== undefined && "value" in property ? next(property.value) : "[getter]"}`;
  });
  const name = nameOf(value);
  return `${name === "Object" || name === "" ? "" : `${name} `}${list("{", fields, keys.length, "}")}`;
}

function showError(error: Error, depth: number, seen: Set<object>): string {
  const stack = String(error.stack ?? "").trimEnd();
  const cause = error.cause === undefined ? "" : `\ncaused by ${showAt(error.cause, depth + 1, seen)}`;
  return `${error.name}: ${error.message}${stack === "" ? "" : `\n${stack}`}${cause}`;
}

function list(open: string, items: string[], count: number, close: string): string {
  if (count === 0) return open + close;
  const more = count > items.length ? [`… ${count - items.length} more`] : [];
  return `${open} ${[...items, ...more].join(", ")} ${close}`;
}

function nameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || typeof prototype !== "object") return "";
  const maker = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown;
  return typeof maker === "function" ? maker.name : "";
}
