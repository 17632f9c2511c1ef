/**
 * The conformance cases on this host: plug-ins of official and of our own PDKs, in every language.
 */
import { runCases } from "@tenon/conformance";
import { describe, expect, it } from "vitest";

import * as host from "./conformance-host.mjs";

describe("conformance cases", async () => {
  const results = await runCases(host);

  it("are run with plug-ins of at least three official PDKs", () => {
    const plugins = new Set(results.map(({ name }) => name.split(":")[0]));
    expect([...plugins].filter((name) => name?.endsWith("-extism")).length).toBeGreaterThanOrEqual(3);
  });

  it.for(results)("$name", ({ outcome, detail }, { skip }) => {
    if (outcome === "skipped") skip(detail);
    expect({ outcome, detail }).not.toMatchObject({ outcome: "failed" });
  });
});
