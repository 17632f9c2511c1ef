/**
 * The bodies of requests and responses: bytes, kept exactly, read once.
 * Source: https://fetch.spec.whatwg.org/#body-mixin
 */
import { native } from "../native.ts";
import { Blob, bytesOfBlob, FormData, serializeMultipart } from "./blob.ts";
import { concat, toBytes } from "./encoding.ts";
import type { Headers } from "./headers.ts";
import { parseForm } from "./percent.ts";
import { ReadableStream } from "./readable-stream.ts";
import { URLSearchParams } from "./url.ts";

/** What a body can be made of. */
export type BodyInit = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams | ReadableStream<Uint8Array>;

/** The bytes a value stands for, and the type that goes with them. */
export type BodyContent = { bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>; type: string | undefined };

/** Reads what a body is made of. */
export function contentOf(init: BodyInit): BodyContent {
  if (init instanceof ReadableStream) return { bytes: init, type: undefined };
  if (init instanceof Blob) return { bytes: bytesOfBlob(init), type: init.type === "" ? undefined : init.type };
  if (init instanceof URLSearchParams) return { bytes: native.encode(init.toString()), type: "application/x-www-form-urlencoded;charset=UTF-8" };
  if (init instanceof FormData) {
    const boundary = boundaryFor(init);
    return { bytes: serializeMultipart(init, boundary), type: `multipart/form-data; boundary=${boundary}` };
  }
  if (init instanceof ArrayBuffer || ArrayBuffer.isView(init)) return { bytes: toBytes(init).slice(), type: undefined };
  return { bytes: native.encode(String(init)), type: "text/plain;charset=UTF-8" };
}

let copy: (body: Body) => BodyContent["bytes"] | undefined;

/** A body that is read once. */
export class Body {
  readonly headers: Headers;
  #content: BodyContent["bytes"] | undefined;
  #isUsed = false;

  static {
    copy = (body) => {
      if (body.#isUsed) throw new TypeError("Cannot clone: the body was read already");
      if (!(body.#content instanceof ReadableStream)) return body.#content?.slice();
      const [mine, other] = body.#content.tee();
      body.#content = mine;
      return other;
    };
  }

  constructor(content: BodyContent["bytes"] | undefined, headers: Headers) {
    this.#content = content;
    this.headers = headers;
  }

  // null is what the standard says for no body.
  get body(): ReadableStream<Uint8Array> | null {
    const content = this.#content;
    if (content === undefined) return null;
    if (content instanceof ReadableStream) return content;
    const stream = ReadableStream.from<Uint8Array>(content.length === 0 ? [] : [content]);
    this.#content = stream;
    return stream;
  }
  get bodyUsed(): boolean { return this.#isUsed; }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const content = this.#content;
    if (this.#isUsed || (content instanceof ReadableStream && content.locked)) throw new TypeError("Cannot read the body: it was read already");
    if (content === undefined) return new Uint8Array();
    this.#isUsed = true;
    if (!(content instanceof ReadableStream)) return content;
    const parts: Uint8Array[] = [];
    for await (const part of content) {
      if (!(part instanceof Uint8Array)) throw new TypeError("Cannot read the body: its stream has a chunk that is no Uint8Array");
      parts.push(part);
    }
    return concat(...parts);
  }
  async arrayBuffer(): Promise<ArrayBuffer> { return (await this.bytes()).buffer; }
  async text(): Promise<string> {
    const bytes = await this.bytes();
    const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return native.decode(bytes, start, bytes.length);
  }
  async json(): Promise<unknown> { return JSON.parse(await this.text()); }
  async blob(): Promise<Blob> { return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" }); }
  async formData(): Promise<FormData> {
    const type = this.headers.get("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) throw new TypeError(`Cannot read the body as a form: its type is "${type}"`);
    const form = new FormData();
    for (const [name, value] of parseForm(await this.text())) form.append(name, value);
    return form;
  }
}

/** The content of a body for a second one: its bytes, or one of two streams that it is split into. */
export function copyContent(body: Body): BodyContent["bytes"] | undefined {
  return copy(body);
}

/** A boundary from the form's own content: no two forms need different ones, and builds stay the same. */
function boundaryFor(form: FormData): string {
  let hash = 0x811c9dc5;
  for (const byte of serializeMultipart(form, "")) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `----tenon-form-${hash.toString(16).padStart(8, "0")}`;
}
