/**
 * Every way to name something by index, one past what a module has itself: where a limited module has something more in that
 * space, the index would hit it. Each is refused, at its place, under every set of limits that appends anything.
 */
import { describe, expect, test } from "vitest";
import { compile } from "../fuzz/text.ts";
import { encodeModule, limitModule, parseModule, type LimitOptions } from "./mod.ts";

const KERNEL = {
  namespace: "extism:host/env",
  imports: ["alloc"],
  bytes: compile(`(module (memory (export "memory") 1) (global (mut i32) (i32.const 0)) (func (export "alloc") (param i64) (result i64) (i64.const 0)) (func (export "reset")))`),
};
/** All sets of what appends. */
const SETS: readonly LimitOptions[] = Array.from({ length: 15 }, (_, index) => {
  const bits = index + 1;
  return { fuel: (bits & 1) > 0, interrupt: (bits & 2) > 0, stack: (bits & 4) > 0, kernel: (bits & 8) > 0 ? KERNEL : undefined, tableElements: 1_000 };
});

type Section = readonly [id: number, payload: readonly number[]];
const moduleOf = (...sections: readonly Section[]): Uint8Array => encodeModule(sections.map(([id, payload]) => ({ id, parts: [Uint8Array.from(payload)] })));

const FUNCTION = [0x60, 0, 0];
const TYPES: Section = [1, [1, ...FUNCTION]];
/** () → (), structures, arrays of numbers, bytes and functions, all of fields that can be set. */
const HEAP_TYPES: Section = [1, [5, ...FUNCTION, 0x5f, 1, 0x7f, 1, 0x5e, 0x7f, 1, 0x5e, 0x78, 1, 0x5e, 0x70, 1]];
const BEFORE_CODE: readonly Section[] = [
  [3, [1, 0]], [4, [1, 0x70, 0, 1]], [5, [1, 0, 1]], [13, [1, 0, 0]], [6, [1, 0x7f, 1, 0x41, 0, 0x0b]], [7, [1, 1, 0x66, 0, 0]], [9, [1, 1, 0, 1, 0]], [12, [1]],
];
const DATA: Section = [11, [1, 1, 1, 9]];
/** A module with one of everything whose function has this code: behind `unreachable`, where operands may be any. */
const withCode = (code: readonly number[], types: Section = TYPES): Uint8Array => {
  const body = [1, 1, 0x7f, 0x00, ...code, 0x00, 0x0b]; // one local, i32
  return moduleOf(types, ...BEFORE_CODE, [10, [1, body.length, ...body]], DATA);
};

/** What engines may lack. */
const KNOWN = {
  memories: WebAssembly.validate(moduleOf([5, [2, 0, 1, 0, 1]]) as BufferSource),
  sums: WebAssembly.validate(moduleOf([6, [1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b]]) as BufferSource),
  heap: WebAssembly.validate(withCode([], HEAP_TYPES) as BufferSource),
  tailCalls: WebAssembly.validate(withCode([0x12, 0]) as BufferSource),
  try: WebAssembly.validate(withCode([0x06, 0x40, 0x19, 0x0b]) as BufferSource),
  tryTable: WebAssembly.validate(withCode([0x1f, 0x40, 0, 0x0b]) as BufferSource),
};

/** JavaScriptCore hardly looks at code behind code that ends, so it is no judge of it; elsewhere the case must be invalid as it stands. */
const READS_DEAD_CODE = !WebAssembly.validate(withCode([0x0e, 1, 9, 0]) as BufferSource); // br_table 9 0

interface Case {
  readonly name: string;
  /** What the index points into, as the error calls it. */
  readonly space: string;
  /** The module with an index there. */
  readonly module: (index: number) => Uint8Array;
  /** An index that is there; 0 if nothing is said. */
  readonly last?: number;
  /** The first that is not; 1 if nothing is said. */
  readonly first?: number;
  /** How many bytes before the index the error says it is; none if nothing is said. */
  readonly back?: number;
  readonly needs?: keyof typeof KNOWN;
  /** Whether this engine leaves it unread where it stands. */
  readonly isUnread?: boolean;
}

const code = (space: string, name: string, bytes: (index: number) => readonly number[], more: Partial<Case> = {}): Case =>
  ({ space, name, module: (index) => withCode(bytes(index)), isUnread: !READS_DEAD_CODE, ...more });
