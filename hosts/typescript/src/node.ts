/** `@tenon/host` on Node, Deno and Bun: the same as `mod.ts`, with files. */

import { setDefaultPlatform } from "./platform.ts";
import { nodePlatform } from "./platform/node.ts";

setDefaultPlatform(nodePlatform);

export * from "./mod.ts";
