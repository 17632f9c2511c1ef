/**
 * The page's own code: it loads one plug-in at a time, calls it, and shows what came of it. All that it knows of Tenon is
 * `createPlugin`, `call` and `PluginError`. What a plug-in says is shown as text, never as HTML.
 *
 * Plug-ins run on a thread of their own where the browser shares memory with it, so that the page stays awake and has a
 * button that stops them. Elsewhere they run on the page's thread, which waits for them up to the time limit.
 */
import { createPlugin, PluginError } from "@tenon/host";

const SHOP = [
  { name: "loyalty", language: "AssemblyScript" },
  { name: "volume", language: "C" },
  { name: "bundle", language: "C++" },
  { name: "rogue", language: "C, misbehaves", config: { endless: "yes" } },
];
const CART = {
  id: 1,
  customer: "Ada",
  is_new_customer: true,
  cart_total_in_cents: 12_000,
  items: [
    { sku: "tea", price_in_cents: 690, quantity: 7 },
    { sku: "pot", price_in_cents: 4900, quantity: 1 },
  ],
};
/** The number of a cart at which the rogue loops for ever. */
const LOOPING_CART = 12;
const MAX_LOG_LINES = 200;
const HAS_THREADS = globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function";
/** What the page may wait for a plug-in on its own thread. */
const LIMIT_WITHOUT_THREADS_MS = 200;

/** JSON as the shop sends it, without spaces, but with lines: some merchants read no other. */
const lines = (value) => JSON.stringify(value).replaceAll(/,(?=["{])/g, ",\n");

const element = (id) => document.getElementById(id);
const [builtIn, drop, file, about, functions, limit, input, run, loop, stop, answer, output, log] =
  ["built-in", "drop", "file", "about", "function", "limit", "input", "run", "loop", "stop", "answer", "output", "log"].map(element);

/** The plug-in that is loaded, and the loading it came from: an older one that ends later is dropped. */
let plugin;
let loading = 0;
let calls = 0;
/** Stops the call that is running. */
let running;

for (const { name, language, config } of SHOP) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.name = name;
  button.setAttribute("aria-pressed", "false");
  const small = document.createElement("small");
  small.textContent = language;
  button.append(name, small);
  button.addEventListener("click", () => void choose(name, new URL(`/plugins/${name}.wasm`, location.href), config));
  builtIn.append(button);
}

file.addEventListener("change", () => void chooseFile(file.files[0]));
for (const type of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", type === "dragover");
    if (type === "drop") void chooseFile(event.dataTransfer.files[0]);
  });
}
element("call").addEventListener("submit", (event) => {
  event.preventDefault();
  void call();
});
loop.addEventListener("click", () => void callLooping());
stop.addEventListener("click", () => running?.abort());

input.value = lines(CART);
if (!HAS_THREADS) {
  stop.hidden = true;
  limit.value = limit.max = String(LIMIT_WITHOUT_THREADS_MS);
}
await choose("loyalty", new URL("/plugins/loyalty.wasm", location.href));

async function chooseFile(chosen) {
  if (chosen !== undefined) await choose(chosen.name.replace(/\.wasm$/, ""), new Uint8Array(await chosen.arrayBuffer()));
}

/** Loads a plug-in in place of the one that is there; returns whether it did. */
async function choose(name, source, config = {}) {
  const turn = (loading += 1);
  running?.abort();
  run.disabled = true;
  for (const button of builtIn.children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
  about.textContent = `Loading ${name} …`;
  try {
    const startMs = performance.now();
    const loaded = await createPlugin(source, { name, config, logger: show, engine: HAS_THREADS ? "worker" : "inline", limits: { memoryPages: 256 } });
    if (turn !== loading) {
      await loaded.close();
      return false;
    }
    await plugin?.close();
    plugin = loaded;
    functions.replaceChildren(...loaded.functions.map((each) => new Option(each)));
    functions.disabled = run.disabled = loaded.functions.length === 0;
    about.textContent = `${name}: ${loaded.functions.length} ${loaded.functions.length === 1 ? "function" : "functions"}, ready in ${(performance.now() - startMs).toFixed(1)} ms`;
    calls = 0;
    forget();
    return true;
  } catch (error) {
    if (turn !== loading) return false;
    await plugin?.close();
    plugin = undefined;
    functions.replaceChildren();
    functions.disabled = true;
    forget();
    about.textContent = `${name} is not loaded`;
    output.dataset.state = "bad";
    output.textContent = describe(error);
    return false;
  }
}

/** Chooses the plug-in that misbehaves, and gives it the cart at which it does. */
async function callLooping() {
  const { name, config } = SHOP.find((each) => each.name === "rogue");
  if (!(await choose(name, new URL(`/plugins/${name}.wasm`, location.href), config))) return;
  input.value = lines({ ...CART, id: LOOPING_CART });
  await call();
}

async function call() {
  if (plugin === undefined || running !== undefined || !limit.reportValidity()) return;
  const called = plugin;
  running = new AbortController();
  run.disabled = loop.disabled = true;
  stop.disabled = false;
  output.dataset.state = "busy";
  output.ariaBusy = "true"; // not every tenth of a second is to be read out
  const startMs = performance.now();
  const tell = () => (output.textContent = `Running … ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  const clock = setInterval(tell, 100);
  tell();
  answer.scrollIntoView({ block: "nearest" }); // on a phone it lies below
  let state = "good";
  let text;
  try {
    const given = await called.call(functions.value, input.value, { timeoutMs: limit.valueAsNumber, signal: running.signal });
    text = given.length === 0 ? "(no output)" : pretty(given.text());
  } catch (error) {
    state = "bad";
    text = describe(error);
  }
  const tookMs = performance.now() - startMs;
  clearInterval(clock);
  output.ariaBusy = "false";
  running = undefined;
  loop.disabled = false;
  stop.disabled = true;
  if (called !== plugin) return; // another one was loaded meanwhile
  run.disabled = false;
  output.dataset.state = state;
  output.textContent = text;
  const figures = called.lastCall;
  calls += 1;
  element("time").textContent = `${tookMs < 10 ? tookMs.toFixed(2) : tookMs.toFixed(0)} ms`;
  element("memory").textContent = figures === undefined ? "–" : `${Math.ceil(figures.memoryBytes / 1024)} KiB`;
  element("size").textContent = figures === undefined ? "–" : `${figures.outputBytes} B`;
  element("calls").textContent = String(calls);
}

/** Shows a line of the plug-in's log, the newest first. */
function show({ level, text }) {
  log.querySelector(".hint")?.remove();
  const line = document.createElement("li");
  line.className = level;
  const name = document.createElement("b");
  name.textContent = level;
  line.append(name, ` ${text}`);
  log.prepend(line);
  if (log.children.length > MAX_LOG_LINES) log.lastChild.remove();
}

function forget() {
  output.dataset.state = "empty";
  output.textContent = "Nothing yet: press Run.";
  for (const id of ["time", "memory", "size"]) element(id).textContent = "–";
  element("calls").textContent = String(calls);
  const hint = document.createElement("li");
  hint.className = "hint";
  hint.textContent = "What the plug-in logs or prints comes here.";
  log.replaceChildren(hint);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

function describe(error) {
  return PluginError.is(error) ? `${error.code}\n${error.message}` : String(error);
}
