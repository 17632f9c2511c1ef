import { describe, expect, test } from "vitest";
import { WasmError } from "./error.ts";
import { Reader } from "./reader.ts";
import { relocateBody, relocateExpression, type MapIndex } from "./relocate.ts";
import { Writer } from "./writer.ts";

const reader = (bytes: readonly number[]): Reader => {
  const made = new Reader(Uint8Array.from(bytes));
  made.typeLimit = 8;
  return made;
};
const expression = (bytes: readonly number[], map: MapIndex): number[] => {
  const writer = new Writer();
  relocateExpression(reader(bytes), writer, map);
  return [...writer.view()];
};
const body = (bytes: readonly number[], map: MapIndex, scratch = new Writer()): number[] => {
  const writer = new Writer();
  relocateBody(reader(bytes), writer, map, scratch);
  return [...writer.view()];
};
const by = (amount: number): MapIndex => (_, index) => index + amount;

describe("relocateExpression()", () => {
  const CASES = [
    { name: "a function", from: [0x10, 3, 0x0b], map: by(200), to: [0x10, 0xcb, 1, 0x0b] },
    { name: "a local, which stays", from: [0x20, 3, 0x1a, 0x0b], map: by(64), to: [0x20, 3, 0x1a, 0x0b] },
    { name: "a heap type, which is signed", from: [0xd0, 3, 0x1a, 0x0b], map: by(64), to: [0xd0, 0xc3, 0, 0x1a, 0x0b] },
    { name: "an abstract heap type, which stays", from: [0xd0, 0x70, 0x1a, 0x0b], map: by(64), to: [0xd0, 0x70, 0x1a, 0x0b] },
    { name: "a block of a type", from: [0x02, 2, 0x0b, 0x0b], map: by(62), to: [0x02, 0xc0, 0, 0x0b, 0x0b] },
    { name: "an access of memory 0 that is another", from: [0x28, 2, 8, 0x1a, 0x0b], map: by(5), to: [0x28, 0x42, 5, 8, 0x1a, 0x0b] },
    { name: "an access of another that is memory 0", from: [0x28, 0x42, 5, 8, 0x1a, 0x0b], map: by(-5), to: [0x28, 2, 8, 0x1a, 0x0b] },
    { name: "an index that stays, however it is written", from: [0x10, 0x83, 0, 0x0b], map: by(0), to: [0x10, 0x83, 0, 0x0b] },
    { name: "a memory that stays, however it is written", from: [0x28, 0x42, 0, 8, 0x1a, 0x0b], map: by(0), to: [0x28, 0x42, 0, 8, 0x1a, 0x0b] },
  ];
  test.each(CASES)("moves $name", ({ from, map, to }) => {
    expect(expression(from, map)).toEqual(to);
  });
});

describe("relocateBody()", () => {
  const CASES = [
    { name: "numbers, and nothing else in them", from: [1, 3, 0x7f, 0x0b], to: [4, 1, 3, 0x7f, 0x0b] },
    { name: "references to type 0 that may be null", from: [1, 1, 0x63, 0, 0x0b], to: [6, 1, 1, 0x63, 0xc0, 0, 0x0b] },
    { name: "references to another that may not", from: [1, 1, 0x64, 3, 0x0b], to: [6, 1, 1, 0x64, 0xc3, 0, 0x0b] },
    { name: "references to an abstract type", from: [1, 1, 0x64, 0x6b, 0x0b], to: [5, 1, 1, 0x64, 0x6b, 0x0b] },
  ];
  test.each(CASES)("moves locals that are $name", ({ from, to }) => {
    expect(body(from, by(64))).toEqual(to);
  });

  test("takes no more groups of locals than there are bytes", () => {
    expect(() => body([3, 1, 0x7f, 1, 0x7f, 0x0b], by(0))).toThrow(WasmError);
  });
});
