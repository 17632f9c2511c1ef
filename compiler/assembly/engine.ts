/**
 * The part of QuickJS-NG's C interface that the bridge uses, as imports that the linker joins to
 * the engine's exports.
 *
 * A `JSValue` is an i64: the tag in the upper half, a pointer or an integer in the lower half
 * (NaN boxing, as on every 32-bit target).
 * Source: https://github.com/quickjs-ng/quickjs/blob/master/quickjs.h
 */

/** A boxed JavaScript value. */
export type Value = i64;

export const TAG_INT: i64 = 0;
export const TAG_BOOL: i64 = 1;
export const UNDEFINED: Value = 3 << 32;
export const EXCEPTION: Value = 6 << 32;

@external("engine", "malloc") export declare function malloc(size: usize): usize;
@external("engine", "free") export declare function free(pointer: usize): void;
@external("engine", "JS_Call") export declare function JS_Call(context: usize, callee: Value, self: Value, argc: i32, argv: usize): Value;
@external("engine", "JS_FreeValue") export declare function JS_FreeValue(context: usize, value: Value): void;
@external("engine", "JS_GetException") export declare function JS_GetException(context: usize): Value;
@external("engine", "JS_IsJobPending") export declare function JS_IsJobPending(runtime: usize): i32;
@external("engine", "JS_ExecutePendingJob") export declare function JS_ExecutePendingJob(runtime: usize, contextOut: usize): i32;
@external("engine", "JS_NewNumber") export declare function JS_NewNumber(context: usize, number: f64): Value;
@external("engine", "JS_NewBigInt64") export declare function JS_NewBigInt64(context: usize, number: i64): Value;
@external("engine", "JS_ToInt32") export declare function JS_ToInt32(context: usize, out: usize, value: Value): i32;
@external("engine", "JS_ToFloat64") export declare function JS_ToFloat64(context: usize, out: usize, value: Value): i32;
@external("engine", "JS_ToBigInt64") export declare function JS_ToBigInt64(context: usize, out: usize, value: Value): i32;
@external("engine", "JS_NewStringLen") export declare function JS_NewStringLen(context: usize, text: usize, length: usize): Value;
@external("engine", "JS_ToCStringLen2") export declare function JS_ToCStringLen2(context: usize, lengthOut: usize, value: Value, cesu8: i32): usize;
@external("engine", "JS_FreeCString") export declare function JS_FreeCString(context: usize, text: usize): void;
@external("engine", "JS_NewUint8ArrayCopy") export declare function JS_NewUint8ArrayCopy(context: usize, bytes: usize, length: usize): Value;
@external("engine", "JS_GetUint8Array") export declare function JS_GetUint8Array(context: usize, lengthOut: usize, value: Value): usize;
@external("engine", "JS_ParseJSON") export declare function JS_ParseJSON(context: usize, text: usize, length: usize, fileName: usize): Value;
@external("engine", "JS_ThrowOutOfMemory") export declare function JS_ThrowOutOfMemory(context: usize): Value;
@external("engine", "JS_ThrowRangeError") export declare function JS_ThrowRangeError(context: usize, format: usize, values: usize): Value;
@external("engine", "qjs_get_context_ptr") export declare function qjs_get_context_ptr(): usize;
