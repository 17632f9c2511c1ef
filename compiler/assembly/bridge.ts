/**
 * The bridge: what stands between the JavaScript engine and the plug-in ABI.
 *
 * It has no memory of its own. The linker joins it to QuickJS-NG, whose memory and heap it uses,
 * and puts `native` and `rejected` into the engine's function table. JavaScript sees `native` as
 * one function per operation of `Op`; the order there is the order in pdks/typescript/src/native.ts.
 *
 *   host ── export k ──> dispatch(k) ── JS_Call ──> runtime ── native(op) ──> host imports
 */
import {
  EXCEPTION, JS_Call, JS_ExecutePendingJob, JS_FreeCString, JS_FreeValue, JS_GetException, JS_GetUint8Array,
  JS_IsJobPending, JS_NewBigInt64, JS_NewNumber, JS_NewUint8ArrayCopy, JS_ParseJSON,
  JS_ThrowOutOfMemory, JS_ThrowRangeError, JS_ToBigInt64, JS_ToCStringLen2, JS_ToFloat64, JS_ToInt32, qjs_get_context_ptr,
  TAG_BOOL, TAG_INT, UNDEFINED, Value, free, malloc,
} from "./engine";
import {
  clock_time_get, config_get, error_set, get_log_level, host_call as callImport, http_headers, http_request, http_status_code,
  log_debug, log_error, log_info, log_trace, log_warn, output_set, random_get, release, var_get, var_set,
} from "./host";
export * from "./embedder";
import { readBlock, readInput, sizeOf, writeBlock } from "./block";
import { decodeText, repairText } from "./utf8";

/** What JavaScript can ask for. */
const enum Op {
  InputText, InputBytes, InputJson, OutputText, OutputBytes, Fail,
  Config, VarGet, VarSet, HttpRequest, HttpStatus, HttpHeaders,
  Log, LogLevel, Host, Encode, Decode, Random, RandomFill, Clock,
}

/** How a value of a host function crosses: pdks/typescript/src/host.ts has the same numbers. */
const enum Kind { Void, I32, I64, F32, F64, Text, Bytes, Bool, U32 }

/** What the runtime's handler answers. */
const enum Status { Done, Failed, Pending }
/** What the handler is asked instead of running an export. */
const enum Ask { Continue = -1, Rejected = -2, Handled = -3 }

const POOL_BYTES: usize = 256;
const INPUT: i64 = -1;
export let context: usize = 0;
export let runtime: usize = 0;
export let handler: Value = 0;
/** 32 bytes for what the engine and WASI return through pointers. */
export let scratch: usize = 0;
export let overflowText: usize = 0;
/** The stack pointer below which a call throws a RangeError; the compiler sets it. */
export let stackLimit: usize = 0;
/** How deep JSON is being read or written just now. */
export let jsonDepth: i32 = 0;
/** Random bytes not yet handed out; empty in the snapshot, so every instance has its own. */
export let pool: usize = 0;
export let poolLeft: usize = 0;

/** Tells the bridge, while the plug-in is built, where the engine's parts are. */
export function attach(contextPointer: usize, runtimePointer: usize, handlerValue: Value, overflowPointer: usize): void {
  context = contextPointer;
  runtime = runtimePointer;
  handler = handlerValue;
  overflowText = overflowPointer;
  scratch = malloc(32);
  pool = malloc(POOL_BYTES);
  memory.fill(scratch, 0, 32);
  memory.fill(pool, 0, POOL_BYTES);
}

/** Runs export `index` and everything it leaves to be done. Returns 0, or 1 when it failed. */
export function dispatch(index: i32): i32 {
  let status = ask(index, UNDEFINED, UNDEFINED);
  while (status == Status.Pending || (status == Status.Done && JS_IsJobPending(runtime))) {
    while (JS_IsJobPending(runtime)) {
      if (JS_ExecutePendingJob(runtime, scratch) < 0) return failRaw();
    }
    status = ask(Ask.Continue, UNDEFINED, UNDEFINED);
  }
  return status == Status.Done ? 0 : 1;
}