const heap = (space: string, name: string, bytes: (index: number) => readonly number[], more: Partial<Case> = {}): Case =>
  ({ space, name, module: (index) => withCode(bytes(index), HEAP_TYPES), needs: "heap", isUnread: !READS_DEAD_CODE, ...more });
const outside = (space: string, name: string, module: (index: number) => readonly Section[], more: Partial<Case> = {}): Case =>
  ({ space, name, module: (index) => moduleOf(...module(index)), ...more });
const FUNC: readonly Section[] = [TYPES, [3, [1, 0]]];
const CODE: Section = [10, [1, 2, 0, 0x0b]];
const GLOBAL_IMPORT: Section = [2, [1, 1, 0x61, 1, 0x62, 3, 0x7f, 0]];

const CASES: readonly Case[] = [
  code("function", "call", (x) => [0x10, x]),
  code("function", "return_call", (x) => [0x12, x], { needs: "tailCalls" }),
  code("function", "ref.func", (x) => [0xd2, x]),
  outside("function", "an export", (x) => [...FUNC, [7, [1, 1, 0x66, 0, x]], CODE]),
  outside("function", "the start function", (x) => [...FUNC, [8, [x]], CODE]),
  outside("function", "an element", (x) => [...FUNC, [4, [1, 0x70, 0, 1]], [9, [1, 0, 0x41, 0, 0x0b, 1, x]], CODE]),
  outside("function", "ref.func in an element", (x) => [...FUNC, [9, [1, 5, 0x70, 1, 0xd2, x, 0x0b]], CODE]),
  outside("function", "ref.func in a global", (x) => [...FUNC, [6, [1, 0x70, 0, 0xd2, x, 0x0b]], CODE]),
  outside("function", "ref.func in a table", (x) => [...FUNC, [4, [1, 0x40, 0, 0x70, 0, 1, 0xd2, x, 0x0b]], CODE], { needs: "heap" }),

  code("type", "a block", (x) => [0x02, x, 0x0b]),
  code("type", "a loop", (x) => [0x03, x, 0x0b]),
  code("type", "an if", (x) => [0x04, x, 0x0b]),
  code("type", "a try", (x) => [0x06, x, 0x19, 0x0b], { needs: "try" }),
  code("type", "a try_table", (x) => [0x1f, x, 0, 0x0b], { needs: "tryTable" }),
  code("type", "call_indirect", (x) => [0x11, x, 0]),
  code("type", "return_call_indirect", (x) => [0x13, x, 0], { needs: "tailCalls" }),
  heap("type", "call_ref", (x) => [0x14, x], { first: 5 }),
  heap("type", "return_call_ref", (x) => [0x15, x], { first: 5 }),
  heap("type", "ref.null", (x) => [0xd0, x], { last: 4, first: 5 }),
  heap("type", "a block that leaves a reference", (x) => [0x02, 0x63, x, 0x00, 0x0b], { last: 4, first: 5 }),
  heap("type", "select", (x) => [0x1c, 1, 0x63, x], { last: 4, first: 5 }),
  ...[0, 1].map((op) => heap("type", ["struct.new", "struct.new_default"][op] ?? "", (x) => [0xfb, op, x], { last: 1, first: 5 })),
  ...([[2, "struct.get"], [5, "struct.set"]] as const).map(([op, name]) => heap("type", name, (x) => [0xfb, op, x, 0], { last: 1, first: 5 })),
  ...([[6, "array.new"], [7, "array.new_default"], [11, "array.get"], [14, "array.set"], [16, "array.fill"]] as const).map(([op, name]) =>
    heap("type", name, (x) => [0xfb, op, x], { last: 2, first: 5 })),
  heap("type", "array.new_fixed", (x) => [0xfb, 8, x, 1], { last: 2, first: 5 }),
  heap("type", "array.get_u", (x) => [0xfb, 13, x], { last: 3, first: 5 }),
  heap("type", "array.copy, to", (x) => [0xfb, 17, x, 2], { last: 2, first: 5 }),
  heap("type", "array.copy, from", (x) => [0xfb, 17, 2, x], { last: 2, first: 5 }),
  heap("type", "array.new_data", (x) => [0xfb, 9, x, 0], { last: 3, first: 5 }),
  heap("type", "array.new_elem", (x) => [0xfb, 10, x, 0], { last: 4, first: 5 }),
  heap("type", "array.init_data", (x) => [0xfb, 18, x, 0], { last: 3, first: 5 }),
  heap("type", "array.init_elem", (x) => [0xfb, 19, x, 0], { last: 4, first: 5 }),
  ...([[20, "ref.test"], [21, "ref.test null"], [22, "ref.cast"], [23, "ref.cast null"]] as const).map(([op, name]) =>
    heap("type", name, (x) => [0xfb, op, x], { last: 1, first: 5 })),
  heap("type", "br_on_cast, from", (x) => [0x02, 0x63, 1, 0x00, 0xfb, 24, 3, 0, x, 1, 0x00, 0x0b], { last: 1, first: 5 }),
  heap("type", "br_on_cast, to", (x) => [0x02, 0x63, 1, 0x00, 0xfb, 24, 3, 0, 1, x, 0x00, 0x0b], { last: 1, first: 5 }),
  outside("type", "a function", (x) => [TYPES, [3, [1, x]], CODE]),
  outside("type", "an imported function", (x) => [TYPES, [2, [1, 1, 0x61, 1, 0x62, 0, x]]]),
  outside("type", "a tag", (x) => [TYPES, [13, [1, 0, x]]]),
  outside("type", "an imported tag", (x) => [TYPES, [2, [1, 1, 0x61, 1, 0x62, 4, 0, x]]]),
  outside("type", "a table", (x) => [TYPES, [4, [1, 0x63, x, 0, 1]]], { needs: "heap" }),
  outside("type", "a global", (x) => [TYPES, [6, [1, 0x63, x, 0, 0xd0, 0, 0x0b]]], { needs: "heap" }),
  outside("type", "ref.null in a global", (x) => [TYPES, [6, [1, 0x63, 0, 0, 0xd0, x, 0x0b]]], { needs: "heap" }),
  outside("type", "an element segment", (x) => [TYPES, [9, [1, 5, 0x63, x, 0]]], { needs: "heap" }),
  outside("type", "a local", (x) => [...FUNC, [10, [1, 5, 1, 1, 0x63, x, 0x0b]]], { needs: "heap" }),
  outside("type", "a parameter", (x) => [[1, [2, ...FUNCTION, 0x60, 1, 0x63, x, 0]]], { first: 2, needs: "heap" }),
  outside("type", "a field", (x) => [[1, [2, ...FUNCTION, 0x5f, 1, 0x63, x, 0]]], { first: 2, needs: "heap" }),
  outside("type", "a supertype", (x) => [[1, [2, 0x50, 0, 0x5f, 0, 0x50, 1, x, 0x5f, 0]]], { first: 2, back: 2, needs: "heap" }),

  code("table", "call_indirect", (x) => [0x11, 0, x]),
  code("table", "return_call_indirect", (x) => [0x13, 0, x], { needs: "tailCalls" }),
  code("table", "table.get", (x) => [0x25, x]),
  code("table", "table.set", (x) => [0x26, x]),
  ...([[15, "table.grow"], [16, "table.size"], [17, "table.fill"]] as const).map(([op, name]) => code("table", name, (x) => [0xfc, op, x])),
  code("table", "table.copy, to", (x) => [0xfc, 14, x, 0]),
  code("table", "table.copy, from", (x) => [0xfc, 14, 0, x]),
  code("table", "table.init", (x) => [0xfc, 12, 0, x]),
  outside("table", "an export", (x) => [[4, [1, 0x70, 0, 1]], [7, [1, 1, 0x66, 1, x]]]),
  outside("table", "an element segment", (x) => [...FUNC, [4, [1, 0x70, 0, 1]], [9, [1, 2, x, 0x41, 0, 0x0b, 0, 1, 0]], CODE]),

  code("memory", "a load", (x) => [0x28, 0x42, x, 0], { back: 2, needs: "memories" }),
  code("memory", "a store", (x) => [0x36, 0x42, x, 0], { back: 2, needs: "memories" }),
  code("memory", "a vector's load", (x) => [0xfd, 0, 0x44, x, 0], { back: 3, needs: "memories" }),
  code("memory", "a lane's load", (x) => [0xfd, 84, 0x40, x, 0, 1], { back: 3, needs: "memories" }),
  code("memory", "an atomic load", (x) => [0xfe, 0x10, 0x42, x, 0], { back: 3, needs: "memories" }),
  code("memory", "memory.size", (x) => [0x3f, x]),
  code("memory", "memory.grow", (x) => [0x40, x]),
  code("memory", "memory.fill", (x) => [0xfc, 11, x]),
  code("memory", "memory.copy, to", (x) => [0xfc, 10, x, 0]),
  code("memory", "memory.copy, from", (x) => [0xfc, 10, 0, x]),
  code("memory", "memory.init", (x) => [0xfc, 8, 0, x]),
  outside("memory", "an export", (x) => [[5, [1, 0, 1]], [7, [1, 1, 0x66, 2, x]]]),
  outside("memory", "a data segment", (x) => [[5, [1, 0, 1]], [11, [1, 2, x, 0x41, 0, 0x0b, 0]]], { back: 1 }),

  code("global", "global.get", (x) => [0x23, x]),
  code("global", "global.set", (x) => [0x24, x]),
  outside("global", "an export", (x) => [[6, [1, 0x7f, 0, 0x41, 0, 0x0b]], [7, [1, 1, 0x66, 3, x]]]),
  outside("global", "a global that names itself", (x) => [GLOBAL_IMPORT, [6, [1, 0x7f, 0, 0x23, x, 0x0b]]]),
  outside("global", "a global that names what follows", (x) => [GLOBAL_IMPORT, [6, [1, 0x7f, 0, 0x23, x, 0x0b]]], { first: 2 }),
  outside("global", "a sum", (x) => [GLOBAL_IMPORT, [6, [1, 0x7f, 0, 0x41, 1, 0x23, x, 0x6a, 0x0b]]], { first: 2, needs: "sums" }),
  outside("global", "the offset of a data segment", (x) => [GLOBAL_IMPORT, [5, [1, 0, 1]], [11, [1, 0, 0x23, x, 0x0b, 0]]]),
  outside("global", "the offset of an element segment", (x) => [GLOBAL_IMPORT, [4, [1, 0x70, 0, 1]], [9, [1, 0, 0x23, x, 0x0b, 0]]]),
  outside("global", "an element", (x) => [[2, [1, 1, 0x61, 1, 0x62, 3, 0x70, 0]], [9, [1, 5, 0x70, 1, 0x23, x, 0x0b]]]),

  code("tag", "throw", (x) => [0x08, x]),
  code("tag", "catch", (x) => [0x06, 0x40, 0x07, x, 0x0b], { needs: "try" }),
  code("tag", "try_table's catch", (x) => [0x1f, 0x40, 1, 0, x, 0, 0x0b], { back: 4, needs: "tryTable" }),
  code("tag", "try_table's catch_ref", (x) => [0x02, 0x69, 0x1f, 0x40, 1, 1, x, 0, 0x0b, 0x00, 0x0b], { back: 4, needs: "tryTable" }),
  outside("tag", "an export", (x) => [TYPES, [13, [1, 0, 0]], [7, [1, 1, 0x66, 4, x]]]),

  code("segment", "table.init, of elements", (x) => [0xfc, 12, x, 0]),
  code("segment", "elem.drop", (x) => [0xfc, 13, x]),
  heap("segment", "array.new_elem", (x) => [0xfb, 10, 4, x]),
  heap("segment", "array.init_elem", (x) => [0xfb, 19, 4, x]),
  code("segment", "memory.init, of data", (x) => [0xfc, 8, x, 0]),
  code("segment", "data.drop", (x) => [0xfc, 9, x]),
  heap("segment", "array.new_data", (x) => [0xfb, 9, 3, x]),
  heap("segment", "array.init_data", (x) => [0xfb, 18, 3, x]),

  code("local", "local.get", (x) => [0x20, x], { back: 1 }),
  code("local", "local.set", (x) => [0x21, x], { back: 1 }),
  code("local", "local.tee", (x) => [0x22, x], { back: 1 }),
  code("label", "br", (x) => [0x0c, x], { back: 1 }),
  code("label", "br_if", (x) => [0x0d, x], { back: 1 }),
  code("label", "br_table", (x) => [0x0e, 1, x, 0], { back: 2 }),
  code("label", "br_table, otherwise", (x) => [0x0e, 1, 0, x], { back: 3 }),
  code("label", "delegate", (x) => [0x06, 0x40, 0x18, x], { back: 1, needs: "try" }),
  code("label", "rethrow", (x) => [0x06, 0x40, 0x19, 0x09, x, 0x0b], { first: 2, back: 1, needs: "try" }),
  code("label", "try_table's catch_all", (x) => [0x1f, 0x40, 1, 2, x, 0x0b], { back: 4, needs: "tryTable" }),
  heap("label", "br_on_null", (x) => [0xd5, x], { back: 1 }),
  heap("label", "br_on_cast", (x) => [0x02, 0x63, 1, 0x00, 0xfb, 24, 3, x, 1, 1, 0x00, 0x0b], { first: 2, back: 3 }),
];

