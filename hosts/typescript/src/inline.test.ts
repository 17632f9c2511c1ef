import { expect, test } from "vitest";

import { engineSuite } from "../test/engine-suite.ts";
import { ECHO } from "../test/wat.ts";
import { createPlugin } from "./node.ts";

engineSuite("inline engine", createPlugin);

test("callSync() answers without a promise", async () => {
  await using sut = await createPlugin(ECHO);
  expect(sut.callSync("echo", "now").text()).toBe("now");
});
