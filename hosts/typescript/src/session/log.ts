/** What plug-ins log, on its way to the embedder. */

import { LOG_LEVELS } from "../abi.ts";

/** How important a line is. */
export type LogLevel = Exclude<keyof typeof LOG_LEVELS, "off">;

/** One logged text. */
export interface LogEntry {
  readonly level: LogLevel;
  /** What was logged; what is not UTF-8 is U+FFFD. It comes from the plug-in: escape it before showing it in a terminal or page. */
  readonly text: string;
  /** Name of the plug-in. */
  readonly plugin: string;
  /** Plug-in function that was running; empty while the instance starts. */
  readonly function: string;
  /** Where it came from: the ABI's log functions, or WASI's standard streams. */
  readonly source: "log" | "stdout" | "stderr";
}

/** Takes what plug-ins log. What it throws, or its promise is rejected with while the call runs, fails that call. */
export type Logger = (entry: LogEntry) => void;

const decoder = new TextDecoder();

/**
 * Cuts a byte stream into lines of text.
 *
 * Lines longer than `maxBytes` are cut there, so a plug-in that never ends a line costs no more than that.
 */
export class LineSplitter {
  readonly #write: (line: string) => boolean;
  readonly #maxBytes: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  /**
   * @param write Takes each line, without its end, and says whether it wants more; what follows a no is dropped.
   * @param maxBytes Longest line in bytes.
   */
  constructor(write: (line: string) => boolean, maxBytes = 65_536) {
    this.#write = write;
    this.#maxBytes = maxBytes;
  }

  /** @param bytes The next bytes of the stream; kept until the line ends, so they must not change. */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const end = rest.indexOf(0x0a);
      const room = this.#maxBytes - this.#pendingBytes;
      const length = Math.min(end === -1 ? rest.length : end, room);
      this.#pending.push(rest.subarray(0, length));
      this.#pendingBytes += length;
      const isLine = length === end;
      rest = rest.subarray(isLine ? length + 1 : length);
      if ((isLine || this.#pendingBytes === this.#maxBytes) && !this.#emit()) return;
    }
  }

  /** Writes what is left as a last line. */
  flush(): void {
    if (this.#pendingBytes > 0) this.#emit();
  }

  #emit(): boolean {
    const bytes = new Uint8Array(this.#pendingBytes);
    let offset = 0;
    for (const part of this.#pending) {
      bytes.set(part, offset);
      offset += part.length;
    }
    this.#pending = [];
    this.#pendingBytes = 0;
    return this.#write(decoder.decode(bytes).replace(/\r$/, ""));
  }
}
