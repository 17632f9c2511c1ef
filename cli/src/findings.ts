/** Findings of a compiler as the TypeScript compiler shows them: place, message, the line with what is meant underlined. */

import { relative, resolve } from "node:path";

import type { Diagnostic } from "@tenon/compiler";

import { escapeLine, escapeLines } from "./escape.ts";
import type { Channel } from "./terminal.ts";

/**
 * Prints findings.
 *
 * @param findings What was found.
 * @param kind Whether they are errors.
 * @param folder What their paths are relative to; they are shown relative to the working directory.
 * @param channel Where to.
 */
export function printFindings(findings: readonly Diagnostic[], kind: "error" | "warning", folder: string, channel: Channel): void {
  for (const finding of findings) channel.write(formatFinding(finding, kind, folder, channel));
}

function formatFinding({ message, file, line, column, length = 1, lineText, stack, code }: Diagnostic, kind: "error" | "warning", folder: string, channel: Channel): string {
  const color = kind === "error" ? "red" : "yellow";
  const path = file === undefined ? undefined : relative(process.cwd(), resolve(folder, file));
  const place = path === undefined ? "" : [channel.paint("cyan", escapeLine(path)), ...[line, column].filter((part) => part !== undefined).map((part) => channel.paint("yellow", String(part)))].join(":");
  const head = `${place}${place === "" ? "" : " - "}${channel.paint(color, kind)}${channel.paint("dim", code === undefined ? ": " : ` ${code}: `)}${escapeLines(message)}\n`;
  const trace = stack === undefined || stack.trim() === "" ? "" : `${escapeLines(stack.trimEnd())}\n`;
  if (lineText === undefined || line === undefined) return head + trace;
  // Tabs would draw the mark in another column than the text.
  const text = escapeLine(lineText.replaceAll("\t", " "));
  const number = String(line);
  const start = Math.max(0, (column ?? 1) - 1);
  const mark = `${" ".repeat(start)}${channel.paint(color, "~".repeat(Math.max(1, Math.min(length, lineText.length - start))))}`;
  return `${head}\n${channel.paint("inverse", number)} ${text}\n${channel.paint("inverse", " ".repeat(number.length))} ${mark}\n\n${trace}`;
}
