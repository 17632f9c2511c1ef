/**
 * What tests use and pages lack: Node's `Buffer`, from the package of that name, and, in WebKit, the symbol of `await using`
 * (what a bundler makes of `await using` looks for it under this name too). `bundle.mjs` puts it in front of everything.
 */

export { Buffer } from "buffer/";

Symbol.asyncDispose ??= Symbol.for("Symbol.asyncDispose");
