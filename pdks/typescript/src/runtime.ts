/**
 * Runs a plug-in's exports: input in, function called, output or error out.
 *
 * The compiler's entry module calls `serve` once, while the plug-in is built; the bridge calls the
 * handler for every call. One call is over when its result has settled and nothing is left that
 * it started: jobs are run by the bridge, timers here.
 */
import { check, SCHEMAS, type Typed } from "./schema.ts";
import { describeError, setPositions } from "./stack.ts";
import { attach, endBuild, native } from "./native.ts";
import { clearTimers, hasTimers, runNextTimer, stopIntervals } from "./web/timers.ts";

/** How an export takes its input: not at all, as text, as bytes, or parsed from JSON. */
export type InputKind = "none" | "text" | "bytes" | "buffer" | "json";

/** One export of the plug-in. */
export type Export = { name: string; run: unknown; input: InputKind };

const DONE = 0;
const FAILED = 1;
const PENDING = 2;

/** What the bridge asks for instead of an export. */
const CONTINUE = -1;
const REJECTED = -2;
const HANDLED = -3;
/** What the compiler asks for, once, before the snapshot; the first value is the table of positions. */
const END_BUILD = -4;
/** And, for each export: whether it is a function. Asked as -16 for export 0, -17 for export 1, … */
const IS_FUNCTION = -16;

type Call = { name: string; state: "running" | "fulfilled" | "rejected"; value: unknown };

let call: Call | undefined;
const unhandled = new Map<unknown, unknown>();

/**
 * Registers the exports.
 *
 * @param exports In the order of the export numbers.
 */
export function serve(exports: readonly Export[]): void {
  attach((what, first, second) => {
    if (what >= 0) return begin(exports[what]!);
    if (what === CONTINUE) return proceed();
    if (what === REJECTED) unhandled.set(first, second);
    else if (what === HANDLED) unhandled.delete(first);
    else if (what <= IS_FUNCTION) return typeof exports[IS_FUNCTION - what]?.run === "function" ? 1 : 0;
    else if (what === END_BUILD) {
      setPositions(first as string);
      clearTimers();
      unhandled.clear();
      endBuild();
    }
    return DONE;
  });
}

function begin({ name, run, input }: Export): number {
  clearTimers();
  unhandled.clear();
  call = undefined;
  try {
    if (typeof run !== "function") throw new TypeError(`Cannot call "${name}": the export is ${run === null ? "null" : `of type ${typeof run}`}, not a function`);
    const schemas = (run as Typed)[SCHEMAS];
    let value = readInput(name, schemas === undefined ? input : "json");
    if (schemas?.input !== undefined) value = check(schemas.input, value, `the input of "${name}"`);
    const invoke = run as (...values: unknown[]) => unknown;
    let result: unknown = value instanceof Promise ? value.then(invoke) : input === "none" && schemas === undefined ? invoke() : invoke(value);
    if (schemas?.output !== undefined) {
      const { output } = schemas;
      const checkOutput = (settled: unknown): unknown => check(output, settled, `the output of "${name}"`);
      result = isThenable(result) ? Promise.resolve(result).then(checkOutput) : checkOutput(result);
    }
    if (!isThenable(result)) {
      writeOutput(name, result);
      return hasTimers() || unhandled.size > 0 ? leave() : DONE;
    }
    const started: Call = { name, state: "running", value: undefined };
    call = started;
    Promise.resolve(result).then(
      (settled) => { started.state = "fulfilled"; started.value = settled; },
      (reason: unknown) => { started.state = "rejected"; started.value = reason; },
    );
    return PENDING;
  } catch (error) {
    return failWith(error);
  }
}

/** Called when no job is left: settle the call, or run the next timer, or say that it hangs. */
function proceed(): number {
  try {
    if (call !== undefined && call.state !== "running") {
      const { name, state, value } = call;
      call = undefined;
      if (state === "rejected") return failWith(value);
      writeOutput(name, value);
      return leave();
    }
    if (runNextTimer()) return PENDING;
    if (call !== undefined) throw new Error(`Cannot finish "${call.name}": its promise never settles, and no timer or job is left that could settle it`);
    for (const reason of unhandled.values()) return failWith(reason);
    return DONE;
  } catch (error) {
    return failWith(error);
  }
}

/** The result is known: what remains are timers that were started and not awaited, and rejections nobody handles. */
function leave(): number {
  stopIntervals();
  return PENDING;
}

function readInput(name: string, kind: InputKind): unknown {
  switch (kind) {
    case "none": return undefined;
    case "text": return native.inputText();
    case "bytes": return native.inputBytes();
    case "buffer": return native.inputBytes().buffer;
    case "json": return readJson(name);
    default: return kind satisfies never;
  }
}

function readJson(name: string): unknown {
  try {
    return native.inputJson();
  } catch (error) {
    if (native.inputText() === "") return undefined;
    // The message says all that the engine's error does, and its stack leads into the runtime.
    // oxlint-disable-next-line preserve-caught-error
    throw new TypeError(`Cannot read the input of "${name}" as JSON: ${error instanceof Error ? error.message : String(error)}; a parameter of type string or Uint8Array takes the input as it is`);
  }
}

function writeOutput(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "string") native.outputText(value);
  else if (value instanceof Uint8Array) native.outputBytes(value);
  else if (value instanceof ArrayBuffer) native.outputBytes(new Uint8Array(value));
  else {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`Cannot write the output of "${name}": JSON has no form for a ${typeof value}`);
    native.outputText(text);
  }
}

function failWith(error: unknown): number {
  call = undefined;
  clearTimers();
  native.fail(describeError(error));
  return FAILED;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
