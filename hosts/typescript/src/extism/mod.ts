/**
 * `@tenon/host/extism`: this host under the names of npm's `@extism/extism`, so that a program written for that library
 * runs after its import is changed. What is different on purpose is listed in docs/extism.md.
 */

export type { CallContext, CallContext as CurrentPlugin } from "./call-context.ts";
export { CAPABILITIES, type Capabilities } from "./capabilities.ts";
export type { Manifest, ManifestLike, ManifestOptions, ManifestWasm, ManifestWasmData, ManifestWasmModule, ManifestWasmPath, ManifestWasmResponse, ManifestWasmUrl } from "./manifest.ts";
export type { ExtismHostFunction, ExtismPluginOptions, LogLevel, MemoryOptions, NodeWorkerArgs, PluginConfig, PluginConfigLike } from "./options.ts";
export type { PluginOutput } from "./plugin-output.ts";
export type { Plugin } from "./plugin.ts";
// oxlint-disable-next-line import/no-default-export -- as the library that this stands in for has it
export { createPlugin, createPlugin as default, createPlugin as newPlugin } from "./create.ts";
