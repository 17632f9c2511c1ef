import { describe, expect, test } from "vitest";

import { LineSplitter } from "./log.ts";

const encoder = new TextEncoder();

function split(chunks: readonly (string | Uint8Array)[], maxBytes?: number, maxLines = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line) < maxLines, maxBytes);
  for (const chunk of chunks) splitter.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  splitter.flush();
  return lines;
}

describe("LineSplitter", () => {
  const CASES = [
    { name: "a line in one piece", chunks: ["one\n"], lines: ["one"] },
    { name: "a line in three pieces", chunks: ["o", "n", "e\n"], lines: ["one"] },
    { name: "several lines in one piece", chunks: ["one\ntwo\nthree"], lines: ["one", "two", "three"] },
    { name: "the end of a line alone", chunks: ["one", "\n", "two\n"], lines: ["one", "two"] },
    { name: "empty lines", chunks: ["\n\na\n"], lines: ["", "", "a"] },
    { name: "Windows line ends", chunks: ["one\r\ntwo\r\n"], lines: ["one", "two"] },
    { name: "a letter of two bytes cut in half", chunks: [new Uint8Array([0xc3]), new Uint8Array([0xa4, 0x0a])], lines: ["ä"] },
    { name: "bytes that are not UTF-8", chunks: [new Uint8Array([0xff, 0x41])], lines: ["\uFFFDA"] },
    { name: "nothing", chunks: [], lines: [] },
  ];
  test.each(CASES)("push() and flush(): $name", ({ chunks, lines }) => {
    expect(split(chunks)).toEqual(lines);
  });

  test("what follows a no is dropped", () => {
    expect(split(["a\nb\nc\nd\n"], undefined, 2)).toEqual(["a", "b"]);
  });

  test("a line longer than the limit is cut there", () => {
    expect(split(["abcdefgh\nij"], 3)).toEqual(["abc", "def", "gh", "ij"]);
  });
});
