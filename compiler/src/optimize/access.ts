/**
 * Variables, properties and elements, as compiled code does them: the plain cases here, the rest by the engine's own
 * functions, with the frame saying where.
 */
import type { FunctionWriter } from "./function-writer.ts";
import { CLASS, FIRST_OBJECT, NULL, OBJECT, UNDEFINED, UNINITIALISED, VARIABLE } from "./layout.ts";
import { ANY, INT, OTHER, REFERENCE, type Entry } from "./value.ts";

type Place = { readonly local: number; readonly kinds: number; readonly put: (kinds: number) => void };

/** A local variable or a parameter. */
export function placeOf(f: FunctionWriter, kind: "loc" | "arg", index: number): Place {
  const kinds = kind === "loc" ? f.state.locals : f.state.parameters;
  const known = kinds[index];
  if (known === undefined) throw new RangeError(`there is no ${kind} ${index}`);
  return { local: kind === "loc" ? f.local(index) : f.parameter(index), kinds: known, put: (added) => void (kinds[index] = added) };
}

/** `get_loc`, `get_arg` and, if `isChecked`, `get_loc_check`. */
export function writeGet(f: FunctionWriter, { local, kinds }: Place, at: number, isChecked: boolean): void {
  if (isChecked && (kinds & OTHER) !== 0) {
    f.code.get(local).i64(UNINITIALISED).op("i64.eq");
    f.leaveIf(at);
  }
  f.duplicate(local, kinds);
  f.code.get(local);
  f.store(kinds);
}

/** `put_…` and, if `isKept`, `set_…`; `check` says what the variable must be before: initialised or not. */
export function writePut(f: FunctionWriter, place: Place, at: number, isKept: boolean, check?: "initialised" | "uninitialised"): void {
  const { code, boxed: [old] } = f;
  if (check !== undefined && (check === "uninitialised" || (place.kinds & OTHER) !== 0)) {
    code.get(place.local).i64(UNINITIALISED).op(check === "initialised" ? "i64.eq" : "i64.ne");
    f.leaveIf(at);
  }
  const entry = settledTop(f);
  if (isKept) f.duplicate(entry.local, entry.kinds);
  else f.pop();
  if ((place.kinds & REFERENCE) !== 0) code.get(place.local).set(old);
  code.get(entry.local).set(place.local);
  f.release(old, place.kinds);
  place.put(entry.kinds);
}

/** `set_loc_uninitialized`. */
export function writeForget(f: FunctionWriter, place: Place): void {
  const { code, boxed: [old] } = f;
  if ((place.kinds & REFERENCE) !== 0) code.get(place.local).set(old);
  code.i64(UNINITIALISED).set(place.local);
  f.release(old, place.kinds);
  place.put(OTHER);
}

/** `get_var_ref` and `get_var_ref_check`: a function that the program never replaces is known by its address. */
export function writeGetCaptured(f: FunctionWriter, index: number, at: number, isChecked: boolean): void {
  const { code, boxed: [value], program, found } = f;
  captured(f, index).memory("i64.load").set(value);
  const known = found.captured(index);
  if (known !== undefined && program.compiled(known) !== undefined && !program.isAssigned(found, index)) {
    program.pin(known);
    code.get(value).i64(known).op("i64.ne");
    f.leaveIf(at);
    return f.push({ kinds: REFERENCE, constant: known, isPinned: true });
  }
  if (isChecked) {
    code.get(value).i64(UNINITIALISED).op("i64.eq");
    f.leaveIf(at);
  }
  f.duplicate(value, ANY);
  code.get(value);
  f.store(ANY);
}

/** `put_var_ref`, `put_var_ref_check` and, if `isKept`, `set_var_ref`. */
export function writePutCaptured(f: FunctionWriter, index: number, at: number, isKept: boolean, check?: "initialised" | "uninitialised"): void {
  const { code, boxed: [old], scratch } = f;
  captured(f, index).tee(scratch).memory("i64.load").set(old);
  if (check !== undefined) {
    code.get(old).i64(UNINITIALISED).op(check === "initialised" ? "i64.eq" : "i64.ne");
    f.leaveIf(at);
  }
  const entry = settledTop(f);
  if (isKept) {
    f.duplicate(entry.local, entry.kinds);
    captured(f, index).set(scratch); // counting used it
  } else f.pop();
  code.get(scratch).get(entry.local).memory("i64.store");
  f.release(old, ANY);
}

/** `get_field` and, if `isKept`, `get_field2`. */
export function writeGetField(f: FunctionWriter, atom: number, next: number, isKept: boolean): void {
  const object = settledTop(f);
  const { code, boxed: [value], program, found } = f;
  f.mark(next);
  code.i32(found.realm).get(object.local).i32(atom).call(program.engine.getProperty).set(value);
  f.isException(value);
  f.throwIf(next);
  replace(f, object, value, isKept);
}

/** `get_length`: of arrays at once, it is always the first property. */
export function writeGetLength(f: FunctionWriter, next: number): void {
  const object = settledTop(f);
  const { code, boxed: [value], program, found } = f;
  isOfClass(f, object.local, CLASS.array).open("if");
  code.get(object.local).op("i32.wrap_i64").memory("i32.load", OBJECT.properties).memory("i64.load").set(value).op("else");
  f.mark(next);
  code.i32(found.realm).get(object.local).i32(program.lengthAtom).call(program.engine.getProperty).set(value);
  f.isException(value);
  f.throwIf(next);
  code.op("end");
  replace(f, object, value, false);
}

