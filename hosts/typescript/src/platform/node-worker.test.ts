import { expect, test } from "vitest";
import { nodeWorkers } from "./node-worker.ts";

test("nodeWorkers() says what to do where the thread's script is not beside what a bundler made", async () => {
  const start = nodeWorkers(() => new URL("file:///nowhere/node-thread.cjs"));
  const reason = await new Promise<unknown>((resolve) => void start({ message: () => {}, lost: resolve }));
  expect((reason as Error).message).toMatch(/^its script is not at ".*nowhere.node-thread\.cjs"; leave "@tenon\/host" out of the bundle, or put the file of "@tenon\/host\/node-thread" there$/);
  expect((reason as Error).cause).toBeInstanceOf(Error);
});
