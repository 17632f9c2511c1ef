/** `@tenon/test`: tests plug-ins in the real sandbox. Only what is named here is public. */

export { openPlugin, type OpenOptions } from "./open.ts";
export type { SizeOptions, SizeRecord } from "./size.ts";
export { type TestCall, type TestInput, TestPlugin } from "./test-plugin.ts";
export { createWorld, type HostCall, type World, type WorldOptions } from "./world.ts";
