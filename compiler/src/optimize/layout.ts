/**
 * Where QuickJS-NG keeps what compiled functions touch: offsets in bytes, on a 32-bit target with boxed NaNs. Facts of the
 * engine that package.json pins; `heap-walk.ts` refuses an image in which they do not fit together.
 *
 *   value   [ tag | payload ]   64 bits: tag 0 is an integer; from TAG_FIRST on, unsigned, the payload points at something that
 *                               counts references; any other tag of 8 or more is a double, moved by FLOAT_SHIFT
 *
 * Source: https://github.com/quickjs-ng/quickjs/blob/master/quickjs.c (JSObject, JSFunctionBytecode, JSStackFrame, JSVarRef)
 */

/** Of the runtime. */
export const RUNTIME = { gcObjects: 596, currentException: 648, currentFrame: 660 } as const;
/** Before every block that counts references. */
export const HEADER = { references: -4, kind: -5 } as const;
/** Kinds of collected blocks. */
export const KIND = { object: 0, functionBytecode: 1 } as const;
/** Of an object; `shape` and `properties` of all, the rest by class. */
export const OBJECT = { link: 0, classId: 10, shape: 12, properties: 16, bytecode: 24, closure: 28, elements: 28, elementCount: 32 } as const;
/** Classes. */
export const CLASS = { array: 2, bytecodeFunction: 13 } as const;
/** Of a function's bytecode; `hook` are two bytes that the engine leaves alone. */
export const BYTECODE = {
  flags: 8, hook: 10, code: 12, codeBytes: 16, parameterCount: 32, localCount: 34, stackSize: 38, capturedCount: 40, closureCount: 42,
  constantCount: 44, realm: 48, constants: 52,
} as const;
/** Of a captured variable: where its value stands. */
export const VARIABLE = { value: 12 } as const;
/** Of the state of a function that can be resumed: `this`, how many arguments, whether an exception is pending, and a frame. */
export const STATE = { self: 0, argumentCount: 8, isThrowing: 12, frame: 16, bytes: 64 } as const;
/** Of a frame. */
export const FRAME = {
  previous: 0, callee: 8, arguments: 16, locals: 20, captured: 24, position: 28, capturedCount: 32, argumentCount: 34, isStrict: 36,
  isConstructor: 37, stack: 40, owner: 44,
} as const;

/** `value >= FIRST_REFERENCE`, unsigned: it counts references. */
export const FIRST_REFERENCE: bigint = -9n << 32n;
export const FIRST_OBJECT: bigint = -1n << 32n;
export const FALSE: bigint = 1n << 32n;
export const NULL: bigint = 2n << 32n;
export const UNDEFINED: bigint = 3n << 32n;
export const UNINITIALISED: bigint = 4n << 32n;
export const EXCEPTION: bigint = 6n << 32n;
/** What is added to a boxed double to have its bits. */
export const FLOAT_SHIFT: bigint = 0x7ff8_000an << 32n;
/** The one boxed NaN. */
export const NAN: bigint = BigInt.asIntN(64, (0x7ff8n << 48n) - FLOAT_SHIFT);

/** A double as the engine boxes it. */
export function boxNumber(number: number): bigint {
  if (Number.isNaN(number)) return NAN;
  if (Number.isInteger(number) && Math.abs(number) < 0x8000_0000 && !Object.is(number, -0)) return BigInt.asUintN(32, BigInt(number));
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, number);
  return BigInt.asIntN(64, bits.getBigInt64(0) - FLOAT_SHIFT);
}
