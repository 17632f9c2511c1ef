/**
 * `structuredClone` for what plug-ins can hold: values, arrays, objects, maps, sets, dates, expressions, errors, bytes.
 * Source: https://html.spec.whatwg.org/multipage/structured-data.html
 */

declare const DOMException: new (message: string, name: string) => Error;

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as Readonly<Record<string, ErrorConstructor>>;

/**
 * Copies a value with everything it refers to; cycles and shared parts stay so.
 *
 * @throws {DOMException} `DataCloneError` for functions, symbols and objects that only have meaning where they are.
 */
export function structuredClone<T>(value: T, options?: { transfer?: readonly ArrayBuffer[] }): T {
  const copy = cloneValue(value, new Map()) as T;
  for (const buffer of options?.transfer ?? []) buffer.transfer();
  return copy;
}

function cloneValue(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === "symbol" || typeof value === "function") throw refuse(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = <C>(copy: C): C => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
  if (value instanceof Date) return keep(new Date(value));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = cloneValue(value.buffer, seen) as ArrayBuffer;
    const Maker = value.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
    return keep(new Maker(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : (value as Uint8Array).length));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of [...value]) copy.set(cloneValue(key, seen), cloneValue(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(cloneValue(item, seen));
    return copy;
  }
  if (value instanceof Error) {
    const copy = keep(new (ERRORS[value.name] ?? Error)(value.message));
    if (Object.hasOwn(value, "cause")) copy.cause = cloneValue(value.cause, seen);
    if (value.stack !== undefined) copy.stack = value.stack;
    return copy;
  }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof Promise) throw refuse(value);
  const copy = keep(Array.isArray(value) ? Array.from({ length: 0 }) : {}) as Record<string, unknown>;
  if (Array.isArray(value)) copy["length"] = value.length;
  for (const [key, item] of Object.entries(value)) copy[key] = cloneValue(item, seen);
  return copy;
}

function refuse(value: unknown): Error {
  return new DOMException(`Cannot clone the value: ${typeof value === "object" ? Object.prototype.toString.call(value) : `a ${typeof value}`} has no copy`, "DataCloneError");
}