/** In the table: the engine calls it when a promise is rejected without a handler, and when one comes later. */
export function rejected(_context: usize, promise: Value, reason: Value, isHandled: i32, _opaque: usize): void {
  // While the plug-in is built there is no handler yet, and a rejected top level is seen by the compiler.
  if (handler != 0) ask(isHandled ? Ask.Handled : Ask.Rejected, promise, reason);
}

/** The guards call it where the engine would run out of stack: by then a context is there, attached or not. */
export function overflow(): Value {
  return JS_ThrowRangeError(qjs_get_context_ptr(), overflowText, 0);
}

/** In the table: the C function behind every operation; `op` is its magic number. */
export function native(_context: usize, _self: Value, argc: i32, argv: usize, op: i32): Value {
  switch (op) {
    case Op.InputText: return textOf(INPUT);
    case Op.InputBytes: return bytesOf(INPUT);
    case Op.InputJson: return inputJson();
    case Op.OutputText: return outputText(load<Value>(argv));
    case Op.OutputBytes: return outputBytes(load<Value>(argv));
    case Op.Fail: return fail(load<Value>(argv));
    case Op.Config: return taken(config_get(needText(load<Value>(argv))), Kind.Text);
    case Op.VarGet: return taken(var_get(needText(load<Value>(argv))), Kind.Bytes);
    case Op.VarSet: {
      const key = needText(load<Value>(argv));
      var_set(key, load<Value>(argv, 8) == UNDEFINED ? 0 : writeBytes(load<Value>(argv, 8)));
      return UNDEFINED;
    }
    case Op.HttpRequest: {
      const request = needText(load<Value>(argv));
      const body = load<Value>(argv, 8) == UNDEFINED ? <i64>0 : writeBytes(load<Value>(argv, 8));
      const response = http_request(request, body);
      return response == 0 ? JS_NewUint8ArrayCopy(context, scratch, 0) : taken(response, Kind.Bytes);
    }
    case Op.HttpStatus: return integer(http_status_code());
    case Op.HttpHeaders: return taken(http_headers(), Kind.Text);
    case Op.Log: return log(toInt32(load<Value>(argv)), load<Value>(argv, 8));
    case Op.LogLevel: return integer(get_log_level());
    case Op.Host: return callHost(argc, argv);
    case Op.Encode: return encode(load<Value>(argv));
    case Op.Decode: return decode(load<Value>(argv), toInt32(load<Value>(argv, 8)), toInt32(load<Value>(argv, 16)));
    case Op.Random: return random();
    case Op.RandomFill: return randomFill(load<Value>(argv));
    case Op.Clock: return clock(toInt32(load<Value>(argv)));
    default: return UNDEFINED;
  }
}

function ask(what: i32, first: Value, second: Value): i32 {
  const argv = malloc(24);
  if (argv == 0) return failRaw();
  store<Value>(argv, integer(what));
  store<Value>(argv, first, 8);
  store<Value>(argv, second, 16);
  const answer = JS_Call(context, handler, UNDEFINED, 3, argv);
  free(argv);
  return answer == EXCEPTION ? failRaw() : <i32>answer;
}

/** The last resort: the runtime could not report an error itself, so its bare text is the error. */
function failRaw(): i32 {
  const exception = JS_GetException(context);
  fail(exception);
  JS_FreeValue(context, exception);
  return Status.Failed;
}

function fail(text: Value): Value {
  const handle = writeText(text);
  if (handle != 0) error_set(handle);
  return UNDEFINED;
}

function integer(value: i32): Value {
  return (TAG_INT << 32) | <i64><u32>value;
}

function toInt32(value: Value): i32 {
  return JS_ToInt32(context, scratch, value) < 0 ? 0 : load<i32>(scratch);
}

