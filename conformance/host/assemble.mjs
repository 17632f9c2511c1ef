/**
 * The plug-ins of the host cases as WebAssembly: text in, bytes out. What format.md calls `plugin` is put together with what
 * it uses of prelude.wat; `module` is assembled as it stands.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import loadWabt from "wabt";

import { encode } from "../values.mjs";

const wabt = await loadWabt();
const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const PRELUDE = new Map(expressions(read("prelude.wat")).map((item) => [/\$(\w+)/.exec(item)[1], item]));

/**
 * Reads all cases and assembles their modules.
 *
 * @returns {object[]} The cases, each with its `topic` and its `modules`, `{ name?, wasm, hash? }`.
 */
export function loadHostCases() {
  const files = readdirSync(new URL("cases", import.meta.url)).filter((file) => file.endsWith(".json"));
  return files.toSorted().flatMap((file) => {
    const topic = file.replace(".json", "");
    return JSON.parse(read(`cases/${file}`)).cases.map((test) => ({ ...test, topic, modules: modulesOf(test, topic) }));
  });
}

function modulesOf({ name, plugin, module, modules, bytes, hash }, topic) {
  return (modules ?? [{ plugin, module, bytes, hash }]).map((each) => {
    const wasm = each.bytes === undefined ? assemble(each.module ?? wrap(each.plugin), `${topic}: ${name}`) : encode(each.bytes);
    const digest = createHash("sha256").update(wasm).digest("hex");
    return { name: each.name, wasm, hash: each.hash && (each.hash === "right" ? digest : digest.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))) };
  });
}

/** A module of fields, one exported memory and what the fields use of the prelude. Imports stand first, as they must. */
function wrap(fields) {
  const used = new Set();
  const visit = (text) => {
    for (const [, name] of text.matchAll(/(?:call|ref\.func) \$(\w+)/g)) {
      if (used.has(name) || !PRELUDE.has(name)) continue;
      used.add(name);
      visit(PRELUDE.get(name));
    }
  };
  visit(fields);
  const items = [...[...PRELUDE].filter(([name]) => used.has(name)).map(([, item]) => item), ...expressions(fields)];
  const isImport = (item) => item.startsWith("(import");
  return `(module ${items.filter(isImport).join("\n")} (memory (export "memory") 1) ${items.filter((item) => !isImport(item)).join("\n")})`;
}

/** The top-level expressions of a text, without comments. */
function expressions(text) {
  const found = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/;;.*|"(?:[^"\\]|\\.)*"|[()]/g)) {
    if (token === "(" && depth++ === 0) start = index;
    if (token === ")" && --depth === 0) found.push(text.slice(start, index + 1));
  }
  return found;
}

function assemble(text, name) {
  try {
    const parsed = wabt.parseWat(name, text, { mutable_globals: true });
    try {
      return Uint8Array.from(parsed.toBinary({ write_debug_names: true }).buffer);
    } finally {
      parsed.destroy();
    }
  } catch (cause) {
    throw new Error(`Cannot assemble the case "${name}": ${cause.message}`, { cause });
  }
}
