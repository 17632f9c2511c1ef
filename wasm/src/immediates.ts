/**
 * Kinds of immediates: what may follow an opcode. Numbers alone, so that the walk (`../assembly`) shares them; which
 * opcode has which is told in `opcodes.ts`.
 */

/** An opcode that no engine ships. The numbers are the letters of the tables in `opcodes.ts`. */
export const UNKNOWN = 0x2d; // -
/** No immediates. */
export const PLAIN = 0x2e; // .
/** `block`, `loop`, `if`, `try`: a block type. */
export const BLOCK = 0x42; // B
/** `try_table`: a block type and catch clauses. */
export const TRY_TABLE = 0x79; // y
/** `else`, `end`, `catch_all`: structure without immediates. */
export const STRUCTURE = 0x73; // s
/** A label. */
export const LABEL = 0x6c; // l
/** `br_table`: labels. */
export const LABELS = 0x4c; // L
/** A function index. */
export const FUNCTION = 0x66; // f
/** A type and a table index. */
export const TYPE_TABLE = 0x69; // i
/** A type index. */
export const TYPE = 0x74; // t
/** A local index. */
export const LOCAL = 0x76; // v
/** A global index. */
export const GLOBAL = 0x67; // g
/** A table index. */
export const TABLE = 0x54; // T
/** Two table indices. */
export const TABLES = 0x55; // U
/** Alignment, perhaps a memory index, offset. */
export const MEMARG = 0x6d; // m
/** The same and a lane. */
export const MEMARG_LANE = 0x6e; // n
/** A memory index. */
export const MEMORY = 0x4d; // M
/** Two memory indices. */
export const MEMORIES = 0x4e; // N
/** A number of up to five bytes: `i32.const`. */
export const CONST32 = 0x33; // 3
/** A number of up to ten bytes: `i64.const`. */
export const CONST64 = 0x36; // 6
/** Four bytes. */
export const BYTES4 = 0x34; // 4
/** Eight bytes. */
export const BYTES8 = 0x38; // 8
/** Sixteen bytes. */
export const BYTES16 = 0x78; // x
/** One byte. */
export const BYTE = 0x31; // 1
/** A heap type. */
export const HEAP_TYPE = 0x68; // h
/** Value types of `select`. */
export const VALUE_TYPES = 0x56; // V
/** A tag index. */
export const TAG = 0x65; // e
/** A type index and a number. */
export const TYPE_NUMBER = 0x75; // u
/** A type and a data index. */
export const TYPE_DATA = 0x44; // D
/** A type and an element index. */
export const TYPE_ELEMENT = 0x45; // E
/** Two type indices. */
export const TYPES = 0x57; // W
/** A data and a memory index. */
export const DATA_MEMORY = 0x70; // p
/** A data index. */
export const DATA = 0x64; // d
/** An element and a table index. */
export const ELEMENT_TABLE = 0x71; // q
/** An element index. */
export const ELEMENT = 0x72; // r
/** `br_on_cast`: flags, a label and two heap types. */
export const CAST = 0x63; // c
