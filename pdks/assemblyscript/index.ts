/**
 * Tenon's plug-in kit for AssemblyScript: the public names. See README.md.
 */
export { clearError, errorText, fail, input, inputText, output, outputText, setError } from "./lib/call";
export { read, readText, receive, receiveText, share, shareText } from "./lib/block";
export { config } from "./lib/config";
export { http, Request, Response } from "./lib/http";
export { Json } from "./lib/json";
export { log, Level } from "./lib/log";
export { vars } from "./lib/vars";
