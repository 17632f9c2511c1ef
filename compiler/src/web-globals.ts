/** The Web APIs that are injected where a bundle mentions them, by module of pdks/typescript/src/web. */

/** Names by module. */
export const WEB_GLOBALS: Readonly<Record<string, readonly string[]>> = {
  abort: ["AbortController", "AbortSignal"],
  blob: ["Blob", "File", "FormData"],
  clone: ["structuredClone"],
  console: ["console"],
  crypto: ["crypto"],
  encoding: ["TextDecoder", "TextEncoder"],
  "encoding-streams": ["TextDecoderStream", "TextEncoderStream"],
  events: ["CustomEvent", "Event", "EventTarget"],
  fetch: ["fetch", "Request", "Response"],
  headers: ["Headers"],
  performance: ["performance"],
  "readable-stream": ["ReadableStream"],
  timers: ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
  "transform-stream": ["TransformStream"],
  url: ["URL", "URLSearchParams"],
  "writable-stream": ["WritableStream"],
};