describe("one past what a module has", () => {
  test.each(CASES.map((each) => ({ ...each, title: `${each.space}: ${each.name}` })))("$title", ({ space, module, last = 0, first = 1, back = 0, needs, isUnread }) => {
    const valid = module(last);
    const broken = module(first);
    if (!isUnread) {
      expect(WebAssembly.validate(valid as BufferSource)).toBe(needs === undefined || KNOWN[needs]);
      expect(WebAssembly.validate(broken as BufferSource)).toBe(false);
    }
    const offset = valid.findIndex((byte, at) => byte !== broken[at]) - back;
    for (const options of SETS) {
      expect(limitModule(valid, options).bytes.length).toBeGreaterThan(valid.length);
      expect(() => limitModule(broken, options)).toThrow(
        expect.objectContaining({ name: "WasmError", reason: "malformed", construct: `${space} index`, offset, message: expect.stringContaining(`there is no ${space} ${first}`) as string }) as Error,
      );
    }
  });

  test("would be something of the host's, in some set of limits, if it were a type, function, memory or global", () => {
    const counts = ({ types, functions, tables, memories, globals, tags, elements, dataCount = 0 }: ReturnType<typeof parseModule>) =>
      ({ types: types.length, functions: functions.length, tables: tables.length, memories: memories.length, globals: globals.length, tags: tags.length, elements: elements.length, data: dataCount });
    const own = counts(parseModule(withCode([])));
    const grown = new Set<string>();
    for (const options of SETS)
      for (const [space, count] of Object.entries(counts(parseModule(limitModule(withCode([]), options).bytes)))) if (count > own[space as keyof typeof own]) grown.add(space);
    expect([...grown].toSorted()).toEqual(["functions", "globals", "memories", "types"]);
  });

  test("memory 0 of a module that has none does not reach the kernel's", () => {
    const bare = (sections: readonly Section[], ...body: readonly number[]): Uint8Array =>
      moduleOf(TYPES, [3, [1, 0]], ...sections.filter(([id]) => id < 10), [10, [1, body.length + 2, 0, ...body, 0x0b]], ...sections.filter(([id]) => id === 11));
    const ZERO = [0x41, 0];
    const NONE = [
      bare([], ...ZERO, 0x28, 2, 0, 0x1a), bare([], 0x3f, 0, 0x1a), bare([], ...ZERO, 0x40, 0, 0x1a), bare([], ...ZERO, ...ZERO, ...ZERO, 0xfc, 11, 0),
      bare([], ...ZERO, ...ZERO, ...ZERO, 0xfc, 10, 0, 0), bare([], ...ZERO, 0xfd, 0, 4, 0, 0x1a), bare([], ...ZERO, 0xfe, 0x10, 2, 0, 0x1a),
      bare([[11, [1, 0, 0x41, 0, 0x0b, 0]]]), bare([[7, [1, 1, 0x66, 2, 0]]]),
    ];
    for (const bytes of NONE) {
      expect(WebAssembly.validate(bytes as BufferSource)).toBe(false);
      for (const options of SETS) expect(() => limitModule(bytes, options)).toThrow(expect.objectContaining({ reason: "malformed", construct: "memory index" }) as Error);
    }
  });

  test("a segment that is named without a count of segments before the code is refused", () => {
    const bytes = moduleOf(TYPES, [3, [1, 0]], [10, [1, 5, 0, 0xfc, 9, 0, 0x0b]], [11, [1, 1, 1, 9]]); // data.drop 0
    expect(WebAssembly.validate(bytes as BufferSource)).toBe(false);
    expect(() => limitModule(bytes, { interrupt: true })).toThrow(expect.objectContaining({ reason: "malformed", construct: "segment index", offset: 25 }) as Error);
  });
});
