import { defineConfig } from "vitest/config";

/** Where the gate wants the report it counts tests by (scripts/gate.mjs). */
const report = process.env["TENON_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["{benchmarks,kernel,wasm,hosts,cli,examples,conformance,compiler,systems,pdks,testing}/**/*.test.{ts,mjs}"],
    exclude: ["**/node_modules/**", "**/dist/**", "cli/templates/**"],
    testTimeout: 60_000,
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
  },
});
