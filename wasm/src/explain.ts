/**
 * Makes errors of the numbers with which the walk over the code refuses a module. Apart from the walk, because a page
 * needs these texts only for the few modules that are refused.
 */
import { unknownOpcode, WalkRefusal, WasmError } from "./error.ts";
import * as no from "./refusal.ts";

/** What the indices point into, from `NO_SUCH_TYPE` on. */
const SPACES = ["type", "function", "table", "memory", "global", "tag", "local", "label", "segment"];
const MALFORMED: Readonly<Record<number, string>> = {
  [no.NUMBER_MALFORMED]: "number",
  [no.OFFSET_MALFORMED]: "offset",
  [no.BODY_MALFORMED]: "function body",
  [no.ELSE_MALFORMED]: "else",
  [no.CATCH_MALFORMED]: "catch",
  [no.DELEGATE_MALFORMED]: "delegate",
};
/** What was counted, from `LOCAL_GROUPS` on, by the second byte. */
const COUNTED = ["locals", "labels", "catch clauses", "types of select", "items of array.new_fixed"];

/**
 * Says in words why the walk refused a module.
 *
 * @param error What was thrown.
 * @returns A {@link WasmError} for a {@link WalkRefusal}; anything else as it is.
 */
export function explainRefusal(error: unknown): unknown {
  return error instanceof WalkRefusal ? explain(error) : error;
}

function explain({ why, offset, first: value, second: more }: WalkRefusal): WasmError {
  const space = SPACES[why - no.NO_SUCH_TYPE];
  if (space !== undefined) return new WasmError("malformed", `${space} index`, offset, `there is no ${space} ${value}`);
  const construct = MALFORMED[why];
  if (construct !== undefined) return new WasmError("malformed", construct, offset, "it does not end where it must");
  const items = COUNTED[(why >> 8) - 1] ?? "";
  switch (why & 0xff) {
    case no.BYTE_MISSING: return new WasmError("malformed", "byte", offset, "the section ends here");
    case no.NUMBER_TOO_LONG: return new WasmError("malformed", "number", offset, `it is longer than ${value} bits`);
    case no.COUNT_MALFORMED: return new WasmError("malformed", items, offset, `${value} are announced and ${more} bytes are left`);
    case no.COUNT_TOO_LARGE: return new WasmError("too-large", items, offset, `${value} are more than the ${more} that engines accept`);
    case no.VALUE_TYPE_UNKNOWN: return new WasmError("unknown", `value type 0x${value.toString(16)}`, offset, "this type is not known");
    case no.HEAP_TYPE_UNKNOWN: return new WasmError("unknown", `heap type -${value}`, offset, "this type is not known");
    case no.LOCALS_TOO_MANY: return new WasmError("too-large", "locals", offset, `${value} are the most that engines accept`);
    case no.NESTING_TOO_DEEP: return new WasmError("too-large", "nesting", offset, `${value} blocks are the most`);
    case no.BODY_TOO_LARGE: return new WasmError("too-large", "function body", offset, "with metering it is larger than engines accept");
    case no.OPCODE_UNKNOWN: return unknownOpcode(offset, value);
    case no.PREFIXED_UNKNOWN: return unknownOpcode(offset, value, more);
    case no.CLAUSE_UNKNOWN: return new WasmError("unknown", `catch clause ${value}`, offset, "this clause is not known");
    case no.WAIT_UNLIMITABLE: return new WasmError("unlimitable", "memory.atomic.wait", offset, "it may wait for ever and cannot be interrupted");
    case no.ALLOCATION_UNLIMITABLE: {
      const name = value < 2 ? "struct.new" : value === 8 ? "array.new_fixed" : "array.new";
      return new WasmError("unlimitable", name, offset, "it takes memory of the engine, which a limit of pages does not count");
    }
    case no.MERGES_UNLIMITABLE:
      return new WasmError("unlimitable", "function", offset, "with its locals, operands, blocks and branches it takes the engine too long to compile");
    case no.NO_ROOM: default: return new WasmError("too-large", "module", offset, "there is not enough memory to rewrite it");
  }
}
