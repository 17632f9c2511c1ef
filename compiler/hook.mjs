/**
 * Gives the engine hooks: where every JavaScript call passes, a function whose bytecode names a slot of the table is called
 * there instead of interpreted. The name is two bytes that the engine leaves alone, see src/optimize/layout.ts.
 *
 *   call(context, callee, this, newTarget, count, arguments, flags):
 *     if callee is an object of the class of bytecode functions, its hook is not 0, and it is not called by `new`
 *       return table[hook](context, callee, this, count, arguments)
 *     … the interpreter
 */
import { encodeModule, SECTION, Writer } from "@tenon/wasm";
import { exported, interpreterOf, localsOf } from "./code.mjs";

/** Offsets in the engine's structures; the same stand in src/optimize/layout.ts, which cannot be imported by a build. */
const CLASS_ID = 10, BYTECODE = 24, HOOK = 10, BYTECODE_FUNCTION = 13;
const FIRST_OBJECT = -1n << 32n;

/** What compiled functions use of the engine; it stays exported beside what every plug-in needs. */
export const USED_BY_COMPILED = new Set([
  "JS_CallInternal", "JS_FreeValue", "JS_GetProperty", "JS_SetProperty", "JS_HasProperty", "JS_GetPropertyValue", "JS_SetPropertyValue", "JS_IsStrictEqual", "JS_ToBool",
  "JS_CallConstructor2", "overflow", "fmod",
]);

/**
 * @param module The engine, read.
 * @returns The same with hooks, and with the function that every call passes exported as `JS_CallInternal`.
 */
export function withHooks(module) {
  const { bytes, imported } = module;
  const call = interpreterOf(module);
  const { start, end } = module.code[call - imported.function];
  const first = localsOf(module, call).end;
  const hook = () => w.all(0x20, 1, 0xa7, 0x28, 2).u32(BYTECODE).all(0x2f, 1).u32(HOOK);
  const w = new Writer().raw(bytes, start, first);
  w.all(0x20, 1, 0x42).signed(FIRST_OBJECT).all(0x5a, 0x04, 0x40);
  w.all(0x20, 1, 0xa7, 0x2f, 1).u32(CLASS_ID).byte(0x41).signed(BYTECODE_FUNCTION).all(0x46, 0x04, 0x40);
  hook().all(0x04, 0x40, 0x20, 6, 0x41, 1, 0x71, 0x45, 0x04, 0x40, 0x20, 0, 0x20, 1, 0x20, 2, 0x20, 4, 0x20, 5);
  hook().byte(0x11).u32(module.functions[exported(module, "JS_Call")]).all(0, 0x0f, 0x0b, 0x0b, 0x0b, 0x0b);
  w.raw(bytes, first, end);

  const code = new Writer(bytes.length).u32(module.code.length);
  for (const [index, range] of module.code.entries()) {
    const body = index === call - imported.function ? w.view() : bytes.subarray(range.start, range.end);
    code.u32(body.length).raw(body);
  }
  const exports = new Writer(65_536).u32(module.exports.length + 1);
  for (const { range } of module.exports) exports.raw(bytes, range.start, range.end);
  exports.string("JS_CallInternal").byte(0).u32(call);
  const replaced = new Map([[SECTION.code, code.view()], [SECTION.export, exports.view()]]);
  return encodeModule(module.sections.filter(({ id }) => id !== SECTION.custom).map((section) => ({ id: section.id, parts: [replaced.get(section.id) ?? bytes.subarray(section.start, section.end)] })));
}
