/**
 * Operators on numbers, as compiled code does them: integers as long as they are exact, doubles otherwise. Anything that is
 * no number is left to the interpreter before anything has happened, so it never sees half an operation.
 * Source: https://tc39.es/ecma262/#sec-numeric-types
 */
import type { Plain } from "./code.ts";
import type { FunctionWriter } from "./function-writer.ts";
import { boxNumber, FLOAT_SHIFT } from "./layout.ts";
import { bothIntOr, boxDouble, double, int, isNumber, requireNumbers, type Operand } from "./number.ts";
import { FLOAT, INT, NUMBER } from "./value.ts";

const NEGATIVE_ZERO = boxNumber(-0);

const IN_RANGE = 2 ** 63;

/** `add`, `sub` and `mul`. */
export function writeSum(f: FunctionWriter, name: "add" | "sub" | "mul", at: number): void {
  const [b, a] = [f.peek(0), f.peek(1)];
  requireNumbers(f, [a, b], at);
  const result = popTwo(f);
  const { code, boxed: [sum] } = f;
  const kinds = bothIntOr(f, a, b, () => {
    f.load(a).op("i64.extend32_s");
    f.load(b).op("i64.extend32_s", `i64.${name}`).set(sum);
    if (name === "mul") {
      code.get(sum).op("i64.eqz").open("if", "i32");
      f.load(a);
      f.load(b).op("i64.or", "i32.wrap_i64").i32(0).op("i32.lt_s", "else").i32(0).op("end").open("if");
      code.i64(NEGATIVE_ZERO).set(result).op("else");
    }
    code.get(sum).op("i64.extend32_s").get(sum).op("i64.eq").open("if");
    code.get(sum).op("i32.wrap_i64", "i64.extend_i32_u").set(result).op("else");
    code.get(sum).op("f64.convert_i64_s");
    boxDouble(f, result).op("end");
    if (name === "mul") code.op("end");
  }, () => {
    double(f, a);
    double(f, b).op(`f64.${name}`);
    boxDouble(f, result);
  });
  // Integers may overflow, and a product may be -0.
  f.push({ kinds: (kinds & INT) === 0 ? kinds : NUMBER });
}

/** `div`: an integer where it is exact, because only integers are quick indices. */
export function writeQuotient(f: FunctionWriter, at: number): void {
  const [b, a] = [f.peek(0), f.peek(1)];
  requireNumbers(f, [a, b], at);
  const result = popTwo(f);
  const { code } = f;
  const divide = (): void => {
    double(f, a);
    double(f, b).op("f64.div");
    boxDouble(f, result);
  };
  const kinds = bothIntOr(f, a, b, () => {
    int(f, b).i32(0).op("i32.gt_s").open("if", "i32");
    int(f, a);
    int(f, b).op("i32.rem_s", "i32.eqz", "else").i32(0).op("end").open("if");
    int(f, a);
    int(f, b).op("i32.div_s", "i64.extend_i32_u").set(result).op("else");
    divide();
    code.op("end");
  }, divide);
  f.push({ kinds: (kinds & INT) === 0 ? kinds : NUMBER });
}

/** `mod`. */
export function writeRemainder(f: FunctionWriter, at: number): void {
  const [b, a] = [f.peek(0), f.peek(1)];
  requireNumbers(f, [a, b], at);
  const result = popTwo(f);
  const { code, condition } = f;
  const divide = (): void => {
    double(f, a);
    double(f, b).call(f.program.engine.modulo);
    boxDouble(f, result);
  };
  const kinds = bothIntOr(f, a, b, () => {
    int(f, b).i32(0).op("i32.gt_s").open("if");
    int(f, a);
    int(f, b).op("i32.rem_s").tee(condition).op("i32.eqz").open("if", "i32");
    int(f, a).i32(0).op("i32.lt_s", "else").i32(0).op("end").open("if");
    code.i64(NEGATIVE_ZERO).set(result).op("else").get(condition).op("i64.extend_i32_u").set(result).op("end", "else");
    divide();
    code.op("end");
  }, divide);
  f.push({ kinds: (kinds & INT) === 0 ? kinds : NUMBER });
}

const BITS: Readonly<Record<string, Plain>> = { and: "i32.and", or: "i32.or", xor: "i32.xor", shl: "i32.shl", sar: "i32.shr_s", shr: "i32.shr_u" };

/** `and`, `or`, `xor`, `shl`, `sar` and `shr`. */
export function writeBits(f: FunctionWriter, name: string, at: number): void {
  const [b, a] = [f.peek(0), f.peek(1)];
  requireNumbers(f, [a, b], at);
  requireInRange(f, [a, b], at);
  const result = popTwo(f);
  const { code, condition } = f;
  int32(f, a);
  int32(f, b).op(BITS[name] as Plain);
  if (name !== "shr") {
    code.op("i64.extend_i32_u").set(result);
    return f.push({ kinds: INT });
  }
  code.tee(condition).i32(0).op("i32.lt_s").open("if").get(condition).op("i64.extend_i32_u", "f64.convert_i64_s");
  boxDouble(f, result).op("else").get(condition).op("i64.extend_i32_u").set(result).op("end");
  f.push({ kinds: NUMBER });
}

