/** The Web APIs that are injected where a bundle mentions them, by module of pdks/typescript/src/web. */
export const WEB_GLOBALS: Readonly<Record<string, readonly string[]>> = {
  timers: ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
};
