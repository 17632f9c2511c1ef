import { describe, expect, test } from "vitest";
import { functionNames, renumberNames } from "./names.ts";
import { parseModule } from "./parse.ts";
import { encodeModule, Writer } from "./writer.ts";

/** Three functions, and a name section with this behind its own name. */
function withNames(...payload: readonly number[]): ReturnType<typeof parseModule> {
  const sections: readonly (readonly [id: number, payload: readonly number[]])[] = [[1, [1, 0x60, 0, 0]], [3, [3, 0, 0, 0]], [10, [3, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b]]];
  return parseModule(encodeModule([...sections.map(([id, bytes]) => ({ id, parts: [Uint8Array.from(bytes)] })), { id: 0, parts: [new Writer().string("name").view(), Uint8Array.from(payload)] }]));
}

const MODULE_NAME = [0, 2, 1, 0x6d];
const A_B_C = [1, 10, 3, 0, 1, 0x61, 1, 1, 0x62, 2, 1, 0x63];
const ABC = new Map([[0, "a"], [1, "b"], [2, "c"]]);

const CASES = [
  { name: "all", payload: A_B_C, names: ABC },
  { name: "those behind other names", payload: [...MODULE_NAME, ...A_B_C], names: ABC },
  { name: "none where there are others alone", payload: MODULE_NAME, names: new Map<number, string>() },
  { name: "those before a list that ends too soon", payload: [1, 7, 3, 0, 1, 0x61, 1, 1, 0x62], names: new Map([[0, "a"], [1, "b"]]) },
  { name: "none of a list that is longer than its section", payload: [1, 99, 1, 0, 1, 0x61], names: new Map<number, string>() },
  { name: "none without a list", payload: [], names: new Map<number, string>() },
  { name: "no more than are announced", payload: [1, 7, 1, 0, 1, 0x61, 1, 1, 0x62], names: new Map([[0, "a"]]) },
];

describe("functionNames()", () => {
  test.each(CASES)("reads $name", ({ payload, names }) => {
    expect(functionNames(withNames(...payload))).toEqual(names);
  });

  test("finds none in a module without a name section", () => {
    expect(functionNames(parseModule(encodeModule([])))).toEqual(new Map());
  });
});

describe("renumberNames()", () => {
  /** The names that a module has whose name section is the one that was written. */
  const renumbered = (payload: readonly number[], map: (index: number) => number, dropped: readonly number[] = []): Map<number, string> | undefined => {
    const section = renumberNames(withNames(...payload), map, new Set(dropped));
    return section && functionNames(parseModule(encodeModule([{ id: 0, parts: [section] }])));
  };

  test.each(CASES)("keeps $name", ({ payload, names }) => {
    expect(renumbered(payload, (index) => index) ?? new Map()).toEqual(names);
  });

  test("gives each its new index, without those that are gone and those of functions that never were", () => {
    expect(renumbered(A_B_C, (index) => index + 5)).toEqual(new Map([[5, "a"], [6, "b"], [7, "c"]]));
    expect(renumbered(A_B_C, (index) => index, [1])).toEqual(new Map([[0, "a"], [2, "c"]]));
    expect(renumbered([1, 7, 2, 2, 1, 0x63, 3, 1, 0x64], (index) => index)).toEqual(new Map([[2, "c"]]));
  });

  test("hides no failure of who maps", () => {
    expect(() => renumbered(A_B_C, () => { throw new Error("mine"); })).toThrow("mine");
  });
});
