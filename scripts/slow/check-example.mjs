/**
 * Forbids that the example's page breaks: it is used in real Chromium and Firefox as a user would, by clicking, on the width
 * of a desktop and of a phone, in light and dark. `--shots FOLDER` keeps a picture of each.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { check, firstLine } from "../check.mjs";
import { startBrowser } from "../runtimes/browser.mjs";
import { root } from "../tree.mjs";

const VIEWS = [
  { width: 1280, height: 860, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 1280, height: 860, colorScheme: "dark" },
];
const { values: options } = parseArgs({ options: { shots: { type: "string" } } });

/** A plug-in that logs its input. */
const talker = await makeTalker();

async function makeTalker() {
  const { default: loadWabt } = await import("wabt");
  const wabt = await loadWabt();
  const module = wabt.parseWat("talker.wat", `(module
    (import "extism:host/env" "input_offset" (func $input (result i64)))
    (import "extism:host/env" "log_info" (func $log (param i64)))
    (func (export "say") (call $log (call $input))))`);
  return Buffer.from(module.toBinary({}).buffer);
}

await check(async (fail) => {
  const { buildPlugins } = await import(pathToFileURL(join(root, "examples/checkout/build.mjs")).href);
  const { startServer } = await import(pathToFileURL(join(root, "examples/browser/serve.mjs")).href);
  await buildPlugins(() => {});
  const server = await startServer(0);
  let clicks = 0;
  let views = 0;
  try {
    for (const name of ["chromium", "firefox"]) {
      const browser = await startBrowser(name);
      try {
        // Firefox is light always: Playwright cannot make Debian's dark.
        for (const { width, height, colorScheme } of VIEWS.filter((view) => name === "chromium" || view.colorScheme === "light")) {
          views += 1;
          const view = `${name} ${width} ${colorScheme}`;
          const context = await browser.newContext({ viewport: { width, height }, colorScheme });
          const page = await context.newPage();
          const errors = [];
          page.on("pageerror", (error) => errors.push(error.message));
          page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
          try {
            await page.goto(server.origin);
            clicks += await use(page, view);
            // Taking a picture in Firefox puts a style into the page, which its policy refuses.
            if (options.shots === undefined) assert.deepEqual(errors, [], `the console shows ${errors[0]}`);
          } catch (error) {
            fail(view, firstLine(error.message));
          }
          await context.close();
        }
      } finally {
        await browser.close();
      }
    }
  } finally {
    server.close();
  }
  return `${clicks} steps in ${views} views`;
});

/** One visit; returns how many steps it took. */
async function use(page, view) {
  let steps = 0;
  const step = async (what, work) => {
    steps += 1;
    try {
      await work();
    } catch (error) {
      throw new Error(`${what}: ${firstLine(error.message)}`, { cause: error });
    }
  };
  const output = page.locator("#output");
  const shot = async (state) => {
    if (options.shots !== undefined) await page.screenshot({ path: join(options.shots, `${view.replaceAll(" ", "-")}-${state}.png`), fullPage: true });
  };
  const waitFor = async (locator, pattern) => await locator.filter({ hasText: pattern }).waitFor({ timeout: 20_000 });

  await step("the page loads a plug-in", async () => await waitFor(page.locator("#about"), /^loyalty: 1 function, ready in/));
  await step("Run answers", async () => {
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await waitFor(output, /discount_percent/);
    assert.match(await page.locator("#memory").textContent(), /^\d+ KiB$/);
    assert.match(await page.locator("#time").textContent(), /ms$/);
  });
  await shot("answer");
  await step("nothing is wider than the screen", async () => assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")));
  await step("another plug-in is chosen", async () => {
    await page.getByRole("button", { name: /^volume/ }).click();
    await waitFor(page.locator("#about"), /^volume: /);
    assert.equal(await page.getByRole("button", { name: /^volume/ }).getAttribute("aria-pressed"), "true");
    assert.equal(await output.getAttribute("data-state"), "empty");
  });
  await step("a loop leaves the page awake, and Stop ends it", async () => {
    await page.locator("#limit").fill("60000"); // longer than anything here waits
    await page.getByRole("button", { name: "Run a loop" }).click();
    await waitFor(output, /^Running … [1-9]/);
    await waitFor(page.locator("#log"), "info I will not stop by myself");
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    await waitFor(output, /call\/aborted/);
  });
  await step("a loop is stopped at its limit", async () => {
    await page.locator("#limit").fill("300");
    await page.evaluate("document.getElementById('loop').scrollIntoView({ block: 'end' })"); // where a thumb meets it
    await page.getByRole("button", { name: "Run a loop" }).click();
    await waitFor(output, /call\/timeout/);
    await waitFor(output, /longer than 300 ms/);
  });
  await step("what came of it is to be seen without scrolling", async () => {
    const box = await output.boundingBox();
    assert.ok(box !== null && box.y >= 0 && box.y + box.height <= page.viewportSize().height);
  });
  await shot("loop");
  await step("the same plug-in works after it", async () => {
    await page.locator("#input").fill('{"id":14}');
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await waitFor(output, /discount_percent/);
  });
  await step("a file is chosen", async () => {
    await page.locator("#file").setInputFiles({ name: "mine.wasm", mimeType: "application/wasm", buffer: readFileSync(join(root, "examples/checkout/build/bundle.wasm")) });
    await waitFor(page.locator("#about"), /^mine: 1 function/);
  });
  await step("a plug-in's log is shown, as text", async () => {
    await page.locator("#file").setInputFiles({ name: "talker.wasm", mimeType: "application/wasm", buffer: talker });
    await waitFor(page.locator("#about"), /^talker: 1 function/);
    await page.locator("#input").fill("<b>hello</b>");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await waitFor(page.locator("#log"), "info <b>hello</b>");
    await waitFor(output, "(no output)");
  });
  await shot("log");
  await step("a file that is no plug-in is refused", async () => {
    await page.locator("#file").setInputFiles({ name: "other.wasm", mimeType: "application/wasm", buffer: Buffer.from("<b>no module</b>") });
    await waitFor(output, /module\/invalid/);
    assert.ok(await page.getByRole("button", { name: "Run", exact: true }).isDisabled());
  });
  return steps;
}
