/** The scripts that interpreters are measured by, run by Node: one that finds nothing to do would measure nothing. */

import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import { SCRIPTS } from "./scripts.mjs";

test.each(Object.entries(SCRIPTS))("%s gives a number that an empty loop would not", (_name, body) => {
  const number = runInNewContext(`(function () { ${body} })()`);
  expect(Number.isFinite(number)).toBe(true);
  expect(number).not.toBe(0);
});
