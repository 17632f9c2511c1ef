/**
 * The conformance cases on this host: plug-ins of official and of our own PDKs, in every language.
 */
import { runCases } from "@tenon/conformance";
import { describe, expect, it } from "vitest";

import * as host from "./conformance-host.mjs";

describe("conformance cases", async () => {
  const results = await runCases(host);

  it("are run", () => expect(results.length).toBeGreaterThan(300));

  it.each(results)("$name", ({ outcome, detail }) => {
    expect({ outcome, detail }).not.toMatchObject({ outcome: "failed" });
  });
});
