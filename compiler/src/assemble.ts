/**
 * Puts a plug-in together: the prepared module, the snapshot, the author's exports and the host functions it imports.
 *
 * Exports are the ready-made thunks under the author's names, so the code of two plug-ins that import the same is the
 * same, byte by byte, and a host can compile it once.
 */
import { bakeSnapshot, encodeModule, link, parseModule, SECTION, Writer, type InstanceState, type Module, type SectionBytes } from "@tenon/wasm";
import { CompileError } from "./error.ts";
import { wasmType, type HostImport } from "./host-signature.ts";

/** What the plug-in is made of. */
export type Parts = {
  /** The prepared module. */
  plugin: Uint8Array;
  state: InstanceState;
  /** Names of the exports with their numbers. */
  exports: readonly { name: string; index: number }[];
  hostImports: readonly HostImport[];
  /** How many thunks the prepared module has. */
  thunks: number;
};

const TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
const LOADS = { i32: [0x28, 2], i64: [0x29, 3], f32: [0x2a, 2], f64: [0x2b, 3] } as const;
/** From a result to the 64 bits the bridge reads. */
const WIDEN = { i32: [0xad], i64: [], f32: [0xbc, 0xad], f64: [0xbd] } as const;

/** Makes the plug-in's module. */
export function assemble({ plugin, state, exports, hostImports, thunks }: Parts): Uint8Array {
  const last = Math.max(...exports.map(({ index }) => index));
  if (last >= thunks) throw new CompileError([{ message: `Cannot export so many functions: there are ${last + 1}, and at most ${thunks} are possible` }]);
  const linked = hostImports.length === 0 ? plugin : linkHostFunctions(plugin, hostImports);
  return bakeSnapshot(linked, state, new Map([[SECTION.export, exportSection(linked, exports)]]));
}

function exportSection(bytes: Uint8Array, exports: Parts["exports"]): Uint8Array {
  const module = parseModule(bytes);
  const indexOf = (name: string): number => exportIndex(module, name);
  const writer = new Writer().u32(exports.length + 1).string("memory").byte(2).u32(indexOf("memory"));
  for (const { name, index } of exports) writer.string(name).byte(0).u32(indexOf(`thunk:${index}`));
  return writer.view();
}

function linkHostFunctions(plugin: Uint8Array, hostImports: readonly HostImport[]): Uint8Array {
  const { bytes } = link([{ name: "plugin", bytes: plugin }, { name: "host", bytes: hostModule(hostImports) }], {
    exportAs: (_, name) => name,
    resolve: (importer, module) => (importer === "host" && module === MEMORY_OWNER ? "plugin" : importer === "plugin" ? "" : ""),
  });
  const module = parseModule(bytes);
  const target = exportIndex(module, "host_call") - module.imported.function;
  const call = new Writer().all(0, 0x20, 0, 0x20, 1, 0x10).u32(exportIndex(module, HOST_CALL)).byte(0x0b).view();
  const code = new Writer(bytes.length).u32(module.code.length);
  for (const [index, { start, end }] of module.code.entries()) {
    const body = index === target ? call : bytes.subarray(start, end);
    code.u32(body.length).raw(body);
  }
  return replaceSection(module, SECTION.code, code.view());
}

const MEMORY_OWNER = "tenon:plugin";
const HOST_CALL = "tenon:host_call";

/**
 * host_call(index, slots): for each host function, load its arguments from the slots, call it, widen its result.
 */
function hostModule(hostImports: readonly HostImport[]): Uint8Array {
  const types = new Writer().u32(hostImports.length + 1).all(0x60, 2, 0x7f, 0x7f, 1, 0x7e);
  const imports = new Writer().u32(hostImports.length + 1).string(MEMORY_OWNER).string("memory").all(2, 0, 0);
  const body = new Writer().byte(0);
  for (const [index, { namespace, name, params, result }] of hostImports.entries()) {
    const wasmParams = params.map(wasmType);
    types.all(0x60).u32(params.length).all(...wasmParams.map((type) => TYPES[type]));
    if (result === "void") types.byte(0);
    else types.all(1, TYPES[wasmType(result)]);
    imports.string(namespace).string(name).byte(0).u32(index + 1);
    body.all(0x20, 0, 0x41).signed(index).all(0x46, 0x04, 0x40);
    for (const [slot, type] of wasmParams.entries()) body.all(0x20, 1, ...LOADS[type]).u32(slot * 8);
    body.byte(0x10).u32(index);
    if (result === "void") body.all(0x42, 0);
    else body.all(...WIDEN[wasmType(result)]);
    body.all(0x0f, 0x0b);
  }
  body.all(0x42, 0, 0x0b);
  return encodeModule([
    { id: SECTION.type, parts: [types.view()] },
    { id: SECTION.import, parts: [imports.view()] },
    { id: SECTION.function, parts: [new Writer().all(1, 0).view()] },
    { id: SECTION.export, parts: [new Writer().u32(1).string(HOST_CALL).byte(0).u32(hostImports.length).view()] },
    { id: SECTION.code, parts: [new Writer().u32(1).u32(body.length).raw(body.view()).view()] },
  ]);
}

function exportIndex(module: Module, name: string): number {
  const found = module.exports.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`Cannot find "${name}" in the prepared plug-in: rebuild the compiler's engine`);
  return found.index;
}

function replaceSection(module: Module, id: number, payload: Uint8Array): Uint8Array {
  const sections: SectionBytes[] = module.sections.map((section) => ({ id: section.id, parts: [section.id === id ? payload : module.bytes.subarray(section.start, section.end)] }));
  return encodeModule(sections);
}
