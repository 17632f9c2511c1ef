/**
 * Where an error comes from, in the author's files.
 *
 * The engine knows positions in the bundle. The compiler adds a table that leads back, made by
 * compiler/src/positions.ts; it is read only when an error leaves the plug-in.
 *
 *   table   sources joined by "\n", one empty line, then numbers in base 64 (VLQ, as in source maps):
 *           for each entry  line delta · column (delta on the same line) · source delta · line delta · column delta
 *   between two entries: same line as the entry → column moves along; a later line → line moves along
 */

type Position = { source: string; line: number; column: number };

let table = "";

/** Keeps the table of positions; empty for none. */
export function setPositions(text: string): void {
  table = text;
}

/**
 * Writes an error as the call's error text: message, causes, and a stack in the author's files.
 *
 * @param error Whatever was thrown.
 */
export function describeError(error: unknown): string {
  let text = describeOne(error);
  const seen = new Set<unknown>([error]);
  for (let cause = causeOf(error); cause !== undefined && !seen.has(cause); cause = causeOf(cause)) {
    seen.add(cause);
    text += `\ncaused by ${describeOne(cause)}`;
  }
  return text;
}

function describeOne(error: unknown): string {
  if (!isErrorLike(error)) return `Uncaught ${typeof error === "string" ? error : describeValue(error)}`;
  const name = String(error.name ?? "Error");
  const message = String(error.message ?? "");
  const head = message === "" ? name : name === "" ? message : `${name}: ${message}`;
  const stack = typeof error.stack === "string" ? mapStack(error.stack) : "";
  return stack === "" ? head : `${head}\n${stack}`;
}

function describeValue(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

function causeOf(error: unknown): unknown {
  return isErrorLike(error) ? error.cause : undefined;
}

function isErrorLike(value: unknown): value is { name?: unknown; message?: unknown; stack?: unknown; cause?: unknown } {
  return value instanceof Error || (typeof value === "object" && value !== null && "message" in value && "stack" in value);
}

/** Frames of the runtime itself are left out; frames without a place in the author's files stay as they are. */
function mapStack(stack: string): string {
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    if (!line.startsWith("    at ")) continue;
    const place = /^(.*?)\(?plugin\.js:(\d+)(?::(\d+))?\)?$/.exec(line);
    if (place === null) {
      if (!line.includes("(native)")) frames.push(line);
      continue;
    }
    const position = locate(Number(place[2]), Number(place[3] ?? 1));
    if (position === undefined) continue;
    const at = `${position.source}:${position.line}:${position.column}`;
    const name = place[1]!.slice(7).trim();
    frames.push(name === "" || name === "<anonymous>" ? `    at ${at}` : `    at ${name} (${at})`);
  }
  return frames.join("\n");
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The place in the author's files for a line and column of the bundle, both from 1; `undefined` in generated code. */
function locate(line: number, column: number): Position | undefined {
  const end = table.indexOf("\n\n");
  if (end < 0) return undefined;
  const read = numbers(table, end + 2);
  let entryLine = 1, entryColumn = 1, source = 0, sourceLine = 1, sourceColumn = 1;
  let found: [number, number, number, number, number] | undefined;
  for (;;) {
    const lines = read.next().value;
    if (lines === undefined) break;
    const columns = read.next().value ?? 0;
    entryColumn = lines > 0 ? 1 + columns : entryColumn + columns;
    entryLine += lines;
    if (entryLine > line || (entryLine === line && entryColumn > column)) break;
    source += read.next().value ?? 0;
    sourceLine += read.next().value ?? 0;
    sourceColumn += read.next().value ?? 0;
    found = [entryLine, entryColumn, source, sourceLine, sourceColumn];
  }
  if (found === undefined) return undefined;
  const name = table.slice(0, end).split("\n")[found[2]];
  if (name === undefined || name === "") return undefined;
  return found[0] === line
    ? { source: name, line: found[3], column: found[4] + column - found[1] }
    : { source: name, line: found[3] + line - found[0], column };
}

function* numbers(text: string, start: number): Generator<number, undefined> {
  let value = 0, shift = 0;
  for (let at = start; at < text.length; at++) {
    const digit = DIGITS.indexOf(text[at]!);
    value += (digit & 31) * 2 ** shift;
    shift += 5;
    if ((digit & 32) === 0) {
      yield value % 2 === 1 ? -(value - 1) / 2 : value / 2;
      value = 0;
      shift = 0;
    }
  }
  return undefined;
}
