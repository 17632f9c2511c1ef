/** The bridge's operations by name, in the order of `Op` in assembly/bridge.ts; `Native` in pdks/typescript has their types. */

/** Names by number. */
export const OPERATIONS: readonly string[] = [
  "inputText", "inputBytes", "inputJson", "outputText", "outputBytes", "fail",
  "config", "varGet", "varSet", "httpRequest", "httpStatus", "httpHeaders",
  "log", "logLevel", "host", "encode", "decode", "random", "randomFill", "clock",
];
