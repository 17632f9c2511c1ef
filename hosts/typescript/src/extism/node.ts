/** `@tenon/host/extism` on Node, Deno and Bun: the same as `mod.ts`, with files and threads. */

// oxlint-disable-next-line import/no-unassigned-import -- it sets the platform that the rest looks for
import "../node.ts";

import { CAPABILITIES, createPlugin, newPlugin } from "./mod.ts";

// oxlint-disable-next-line import/no-default-export -- as the library that this stands in for has it
export { default } from "./mod.ts";
export * from "./mod.ts";

/** What `require()` gives: the function itself, with the others on it, as that library has it. */
const required: typeof createPlugin & { readonly default: typeof createPlugin; readonly CAPABILITIES: typeof CAPABILITIES } = Object.assign(
  createPlugin.bind(undefined),
  { default: createPlugin, createPlugin, newPlugin, CAPABILITIES },
);

export { required as "module.exports" };
