import { describe, expect, test } from "vitest";
import { decodeInlined } from "./inlined.ts";
import { WALK } from "./walk-wasm.ts";

describe("decodeInlined()", () => {
  test("gives the ends of each range, and what stands for the backslash", () => {
    expect([...decodeInlined({ text: "#zx{#{z{x|#|z|v", length: 9 })]).toEqual([0, 57, 85, 86, 143, 171, 172, 229, 255]);
  });

  test("gives a module from what a build wrote", () => {
    expect(WebAssembly.validate(decodeInlined(WALK))).toBe(true);
    expect(decodeInlined(WALK)).toBe(decodeInlined(WALK));
  });
});
