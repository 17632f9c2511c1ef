/**
 * The call that is running: its input, its output, its failure.
 */
import * as abi from "./abi";
import { readText, share, shareBuffer, shareText } from "./block";
import { log } from "./log";

/** A copy of the input. */
export function input(): Uint8Array {
  return Uint8Array.wrap(inputBuffer());
}

/** The input as text; what is no UTF-8 becomes U+FFFD. */
export function inputText(): string {
  return String.UTF8.decode(inputBuffer());
}

/** Makes these bytes the output; a later output replaces it. */
export function output(bytes: Uint8Array): void {
  abi.output_set(share(bytes), bytes.byteLength);
}

/** Makes this text, as UTF-8, the output. */
export function outputText(text: string): void {
  const bytes = String.UTF8.encode(text);
  abi.output_set(shareBuffer(bytes), bytes.byteLength);
}

/** Makes this text the error of the call, which fails by it whatever is returned. No text is replaced by one space. */
export function setError(text: string): void {
  abi.error_set(shareText(text.length == 0 ? " " : text));
}

/** Takes the error back. */
export function clearError(): void {
  abi.error_set(0);
}

/** The error that is set, or no text. */
export function errorText(): string {
  return readText(abi.error_get());
}

/** Sets the error and gives 1: `return fail("Cannot read the cart: it has no total");` */
export function fail(text: string): i32 {
  setError(text);
  return 1;
}

/**
 * What the compiler calls for an uncaught exception: logs it with its place, then traps. Chosen by
 * `--use abort=~lib/@tenon/pdk-assemblyscript/assembly/call/abort`.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const what = message === null ? "given up" : message;
  const where = file === null ? "" : " (" + file + ":" + line.toString() + ":" + column.toString() + ")";
  log.error(what + where);
  unreachable();
}

function inputBuffer(): ArrayBuffer {
  const size = <i32>abi.input_length();
  const buffer = new ArrayBuffer(size);
  const to = changetype<usize>(buffer);
  let i = size & ~31;
  if (i > 0) loadTurns(to, i);
  for (; size - i >= 8; i += 8) store<u64>(to + i, abi.input_load_u64(i));
  for (; i < size; i++) store<u8>(to + i, abi.input_load_u8(i));
  return buffer;
}

/** A loop of its own and by reference, as those of `block.ts`. */
const loadTurns = (to: usize, size: i32): void => {
  for (let i = 0; i < size; i += 32) {
    store<u64>(to + i, abi.input_load_u64(i));
    store<u64>(to + i, abi.input_load_u64(i + 8), 8);
    store<u64>(to + i, abi.input_load_u64(i + 16), 16);
    store<u64>(to + i, abi.input_load_u64(i + 24), 24);
  }
};
