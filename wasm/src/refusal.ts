/**
 * Why the walk over the code refuses a module. Numbers alone, so that the walk (`../assembly`) shares them; `explain.ts`
 * makes errors of them. With each comes a byte offset and up to two values, named behind it.
 */

/** The memory of the walk cannot grow. */
export const NO_ROOM = 0;
/** The function ends here. */
export const BYTE_MISSING = 1;
/** A number has too many bytes; its bits. */
export const NUMBER_TOO_LONG = 2;
/** A number that is only skipped does not end. */
export const NUMBER_MALFORMED = 3;
/** The offset of a memory access does not end. */
export const OFFSET_MALFORMED = 4;
/** A value type; its byte. */
export const VALUE_TYPE_UNKNOWN = 5;
/** An abstract heap type; its number, negated. */
export const HEAP_TYPE_UNKNOWN = 6;
/** An index that points at nothing: the index. */
export const NO_SUCH_TYPE = 7;
export const NO_SUCH_FUNCTION = 8;
export const NO_SUCH_TABLE = 9;
export const NO_SUCH_MEMORY = 10;
export const NO_SUCH_GLOBAL = 11;
export const NO_SUCH_TAG = 12;
export const NO_SUCH_LOCAL = 13;
export const NO_SUCH_LABEL = 14;
export const NO_SUCH_SEGMENT = 15;
/** More items are announced than there are bytes: how many, and bytes left; plus what they are, below. */
export const COUNT_MALFORMED = 16;
/** More items than engines accept: how many, and how many they accept; plus what they are. */
export const COUNT_TOO_LARGE = 17;
/** More locals than engines accept. */
export const LOCALS_TOO_MANY = 18;
/** A body that does not end where it must; so do the instructions below. */
export const BODY_MALFORMED = 19;
export const ELSE_MALFORMED = 20;
export const CATCH_MALFORMED = 21;
export const DELEGATE_MALFORMED = 22;
/** Blocks inside each other: the most. */
export const NESTING_TOO_DEEP = 23;
/** With metering the body is larger than engines accept. */
export const BODY_TOO_LARGE = 24;
/** An opcode. */
export const OPCODE_UNKNOWN = 25;
/** A prefix, and the opcode behind it. */
export const PREFIXED_UNKNOWN = 26;
/** A catch clause; its kind. */
export const CLAUSE_UNKNOWN = 27;
/** `memory.atomic.wait` in a module that shall be stopped. */
export const WAIT_UNLIMITABLE = 28;
/** An allocation on the engine's heap; its opcode after 0xfb. */
export const ALLOCATION_UNLIMITABLE = 29;
/** A function that takes too long to compile. */
export const MERGES_UNLIMITABLE = 30;

// What was counted.
export const LOCAL_GROUPS = 0x100;
export const LABELS = 0x200;
export const CATCH_CLAUSES = 0x300;
export const SELECT_TYPES = 0x400;
export const FIXED_ITEMS = 0x500;
