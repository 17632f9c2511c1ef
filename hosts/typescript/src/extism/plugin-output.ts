/** What a call returned, or what a block holds, as a `DataView` that refuses to be written through. */

const decoder = new TextDecoder();

/** Bytes with the reading side of a `DataView`, and as text and JSON. A copy: nothing of the plug-in changes it. */
export class PluginOutput extends DataView<ArrayBufferLike> {
  readonly #bytes: Uint8Array;

  /** @param buffer The bytes; not copied. */
  constructor(buffer: ArrayBufferLike) {
    super(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  /**
   * @returns The value of the JSON text.
   * @throws {SyntaxError} If the text is not JSON.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as the library that this stands in for declares it
  json(): any {
    return JSON.parse(this.text());
  }

  /** @returns The buffer below, with exactly these bytes. */
  arrayBuffer(): ArrayBufferLike {
    return this.buffer;
  }

  /** @returns The bytes as UTF-8 text. */
  text(): string {
    return decoder.decode(this.#bytes);
  }

  /** @returns The same as {@link PluginOutput.text}. */
  string(): string {
    return this.text();
  }

  /** @returns The bytes, the same array each time. */
  bytes(): Uint8Array {
    return this.#bytes;
  }

  /** @throws {Error} Always: an output is for reading. */
  override setInt8(_byteOffset: number, _value: number): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setInt16(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setInt32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setUint8(_byteOffset: number, _value: number): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setUint16(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setUint32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setFloat32(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setFloat64(_byteOffset: number, _value: number, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setBigInt64(_byteOffset: number, _value: bigint, _littleEndian?: boolean): void {
    refuse();
  }

  /** @throws {Error} Always. */
  override setBigUint64(_byteOffset: number, _value: bigint, _littleEndian?: boolean): void {
    refuse();
  }
}

function refuse(): never {
  throw new Error("Cannot set values on output");
}
