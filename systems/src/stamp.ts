/**
 * The custom section `tenon:system`, by which a plug-in says which interface it was built against.
 *
 *   "tenon:system"  { "name": "shop/discounts", "version": "1.2.0", "hash": "64 hexadecimal digits" }     UTF-8 JSON
 *
 * It is a help against mistakes, not a proof: whoever builds a plug-in can write anything there.
 */

import { encodeModule, parseModule, SECTION, Writer } from "@tenon/wasm";

/** What the section says. */
export interface SystemStamp {
  /** Name of the system. */
  readonly name: string;
  /** Version of the interface. */
  readonly version: string;
  /** Hash of the interface, by `hashDocument`. */
  readonly hash: string;
}

const SECTION_NAME = "tenon:system";
const MAX_BYTES = 4096;

/**
 * Reads the section of a module.
 *
 * @param module Bytes of the module, or the compiled module.
 * @returns What it says; `undefined` if there is none or it is unreadable.
 * @throws {WasmError} If the bytes are no module.
 */
export function readStamp(module: Uint8Array | WebAssembly.Module): SystemStamp | undefined {
  const payload = module instanceof Uint8Array ? sectionOf(module) : WebAssembly.Module.customSections(module, SECTION_NAME)[0];
  if (payload === undefined || payload.byteLength > MAX_BYTES) return undefined;
  try {
    const { name, version, hash } = JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
    return typeof name === "string" && typeof version === "string" && typeof hash === "string" ? { name, version, hash } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the section into a module, in place of one that is there.
 *
 * @param module Bytes of the module; not changed.
 * @param stamp What it shall say.
 * @returns The new module.
 * @throws {WasmError} If the bytes are no module.
 */
export function writeStamp(module: Uint8Array, { name, version, hash }: SystemStamp): Uint8Array {
  const kept = parseModule(module).sections.filter((section) => section.name !== SECTION_NAME);
  const content = new TextEncoder().encode(JSON.stringify({ name, version, hash }));
  return encodeModule([
    ...kept.map((section) => ({ id: section.id, parts: [...(section.name === undefined ? [] : [encodeName(section.name)]), module.subarray(section.start, section.end)] })),
    { id: SECTION.custom, parts: [encodeName(SECTION_NAME), content] },
  ]);
}

function encodeName(name: string): Uint8Array {
  return new Writer().string(name).view();
}

function sectionOf(bytes: Uint8Array): Uint8Array | undefined {
  const section = parseModule(bytes).sections.find(({ name }) => name === SECTION_NAME);
  return section && bytes.subarray(section.start, section.end);
}
