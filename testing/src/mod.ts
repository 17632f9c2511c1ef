/** `@tenon/test`: tests plug-ins in the real sandbox. Only what is named here is public. */

export type { HostCall } from "./host-calls.ts";
export { openPlugin, type OpenOptions, type SystemOpenOptions } from "./open.ts";
export type { SizeOptions, SizeRecord } from "./size.ts";
export { type SystemTestCall, SystemTestPlugin } from "./system-test-plugin.ts";
export { type CallRecord, type TestCall, type TestInput, TestPlugin } from "./test-plugin.ts";
export { createWorld, type World, type WorldOptions } from "./world.ts";
