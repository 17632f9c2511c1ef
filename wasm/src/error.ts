/**
 * How reading or rewriting a module ends badly. Hosts map `reason` to their own failure codes.
 */

/**
 * Why a module was refused. The words are the contract; messages may change.
 *
 * - `malformed`: the bytes are not a WebAssembly module, or an index points at nothing.
 * - `unknown`: an opcode, section, type or flag that this reader does not know.
 * - `too-large`: more items than engines accept, or than are left after what is added.
 * - `over-limit`: the module needs more memory or table elements from the start than the limit allows.
 * - `unlimitable`: a limit was asked for that cannot be made to hold for this construct.
 * - `reserved`: the module uses a name that belongs to the rewriter.
 * - `mismatch`: the module imports a kernel function with another signature.
 */
export type WasmErrorReason =
  | "malformed"
  | "unknown"
  | "too-large"
  | "over-limit"
  | "unlimitable"
  | "reserved"
  | "mismatch";

/**
 * The walk over the code refuses a module, by number (`refusal.ts`). Nobody outside sees one: `explainRefusal` makes a
 * {@link WasmError} of it.
 */
export class WalkRefusal extends Error {
  readonly why: number;
  /** Byte offset in the module. */
  readonly offset: number;
  /** What `refusal.ts` names behind the number. */
  readonly first: number;
  readonly second: number;

  constructor(why: number, offset: number, first: number, second: number) {
    super(`Refusal ${why}`);
    this.why = why;
    this.offset = offset;
    this.first = first;
    this.second = second;
  }
}

/** A module that cannot be read or rewritten: the reason, what it is about, and where in the file. */
export class WasmError extends Error {
  /** Of the class and of every error, whatever a bundler calls the class. */
  static override readonly name: string = (this.prototype.name = "WasmError");

  /** Why; stable. */
  readonly reason: WasmErrorReason;
  /** Byte offset in the module, from its first byte. */
  readonly offset: number;
  /** The construct it is about, such as `opcode 0xd7` or `array.new`. */
  readonly construct: string;

  /**
   * @param reason Why the module is refused.
   * @param construct What it is about, in few words.
   * @param offset Byte offset in the module.
   * @param state What is the case, for the message.
   */
  constructor(reason: WasmErrorReason, construct: string, offset: number, state: string) {
    super(`Cannot read ${construct} at byte ${offset}: ${state}`);
    this.reason = reason;
    this.offset = offset;
    this.construct = construct;
  }
}

/** The error for an opcode that no engine ships. */
export function unknownOpcode(offset: number, ...opcodes: readonly number[]): WasmError {
  const construct = `opcode ${opcodes.map((opcode) => `0x${opcode.toString(16).padStart(2, "0")}`).join(" ")}`;
  return new WasmError("unknown", construct, offset, "this instruction is not known, so no limit could hold for it");
}
