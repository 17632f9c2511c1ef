/**
 * Compiles the kernel, holds its exports and its shape against `abi/abi.json`, and writes
 * `hosts/typescript/src/kernel-wasm.ts`. With `--check` nothing is written and a stale file is an error.
 */
import { compileAssembly, fail, inline, read } from "@tenon/toolchain/assembly.mjs";

const OUTPUT = "hosts/typescript/src/kernel-wasm.ts";
const MAX_BYTES = 2560;

/** Cuts a module into its sections. */
function sections(binary) {
  let position = 8;
  const leb = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = binary[position++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const found = new Map();
  while (position < binary.length) {
    const id = binary[position++];
    const size = leb();
    found.set(id, { start: position, end: position + size });
    position += size;
  }
  /** Reads a section whose items `item` reads, with a LEB128 reader and one for single bytes. */
  const list = (id, item) => {
    const section = found.get(id);
    if (!section) return [];
    position = section.start;
    return Array.from({ length: leb() }, () => item(leb, () => binary[position++]));
  };
  return { ids: [...found.keys()], list };
}

const TYPES = { 0x7f: "i32", 0x7e: "i64" };
const TYPE = 1;
const FUNCTION = 3;
const MEMORY = 5;
const EXPORT = 7;
const CODE = 10;

/** Fails unless the module exports exactly what the ABI lists and is made of what a rewriter can merge. */
function check(binary, abi) {
  const { ids, list } = sections(binary);
  const extra = ids.filter((id) => ![TYPE, FUNCTION, MEMORY, EXPORT, CODE].includes(id));
  if (extra.length > 0) fail(`Cannot use the kernel: it has sections ${extra.join(", ")}; only types, functions, one memory, exports and code can be merged`);
  const many = (leb, byte) => Array.from({ length: leb() }, () => TYPES[byte()] ?? "other").join(" ");
  const types = list(TYPE, (leb, byte) => (byte(), `(${many(leb, byte)}) → (${many(leb, byte)})`));
  const functions = list(FUNCTION, (leb) => types[leb()]);
  const memories = list(MEMORY, (leb, byte) => (byte() === 0 ? `${leb()}` : "a maximum"));
  if (memories.join() !== "1") fail(`Cannot use the kernel: its memory has ${memories.join()}; it must be one memory of 1 page with no maximum`);
  const exports = list(EXPORT, (leb, byte) => {
    const name = Array.from({ length: leb() }, () => String.fromCharCode(byte())).join("");
    const kind = byte();
    const index = leb();
    return `${name}: ${kind === 0 ? functions[index] : kind === 2 ? "memory" : "other"}`;
  });
  const wanted = [...abi.imports, ...abi.kernelOnly]
    .filter((entry) => entry.owner === "kernel")
    .map(({ name, params, results }) => `${name}: (${params.map((param) => param.type).join(" ")}) → (${results.join(" ")})`);
  wanted.push(`${abi.kernelMemory}: memory`);
  const missing = wanted.filter((line) => !exports.includes(line));
  const unlisted = exports.filter((line) => !wanted.includes(line));
  if (missing.length > 0) fail(`Kernel and ABI differ: abi/abi.json lists ${missing.join(", ")}; the kernel does not export that`);
  if (unlisted.length > 0) fail(`Kernel and ABI differ: the kernel exports ${unlisted.join(", ")}; abi/abi.json does not list that`);
  if (binary.length > MAX_BYTES) fail(`Kernel too large: ${binary.length} bytes of ${MAX_BYTES}; make it smaller, it is part of every host`);
}

/** Fails unless the record's addresses are the same in the ABI and in the kernel's source. */
function checkRecord(abi) {
  const source = read("kernel/assembly/record.ts");
  for (const { name, address } of abi.kernelRecord) {
    const stated = source.match(new RegExp(`^export const ${name.toUpperCase()}: usize = (\\d+);$`, "m"))?.[1];
    if (stated !== `${address}`) fail(`Kernel and ABI differ: "${name}" is at ${address} in abi/abi.json and at ${stated} in kernel/assembly/record.ts`);
  }
}

const abi = JSON.parse(read("abi/abi.json"));
const binary = await compileAssembly("kernel/assembly/kernel.ts");
check(binary, abi);
checkRecord(abi);
inline(OUTPUT, binary, { script: "kernel/build.mjs", source: "kernel/assembly", what: "The kernel", name: "KERNEL", decoder: "@tenon/wasm/inlined" });
