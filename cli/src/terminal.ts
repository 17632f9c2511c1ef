/** Where a command reads and writes: bytes and colours, for a person or for a pipe. */

import { fstatSync } from "node:fs";
import { isatty } from "node:tty";

/** Colours and weights that are used. */
export type Style = "bold" | "dim" | "red" | "yellow" | "cyan" | "inverse";

/** A way out: standard output or standard error. */
export interface Channel {
  /** Whether a person reads along. */
  readonly isTerminal: boolean;
  /** Writes text or bytes as they are. */
  write(data: string | Uint8Array): void;
  /** Styles text if colours are wanted here. */
  paint(style: Style, text: string): string;
}

/** Standard input, output and error. */
export interface Terminal {
  readonly output: Channel;
  readonly messages: Channel;
  /** Whether something was sent to standard input: a pipe or a file, not a keyboard. */
  readonly hasInput: boolean;
  /** Reads standard input to its end. */
  readInput(): Promise<Uint8Array>;
}

/** SGR codes: on, off. Source: ECMA-48, 8.3.117 */
const STYLES: Readonly<Record<Style, readonly [number, number]>> = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39], cyan: [36, 39], inverse: [7, 27] };

/** @returns The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", endOnClosedPipe);
  return Object.freeze({
    output: createChannel(process.stdout),
    messages: createChannel(process.stderr),
    get hasInput() {
      return isSent(process.stdin.fd);
    },
    readInput: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
  });
}

function createChannel(stream: NodeJS.WriteStream & { readonly fd: number }): Channel {
  // `hasColors` exists on terminals only and knows NO_COLOR, FORCE_COLOR and TERM.
  const isTerminal = isatty(stream.fd);
  const isColored = isTerminal && stream.hasColors();
  return Object.freeze({
    isTerminal,
    write: (data) => void stream.write(data),
    paint: (style, text) => (isColored ? `\x1b[${STYLES[style][0]}m${text}\x1b[${STYLES[style][1]}m` : text),
  } satisfies Channel);
}

/** Whoever reads us has gone, as in `tenon inspect … | head`: nothing is left to say. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

function isSent(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false; // closed
  }
}
