/**
 * Text that a stranger wrote, made fit for a terminal: nothing in it can move the cursor, change colours, turn the
 * direction of writing, hide characters or pass for a line of ours.
 *
 * Not for output that goes to a pipe or a file; that is the plug-in's bytes as they are.
 * Source: Unicode's general categories, https://www.unicode.org/reports/tr44/#General_Category_Values
 */

// Controls (C0, DEL, C1), formats (direction, invisible), line separators, lone surrogates. The two joiners that emoji
// and Indic scripts need draw nothing by themselves and are kept.
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Makes text fit for one line of a terminal.
 *
 * @param text Any text.
 * @returns The same with every unsafe character as `\n`, `\u{1b}` and the like.
 */
export function escapeLine(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/**
 * Makes text fit for several lines of a terminal.
 *
 * @param text Any text.
 * @param indent What stands before every line but the first.
 * @returns The same with every unsafe character but line ends and tabs escaped.
 */
export function escapeLines(text: string, indent = ""): string {
  const lines = text.split(/\r?\n/).map((line) => line.split("\t").map(escapeLine).join("\t"));
  return lines.join(`\n${indent}`);
}

/**
 * Writes a value as JSON in which no character is unsafe for a terminal.
 *
 * @param value Any value; a bigint becomes its digits.
 * @returns One line.
 */
export function formatJson(value: unknown): string {
  const json = JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? item.toString() : item));
  // What is unsafe stands in strings only, where an escape means the same.
  return json.replace(UNSAFE, (character) => Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`).join(""));
}
