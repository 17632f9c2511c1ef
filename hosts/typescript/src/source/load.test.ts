import { expect, test } from "vitest";

import { failureOf } from "../../test/engine-suite.ts";
import { ECHO } from "../../test/wat.ts";
import { workerPlatform } from "../../test/worker-platform.ts";
import { loadModules } from "./load.ts";
import { parseManifest } from "./manifest.ts";

test.each(["embedder", "text", "remote"] as const)("loadModules() refuses a stated hash where nothing can be hashed, as in a page without HTTPS, and tells the author, %s, why", async (author) => {
  const manifest = parseManifest({ wasm: [{ data: ECHO, hash: "0".repeat(64) }] });
  await expect(failureOf(loadModules(manifest, author, { ...workerPlatform, sha256: undefined }))).resolves.toMatchObject({
    code: "source/hash-mismatch",
    message: expect.stringContaining("its SHA-256 is unknown without HTTPS") as string,
  });
});
