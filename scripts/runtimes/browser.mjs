/**
 * Real browsers, from the machine's packages (on Debian: `chromium`, `firefox-esr`, `webkit2gtk-driver` with `xvfb`), driven
 * by Playwright; WebKit by its own driver, since Playwright brings another WebKit and cannot drive this one. And a server on
 * loopback for what they look at.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, firefox } from "playwright-core";

const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Where the browsers are, first hit. */
const PROGRAMS = { chromium: ["/usr/bin/chromium"], firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox"], webkit: ["/usr/bin/WebKitWebDriver"] };

/** @returns The path of a browser's program, or `undefined` if it is not installed. */
function findBrowser(name) {
  return PROGRAMS[name].find((path) => existsSync(path));
}

/** Starts Chromium or Firefox; returns Playwright's browser. */
export async function startBrowser(name) {
  const executablePath = findBrowser(name);
  if (executablePath === undefined) throw new Error(`${name} is not installed; apt-get install ${name === "firefox" ? "firefox-esr" : name}`);
  return name === "chromium" ? await chromium.launch({ executablePath, args: QUIET }) : await firefox.launch({ channel: "moz-firefox", executablePath });
}

/**
 * Serves files on loopback.
 *
 * @param respond Gets the path of a request and returns `{ type, body, headers? }`, or `undefined` for 404.
 * @returns `{ origin, close }`.
 */
export async function serve(respond) {
  const server = createServer((request, response) => {
    const found = respond(new URL(request.url, "http://localhost").pathname);
    response.writeHead(found === undefined ? 404 : 200, { "content-type": found?.type ?? "text/plain", ...found?.headers });
    response.end(found?.body ?? "not here");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/**
 * Opens a page and waits until it has set `globalThis.outcome`.
 *
 * @param name A browser: `chromium`, `firefox` or `webkit`.
 * @param url The page.
 * @returns The outcome, as JSON carries it.
 */
export async function outcomeOf(name, url) {
  if (name === "webkit") return await webkitOutcome(url);
  const browser = await startBrowser(name);
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return await waitForOutcome(page, url);
  } finally {
    await browser.close();
  }
}

/**
 * Loads an extension into Chromium, opens its `index.html`, and waits as {@link outcomeOf} does.
 *
 * @param folder The extension's folder, with its `manifest.json`.
 * @returns The outcomes of the page and of the service worker.
 */
export async function outcomesOfExtension(folder) {
  const executablePath = findBrowser("chromium");
  if (executablePath === undefined) throw new Error("chromium is not installed; apt-get install chromium");
  const profile = mkdtempSync(join(tmpdir(), "tenon-extension-"));
  // Playwright's own headless Chromium has no extensions, Chromium's has.
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: false, args: [...QUIET, "--headless=new", `--disable-extensions-except=${folder}`, `--load-extension=${folder}`] });
  try {
    // Source: https://source.chromium.org/chromium/chromium/src/+/main:components/crx_file/id_util.cc
    const id = createHash("sha256").update(folder).digest("hex").slice(0, 32).replaceAll(/./g, (digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)]);
    const page = await context.newPage();
    await page.goto(`chrome-extension://${id}/index.html`);
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker", { timeout: 30_000 }));
    return { page: await waitForOutcome(page, "the extension's page"), worker: await worker.evaluate("globalThis.outcome") };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Playwright's own waiting takes `eval`, which a strict page refuses. */
async function waitForOutcome(page, name) {
  for (let tries = 0; tries < 3000; tries += 1) {
    const outcome = await page.evaluate("globalThis.outcome");
    if (outcome !== undefined) return outcome;
    await page.waitForTimeout(100);
  }
  throw new Error(`no outcome of ${name} after five minutes`);
}

/** The same over WebDriver. Source: https://www.w3.org/TR/webdriver2/ */
async function webkitOutcome(url) {
  const program = findBrowser("webkit");
  if (program === undefined) throw new Error("WebKit is not installed; apt-get install webkit2gtk-driver libwebkit2gtk-4.1-0 xvfb");
  const port = await freePort();
  const driver = spawn("xvfb-run", ["-a", program, `--port=${port}`], { stdio: "ignore", detached: true, env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } });
  const command = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`WebKit's driver answers ${path} with ${value.error}: ${value.message}`);
    return value;
  };
  try {
    for (let tries = 0; !(await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined)); tries += 1) {
      if (tries > 100) throw new Error("WebKit's driver does not start");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const binary = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
    const { sessionId } = await command("POST", "/session", { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } } } });
    await command("POST", `/session/${sessionId}/timeouts`, { script: 300_000 });
    await command("POST", `/session/${sessionId}/url`, { url });
    const script = "const done = arguments[0]; const look = () => globalThis.outcome === undefined ? setTimeout(look, 100) : done(globalThis.outcome); look();";
    const outcome = await command("POST", `/session/${sessionId}/execute/async`, { script, args: [] });
    await command("DELETE", `/session/${sessionId}`);
    return outcome;
  } finally {
    if (driver.pid !== undefined) process.kill(-driver.pid); // xvfb-run, the driver, and what it started
  }
}

async function freePort() {
  const { origin, close } = await serve(() => undefined);
  close();
  return Number(new URL(origin).port);
}
