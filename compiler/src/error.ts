/** The one way in which a build ends badly: what is wrong, and where in the author's files. */

/** One thing that is wrong, or worth a warning. */
export type Diagnostic = {
  message: string;
  /** Path as the author knows it. */
  file?: string;
  /** From 1. */
  line?: number;
  /** From 1. */
  column?: number;
  /** How many characters from there on are meant. */
  length?: number;
  /** The source line it is about. */
  lineText?: string;
  /** Where top-level code was when it threw. */
  stack?: string;
  /** Number of the TypeScript error, such as `TS2322`. */
  code?: string;
};

/** A plug-in that cannot be built. */
export class CompileError extends Error {
  /** Of the class and of every error, whatever a bundler calls the class. */
  static override readonly name: string = (this.prototype.name = "CompileError");

  /** Every finding, at least one. */
  readonly diagnostics: readonly Diagnostic[];

  /** @param diagnostics At least one. */
  constructor(diagnostics: readonly Diagnostic[]) {
    super(`Cannot build the plug-in:\n${diagnostics.map(formatDiagnostic).join("\n")}`);
    this.diagnostics = diagnostics;
  }
}

/**
 * Writes a finding as the TypeScript compiler does.
 *
 * @returns `file:line:column - error CODE: message`, followed by the source line or the stack if known.
 */
export function formatDiagnostic({ message, file, line, column, length = 1, lineText, stack, code }: Diagnostic): string {
  const where = file === undefined ? "" : `${[file, line, column].filter((part) => part !== undefined).join(":")} - `;
  const source = lineText === undefined || line === undefined ? "" : `\n\n${line} ${lineText}\n${" ".repeat(String(line).length + Math.max(1, column ?? 1))}${"~".repeat(length)}\n`;
  const trace = stack === undefined || stack.trim() === "" ? "" : `\n${stack.trimEnd()}`;
  return `${where}error${code === undefined ? "" : ` ${code}`}: ${message}${source}${trace}`;
}
