/**
 * Tenon's plug-in kit for AssemblyScript: the public names. See README.md.
 */

export { clearError, errorText, fail, input, inputText, output, outputText, setError } from "./assembly/call";
export { read, readText, receive, receiveText, share, shareText } from "./assembly/block";
export { config } from "./assembly/config";
export { http, Request, Response } from "./assembly/http";
export { Json } from "./assembly/json";
export { log, Level } from "./assembly/log";
export { vars } from "./assembly/vars";
