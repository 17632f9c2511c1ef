import { expect, test } from "vitest";
import { decode } from "./decode.ts";
import { OPCODES } from "./opcodes.ts";

const code = (...parts: readonly (string | number)[]): Uint8Array => Uint8Array.from(parts, (part) => (typeof part === "number" ? part : OPCODES.findIndex(({ name }) => name === part)));

test("decode() writes short forms out and makes targets absolute", () => {
  const decoded = decode(code("get_arg0", "push_i8", 0xff, "lt", "if_false8", 3, "push_7", "return", "get_loc0_loc1", "add", "return"));
  expect(decoded?.map(({ name, operand }) => [name, operand])).toEqual([["get_arg", 0], ["push_i32", -1], ["lt", 0], ["if_false", 8], ["push_i32", 7], ["return", 0], ["get_loc", 0], ["get_loc", 1], ["add", 0], ["return", 0]]);
});

test.each([
  { name: "an instruction that is cut off", bytes: code("push_i32", 1, 2) },
  { name: "a number that is no opcode", bytes: Uint8Array.of(255) },
  { name: "a jump into an instruction", bytes: code("goto8", 2, "push_i8", 1, "return") },
])("decode() refuses $name", ({ bytes }) => {
  expect(decode(bytes)).toBeUndefined();
});
