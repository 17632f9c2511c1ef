/**
 * The table that leads from places in the bundle back to the author's files, small enough to travel in the plug-in.
 *
 * It is a source map without what can be computed: an entry is left out where the one before it, moved along, already
 * gives the right place. Author's files keep line and column, packages the line, generated code and the runtime nothing.
 * The format is drawn in pdks/typescript/src/stack.ts, which reads it.
 * Source: https://tc39.es/ecma426/
 */

/** The part of a source map (version 3) that is used. */
export type SourceMap = { sources: string[]; mappings: string };

/** One place in the bundle and where it comes from; lines and columns from 0, no source for generated code. */
export type Mapping = { line: number; column: number; source?: number; sourceLine: number; sourceColumn: number };

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUE_OF: Uint8Array = new Uint8Array(128);
for (let value = 0; value < 64; value++) VALUE_OF[DIGITS.charCodeAt(value)] = value;

/**
 * Makes the table.
 *
 * @param map The bundler's.
 * @param nameOf The name to show for a source; empty for sources that stack traces leave out.
 * @param isOwn Whether a source is the author's own, whose columns matter.
 */
export function positionTable(map: SourceMap, nameOf: (source: string) => string, isOwn: (source: string) => boolean): string {
  const names = map.sources.map(nameOf);
  const own = map.sources.map(isOwn);
  const used: string[] = [""];
  const placeOf = new Map<string, number>([["", 0]]);
  let entries = "";
  let lastLine = 0, lastColumn = 0, lastSource = 0, lastSourceLine = 0, lastSourceColumn = 0;
  let kept: Mapping | undefined;
  for (const mapping of readMappings(map.mappings)) {
    const name = mapping.source === undefined ? "" : (names[mapping.source] as string);
    let source = placeOf.get(name);
    if (source === undefined) placeOf.set(name, (source = used.push(name) - 1));
    const entry = name === "" ? { ...mapping, source: 0, sourceLine: lastSourceLine, sourceColumn: lastSourceColumn } : { ...mapping, source };
    if (kept !== undefined && isImplied(kept, entry, name === "" || mapping.source === undefined || !own[mapping.source])) continue;
    if (kept === undefined && name === "") continue;
    entries += vlq(entry.line - lastLine) + vlq(entry.line === lastLine ? entry.column - lastColumn : entry.column);
    entries += vlq(entry.source - lastSource) + vlq(entry.sourceLine - lastSourceLine) + vlq(entry.sourceColumn - lastSourceColumn);
    ({ line: lastLine, column: lastColumn, source: lastSource, sourceLine: lastSourceLine, sourceColumn: lastSourceColumn } = entry);
    kept = entry;
  }
  return entries === "" ? "" : `${used.join("\n")}\n\n${entries}`.replace(/^\n/, "?\n");
}

/**
 * Finds the author's place for a place in the bundle.
 *
 * @param line From 1.
 * @param column From 1.
 * @returns Source index, line and column from 1; `undefined` for generated code.
 */
export function locate(map: SourceMap, line: number, column: number): { source: string; line: number; column: number } | undefined {
  let found: Mapping | undefined;
  for (const mapping of readMappings(map.mappings)) {
    if (mapping.line > line - 1 || (mapping.line === line - 1 && mapping.column > column - 1)) break;
    if (mapping.line === line - 1) found = mapping;
  }
  if (found?.source === undefined) return undefined;
  return { source: map.sources[found.source] as string, line: found.sourceLine + 1, column: found.sourceColumn + 1 };
}

/** Reads the mappings of a source map, in order. */
export function* readMappings(mappings: string): Generator<Mapping, void> {
  let line = 0, column = 0, source = 0, sourceLine = 0, sourceColumn = 0;
  const fields: number[] = [];
  let value = 0, shift = 0;
  for (let at = 0; at <= mappings.length; at++) {
    const code = at === mappings.length ? 0x3b : mappings.charCodeAt(at);
    if (code !== 0x2c && code !== 0x3b) {
      const digit = VALUE_OF[code] as number;
      value += (digit & 31) * 2 ** shift;
      shift += 5;
      if ((digit & 32) === 0) {
        fields.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
        value = shift = 0;
      }
      continue;
    }
    if (fields.length > 0) {
      column += fields[0] as number;
      if (fields.length >= 4) {
        source += fields[1] as number;
        sourceLine += fields[2] as number;
        sourceColumn += fields[3] as number;
        yield { line, column, source, sourceLine, sourceColumn };
      } else yield { line, column, sourceLine, sourceColumn };
      fields.length = 0;
    }
    if (code === 0x3b) {
      line++;
      column = 0;
    }
  }
}

function isImplied(kept: Mapping, entry: Mapping, isLineEnough: boolean): boolean {
  if (kept.source !== entry.source) return false;
  if (entry.source === 0) return true;
  const sourceLine = kept.line === entry.line ? kept.sourceLine : kept.sourceLine + entry.line - kept.line;
  if (sourceLine !== entry.sourceLine) return false;
  if (isLineEnough) return true;
  return entry.sourceColumn === (kept.line === entry.line ? kept.sourceColumn + entry.column - kept.column : entry.column);
}

function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const digit = rest % 32;
    rest = (rest - digit) / 32;
    text += DIGITS[digit + (rest > 0 ? 32 : 0)];
  } while (rest > 0);
  return text;
}
