/**
 * Numbers as the engine boxes them: whether a value is one, what it is, and how a double is boxed.
 */
import type { Code } from "./code.ts";
import type { FunctionWriter } from "./function-writer.ts";
import { FLOAT_SHIFT, NAN } from "./layout.ts";
import { FLOAT, INT, NUMBER, type Entry } from "./value.ts";

/** An entry, and the local it is in. */
export type Operand = Entry & { readonly local: number };

/** Tags from here on, moved to 0, are those of doubles. */
const TAGS_BELOW_FLOAT = 17n << 32n;

const TAG_SHIFT = 9n << 32n;

/** Runs one of two pieces of code: for two integers, or for two numbers. */
export function bothIntOr(f: FunctionWriter, a: Operand, b: Operand, ints: () => void, doubles: () => void): number {
  const { code } = f;
  const numbers = (a.kinds | b.kinds) & NUMBER;
  if ((a.kinds & INT) === 0 || (b.kinds & INT) === 0) {
    doubles();
    return FLOAT;
  }
  if (((a.kinds | b.kinds) & ~INT) === 0) {
    ints();
    return INT;
  }
  const unsure = [a, b].filter(({ kinds }) => kinds !== INT);
  for (const [index, operand] of unsure.entries()) {
    f.load(operand);
    if (index > 0) code.op("i64.or");
  }
  code.i64(32n).op("i64.shr_u", "i64.eqz").open("if");
  ints();
  code.op("else");
  doubles();
  code.op("end");
  return numbers;
}

/** Hands over unless all are numbers. */
export function requireNumbers(f: FunctionWriter, operands: readonly Operand[], at: number): void {
  for (const operand of operands) isNumber(f, operand, () => f.leave(at));
}

/** Does something where a value is no number. */
export function isNumber(f: FunctionWriter, operand: Operand, otherwise: () => void): void {
  if ((operand.kinds & ~NUMBER) === 0) return;
  const { code } = f;
  f.load(operand).i64(32n).op("i64.shr_u", "i64.eqz", "i32.eqz").open("if");
  f.load(operand).i64(TAG_SHIFT).op("i64.add").i64(TAGS_BELOW_FLOAT).op("i64.lt_u").open("if");
  otherwise();
  code.op("end", "end");
}

/** The bits of an integer. */
export function int(f: FunctionWriter, operand: Operand): Code {
  return f.load(operand).op("i32.wrap_i64");
}

/** A number's value as a double. */
export function double(f: FunctionWriter, operand: Operand): Code {
  const { code } = f;
  const { kinds } = operand;
  if ((kinds & ~INT) === 0) return int(f, operand).op("f64.convert_i32_s");
  if ((kinds & INT) === 0) return f.load(operand).i64(FLOAT_SHIFT).op("i64.add", "f64.reinterpret_i64");
  f.load(operand).i64(32n).op("i64.shr_u", "i64.eqz").open("if", "f64");
  int(f, operand).op("f64.convert_i32_s", "else");
  f.load(operand).i64(FLOAT_SHIFT).op("i64.add", "f64.reinterpret_i64", "end");
  return code;
}

/** Boxes the double on WebAssembly's stack into a local. There is one NaN only. */
export function boxDouble(f: FunctionWriter, local: number): Code {
  const { code, double: [value] } = f;
  code.tee(value).op("i64.reinterpret_f64").i64(FLOAT_SHIFT).op("i64.sub").i64(NAN).get(value).get(value).op("f64.eq", "select").set(local);
  return code;
}
