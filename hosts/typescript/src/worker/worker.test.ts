import { type Create, engineSuite } from "../../test/engine-suite.ts";
import { createPlugin } from "../node.ts";
import { nodePlatform } from "../platform/node.ts";
import { nodeWorkers } from "../platform/node-worker.ts";

/** A thread runs JavaScript, so it gets what the build made of the sources beside this test. */
const platform = { ...nodePlatform, startWorker: nodeWorkers(new URL("../../dist/platform/node-thread.js", import.meta.url)) };

const create: Create = (source, options = {}) => createPlugin(source, { ...options, engine: "worker", platform });

engineSuite("worker engine", create, true);
