/** What a call returned: bytes, read as bytes, text or JSON. */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

declare global {
  interface JSON {
    /** Parses the text of a plug-in's output; `JSON.parse` turns what it is given into a string first. */
    parse<Value>(output: Output): Value;
  }
}

/**
 * Output of one call. It belongs to the caller: later calls do not change it.
 *
 * It turns into its text, so `JSON.parse(output)` and `${output}` work.
 */
export class Output {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Whether the plug-in set an output at all; one that it set may still be empty. */
  readonly isSet: boolean;

  /**
   * @param bytes The output; not copied, so it must be the caller's own.
   * @param isSet Whether it was set.
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, isSet = true) {
    this.#bytes = bytes;
    this.isSet = isSet;
  }

  /** Length in bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /**
   * @returns The bytes: a copy of the plug-in's memory, made once at the end of the call and the same array each time.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /**
   * @returns The bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD.
   * @throws {Error} The engine's, past the longest string it has: half a gigabyte in V8.
   */
  text(): string {
    return decoder.decode(this.#bytes);
  }

  /**
   * @returns The value of the JSON text; `Value` is the caller's word for its type and is not checked.
   * @throws {SyntaxError} If the text is not JSON.
   */
  json<Value = unknown>(): Value {
    return JSON.parse(this.text()) as Value;
  }

  /** @returns The same as {@link Output.text}. */
  toString(): string {
    return this.text();
  }

  /** @returns The text, so that an output inside a larger value serialises as a string. */
  toJSON(): string {
    return this.text();
  }
}
