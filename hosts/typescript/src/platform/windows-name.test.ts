import { expect, test } from "vitest";
import { isPlainOnWindows } from "./windows-name.ts";

const PLAIN = [".", "a", "a.txt", ".hidden", "a..b", "console", "nullable.txt", "com", "com10", "lpt", "ñ", " a", "a b"];
const OTHER = [
  ...["a.", "a..", "a ", "...", "..", "a. ", "a.txt.", "a.txt "],
  ...["con", "CON", "nul.txt", "Aux.tar.gz", "prn", "com1", "COM0.x", "com¹", "lpt9", "conin$", "CONOUT$"],
  ...["a:stream", "a::$DATA", "C:", "a\\b", "..\\a", "a/b", "a*", "a?", 'a"', "<a", "a>", "a|b", "a\n", "a\u0000b", "\u001f"],
];

test.each(PLAIN)("isPlainOnWindows(%j) is true", (name) => {
  expect(isPlainOnWindows(name)).toBe(true);
});

test.each(OTHER)("isPlainOnWindows(%j) is false", (name) => {
  expect(isPlainOnWindows(name)).toBe(false);
});
