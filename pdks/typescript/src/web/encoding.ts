/**
 * `TextEncoder` and `TextDecoder`: UTF-8 by the engine, UTF-16 and Latin-1 here; no other encodings.
 * Source: https://encoding.spec.whatwg.org/
 */
import { native } from "../native.ts";

/** Text to UTF-8. */
export class TextEncoder {
  get encoding(): string { return "utf-8"; }

  encode(text = ""): Uint8Array<ArrayBuffer> {
    return native.encode(String(text));
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    let read = 0, written = 0;
    for (const char of text) {
      const bytes = native.encode(char);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += char.length;
    }
    return { read, written };
  }
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

const LABELS: Readonly<Record<string, Encoding>> = {
  "utf-8": "utf-8", utf8: "utf-8", "unicode-1-1-utf-8": "utf-8",
  "utf-16": "utf-16le", "utf-16le": "utf-16le", "utf-16be": "utf-16be",
  "latin1": "windows-1252", "iso-8859-1": "windows-1252", "ascii": "windows-1252", "us-ascii": "windows-1252", "windows-1252": "windows-1252",
};
/** Windows-1252 from 0x80 to 0x9f. */
const HIGH_CONTROLS = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Bytes to text. */
export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  /** Bytes of a character that the next chunk completes. */
  #rest: Uint8Array = new Uint8Array();
  #isStart = true;

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false }: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const encoding = LABELS[String(label).trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError(`Cannot decode "${label}": UTF-8, UTF-16 and Windows-1252 are supported`);
    this.encoding = encoding;
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(input?: ArrayBuffer | ArrayBufferView, { stream = false }: { stream?: boolean } = {}): string {
    let bytes = toBytes(input);
    if (this.#rest.length > 0) bytes = concat(this.#rest, bytes);
    const end = stream ? this.#completeLength(bytes) : bytes.length;
    this.#rest = stream ? bytes.slice(end) : new Uint8Array();
    bytes = bytes.subarray(0, end);
    let text = this.#decode(bytes);
    if (this.#isStart && !this.ignoreBOM && text.startsWith("\ufeff")) text = text.slice(1);
    this.#isStart = stream ? this.#isStart && end === 0 : true;
    return text;
  }

  #decode(bytes: Uint8Array): string {
    switch (this.encoding as Encoding) {
      case "utf-8": {
        if (this.fatal && !isUtf8(bytes)) throw new TypeError("Cannot decode the bytes: they are not UTF-8");
        return native.decode(bytes, 0, bytes.length);
      }
      case "windows-1252": return Array.from(bytes, (byte) => (byte >= 0x80 && byte < 0xa0 ? HIGH_CONTROLS[byte - 0x80] : String.fromCharCode(byte))).join("");
      default: return this.#decodeUtf16(bytes);
    }
  }

  #decodeUtf16(bytes: Uint8Array): string {
    const low = this.encoding === "utf-16le" ? 0 : 1;
    let text = "";
    for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode((bytes[at + low] as number) | ((bytes[at + 1 - low] as number) << 8));
    if (bytes.length % 2 === 1) text += "\ufffd";
    if (this.fatal && (bytes.length % 2 === 1 || !text.isWellFormed())) throw new TypeError("Cannot decode the bytes: they are not UTF-16");
    return text.toWellFormed();
  }

  /** How many bytes form whole characters. */
  #completeLength(bytes: Uint8Array): number {
    if (this.encoding === "windows-1252") return bytes.length;
    if (this.encoding !== "utf-8") {
      const even = bytes.length & ~1;
      const high = even < 2 ? 0 : (bytes[even - (this.encoding === "utf-16le" ? 1 : 2)] as number);
      return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
    }
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back] as number;
      if (byte < 0x80) break;
      if (byte < 0xc0) continue;
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back && isPrefix(bytes.subarray(bytes.length - back)) ? bytes.length - back : bytes.length;
    }
    return bytes.length;
  }
}

/** The bytes of a buffer or view, without a copy. */
export function toBytes(input: ArrayBuffer | ArrayBufferView | undefined): Uint8Array<ArrayBuffer> {
  if (input === undefined) return new Uint8Array();
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer as ArrayBuffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  throw new TypeError(`Cannot read bytes: the value is ${input === null ? "null" : `of type ${typeof input}`}`);
}

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function isPrefix(bytes: Uint8Array): boolean {
  const [lead = 0, second] = bytes;
  if (lead < 0xc2 || lead > 0xf4) return false;
  if (second === undefined) return true;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

/** Source: https://encoding.spec.whatwg.org/#utf-8-decoder */
function isUtf8(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (at + length > bytes.length || !isPrefix(bytes.subarray(at, at + length))) return false;
    for (let next = 2; next < length; next++) if (((bytes[at + next] as number) & 0xc0) !== 0x80) return false;
    at += length;
  }
  return true;
}