/** `not`, the bitwise one. */
export function writeNot(f: FunctionWriter, at: number): void {
  const a = f.peek();
  requireNumbers(f, [a], at);
  requireInRange(f, [a], at);
  f.pop();
  int32(f, a).i32(-1).op("i32.xor", "i64.extend_i32_u");
  f.store(INT);
}

/** `inc`, `dec` and, with the old value below, `post_inc` and `post_dec`. */
export function writeStep(f: FunctionWriter, by: 1 | -1, at: number, isPost: boolean): void {
  requireNumbers(f, [f.peek()], at);
  if (isPost) {
    // It is a number from here on, so nothing is counted.
    const old = f.pop();
    f.push({ ...old, kinds: old.kinds & NUMBER });
    f.load(old);
    f.store(old.kinds & NUMBER);
  }
  f.push({ kinds: INT, constant: 1n });
  writeSum(f, by === 1 ? "add" : "sub", at);
}

/** `inc_loc` and `dec_loc`. */
export function writeLocalStep(f: FunctionWriter, index: number, by: 1 | -1, at: number): void {
  const kinds = f.state.locals[index] as number;
  const { code } = f;
  // The interpreter goes on with the local as it was, and nothing of ours on the stack.
  isNumber(f, { kinds, local: f.local(index) }, () => f.leave(at));
  code.get(f.local(index));
  f.store(kinds & NUMBER);
  f.push({ kinds: INT, constant: 1n });
  writeSum(f, by === 1 ? "add" : "sub", at);
  const sum = f.pop();
  f.load(sum).set(f.local(index));
  f.state.locals[index] = sum.kinds;
}

/** `add_loc`. */
export function writeLocalSum(f: FunctionWriter, index: number, at: number): void {
  const kinds = f.state.locals[index] as number;
  const { code } = f;
  isNumber(f, { kinds, local: f.local(index) }, () => f.leave(at));
  requireNumbers(f, [f.peek()], at);
  code.get(f.local(index));
  f.store(kinds & NUMBER);
  writeSum(f, "add", at);
  const sum = f.pop();
  f.load(sum).set(f.local(index));
  f.state.locals[index] = sum.kinds;
}

/** `neg`. */
export function writeNegation(f: FunctionWriter, at: number): void {
  const a = f.peek();
  requireNumbers(f, [a], at);
  f.pop();
  const { code } = f;
  const result = a.local;
  const negate = (): void => {
    double(f, a).op("f64.neg");
    boxDouble(f, result);
  };
  if ((a.kinds & INT) === 0) negate();
  else {
    // 0 becomes -0, and the least integer has no opposite: both have no bits but the highest.
    if ((a.kinds & ~INT) !== 0) f.load(a).i64(32n).op("i64.shr_u", "i64.eqz");
    else code.i32(1);
    code.open("if", "i32");
    int(f, a).i32(1).op("i32.shl").i32(0).op("i32.ne", "else").i32(0).op("end").open("if").i32(0);
    int(f, a).op("i32.sub", "i64.extend_i32_u").set(result).op("else");
    negate();
    code.op("end");
  }
  f.push({ kinds: (a.kinds & INT) === 0 ? FLOAT : NUMBER });
}

/** `plus`: a number stays what it is. */
export function writePlus(f: FunctionWriter, at: number): void {
  requireNumbers(f, [f.peek()], at);
}

/** Hands over if a double is too large to be cut to 64 bits; NaN is not. */
function requireInRange(f: FunctionWriter, operands: readonly Operand[], at: number): void {
  for (const operand of operands) {
    if ((operand.kinds & ~INT) === 0) continue;
    double(f, operand).op("f64.abs").f64(IN_RANGE).op("f64.ge");
    f.leaveIf(at);
  }
}

/** A number cut to 32 bits; it must be in range. */
function int32(f: FunctionWriter, operand: Operand): FunctionWriter["code"] {
  if ((operand.kinds & ~INT) === 0) return int(f, operand);
  const { code } = f;
  f.load(operand).i64(32n).op("i64.shr_u", "i64.eqz").open("if", "i32");
  int(f, operand).op("else");
  f.load(operand).i64(FLOAT_SHIFT).op("i64.add", "f64.reinterpret_i64").truncate().op("i32.wrap_i64", "end");
  return code;
}

function popTwo(f: FunctionWriter): number {
  f.pop();
  return f.pop().local;
}
