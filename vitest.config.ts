import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{kernel,wasm,hosts,cli,examples,conformance,compiler,systems,pdks}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 60_000,
  },
});
