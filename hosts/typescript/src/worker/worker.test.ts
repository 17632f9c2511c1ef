import { describe } from "vitest";

import { type Create, engineSuite } from "../../test/engine-suite.ts";
import { HAS_THREADS, workerPlatform as platform } from "../../test/worker-platform.ts";
import { createPlugin } from "../node.ts";

const create: Create = (source, options = {}) => createPlugin(source, { ...options, engine: "worker", platform });

// skipped because WebKitGTK shares no memory between threads
describe.skipIf(!HAS_THREADS)("on another thread", () => {
  engineSuite("worker engine", create, true);
});
