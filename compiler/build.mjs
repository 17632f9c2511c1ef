/**
 * Builds what the compiler ships beside its own code, into dist/:
 *
 *   quickjs-wasi (npm) ─ interpreter ─┐
 *   assembly/bridge.ts ───────────────┴─ link ─ guard ─ optimise ─> engine.wasm        runs plug-ins' top level at build time
 *                                             ├─ prune ─> plugin*.wasm   the same code, only what a plug-in needs
 *                                             └─ hook ─ prune ─> plugin-hooks*.wasm   that looks for compiled functions
 *   pdks/typescript/dist ───────────────────────────> pdk.json           the runtime that is bundled into plug-ins
 *
 * Nothing third-party is committed: the engine comes from the registry, pinned by package.json, and its licence
 * is put beside it. Needs the packages built (`tsc -b`) before.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeModule, I32, I64, link, parseModule, Reader, SECTION, signatureOf, Writer } from "@tenon/wasm";
import { calleesOf, exported, instructionsOf, interpreterOf, localsOf, OP } from "./code.mjs";
import { USED_BY_COMPILED, withHooks } from "./hook.mjs";
import { TRACE, withFastInterpreter } from "./interpreter.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const dist = join(here, "dist");
let work;

/** Ready-made exports, so that the code of plug-ins with up to so many exports is the same. */
const THUNKS = 64;
/** How deep JSON may be nested: no host's stack is used up by then. */
const JSON_LEVELS = 1000;
const FEATURES = ["bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "multivalue", "reference-types"].map((name) => `--enable-${name}`);

const binaryen = dirname(require.resolve("binaryen/package.json"));
const run = (tool, ...values) => execFileSync(process.execPath, [tool, ...values], { stdio: ["ignore", "inherit", "inherit"], maxBuffer: 1 << 28 });

const quickjs = dirname(require.resolve("quickjs-wasi/package.json"));

mkdirSync(dist, { recursive: true });
writeFileSync(join(dist, "pdk.json"), JSON.stringify(readRuntime()));
const inputs = hashInputs();
if (!isBuilt(inputs)) {
  work = mkdtempSync(join(tmpdir(), "tenon-engine-"));
  try {
    build();
  } finally {
    rmSync(work, { recursive: true });
  }
}

function build() {
  const bridge = join(work, "bridge.wasm");
  run(require.resolve("assemblyscript/bin/asc.js"), join(here, "assembly/bridge.ts"), "--runtime", "stub", "--importMemory", "--noExportMemory", "-O3", "--noAssert", "-o", bridge);

  const modules = [
    { name: "engine", bytes: withFastInterpreter(readFileSync(join(quickjs, "quickjs.wasm"))) },
    { name: "bridge", bytes: readFileSync(bridge) },
  ];
  // Whoever looks for the engine's own imports finds them in the bridge; the bridge's memory is the engine's.
  const resolve = (importer, module, name) => {
    if (importer === "engine") return module === "env" || name.startsWith("fd_") ? "bridge" : module;
    return module === "env" && name === "memory" ? "engine" : module;
  };
  const bridgeGlobals = new Set(parseModule(modules[1].bytes).exports.filter(({ kind }) => kind === "global").map(({ name }) => name));
  const exportAs = (input, name) => {
    if (input === "engine") return name === TRACE ? undefined : name;
    return bridgeGlobals.has(name) ? `bridge:${name}` : ["attach", "dispatch", "overflow"].includes(name) ? name : undefined;
  };
  const { bytes, slots } = link(modules, { exportAs, resolve, tableFunctions: [["bridge", "native"], ["bridge", "rejected"]] });
  const engine = optimise(guard(bytes), "engine");
  writeFileSync(join(dist, "engine.wasm"), engine);

  for (const hasEval of [true, false])
    for (const hasWasi of [true, false]) {
      const name = `plugin${hasEval ? "-eval" : ""}${hasWasi ? "-wasi" : ""}.wasm`;
      writeFileSync(join(dist, name), prune(hasEval ? engine : withoutParser(engine), hasWasi));
    }
  const hooked = withHooks(parseModule(withoutParser(engine)));
  for (const hasWasi of [true, false]) writeFileSync(join(dist, `plugin-hooks${hasWasi ? "-wasi" : ""}.wasm`), prune(hooked, hasWasi, USED_BY_COMPILED));
  writeFileSync(join(dist, "engine.json"), `${JSON.stringify({ nativeSlot: slots[0], rejectedSlot: slots[1], thunks: THUNKS, inputs })}\n`);
  writeFileSync(join(dist, "ENGINE-LICENSE"), readFileSync(join(quickjs, "LICENSE")));
}

/** The engine takes half a minute to build, so it is built again only when something it is made of has changed. */
function isBuilt(hash) {
  try {
    return JSON.parse(readFileSync(join(dist, "engine.json"), "utf8")).inputs === hash;
  } catch {
    return false;
  }
}

function hashInputs() {
  const hash = createHash("sha256");
  const passes = dirname(fileURLToPath(import.meta.resolve("@tenon/wasm")));
  const files = [fileURLToPath(import.meta.url), ...["code.mjs", "hook.mjs", "interpreter.mjs"].map((name) => join(here, name)), join(quickjs, "quickjs.wasm"), require.resolve("binaryen/package.json"), require.resolve("assemblyscript/package.json")];
  for (const folder of [join(here, "assembly"), passes]) files.push(...readdirSync(folder).filter((name) => /\.(ts|js)$/.test(name)).sort().map((name) => join(folder, name)));
  for (const file of files) hash.update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** A module of the ready-made exports `0`, `1`, …, and of `host_call`, whose body is written for each plug-in. */
function thunks() {
  const type = new Writer().u32(3).all(0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7e);
  const imports = new Writer().u32(1).string("engine").string("dispatch").all(0, 0);
  const functions = new Writer().u32(THUNKS + 1);
  const exports = new Writer().u32(THUNKS + 1);
  const code = new Writer().u32(THUNKS + 1);
  for (let k = 0; k < THUNKS; k++) {
    functions.u32(1);
    exports.string(`thunk:${k}`).byte(0).u32(k + 1);
    const body = new Writer().all(0, 0x41).signed(k).all(0x10, 0, 0x0b).view();
    code.u32(body.length).raw(body);
  }
  functions.u32(2);
  exports.string("host_call").byte(0).u32(THUNKS + 1);
  code.u32(3).all(0, 0x00, 0x0b);
  return encodeModule([
    { id: SECTION.type, parts: [type.view()] }, { id: SECTION.import, parts: [imports.view()] }, { id: SECTION.function, parts: [functions.view()] },
    { id: SECTION.export, parts: [exports.view()] }, { id: SECTION.code, parts: [code.view()] },
  ]);
}

/**
 * The engine is built without a check of its stack. Two guards stand in for it, and throw a RangeError instead of running
 * out: where every JavaScript call passes, the stack pointer is compared with a limit; where JSON is read and written,
 * levels are counted, because they take little of the engine's own stack and much of the machine's.
 */
function guard(bytes) {
  const module = parseModule(bytes);
  const indexOf = (name) => exported(module, name);
  const only = (name, found) => {
    if (new Set(found).size !== 1) throw new Error(`Cannot guard the engine's stack: ${name} has ${new Set(found).size} callees that fit, and should have one`);
    return found[0];
  };
  // The functions that call themselves are the ones that read and write JSON's levels; they are not exported.
  const recursive = (name, signature) => only(name, calleesOf(module, indexOf(name)).flatMap((index) => [index, ...calleesOf(module, index)]).filter((index) => {
    const { params, results } = signatureOf(module, index);
    return calleesOf(module, index).includes(index) && [params, results].flat().join() === signature.join();
  }));
  const call = interpreterOf(module);
  const prologue = new Writer().byte(0x23).u32(indexOf("__stack_pointer")).byte(0x23).u32(indexOf("bridge:stackLimit")).all(0x49, 0x04, 0x40, 0x10).u32(indexOf("overflow")).all(0x0f, 0x0b).view();
  const counted = [recursive("JS_ParseJSON", [I32, I32, I64]), recursive("JS_JSONStringify", [I32, I32, I64, I64, I32])];

  const bodies = module.code.map(({ start, end }) => bytes.subarray(start, end));
  const types = module.functions.slice(module.imported.function);
  const { start, end } = module.code[call - module.imported.function];
  const code = localsOf(module, call).end;
  bodies[call - module.imported.function] = new Writer().raw(bytes, start, code).raw(prologue).raw(bytes, code, end).view();
  for (const index of counted) {
    const own = index - module.imported.function;
    const moved = module.imported.function + bodies.length;
    bodies.push(bodies[own]);
    types.push(types[own]);
    bodies[own] = countLevels(signatureOf(module, index), moved, indexOf("bridge:jsonDepth"), indexOf("overflow"));
  }
  const functions = new Writer().u32(types.length);
  for (const type of types) functions.u32(type);
  const writer = new Writer(bytes.length).u32(bodies.length);
  for (const body of bodies) writer.u32(body.length).raw(body);
  return replaceSections(module, new Map([[SECTION.function, functions.view()], [SECTION.code, writer.view()]]));
}

/** Calls the function that was moved away, one level deeper; a failed call is -1, or for a value the engine's exception. */
function countLevels({ params, results }, moved, depth, overflow) {
  const body = new Writer().u32(1).all(1, results[0]);
  body.byte(0x23).u32(depth).byte(0x41).signed(JSON_LEVELS).all(0x4e, 0x04, 0x40, 0x10).u32(overflow);
  if (results[0] === I64) body.byte(0x0f);
  else body.all(0x1a, 0x41, 0x7f, 0x0f);
  body.byte(0x0b);
  const step = (by) => body.byte(0x23).u32(depth).byte(0x41).signed(by).all(0x6a, 0x24).u32(depth);
  step(1);
  for (let local = 0; local < params.length; local++) body.byte(0x20).u32(local);
  body.byte(0x10).u32(moved).byte(0x21).u32(params.length);
  step(-1);
  return body.byte(0x20).u32(params.length).byte(0x0b).view();
}

/** Without the parser: its one way in is a pointer that JS_AddIntrinsicEval stores, and no plug-in of this kind calls it. */
function withoutParser(bytes) {
  const module = parseModule(bytes);
  const slots = instructionsOf(module, exported(module, "JS_AddIntrinsicEval")).flatMap(({ opcode, immediates }) => (opcode === OP.const && immediates[0] > 0 ? immediates : []));
  if (slots.length !== 1) throw new Error(`Cannot remove the parser: JS_AddIntrinsicEval has ${slots.length} constants, and should store one pointer`);
  const writer = new Writer(4096).u32(module.elements.length);
  let isReplaced = false;
  for (const { functions, offset } of module.elements) {
    const reader = new Reader(bytes, offset.start + 1, offset.end);
    const first = reader.s32();
    writer.u32(0).raw(bytes, offset.start, offset.end).u32(functions.length);
    for (const [i, index] of functions.entries()) {
      isReplaced ||= first + i === slots[0];
      writer.u32(first + i === slots[0] ? exported(module, "dispatch") : index);
    }
  }
  if (!isReplaced) throw new Error(`Cannot remove the parser: no function is in slot ${slots[0]}`);
  return replaceSections(module, new Map([[SECTION.element, writer.view()]]));
}

/** What a plug-in needs: its memory, the thunks and the globals that a snapshot sets; the rest goes if nothing of it calls it. */
function prune(bytes, hasWasi, alsoKept = new Set()) {
  const isKept = (name) => alsoKept.has(name) || name === "memory" || name === "__stack_pointer" || name.startsWith("bridge:");
  const parts = [{ name: "engine", bytes }, { name: "thunks", bytes: thunks() }];
  if (!hasWasi) parts.push({ name: "wasi_snapshot_preview1", bytes: noWasi() });
  const { bytes: pruned } = link(parts, {
    exportAs: (input, name) => (input === "thunks" || (input === "engine" && isKept(name)) ? name : undefined),
    resolve: (_, module) => (module === "plugin" ? "thunks" : module),
  });
  return binaryenPass(pruned, "pruned", ["--remove-unused-module-elements", "--duplicate-function-elimination"]);
}

/** Stands in for WASI in plug-ins that ask for neither time nor chance: both answer "not supported". */
function noWasi() {
  const ENOSYS = 52;
  const body = [0, 0x41, ENOSYS, 0x0b];
  return encodeModule([
    { id: SECTION.type, parts: [new Writer().u32(2).all(0x60, 3, 0x7f, 0x7e, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f).view()] },
    { id: SECTION.function, parts: [new Writer().all(2, 0, 1).view()] },
    { id: SECTION.export, parts: [new Writer().u32(2).string("clock_time_get").all(0, 0).string("random_get").all(0, 1).view()] },
    { id: SECTION.code, parts: [new Writer().u32(2).u32(4).all(...body).u32(4).all(...body).view()] },
  ]);
}

function optimise(bytes, name) {
  return binaryenPass(bytes, name, ["-O4", "--flexible-inline-max-function-size=60"]);
}

function binaryenPass(bytes, name, passes) {
  const input = join(work, `${name}.in.wasm`);
  const output = join(work, `${name}.out.wasm`);
  writeFileSync(input, bytes);
  run(join(binaryen, "bin/wasm-opt"), input, ...FEATURES, ...passes, "-o", output);
  return new Uint8Array(readFileSync(output));
}

function replaceSections(module, payloads) {
  return encodeModule(module.sections.filter(({ id }) => id !== SECTION.custom).map(({ id, start, end }) => ({ id, parts: [payloads.get(id) ?? module.bytes.subarray(start, end)] })));
}

/** The PDK's modules by path, as JavaScript. */
function readRuntime() {
  const root = dirname(fileURLToPath(import.meta.resolve("@tenon/pdk")));
  return Object.fromEntries(readdirSync(root, { recursive: true }).filter((path) => path.endsWith(".js")).sort().map((path) => [path.replaceAll("\\", "/"), readFileSync(join(root, path), "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")]));
}
