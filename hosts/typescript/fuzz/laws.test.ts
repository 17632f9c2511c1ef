/** Every law of this folder on a few inputs, and on what was found before: what `npm run fuzz` does for minutes. */

import fc from "fast-check";
import { expect, test } from "vitest";

import * as abi from "./abi.ts";
import * as httpRules from "./http-rules.ts";
import * as manifest from "./manifest.ts";
import * as module from "./module.ts";
import * as wasiPaths from "./wasi-paths.ts";

const LAWS = [
  { name: "abi", property: abi.property, examples: abi.examples, runs: 100 },
  { name: "http-rules", property: httpRules.property, examples: [], runs: 2000 },
  { name: "manifest", property: manifest.property, examples: [], runs: 2000 },
  { name: "module", property: module.property, examples: module.examples, runs: 50 },
  { name: "wasi-paths", property: wasiPaths.property, examples: wasiPaths.examples, runs: 50 },
];

test.each(LAWS)("$name", async ({ property, examples, runs }) => {
  const details = await fc.check(property as fc.IRawProperty<unknown>, { seed: 1, numRuns: runs, examples: examples as unknown[] });
  expect(details.failed ? `${fc.stringify(details.counterexample)}\n${String(details.errorInstance)}` : "").toBe("");
});
