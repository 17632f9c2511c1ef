/** `@tenon/pdk`: what a plug-in's author imports. The Web APIs are globals and need no import. */

export { config } from "./config.ts";
export { vars } from "./vars.ts";
export { isLogged, log, type LogLevel } from "./log.ts";
export { host, type HostFunctions, type HostKind, type HostSignature, type f32, type f64, type i32, type i64, type u32 } from "./host.ts";
export { type Schema, type SchemaResult, typed } from "./schema.ts";
