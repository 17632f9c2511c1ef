import { describe, expect, test } from "vitest";
import { compile } from "../fuzz/text.ts";
import { encodeModule, limitModule, parseModule, Writer, type LimitOptions } from "./mod.ts";

const moduleOf = (...sections: readonly (readonly [id: number, ...payload: readonly number[]])[]): Uint8Array =>
  encodeModule(sections.map(([id, ...payload]) => ({ id, parts: [Uint8Array.from(payload)] })));

describe("constant expressions", () => {
  // An imported function and table; a function; a table, a global and a segment that begin with a reference to it.
  const bytes = moduleOf(
    [1, 1, 0x60, 0, 0], [2, 2, 1, 0x61, 1, 0x62, 0, 0, 1, 0x61, 1, 0x63, 1, 0x70, 0, 1], [3, 1, 0],
    [4, 1, 0x40, 0, 0x70, 0, 2, 0xd2, 1, 0x0b], [6, 1, 0x70, 0, 0xd2, 1, 0x0b], [9, 1, 5, 0x70, 2, 0xd2, 1, 0x0b, 0xd2, 0, 0x0b], [10, 1, 2, 0, 0x0b],
  );

  test("name the function that they named, in a table, a global and a segment, behind whatever was imported too", () => {
    const { bytes: limited } = limitModule(bytes, { interrupt: true, tableElements: 5 });
    const { tables, tableDefinitions, globalDefinitions, elements } = parseModule(limited);
    const at = (range: { start: number; end: number } | undefined): number[] => [...limited.subarray(range?.start, range?.end)];
    expect([at(tableDefinitions[0]?.init), at(globalDefinitions[0]?.init), at(elements[0]?.expressions)]).toEqual([[0xd2, 2, 0x0b], [0xd2, 2, 0x0b], [0xd2, 2, 0x0b, 0xd2, 0, 0x0b]]);
    expect(tables).toMatchObject([{ min: 1, max: undefined }, { min: 2, max: 5 }]);
    expect(WebAssembly.validate(limited as BufferSource)).toBe(WebAssembly.validate(bytes as BufferSource));
  });
});

describe("code", () => {
  test("names nothing of a kernel that has no functions", () => {
    const kernel = { namespace: "k", imports: [], bytes: compile(`(module (memory 1))`) };
    const sized = (memory: number): Uint8Array => moduleOf([1, 1, 0x60, 0, 0], [3, 1, 0], [5, 1, 0, 1], [10, 1, 5, 0, 0x3f, memory, 0x1a, 0x0b]);
    expect(parseModule(limitModule(sized(0), { kernel }).bytes).memories.length).toBe(2);
    expect(() => limitModule(sized(1), { kernel })).toThrow("there is no memory 1");
  });

  test("has no hints where no branch was added", () => {
    const names = (options: LimitOptions): (string | undefined)[] => parseModule(limitModule(moduleOf([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 2, 0, 0x0b]), options).bytes).sections.map(({ name }) => name);
    expect(names({ fuel: true, stack: true })).not.toContain("metadata.code.branch_hint");
  });

  test("has as many functions as engines take, those that are added with them, and not one more", () => {
    const functions = (count: number): Uint8Array => {
      const bodies = new Uint8Array(3 * count).fill(0);
      for (let at = 0; at < bodies.length; at += 3) bodies.set([2, 0, 0x0b], at);
      return encodeModule([
        { id: 1, parts: [Uint8Array.of(1, 0x60, 0, 0)] },
        { id: 3, parts: [new Writer().u32(count).view(), new Uint8Array(count)] },
        { id: 10, parts: [new Writer().u32(count).view(), bodies] },
      ]);
    };
    expect(parseModule(limitModule(functions(999_999), { fuel: true }).bytes).functions.length).toBe(1_000_000);
    expect(() => limitModule(functions(1_000_000), { fuel: true })).toThrow(expect.objectContaining({ reason: "too-large", construct: "functions" }) as Error);
  });
});
