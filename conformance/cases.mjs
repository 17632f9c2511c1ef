/**
 * Runs the kitchen-sink cases of plug-ins on one host. It knows no host and no platform: an adapter brings the one, whoever
 * calls it the other (`run.mjs` on Node, Deno and Bun, `page.mjs` in a browser).
 *
 * An adapter exports
 *   `open({ wasm, modules, config, limits, allowedHosts, functions, notes, log, engine })` → `{ call(name, input), reset?(), close() }`.
 *     `modules` is there for plug-ins of the host cases (`host/format.md`), `{ name?, wasm, hash? }` each; else `wasm` is the
 *     plug-in. `call`
 *     gives `{ output: Uint8Array }` or `{ failure: { text?, returnCode?, reason } }`: the plug-in's error text, its return
 *     code, and the host's own message with those of its causes,
 *   `omits`: fields of a failure that the host does not report at all, and
 *   `deviations`: what is known to fail, `{ match, reason, engine?, skip? }`: `match` is a RegExp on `PLUGIN: CASE`, `engine`
 *     the one it holds for, if not for all. An unexpected pass is a failure; what would take the runner down is skipped, and
 *   `engines`: names that `engine` may have, if the host has several ways to run a plug-in. Without one it chooses itself.
 */
import { encode, isSame, show } from "./values.mjs";
import { hostFunctions } from "./world.mjs";

/**
 * Runs the cases.
 *
 * @param {object} adapter See above.
 * @param {object} input `plugins` and `cases` as in the files of that name, `page`, the text of kitchen-sink.md, `load(name)`,
 *   which gives a plug-in's bytes or `undefined`, `origin` of the server, and perhaps `engine`.
 * @param {{ only?: string, report?: (result: Result) => void }} options `only` is in the names of what is run.
 * @returns {Promise<Result[]>} In order, of `{ plugin, name, outcome: "passed" | "failed" | "known" | "skipped", detail? }`.
 */
export async function runCases(adapter, { plugins, cases, page, load, origin, engine }, { only = "", report = () => {} } = {}) {
  const exportNames = readExportNames(page);
  const results = [];
  for (const plugin of plugins) {
    const add = (test, outcome, detail) => {
      const result = { plugin: plugin.name, name: `${plugin.name}: ${test}`, outcome, ...(detail && { detail }) };
      results.push(result);
      report(result);
    };
    const isWanted = (test) => `${plugin.name}: ${test}`.includes(only);
    if (!["all cases", "exports what it says", ...cases.map((test) => test.name)].some(isWanted)) continue;
    const wasm = await load(plugin.name);
    if (wasm === undefined) {
      if (!plugin.notCommitted) add("all cases", "failed", "its module is missing");
      else if (isWanted("all cases")) add("all cases", "skipped", `not committed: ${plugin.notCommitted}`);
      continue;
    }
    const missing = await listMissing(wasm, exportNames);
    const wrong = exportNames.filter((each) => missing.has(each) !== each in plugin.leavesOut);
    if (isWanted("exports what it says")) add("exports what it says", wrong.length === 0 ? "passed" : "failed", wrong.join(", "));
    for (const test of cases) {
      if (!isWanted(test.name) || test.steps.some((step) => missing.has(step.call))) continue;
      const departure = plugin.departs?.[test.name];
      const known = departure ? { reason: departure } : adapter.deviations.find((each) => (each.engine ?? engine) === engine && each.match.test(`${plugin.name}: ${test.name}`));
      if (known?.skip) {
        add(test.name, "skipped", known.reason);
        continue;
      }
      const detail = await runCase(adapter, wasm, test, { origin, engine });
      if (!known) add(test.name, detail ? "failed" : "passed", detail);
      else if (detail) add(test.name, "known", `${known.reason}: ${detail}`);
      else add(test.name, "failed", `passes, although it is listed: ${known.reason}`);
    }
  }
  return results;
}

/** Names in the first column of the tables of kitchen-sink.md that describe exports, and `http`. */
function readExportNames(page) {
  const tables = page.matchAll(/^\| export \|.*\n\|[-|]+\n((?:\|.*\n)+)/gm);
  const rows = [...tables].flatMap(([, body]) => body.trimEnd().split("\n"));
  return ["http", ...rows.flatMap((row) => [...row.split("|")[1].matchAll(/`(\w+)`/g)].map(([, name]) => name))];
}

async function listMissing(wasm, names) {
  const functions = WebAssembly.Module.exports(await WebAssembly.compile(wasm)).filter((entry) => entry.kind === "function");
  const there = new Set(functions.map((entry) => entry.name));
  return new Set(names.filter((name) => !there.has(name)));
}

