/** `@tenon/host/files`: folders in memory that plug-ins see through WASI; an entry of its own, so that who needs none loads none. */

export { memoryFolder, type MemoryFolder, type MemoryLimits } from "./wasi/memory-folder.ts";