/** A string made of a block's bytes, or of the input's. */
function textOf(handle: i64): Value {
  const size = sizeOf(handle);
  const pointer = malloc(size + 1);
  if (pointer == 0) return JS_ThrowOutOfMemory(context);
  if (handle == INPUT) readInput(pointer, size); else readBlock(handle, pointer, size);
  const value = decodeText(context, pointer, size);
  free(pointer);
  return value;
}

function bytesOf(handle: i64): Value {
  const size = sizeOf(handle);
  const pointer = malloc(size + 1);
  if (pointer == 0) return JS_ThrowOutOfMemory(context);
  if (handle == INPUT) readInput(pointer, size); else readBlock(handle, pointer, size);
  const value = JS_NewUint8ArrayCopy(context, pointer, size);
  free(pointer);
  return value;
}

/** The value of a block that is ours now: read, then freed. `undefined` for no block. */
function taken(handle: i64, kind: i32): Value {
  if (handle == 0) return UNDEFINED;
  const value = kind == Kind.Text ? textOf(handle) : bytesOf(handle);
  release(handle);
  return value;
}

/** The input parsed straight from its bytes, without a string between. */
function inputJson(): Value {
  const size = sizeOf(INPUT);
  const pointer = malloc(size + 8);
  if (pointer == 0) return JS_ThrowOutOfMemory(context);
  readInput(pointer, size);
  store<u8>(pointer + size, 0);
  store<u64>(scratch, 0x7475706e69); // "input" as a C string: the file name of a syntax error
  const value = JS_ParseJSON(context, pointer, size, scratch);
  free(pointer);
  return value;
}

/** A block of a string's UTF-8 bytes; lone surrogates become U+FFFD, as in TextEncoder. */
function writeText(value: Value): i64 {
  const text = JS_ToCStringLen2(context, scratch, value, 0);
  if (text == 0) {
    JS_FreeValue(context, JS_GetException(context));
    return 0;
  }
  const size = load<u32>(scratch);
  repairText(text, size);
  const handle = writeBlock(text, size);
  JS_FreeCString(context, text);
  return handle;
}

/** The same for what the host is asked with: without its block the call would ask for something else, so it traps. */
function needText(value: Value): i64 {
  const handle = writeText(value);
  if (handle == 0 && load<u32>(scratch) > 0) unreachable();
  return handle;
}

/** A block of a Uint8Array's bytes; none when it is empty. Traps when the host has no room for it, for the same reason. */
function writeBytes(value: Value): i64 {
  const pointer = JS_GetUint8Array(context, scratch, value);
  const size = load<u32>(scratch);
  if (pointer == 0 || size == 0) return 0;
  const handle = writeBlock(pointer, size);
  if (handle == 0) unreachable();
  return handle;
}

function outputText(value: Value): Value {
  const text = JS_ToCStringLen2(context, scratch, value, 0);
  if (text == 0) return EXCEPTION;
  const size = load<u32>(scratch);
  repairText(text, size);
  const result = output(text, size);
  JS_FreeCString(context, text);
  return result;
}

function outputBytes(value: Value): Value {
  const pointer = JS_GetUint8Array(context, scratch, value);
  return pointer == 0 ? EXCEPTION : output(pointer, load<u32>(scratch));
}

function output(pointer: usize, size: usize): Value {
  // Nothing set is an empty output everywhere; some hosts answer a range of no bytes with a byte.
  if (size == 0) return UNDEFINED;
  const handle = writeBlock(pointer, size);
  if (handle == 0) return JS_ThrowOutOfMemory(context);
  output_set(handle, size);
  return UNDEFINED;
}

function log(level: i32, text: Value): Value {
  const handle = writeText(text);
  if (level == 0) log_trace(handle);
  else if (level == 1) log_debug(handle);
  else if (level == 2) log_info(handle);
  else if (level == 3) log_warn(handle);
  else log_error(handle);
  return UNDEFINED;
}

/**
 * host(index, resultKind, kind0, value0, kind1, value1, …). Arguments go to slots of eight bytes;
 * the blocks made for them are freed after the call, and so is the block it returns.
 */
