/**
 * `TextEncoderStream` and `TextDecoderStream`.
 * Source: https://encoding.spec.whatwg.org/#stream-apis
 */
import { TextDecoder, TextEncoder } from "./encoding.ts";
import { TransformStream } from "./transform-stream.ts";

/** Text to UTF-8, chunk by chunk; a surrogate pair may be cut between two chunks. */
export class TextEncoderStream extends TransformStream<string, Uint8Array> {
  get encoding(): string { return "utf-8"; }

  constructor() {
    const encoder = new TextEncoder();
    let high = "";
    super({
      transform(chunk, controller) {
        const text = high + String(chunk);
        high = /[\ud800-\udbff]$/.exec(text)?.[0] ?? "";
        const whole = text.slice(0, text.length - high.length);
        if (whole !== "") controller.enqueue(encoder.encode(whole));
      },
      flush(controller) { if (high !== "") controller.enqueue(encoder.encode(high)); },
    });
  }
}

/** Bytes to text, chunk by chunk; a character may be cut between two chunks. */
export class TextDecoderStream extends TransformStream<Uint8Array, string> {
  constructor(label = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const decoder = new TextDecoder(label, options);
    super({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }
}
