/**
 * `Blob`, `File` and `FormData`.
 * Source: https://w3c.github.io/FileAPI/ and https://xhr.spec.whatwg.org/#interface-formdata
 */
import { native } from "../native.ts";
import { concat, toBytes } from "./encoding.ts";
import { ReadableStream } from "./readable-stream.ts";

type Part = string | ArrayBuffer | ArrayBufferView | Blob;

let bytesIn: (blob: Blob) => Uint8Array<ArrayBuffer>;

/** Bytes with a type, immutable. */
export class Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;

  static {
    bytesIn = (blob) => blob.#bytes;
  }

  constructor(parts: Iterable<Part> = [], { type = "" }: { type?: string } = {}) {
    this.#bytes = concat(...Array.from(parts, (part) => (part instanceof Blob ? bytesIn(part) : typeof part === "object" ? toBytes(part) : native.encode(String(part)))));
    this.type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
  }

  get size(): number { return this.#bytes.length; }
  async arrayBuffer(): Promise<ArrayBuffer> { return this.#bytes.slice().buffer; }
  async bytes(): Promise<Uint8Array<ArrayBuffer>> { return this.#bytes.slice(); }
  async text(): Promise<string> { return native.decode(this.#bytes, 0, this.#bytes.length); }
  slice(start = 0, end: number = this.size, type = ""): Blob { return new Blob([this.#bytes.slice(start, end)], { type }); }
  stream(): ReadableStream<Uint8Array> { return ReadableStream.from(this.#bytes.length === 0 ? [] : [this.#bytes.slice()]); }
  get [Symbol.toStringTag](): string { return "Blob"; }
}

/** The bytes of a blob, not copied. */
export function bytesOfBlob(blob: Blob): Uint8Array<ArrayBuffer> {
  return bytesIn(blob);
}

/** A blob with a name. */
export class File extends Blob {
  readonly name: string;
  readonly lastModified: number;

  constructor(parts: Iterable<Part>, name: string, options: { type?: string; lastModified?: number } = {}) {
    super(parts, options);
    this.name = String(name);
    this.lastModified = options.lastModified ?? 0;
  }
  override get [Symbol.toStringTag](): string { return "File"; }
}

/** The fields of a form. */
export class FormData {
  #entries: [string, string | File][] = [];

  append(name: string, value: string | Blob, fileName?: string): void { this.#entries.push([String(name), asEntry(value, fileName)]); }
  delete(name: string): void { this.#entries = this.#entries.filter(([key]) => key !== name); }
  // null is what the standard says.
  get(name: string): string | File | null { return this.#entries.find(([key]) => key === name)?.[1] ?? null; }
  getAll(name: string): (string | File)[] { return this.#entries.filter(([key]) => key === name).map(([, value]) => value); }
  has(name: string): boolean { return this.#entries.some(([key]) => key === name); }
  set(name: string, value: string | Blob, fileName?: string): void {
    const at = this.#entries.findIndex(([key]) => key === name);
    if (at < 0) return this.append(name, value, fileName);
    this.#entries = this.#entries.filter(([key], index) => index <= at || key !== name).map((entry, index) => (index === at ? [name, asEntry(value, fileName)] : entry));
  }
  forEach(callback: (value: string | File, name: string, form: FormData) => void): void { for (const [name, value] of this) callback(value, name, this); }
  *entries(): IterableIterator<[string, string | File]> { yield* this.#entries; }
  *keys(): IterableIterator<string> { for (const [name] of this.#entries) yield name; }
  *values(): IterableIterator<string | File> { for (const [, value] of this.#entries) yield value; }
  [Symbol.iterator](): IterableIterator<[string, string | File]> { return this.entries(); }
  get [Symbol.toStringTag](): string { return "FormData"; }
}

/**
 * Writes a form as a multipart body.
 *
 * @param boundary A text that occurs in no value.
 */
export function serializeMultipart(form: FormData, boundary: string): Uint8Array<ArrayBuffer> {
  const escape = (text: string): string => text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
  const parts: Uint8Array[] = [];
  for (const [name, value] of form) {
    const file = typeof value === "string" ? "" : `; filename="${escape(value.name)}"\r\nContent-Type: ${value.type === "" ? "application/octet-stream" : value.type}`;
    parts.push(native.encode(`--${boundary}\r\nContent-Disposition: form-data; name="${escape(name)}"${file}\r\n\r\n`));
    parts.push(typeof value === "string" ? native.encode(value.replace(/\r?\n|\r/g, "\r\n")) : bytesIn(value), native.encode("\r\n"));
  }
  return concat(...parts, native.encode(`--${boundary}--\r\n`));
}

function asEntry(value: string | Blob, fileName: string | undefined): string | File {
  if (!(value instanceof Blob)) return String(value).toWellFormed();
  if (value instanceof File && fileName === undefined) return value;
  return new File([value], fileName ?? "blob", { type: value.type });
}