function callHost(argc: i32, argv: usize): Value {
  const index = toInt32(load<Value>(argv));
  const resultKind = toInt32(load<Value>(argv, 8));
  const count = (argc - 2) >> 1;
  const slots = malloc(<usize>(count + 1) << 3);
  if (slots == 0) return JS_ThrowOutOfMemory(context);
  for (let i = 0; i < count; i++) {
    const pair = argv + (<usize>i << 4) + 16;
    store<i64>(slots + (<usize>i << 3), toSlot(toInt32(load<Value>(pair)), load<Value>(pair, 8)));
  }
  const result = callImport(index, slots);
  const value = fromSlot(resultKind, result);
  for (let i = 0; i < count; i++) {
    const kind = toInt32(load<Value>(argv + (<usize>i << 4) + 16));
    if (kind == Kind.Text || kind == Kind.Bytes) release(load<i64>(slots + (<usize>i << 3)));
  }
  free(slots);
  return value;
}

function toSlot(kind: i32, value: Value): i64 {
  switch (kind) {
    case Kind.I32: case Kind.U32: case Kind.Bool: return toInt32(value);
    case Kind.I64: return JS_ToBigInt64(context, scratch, value) < 0 ? 0 : load<i64>(scratch);
    case Kind.F32: return <i64>reinterpret<i32>(<f32>toFloat64(value));
    case Kind.F64: return reinterpret<i64>(toFloat64(value));
    case Kind.Text: return needText(value);
    case Kind.Bytes: return writeBytes(value);
    default: return 0;
  }
}

function fromSlot(kind: i32, slot: i64): Value {
  switch (kind) {
    case Kind.I32: return integer(<i32>slot);
    case Kind.U32: return JS_NewNumber(context, <f64><u32>slot);
    case Kind.Bool: return (TAG_BOOL << 32) | <i64>(<i32>slot != 0);
    case Kind.I64: return JS_NewBigInt64(context, slot);
    case Kind.F32: return JS_NewNumber(context, <f64>reinterpret<f32>(<i32>slot));
    case Kind.F64: return JS_NewNumber(context, reinterpret<f64>(slot));
    case Kind.Text: case Kind.Bytes: return taken(slot, kind);
    default: return UNDEFINED;
  }
}

function toFloat64(value: Value): f64 {
  return JS_ToFloat64(context, scratch, value) < 0 ? NaN : load<f64>(scratch);
}

function encode(value: Value): Value {
  const text = JS_ToCStringLen2(context, scratch, value, 0);
  if (text == 0) return EXCEPTION;
  const size = load<u32>(scratch);
  repairText(text, size);
  const bytes = JS_NewUint8ArrayCopy(context, text, size);
  JS_FreeCString(context, text);
  return bytes;
}

function decode(value: Value, start: i32, end: i32): Value {
  const pointer = JS_GetUint8Array(context, scratch, value);
  const size = load<i32>(scratch);
  if (pointer == 0) return EXCEPTION;
  if (start < 0 || end < start || end > size) return decodeText(context, pointer, 0);
  return decodeText(context, pointer + start, end - start);
}

/** 53 random bits as a number from 0 to below 1. */
function random(): Value {
  if (poolLeft < 8) {
    random_get(pool, POOL_BYTES);
    poolLeft = POOL_BYTES;
  }
  poolLeft -= 8;
  const bits = load<u64>(pool + poolLeft);
  store<u64>(pool + poolLeft, 0);
  return JS_NewNumber(context, <f64>(bits >> 11) * (1.0 / 9007199254740992.0));
}

function randomFill(value: Value): Value {
  const pointer = JS_GetUint8Array(context, scratch, value);
  if (pointer == 0) return EXCEPTION;
  return integer(random_get(pointer, load<u32>(scratch)));
}

/** Milliseconds of clock 0 (since 1970) or 1 (monotonic). */
function clock(id: i32): Value {
  if (clock_time_get(id, 1000, scratch) != 0) return JS_NewNumber(context, NaN);
  return JS_NewNumber(context, <f64>load<u64>(scratch) / 1_000_000.0);
}
