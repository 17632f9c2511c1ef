import assert from "node:assert/strict";
import { test } from "node:test";
import { openPlugin } from "@tenon/test";

test("greet() answers by name, in the configured language", async () => {
  await using plugin = await openPlugin({ config: { greeting: "Moin" } });
  const { output } = await plugin.call("greet", { name: "Ada" });
  assert.deepEqual(output.json(), { text: "Moin, Ada!", letters: 3 });
});

test("the plug-in stays small", async () => {
  await using plugin = await openPlugin();
  await plugin.checkSize();
});