/**
 * Runs the host cases: what a host must do, whatever plug-ins are written in. `host/format.md` says what a case is.
 *
 * @param {object} adapter See above; `deviations` match `host/TOPIC: CASE`.
 * @param {object} input `tests`, what `host/assemble.mjs` gives, `origin` of the server, and perhaps `engine`.
 * @param {{ only?: string, report?: (result: Result) => void }} options As above.
 * @returns {Promise<Result[]>} As {@link runCases}; `"open"` is the outcome of a case that the standard leaves open, whatever
 *   the host does, with what it does.
 */
export async function runHostCases(adapter, { tests, origin, engine }, { only = "", report = () => {} } = {}) {
  const results = [];
  for (const test of tests) {
    const name = `host/${test.topic}: ${test.name}`;
    if (!name.includes(only)) continue;
    const known = adapter.deviations.find((each) => (each.engine ?? engine) === engine && each.match.test(name));
    const detail = known?.skip ? undefined : await runCase(adapter, undefined, test, { origin, engine });
    const result = { plugin: "host", topic: test.topic, name, ...judge(test, known, detail) };
    results.push(result);
    report(result);
  }
  return results;
}

function judge(test, known, detail) {
  if (known?.skip) return { outcome: "skipped", detail: known.reason };
  if (test.open) return { outcome: "open", detail: detail ?? "as expected" };
  if (!known) return detail ? { outcome: "failed", detail } : { outcome: "passed" };
  return detail ? { outcome: "known", detail: `${known.reason}: ${detail}` } : { outcome: "failed", detail: `passes, although it is listed: ${known.reason}` };
}

const HANG_MS = 30_000;

/** Whatever a host promises, or a failure if it keeps nobody's promise. */
function within(promise) {
  let timer;
  const hung = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${HANG_MS / 1000} s`)), HANG_MS);
  });
  return Promise.race([promise, hung]).finally(() => clearTimeout(timer));
}

/** Runs one case on a new instance; gives what is wrong, or nothing. */
async function runCase(adapter, wasm, test, { origin, engine }) {
  const logs = [];
  const notes = [];
  // The server under another name, which no case allows.
  const names = { server: origin, other: origin.replace("127.0.0.1", "localhost") };
  let plugin;
  try {
    const opening = adapter.open({
      wasm,
      modules: test.modules,
      engine,
      config: test.config ?? {},
      limits: test.limits ?? {},
      allowedHosts: test.server ? ["127.0.0.1"] : [],
      functions: hostFunctions(notes),
      notes,
      log: (level, text) => logs.push([level, text]),
    });
    // A host that hangs has not refused.
    plugin = await within(test.refused ? opening.catch(() => undefined) : opening);
    if (test.refused) {
      const first = await (plugin && within(plugin.call("run", encode(""))));
      return first?.output && `it is not refused, and gives ${show(first.output)}`;
    }
    for (const step of test.steps.flatMap((each) => Array.from({ length: each.times ?? 1 }, () => each))) {
      logs.length = notes.length = 0;
      if (step.reset) {
        if (plugin.reset === undefined) return "the host has no reset";
        await plugin.reset();
        continue;
      }
      const result = await within(plugin.call(step.call, encode(step.input ?? "", names)));
      const wrong = compare(step, result, names, adapter.omits) ?? compareLists(step, { logs, notes });
      if (wrong) return `${step.call}: ${wrong}`;
    }
  } catch (error) {
    return `the host failed: ${error?.message ?? error}`;
  } finally {
    await plugin?.close();
  }
  return undefined;
}

function compare(step, { output, failure }, names, omits) {
  if (step.failure) {
    if (!failure) return `succeeded with ${show(output)}`;
    for (const field of ["text", "returnCode"]) {
      if (field in step.failure && !omits.includes(field) && (failure[field] ?? null) !== step.failure[field]) {
        return `failed with ${field} ${JSON.stringify(failure[field])}, expected ${JSON.stringify(step.failure[field])} (${failure.reason})`;
      }
    }
    if ("reason" in step.failure && !failure.reason.includes(step.failure.reason)) return `failed because "${failure.reason}"`;
    return undefined;
  }
  if (failure) return `failed: ${failure.reason}`;
  if ("outputBetween" in step) {
    const [low, high] = step.outputBetween;
    const number = Number(new TextDecoder().decode(output));
    return number >= low && number <= high ? undefined : `gave ${show(output)}, expected ${low} to ${high}`;
  }
  const expected = encode(step.output, names);
  return isSame(expected, output) ? undefined : `gave ${show(output)}, expected ${show(expected)}`;
}

function compareLists(step, lists) {
  for (const [name, list] of Object.entries(lists)) {
    if (name in step && JSON.stringify(step[name]) !== JSON.stringify(list)) return `${name} are ${JSON.stringify(list)}`;
  }
  return undefined;
}
