/**
 * Turns what an engine throws when a plug-in goes wrong into a kind and a guest stack with function names.
 *
 * The texts are the engines' own (V8, SpiderMonkey, JavaScriptCore); the standard names no codes, so an unknown text is
 * the kind `"other"`.
 */

/** Why a plug-in trapped. */
export type TrapKind =
  | "unreachable"
  | "memory-out-of-bounds"
  | "table-out-of-bounds"
  | "indirect-call"
  | "integer-divide-by-zero"
  | "integer-overflow"
  | "invalid-conversion"
  | "null-reference"
  | "uncaught-exception"
  | "stack-overflow"
  | "other";

const KINDS: readonly (readonly [RegExp, TrapKind])[] = [
  [/unreachable/i, "unreachable"],
  [/table index|(?:table|element).* out of bounds|out of bounds (?:table|call_indirect)/i, "table-out-of-bounds"],
  [/signature mismatch|indirect call|call_indirect|null function/i, "indirect-call"],
  [/memory access out of bounds|out of bounds memory|index out of bounds|unaligned/i, "memory-out-of-bounds"],
  [/by zero/i, "integer-divide-by-zero"],
  [/unrepresentable|float.*truncat|invalid conversion|trunc/i, "invalid-conversion"],
  [/integer overflow|divide result/i, "integer-overflow"],
  [/null|illegal cast/i, "null-reference"],
];

/** JavaScriptCore quotes the host's source, which says nothing of the trap. */
const EVALUATING = / \(evaluating .*\)$/s;

/**
 * @param thrown What a call into a module threw.
 * @returns Its kind, or `undefined` if it is nothing that WebAssembly throws by itself.
 */
export function trapKind(thrown: unknown): TrapKind | undefined {
  if (thrown instanceof WebAssembly.RuntimeError) {
    const message = thrown.message.replace(EVALUATING, "");
    return KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? "other";
  }
  if (typeof WebAssembly.Exception === "function" && thrown instanceof WebAssembly.Exception) return "uncaught-exception";
  const isOverflow = thrown instanceof RangeError ? /call stack/i.test(thrown.message) : thrown instanceof Error && /too much recursion/i.test(thrown.message);
  return isOverflow ? "stack-overflow" : undefined;
}

/** Longest line that is read; names come from the plug-in and may have any length. */
const MAX_LINE = 512;

/** What follows the name: `wasm-function[7]:0x1a)`; `wasm-function[7]` or `wasm-function[name]@[wasm code]` of JavaScriptCore. */
const TAIL = /^wasm-function\[([^\]]*)\](?::0x[0-9a-f]+\)?|@\[wasm code\])?$/;

const MAX_FRAMES = 50;

/**
 * @param thrown What a call into a module threw.
 * @returns The plug-in's frames, innermost first: the function's name if the module has names, else its index.
 */
export function guestStack(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== "string") return [];
  const frames: string[] = [];
  for (const line of thrown.stack.split("\n")) {
    const frame = readFrame(line.slice(-MAX_LINE));
    if (frame !== undefined) frames.push(frame);
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

/** `at name (wasm://wasm/module-1234:wasm-function[7]:0x1a)` (V8), `name@…:wasm-function[7]:0x1a` (SpiderMonkey). */
function readFrame(line: string): string | undefined {
  const at = line.lastIndexOf("wasm-function[");
  const tail = at === -1 ? undefined : TAIL.exec(line.slice(at));
  if (!tail) return undefined;
  if (tail[0].endsWith("@[wasm code]")) return tail[1];
  const url = line.lastIndexOf(" (wasm://", at);
  const head = url === -1 ? line.slice(0, Math.max(0, line.lastIndexOf("@", at))) : line.slice(0, url).replace(/^\s*at /, "");
  // V8 puts the module's name before the function's, where it has one.
  // JavaScriptCore calls a function without a name `(null)`.
  return head.replace(/^[\w$-]+\.wasm\./, "").replace(/^\(null\)$/, "") || `function ${tail[1]}`;
}
