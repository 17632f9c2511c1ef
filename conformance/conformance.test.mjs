/** Runs the kitchen sinks, plug-ins built with PDKs that are not ours, on our host. */
import { expect, test } from "vitest";

import * as tenon from "./adapters/tenon.mjs";
import { runCases } from "./run.mjs";

const results = await runCases(tenon);

test("there are cases for plug-ins of at least three official PDKs", () => {
  const plugins = new Set(results.map(({ name }) => name.split(":")[0]));
  expect([...plugins].filter((name) => name?.endsWith("-extism")).length).toBeGreaterThanOrEqual(3);
});

test.each(results)("$name", ({ outcome, detail }) => {
  expect(outcome === "failed" ? detail : undefined).toBeUndefined();
});
