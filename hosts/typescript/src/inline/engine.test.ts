import { expect, test } from "vitest";

import { engineSuite } from "../../test/engine-suite.ts";
import { ECHO, plugin } from "../../test/wat.ts";
import { createPlugin } from "../node.ts";
import { CAN_SUSPEND } from "../imports/jspi.ts";

engineSuite("inline engine", createPlugin, CAN_SUSPEND);

test("callSync() answers without a promise", async () => {
  await using sut = await createPlugin(ECHO);
  expect(sut.callSync("echo", "now").text()).toBe("now");
});

test("callSync() and an engine that cannot wait answer a promise with host-function/async", async () => {
  const ask = plugin(`(func (export "run") (result i32) (call $ask) (i32.const 0)) (func (export "fine"))`, `(import "extism:host/user" "ask" (func $ask))`);
  await using sut = await createPlugin(ask, { functions: { "extism:host/user": { ask: () => Promise.reject(new Error("late")) } } });
  expect(() => sut.callSync("run")).toThrow(expect.objectContaining({ code: "host-function/async" }));
  expect(sut.callSync("fine").length).toBe(0);
});
