/** The Web APIs by name. Plug-ins have them as globals; this is for those who want to import them. */

export { AbortController, AbortSignal } from "./abort.ts";
export { Blob, File, FormData } from "./blob.ts";
export { structuredClone } from "./clone.ts";
export { console } from "./console.ts";
export { crypto } from "./crypto.ts";
export { TextDecoderStream, TextEncoderStream } from "./encoding-streams.ts";
export { TextDecoder, TextEncoder } from "./encoding.ts";
export { CustomEvent, Event, EventTarget } from "./events.ts";
export { fetch, Request, Response } from "./fetch.ts";
export { Headers } from "./headers.ts";
export { performance } from "./performance.ts";
export { ReadableStream } from "./readable-stream.ts";
export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from "./timers.ts";
export { TransformStream } from "./transform-stream.ts";
export { URL, URLSearchParams } from "./url.ts";
export { WritableStream } from "./writable-stream.ts";
