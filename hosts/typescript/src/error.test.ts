import { WasmError } from "@tenon/wasm";
import { describe, expect, test } from "vitest";

import { PluginError } from "./mod.ts";

const ERRORS = [
  { name: "PluginError", error: new PluginError("plugin/closed", "Cannot call", {}) },
  { name: "WasmError", error: new WasmError("malformed", "byte", 1, "there is none") },
];

describe("errors", () => {
  // What a bundler renames is the class, by which Node names an error that it prints.
  test.each(ERRORS)("are called $name, and so is their class, by a text and not by what a bundler makes of the declaration", ({ name, error }) => {
    expect([error.name, error.constructor.name, String(error).split(":")[0]]).toEqual([name, name, name]);
    expect(Object.getOwnPropertyDescriptor(error.constructor, "name")).toMatchObject({ enumerable: true, writable: true });
    expect(Object.keys(error)).not.toContain("name");
  });
});
