/**
 * Comparisons, and what counts as true, as compiled code does them.
 * Source: https://tc39.es/ecma262/#sec-isstrictlyequal
 */
import type { Plain } from "./code.ts";
import type { FunctionWriter } from "./function-writer.ts";
import { FALSE, NULL, UNDEFINED } from "./layout.ts";
import { bothIntOr, double, int, requireNumbers, type Operand } from "./number.ts";
import { BOOL, FLOAT, NUMBER, REFERENCE } from "./value.ts";

const ORDERS: Readonly<Record<string, readonly [Plain, Plain]>> = {
  lt: ["i32.lt_s", "f64.lt"], lte: ["i32.le_s", "f64.le"], gt: ["i32.gt_s", "f64.gt"], gte: ["i32.ge_s", "f64.ge"],
  eq: ["i32.eq", "f64.eq"], neq: ["i32.ne", "f64.ne"], strict_eq: ["i32.eq", "f64.eq"], strict_neq: ["i32.ne", "f64.ne"],
};

/** `lt`, `lte`, `gt` and `gte`. */
export function writeOrder(f: FunctionWriter, name: string, at: number): void {
  requireNumbers(f, [f.peek(0), f.peek(1)], at);
  compareNumbers(f, name);
}

/** `eq`, `neq`, `strict_eq` and `strict_neq`. */
export function writeEquality(f: FunctionWriter, name: string, at: number): void {
  const [b, a] = [f.peek(0), f.peek(1)];
  if (((a.kinds | b.kinds) & ~NUMBER) === 0) return compareNumbers(f, name);
  const { code, condition, boxed: [left, right] } = f;
  const isNegated = name.endsWith("neq");
  const finish = (): void => {
    if (isNegated) code.get(condition).op("i32.eqz").set(condition);
    f.pop();
    f.pop();
    f.push({ kinds: BOOL, isCondition: true });
  };
  // With null or undefined on one side, and on the other whatever: one comparison, or for `==` two.
  const nullish = [a, b].find(({ constant }) => constant === NULL || constant === UNDEFINED);
  if (nullish !== undefined) {
    const other = nullish === a ? b : a;
    const isStrict = name.startsWith("strict");
    f.load(other).i64(nullish.constant as bigint).op("i64.eq");
    if (!isStrict) f.load(other).i64(nullish.constant === NULL ? UNDEFINED : NULL).op("i64.eq", "i32.or");
    code.set(condition);
    f.releaseEntry(other);
    return finish();
  }
  if (!name.startsWith("strict")) return requireThenCompare(f, name, a, b, at);
  f.load(a).set(left);
  f.load(b).set(right);
  code.get(left).get(right).op("i64.or").i64(32n).op("i64.shr_u", "i64.eqz").open("if");
  code.get(left).get(right).op("i64.eq").set(condition).op("else");
  code.i32(f.found.realm).get(left).get(right).call(f.program.engine.isStrictEqual).set(condition);
  f.releaseEntry(a);
  f.releaseEntry(b);
  code.op("end");
  finish();
}

function requireThenCompare(f: FunctionWriter, name: string, a: Operand, b: Operand, at: number): void {
  requireNumbers(f, [a, b], at);
  compareNumbers(f, name);
}

function compareNumbers(f: FunctionWriter, name: string): void {
  const [b, a] = [f.pop(), f.pop()];
  const [ints, doubles] = ORDERS[name] as readonly [Plain, Plain];
  const { condition } = f;
  bothIntOr(f, a, b, () => {
    int(f, a);
    int(f, b).op(ints).set(condition);
  }, () => {
    double(f, a);
    double(f, b).op(doubles).set(condition);
  });
  f.push({ kinds: BOOL, isCondition: true });
}

/** Leaves on WebAssembly's stack whether the topmost entry is true, and takes it off. */
export function writeTruth(f: FunctionWriter): void {
  const a = f.pop();
  const { code, condition } = f;
  if (a.isCondition) return void code.get(condition);
  if ((a.kinds & (REFERENCE | FLOAT)) === 0) {
    // Null and undefined carry no bits.
    f.load(a).op("i32.wrap_i64").i32(0).op("i32.ne");
    return;
  }
  f.load(a).i64(4n << 32n).op("i64.lt_u").open("if");
  f.load(a).op("i32.wrap_i64").i32(0).op("i32.ne").set(condition).op("else").i32(f.found.realm);
  f.load(a).call(f.program.engine.toBool).set(condition);
  f.releaseEntry(a);
  code.op("end").get(condition);
}

/** `lnot`. */
export function writeLogicalNot(f: FunctionWriter): void {
  writeTruth(f);
  f.code.op("i32.eqz").set(f.condition);
  f.push({ kinds: BOOL, isCondition: true });
}

/** `is_undefined`, `is_null` and `is_undefined_or_null`. */
export function writeIs(f: FunctionWriter, values: readonly bigint[]): void {
  const a = f.pop();
  for (const [index, value] of values.entries()) {
    f.load(a).i64(value).op("i64.eq");
    if (index > 0) f.code.op("i32.or");
  }
  f.code.set(f.condition);
  f.releaseEntry(a);
  f.push({ kinds: BOOL, isCondition: true });
}

/** Makes a condition a value like any other. */
export function settleCondition(f: FunctionWriter): void {
  if (f.state.stack.at(-1)?.isCondition !== true) return;
  f.pop();
  f.code.get(f.condition).op("i64.extend_i32_u").i64(FALSE).op("i64.or");
  f.store(BOOL);
}