/** `put_field`. */
export function writePutField(f: FunctionWriter, atom: number, next: number): void {
  f.settle();
  const { code, program, found, condition } = f;
  const [value, object] = [f.pop(), f.pop()];
  f.mark(next);
  code.i32(found.realm).get(object.local).i32(atom).get(value.local).call(program.engine.setProperty).set(condition);
  f.release(object.local, object.kinds);
  code.get(condition).i32(0).op("i32.lt_s");
  f.throwIf(next);
}

/** Tags of symbols and strings, which are keys as they are; integers are too. */
const FIRST_KEY_TAG = 0xffff_fff8n, KEY_TAGS = 2n;

/** `to_propkey` and, if the object below must be one, `to_propkey2`. */
export function writeToKey(f: FunctionWriter, at: number, hasObject: boolean): void {
  f.settle();
  const { code } = f;
  if (hasObject) {
    code.get(f.peek(1).local).i64(UNDEFINED).op("i64.eq").get(f.peek(1).local).i64(NULL).op("i64.eq", "i32.or");
    f.leaveIf(at);
  }
  const { kinds, local } = f.peek();
  if (kinds === INT) return;
  code.get(local).i64(32n).op("i64.shr_u", "i64.eqz", "i32.eqz").open("if");
  code.get(local).i64(32n).op("i64.shr_u").i64(FIRST_KEY_TAG).op("i64.sub").i64(KEY_TAGS).op("i64.ge_u");
  f.leaveIf(at);
  code.op("end");
}

/** `get_array_el` and, if `isKept`, `get_array_el2`. */
export function writeGetElement(f: FunctionWriter, next: number, isKept: boolean): void {
  f.settle();
  const { code, boxed: [value], program, found } = f;
  const key = f.pop();
  const object = f.peek();
  isElement(f, object.local, key.local).open("if");
  element(f, object.local, key.local).memory("i64.load").set(value);
  f.duplicate(value, ANY);
  code.op("else");
  f.mark(next);
  code.i32(found.realm).get(object.local).get(key.local).call(program.engine.getElement).set(value);
  // The key is gone: an exception finds the object alone, as the interpreter does where it failed.
  f.isException(value);
  f.throwIf(next);
  code.op("end");
  replace(f, object, value, isKept);
}

/** `put_array_el`. */
export function writePutElement(f: FunctionWriter, next: number): void {
  f.settle();
  const { code, boxed: [old], program, found, condition, scratch } = f;
  const [value, key, object] = [f.pop(), f.pop(), f.pop()];
  code.i32(0).set(condition);
  isElement(f, object.local, key.local).open("if");
  element(f, object.local, key.local).tee(scratch).memory("i64.load").set(old).get(scratch).get(value.local).memory("i64.store");
  f.release(old, ANY);
  code.op("else");
  f.mark(next);
  code.i32(found.realm).get(object.local).get(key.local).get(value.local).i32(THROW_IF_STRICT).call(program.engine.setElement).set(condition).op("end");
  f.release(object.local, object.kinds);
  code.get(condition).i32(0).op("i32.lt_s");
  f.throwIf(next);
}

const THROW_IF_STRICT = 1 << 15;

/** `get_var` of a global: a missing one is the interpreter's to report. */
export function writeGetGlobal(f: FunctionWriter, atom: number, at: number, next: number): void {
  const { code, boxed: [value], program, found } = f;
  f.mark(next);
  code.i32(found.realm).i64(program.globalObject).i32(atom).call(program.engine.getProperty).set(value);
  f.isException(value);
  f.throwIf(next);
  code.get(value).i64(UNDEFINED).op("i64.eq").open("if");
  code.i32(found.realm).i64(program.globalObject).i32(atom).call(program.engine.hasProperty).i32(1).op("i32.ne");
  f.leaveIf(at);
  code.op("end").get(value);
  f.store(ANY);
}

/** The topmost entry in its local, whatever it was. */
function settledTop(f: FunctionWriter): Entry & { readonly local: number } {
  f.settle();
  return f.peek();
}

/** Puts a value in the place of the topmost entry, or above it. */
function replace(f: FunctionWriter, object: Entry & { readonly local: number }, value: number, isKept: boolean): void {
  if (!isKept) {
    f.pop();
    f.release(object.local, object.kinds);
  }
  f.code.get(value);
  f.store(ANY);
}

/** The address of a captured variable's value. */
function captured(f: FunctionWriter, index: number): FunctionWriter["code"] {
  return f.code.get(f.closure).memory("i32.load", index * 4).memory("i32.load", VARIABLE.value);
}

function isOfClass(f: FunctionWriter, object: number, classId: number): FunctionWriter["code"] {
  const { code } = f;
  code.get(object).i64(FIRST_OBJECT).op("i64.ge_u").open("if", "i32");
  code.get(object).op("i32.wrap_i64").memory("i32.load16_u", OBJECT.classId).i32(classId).op("i32.eq", "else").i32(0).op("end");
  return code;
}

/** Whether a key is an index of an array's elements, all of which are there. */
function isElement(f: FunctionWriter, object: number, key: number): FunctionWriter["code"] {
  const { code } = f;
  isOfClass(f, object, CLASS.array).open("if", "i32");
  code.get(key).get(object).op("i32.wrap_i64").memory("i32.load", OBJECT.elementCount).op("i64.extend_i32_u", "i64.lt_u", "else").i32(0).op("end");
  return code;
}

function element(f: FunctionWriter, object: number, key: number): FunctionWriter["code"] {
  return f.code.get(object).op("i32.wrap_i64").memory("i32.load", OBJECT.elements).get(key).op("i32.wrap_i64").i32(3).op("i32.shl", "i32.add");
}
