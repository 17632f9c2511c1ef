/**
 * Calls, as compiled code makes them: straight to another compiled function where it is known which, else by the engine's own
 * call, with arguments where the interpreter has them.
 */
import type { FunctionWriter } from "./function-writer.ts";
import { UNDEFINED } from "./layout.ts";
import { ANY } from "./value.ts";

/** `call`, `call_method`. */
export function writeCall(f: FunctionWriter, argumentCount: number, next: number, isMethod: boolean): void {
  const callee = f.peek(argumentCount);
  const target = callee.isPinned === true && callee.constant !== undefined && !isMethod ? f.program.compiled(callee.constant) : undefined;
  const { code, boxed: [, result], found, program } = f;
  f.mark(next);
  if (target !== undefined && target.parameterCount >= argumentCount) {
    const first = f.state.stack.length - argumentCount;
    code.i64(callee.constant as bigint).i64(UNDEFINED);
    f.settleFrom(first);
    for (let index = 0; index < target.parameterCount; index++) {
      if (index < argumentCount) code.get(f.slot(first + index));
      else code.i64(UNDEFINED);
    }
    code.call(target.index).set(result);
    for (let index = 0; index < argumentCount; index++) f.pop();
    f.isException(result);
    f.throwIf(next);
    f.pop();
  } else {
    f.settle();
    const first = f.state.stack.length - argumentCount;
    storeArguments(f, first, argumentCount);
    code.i32(found.realm).get(f.slot(first - 1));
    if (isMethod) code.get(f.slot(first - 2));
    else code.i64(UNDEFINED);
    code.i64(UNDEFINED).i32(argumentCount).get(f.base).i32(f.slotOffset(first)).op("i32.add").i32(0).call(program.engine.call).set(result);
    finish(f, first, argumentCount, next, isMethod ? 2 : 1);
  }
  code.get(result);
  f.store(ANY);
}

/** `call_constructor`. */
export function writeConstruct(f: FunctionWriter, argumentCount: number, next: number): void {
  const { code, boxed: [, result], found, program } = f;
  f.mark(next);
  f.settle();
  const first = f.state.stack.length - argumentCount;
  storeArguments(f, first, argumentCount);
  code.i32(found.realm).get(f.slot(first - 2)).get(f.slot(first - 1)).i32(argumentCount).get(f.base).i32(f.slotOffset(first)).op("i32.add");
  code.call(program.engine.construct).set(result);
  finish(f, first, argumentCount, next, 2);
  code.get(result);
  f.store(ANY);
}

function storeArguments(f: FunctionWriter, first: number, count: number): void {
  for (let index = 0; index < count; index++) f.code.get(f.base).get(f.slot(first + index)).memory("i64.store", f.slotOffset(first + index));
}

/** Gives back the arguments, which the callee may have replaced in place, and what stands before them. */
function finish(f: FunctionWriter, first: number, argumentCount: number, next: number, before: number): void {
  const { code, boxed: [value, result] } = f;
  for (let index = 0; index < argumentCount; index++) {
    code.get(f.base).memory("i64.load", f.slotOffset(first + index)).set(value);
    f.release(value, ANY);
    f.pop();
  }
  f.isException(result);
  f.throwIf(next);
  for (let index = 0; index < before; index++) f.releaseEntry(f.pop());
}
