/**
 * Compiles the kernel, holds its exports and its shape against `abi/abi.json`, and writes
 * `hosts/typescript/src/kernel-wasm.ts`. With `--check` nothing is written and a stale file is an error.
 */
import { readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

const OUTPUT = "hosts/typescript/src/kernel-wasm.ts";
const MAX_BYTES = 2560;

const at = (path) => new URL(`../${path}`, import.meta.url);
const read = (path) => {
  try {
    return readFileSync(at(path), "utf8");
  } catch {
    return undefined;
  }
};
const fail = (message) => {
  console.error(message);
  process.exit(1);
};

/** Compiles from memory to memory, so that no path of this machine can end up in the result. */
async function compile() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      "kernel/assembly/kernel.ts", "--outFile", "kernel.wasm",
      "--runtime", "stub", "--use", "abort=", "--noAssert", // no runtime, and nothing imported for one
      "--initialMemory", "1", "-O3", "--shrinkLevel", "1", "--converge",
    ],
    {
      // A fault of the compiler's interface: it wants null, not undefined, for a file that is not there.
      readFile: (name) => (name.startsWith("kernel/") ? (read(name) ?? null) : null),
      writeFile: (_name, contents) => void (binary = contents),
      listFiles: () => [],
    },
  );
  if (error || !binary) fail(`Cannot compile the kernel: ${stderr.toString().trim() || error?.message}`);
  return binary;
}

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

function hostModule(binary) {
  const lines = Buffer.from(binary).toString("hex").match(/.{1,112}/g);
  return `/**
 * Generated by \`kernel/build.mjs\` from \`kernel/assembly\`; change that and run \`npm run build\`.
 * The kernel's Wasm module (${binary.length} bytes), inlined so that a host needs no file and no fetch to start.
 */

/** In hexadecimal, which is longer than Base64 and yet a quarter shorter when a server compresses it. */
const HEX =
${lines.map((line) => `  "${line}"`).join(" +\n")};

let decoded: Uint8Array<ArrayBuffer> | undefined;

/**
 * The kernel's module.
 *
 * @returns Its bytes, decoded once: the same array every time, to be read only.
 */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  decoded ??= Uint8Array.from(HEX.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  return decoded;
}
`;
}

const abi = JSON.parse(read("abi/abi.json"));
const binary = await compile();
check(binary, abi);
checkRecord(abi);
const text = hostModule(binary);
if (read(OUTPUT) !== text) {
  if (process.argv.includes("--check")) fail(`Stale file "${OUTPUT}": run node kernel/build.mjs and commit the result`);
  writeFileSync(at(OUTPUT), text);
}
