/** `@tenon/wasm`: reads and rewrites WebAssembly modules; bytes in, bytes out. Only what is named here is public. */

export { WasmError, type WasmErrorReason } from "./error.ts";
export * from "./module.ts";
export { parseModule } from "./parse.ts";
export { readData } from "./data.ts";
export { Reader } from "./reader.ts";
export { encodeModule, HEADER, Writer, type SectionBytes } from "./writer.ts";
export { walkExpression, type IndexSpace, type Visitor } from "./instruction.ts";
export { formatValueType, heapTypeOf, I32, I64, withHeapType, type ValueType } from "./value-type.ts";
export { inspect, type Inspection } from "./inspect.ts";
export { functionNames } from "./names.ts";
export { limitModule } from "./limit-module.ts";
export type { LimitedModule } from "./limit.ts";
export type { LimitOptions } from "./plan.ts";
export { ADDED, RESERVED } from "./reserved.ts";
export type { KernelOptions } from "./kernel.ts";
export { relocateBody, relocateExpression, type MapIndex } from "./relocate.ts";
export { link, type Linked, type LinkInput, type LinkOptions } from "./link.ts";
export { bakeSnapshot, dataSegments, type InstanceState } from "./snapshot.ts";
