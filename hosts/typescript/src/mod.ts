/** `@tenon/host`: runs WebAssembly plug-ins. This is the whole public face; on Node, Deno and Bun `node.ts` adds files. */

export { type PluginContents, type PluginModule, readPlugin } from "./source/contents.ts";
export { createPlugin, ExtismPlugin } from "./create.ts";
export type { CallOptions, CallStats } from "./engine.ts";
export { type FailureCode, PluginError } from "./error.ts";
export type { Failures } from "./failures.ts";
export { CallContext } from "./session/context.ts";
export {
  type HostFunction,
  hostFunction,
  type HostFunctions,
  type HostResult,
  type HostType,
  type HostTypes,
  type HostValues,
  type RawHostFunction,
  type TypedHostFunction,
  type WasmValue,
} from "./functions.ts";
export type { Limits } from "./limits.ts";
export type { LogEntry, Logger, LogLevel } from "./session/log.ts";
export type { ManifestModule, ManifestObject } from "./source/manifest.ts";
export type { Allow, Deterministic, EngineChoice, PathGrant, PluginOptions } from "./options.ts";
export type { HttpAuditEvent, HttpOptions } from "./http/options.ts";
export { Output } from "./output.ts";
export { defaultPlatform, type Platform } from "./platform.ts";
export { type CallInput, Plugin } from "./plugin.ts";
export type { PoolClock } from "./pool/clock.ts";
export { createPool } from "./pool/create-pool.ts";
export type { CloseReason, PoolEvent } from "./pool/events.ts";
export type { Histogram, PoolMetrics } from "./pool/metrics.ts";
export type { Isolation, PoolCallOptions, PoolOptions } from "./pool/options.ts";
export type { Pool } from "./pool/pool.ts";
export type { PluginSource } from "./source/source.ts";
export type { TrapKind } from "./inline/trap.ts";
export type { Variables } from "./session/vars.ts";
