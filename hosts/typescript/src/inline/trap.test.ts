import { describe, expect, test } from "vitest";

import { guestStack, trapKind } from "./trap.ts";

const stackOf = (...lines: string[]): readonly string[] => guestStack(Object.assign(new Error("trap"), { stack: ["Error: trap", ...lines].join("\n") }));

describe("guestStack()", () => {
  const CASES = [
    { name: "V8, a name", line: "    at inner (wasm://wasm/1a2b3c:wasm-function[7]:0x1a)", frame: "inner" },
    { name: "V8, no name", line: "    at wasm://wasm/1a2b3c:wasm-function[7]:0x1a", frame: "function 7" },
    { name: "V8, a module's name before it", line: "    at shop.wasm.inner (wasm://wasm/shop-1a2b:wasm-function[7]:0x1a)", frame: "inner" },
    { name: "V8, a name that looks like a place", line: "    at x (wasm://wasm/0:wasm-function[1]:0x1 (wasm://wasm/1a2b:wasm-function[7]:0x1a)", frame: "x (wasm://wasm/0:wasm-function[1]:0x1" },
    { name: "SpiderMonkey, a name", line: "inner@http://localhost/x.js line 1 > WebAssembly.Module:wasm-function[7]:0x1a", frame: "inner" },
    { name: "JavaScriptCore, a name", line: "<?>.wasm-function[inner]@[wasm code]", frame: "inner" },
  ];
  test.each(CASES)("reads $name", ({ line, frame }) => {
    expect(stackOf(line)).toEqual([frame]);
  });

  test("leaves out frames of the host", () => {
    expect(stackOf("    at run (file:///host.js:1:1)", "run@http://localhost/host.js:1:1")).toEqual([]);
  });

  test("a name of a megabyte costs no more than its end", () => {
    const [frame = ""] = stackOf(`    at ${"@".repeat(1_000_000)} (wasm://wasm/1a2b:wasm-function[7]:0x1a)`);
    expect(frame.length).toBeLessThan(512);
  });
});

describe("trapKind()", () => {
  const CASES = [
    { name: "V8, an entry past the end of a table", text: "table index is out of bounds", kind: "table-out-of-bounds" },
    { name: "V8, elements that were dropped", text: "element segment out of bounds", kind: "table-out-of-bounds" },
    { name: "V8 before Node 20", text: "table access out of bounds", kind: "table-out-of-bounds" },
    { name: "JavaScriptCore, an entry past the end of a table", text: "Out of bounds table access", kind: "table-out-of-bounds" },
    { name: "JavaScriptCore, with the host's source", text: "Unreachable code should not be executed (evaluating 'run(null)')", kind: "unreachable" },
    { name: "SpiderMonkey", text: "index out of bounds", kind: "memory-out-of-bounds" },
  ];
  test.each(CASES)("reads $name", ({ text, kind }) => {
    expect(trapKind(new WebAssembly.RuntimeError(text))).toBe(kind);
  });
});
