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
  [/table index|table access|table.* out of bounds|out of bounds table/i, "table-out-of-bounds"],
  [/signature mismatch|indirect call|null function/i, "indirect-call"],
  [/memory access out of bounds|out of bounds memory|index out of bounds|unaligned/i, "memory-out-of-bounds"],
  [/by zero/i, "integer-divide-by-zero"],
  [/unrepresentable|float.*truncat|invalid conversion|trunc/i, "invalid-conversion"],
  [/integer overflow|divide result/i, "integer-overflow"],
  [/null|illegal cast/i, "null-reference"],
];

/**
 * @param thrown What a call into a module threw.
 * @returns Its kind, or `undefined` if it is nothing that WebAssembly throws by itself.
 */
export function trapKind(thrown: unknown): TrapKind | undefined {
  if (thrown instanceof WebAssembly.RuntimeError) return KINDS.find(([pattern]) => pattern.test(thrown.message))?.[1] ?? "other";
  if (typeof WebAssembly.Exception === "function" && thrown instanceof WebAssembly.Exception) return "uncaught-exception";
  const isOverflow = thrown instanceof RangeError ? /call stack/i.test(thrown.message) : thrown instanceof Error && /too much recursion/i.test(thrown.message);
  return isOverflow ? "stack-overflow" : undefined;
}

// `at name (wasm://wasm/module-1234:wasm-function[7]:0x1a)`, `name@…:wasm-function[7]:0x1a`, `<?>.wasm-function[name]@[wasm code]`
const FRAMES: readonly RegExp[] = [
  /^\s*at (?:(?<name>.*?) \()?wasm:\/\/.*wasm-function\[(?<index>\d+)\]:(?<offset>0x[0-9a-f]+)\)?$/,
  /^(?<name>.*?)@.*:wasm-function\[(?<index>\d+)\]:(?<offset>0x[0-9a-f]+)$/,
  /^.*\.?wasm-function\[(?<name>.+)\]@\[wasm code\]$/,
];

const MAX_FRAMES = 50;

/**
 * @param thrown What a call into a module threw.
 * @returns The plug-in's frames, innermost first: the function's name if the module has names, else its index.
 */
export function guestStack(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== "string") return [];
  const frames: string[] = [];
  for (const line of thrown.stack.split("\n")) {
    const groups = FRAMES.map((pattern) => pattern.exec(line)?.groups).find((match) => match !== undefined);
    if (groups === undefined) continue;
    const name = groups["name"] || `function ${groups["index"]}`;
    frames.push(name.replace(/^[\w$-]+\.wasm\.|^\w+\.(?=wasm-function)/, ""));
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}
