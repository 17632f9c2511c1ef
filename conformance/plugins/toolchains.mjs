/**
 * Compilers that the fixtures are built with: one function per language, sources in, Wasm bytes out. Languages that have a
 * kit are built as `tenon build` does it; D, Nim and what brings its interpreter are built here.
 *
 * A compiler that is not there throws `MissingTool`, which says what to install. All output is free of the machine's paths.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { compileAssemblyScript, languageOf, runClang } from "tenon/languages";

import { SOURCES, debianSource } from "./debian.mjs";

/** A compiler is not on this machine. */
export class MissingTool extends Error {}

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const OPTIONS = { isMinified: true, hasSourceMap: false, isChecked: true, tsconfig: undefined, isColored: false, signal: AbortSignal.any([]) };

/** Crates that share what cargo builds need it built once. */
process.env.CARGO_TARGET_DIR ??= join(ROOT, ".cache/rust-target");

/**
 * Compiles as `tenon build` does.
 *
 * @param {string} name Of the language.
 * @param {string} entry Path from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compile(name, entry) {
  const { tools, build } = languageOf(name);
  const source = { folder: ROOT, entry: join(ROOT, entry) };
  for (const tool of tools) if (!(await tool.isThere(ROOT))) throw new MissingTool(`${tool.name} is missing: ${tool.install}`);
  return named(await explained(build(source, OPTIONS)));
}

/**
 * Compiles C or C++ with npm's clang and flags that are not those of `tenon build`.
 *
 * @param {string[]} sources Paths from the root of the repository; the first is compiled, the others may be included by name.
 * @param {string[]} flags For clang.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export function compileClang(sources, flags) {
  const files = Object.fromEntries(sources.map(fileOf));
  return link([basename(sources[0])], files, ["-Wall", "-Wextra", "-Werror", ...flags]);
}

/**
 * Compiles AssemblyScript with another kit than ours.
 *
 * @param {string} entry Path from the root of the repository.
 * @param {string} use What the compiler is told to use, such as `abort=PATH/FUNCTION`.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileAssembly(entry, use) {
  return named(await explained(compileAssemblyScript({ folder: ROOT, entry: join(ROOT, entry) }, OPTIONS, use)));
}

const named = ({ wasm, compiler }) => ({ wasm, tool: compiler ?? "of this project" });
const fileOf = (path) => [basename(path), readFileSync(join(ROOT, path))];

async function link(sources, files, flags) {
  return named(await explained(runClang(ROOT, ["-Os", "-mbulk-memory", "-Wl,--strip-all", ...flags, ...sources], files, sources.some((name) => name.endsWith(".cpp")))));
}

/** What a compiler said belongs to the message. */
async function explained(building) {
  try {
    return await building;
  } catch (error) {
    throw new Error([error.message, error.output].filter(Boolean).join("\n"), { cause: error });
  }
}

/**
 * Compiles a program in D without its runtime.
 *
 * @param {string} directory Of the modules, from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileD(directory) {
  const version = tryRun("ldc2", ["--version"])?.match(/\((\d+\.\d+\.\d+)\)/)?.[1];
  if (!version) throw new MissingTool("LDC, a compiler for D, is missing: on Debian `apt-get install -y --no-install-recommends ldc`");
  const object = inScratch((scratch) => {
    const out = join(scratch, "plugin.o");
    const modules = readdirSync(join(ROOT, directory)).filter((name) => name.endsWith(".d")).sort();
    const flags = ["-mtriple=wasm32-unknown-unknown-wasm", "-mattr=+bulk-memory", "-betterC", "-checkaction=halt", "-Oz", "-c", `-of=${out}`];
    execFileSync("ldc2", [...flags, ...modules], { cwd: join(ROOT, directory), stdio: "inherit" });
    return readFileSync(out);
  });
  const { wasm, tool } = await link(["plugin.o"], { "plugin.o": object }, ["--target=wasm32", "-nostdlib", "-Wl,--no-entry"]);
  return { wasm, tool: `ldc ${version}, ${tool}` };
}

/**
 * Compiles a program in Nim by way of C, on top of `pdks/c`.
 *
 * @param {string} directory Of the modules and headers, from the root of the repository.
 * @param {string} main Name of the main module, without `.nim`.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileNim(directory, main) {
  const version = tryRun("nim", ["--version"])?.match(/Version (\d+\.\d+\.\d+)/)?.[1];
  if (!version) throw new MissingTool("Nim is missing: on Debian `apt-get install -y --no-install-recommends nim`");
  const files = inScratch((scratch) => {
    const target = ["--cpu:wasm32", "--os:linux", "--mm:arc", "--threads:off", "--exceptions:goto", "--noMain", "-d:useMalloc", "-d:noSignalHandler"];
    const flags = [...target, "-d:release", "--opt:size", "--hints:off", `--nimcache:${scratch}`];
    execFileSync("nim", ["c", "--compileOnly", ...flags, `${main}.nim`], { cwd: join(ROOT, directory), stdio: "inherit" });
    const sources = readdirSync(scratch).filter((name) => name.endsWith(".c")).sort();
    return sources.map((name, index) => [`${index}-${basename(name).replace(/^.*@s/, "").replace("@m", "")}`, readFileSync(join(scratch, name))]);
  });
  const all = Object.fromEntries([...files, ["nimbase.h", readFileSync("/usr/lib/nim/lib/nimbase.h")], ...SHIM_HEADERS.map(fileOf)]);
  // Nim's `echo` locks standard output, which WASI has no need of.
  const { wasm, tool } = await link(files.map(([name]) => name), all, ["--target=wasm32-wasip1", "-mexec-model=reactor", "-w", "-Dflockfile(file)=", "-Dfunlockfile(file)="]);
  return { wasm, tool: `nim ${version}, ${tool}` };
}

/**
 * Compiles Lua's interpreter, from Debian's sources, with a shim and a script into one module.
 *
 * @param {string} directory Of `plugin.c` and `kitchen_sink.lua`, from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileLua(directory) {
  const folder = sourceOf("lua5.4");
  const sources = readdirSync(join(folder, "src")).filter((name) => /\.[ch]$/.test(name) && name !== "lua.c");
  const files = [...sources.map((name) => [name, readFileSync(join(folder, "src", name))]), ...[`${directory}/plugin.c`, `${directory}/kitchen_sink.lua`, ...SHIM_HEADERS].map(fileOf)];
  const { wasm, tool } = await link(["plugin.c"], Object.fromEntries(files), ["-std=c23", "-w", ...INTERPRETER]);
  return { wasm, tool: `lua ${SOURCES["lua5.4"].version}, ${tool}` };
}

/**
 * Compiles MicroPython, from Debian's sources, with a shim and a script into one module. Its own makefile says which names and
 * features there are, with the C preprocessor of the machine and Python.
 *
 * @param {string} directory Of `plugin.c`, `mpconfigport.h` and `kitchen_sink.py`, from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compilePython(directory) {
  const top = sourceOf("micropython");
  for (const tool of ["make", "gcc", "python3"]) if (!tryRun(tool, ["--version"])) throw new MissingTool(`"${tool}" is missing: on Debian \`apt-get install -y --no-install-recommends make gcc python3\``);
  const files = inScratch((scratch) => {
    cpSync(join(ROOT, directory, "mpconfigport.h"), join(scratch, "mpconfigport.h"));
    writeFileSync(join(scratch, "Makefile"), `MICROPYTHON_TOP = ${top}\ninclude $(MICROPYTHON_TOP)/ports/embed/embed.mk\n`);
    // Of what is generated from many files, the order is that of the file system unless make sorts it.
    execFileSync("make", ["--silent", "-j1"], { cwd: scratch, stdio: ["ignore", "ignore", "inherit"] });
    return treeOf(join(scratch, "micropython_embed"));
  });
  const own = [`${directory}/plugin.c`, `${directory}/mpconfigport.h`, `${directory}/kitchen_sink.py`, ...SHIM_HEADERS].map(fileOf);
  const sources = Object.keys(files.py).filter((name) => name.endsWith(".c")).map((name) => `py/${name}`);
  const { wasm, tool } = await link(["plugin.c", ...sources], { ...files, ...Object.fromEntries(own) }, ["-std=gnu23", "-w", "-I.", "-DNDEBUG", "-Wl,-z,stack-size=1048576", ...INTERPRETER]);
  return { wasm, tool: `micropython ${SOURCES.micropython.version}, ${tool}` };
}

/**
 * Compiles mruby, from Debian's sources, with a shim and a script into one module. Its own build makes what is in Ruby, the
 * script too, to bytecode.
 *
 * @param {string} directory Of `plugin.c`, `build_config.rb` and `kitchen_sink.rb`, from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileRuby(directory) {
  const source = sourceOf("mruby");
  for (const tool of ["ruby", "gcc"]) if (!tryRun(tool, ["--version"])) throw new MissingTool(`"${tool}" is missing: on Debian \`apt-get install -y --no-install-recommends ruby gcc\``);
  const files = inScratch((scratch) => {
    const top = join(scratch, "mruby");
    cpSync(source, top, { recursive: true });
    // What bison and gperf made comes with the sources: newer than what it was made from, it is not made again.
    for (const [index, name] of ["lex.def", "y.tab.c"].entries()) utimesSync(join(top, "mrbgems/mruby-compiler/core", name), Date.now() / 1000, Date.now() / 1000 + index);
    execFileSync("ruby", ["./minirake", "--quiet"], { cwd: top, env: { ...process.env, MRUBY_CONFIG: join(ROOT, directory, "build_config.rb") }, stdio: ["ignore", "ignore", "inherit"] });
    const built = join(top, "build/host");
    // With lines for messages, which name the script as it is named here.
    cpSync(join(ROOT, directory, "kitchen_sink.rb"), join(scratch, "script.rb"));
    execFileSync(join(built, "mrbc/bin/mrbc"), ["-g", "-Bkitchen_sink", "-oscript.c", "script.rb"], { cwd: scratch });
    const gems = readdirSync(join(built, "mrbgems"), { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(join(built, "mrbgems", entry.name, "gem_init.c")));
    const units = {
      "script.c": join(scratch, "script.c"),
      "mrblib.c": join(built, "mrblib/mrblib.c"),
      "gem_init.c": join(built, "mrbgems/gem_init.c"),
      ...Object.fromEntries(readdirSync(join(top, "src")).map((name) => [name, join(top, "src", name)])),
      ...Object.fromEntries(gems.flatMap(({ name }) => [[`${name}-init.c`, join(built, "mrbgems", name, "gem_init.c")], ...readdirSync(join(top, "mrbgems", name, "src")).map((each) => [`${name}-${each}`, join(top, "mrbgems", name, "src", each)])])),
    };
    return { ...Object.fromEntries(Object.entries(units).map(([name, path]) => [name, readFileSync(path)])), include: treeOf(join(built, "include")) };
  });
  const own = [`${directory}/plugin.c`, ...SHIM_HEADERS].map(fileOf);
  const all = { ...files, ...Object.fromEntries(own) };
  const { wasm, tool } = await link(Object.keys(all).filter((name) => name.endsWith(".c")), all, ["-std=gnu23", "-w", "-Iinclude", "-DMRB_INT64", "-DMRB_STR_LENGTH_MAX=0", "-Wl,-z,stack-size=1048576", ...INTERPRETER]);
  return { wasm, tool: `mruby ${SOURCES.mruby.version}, ${tool}` };
}

/** Files by name, folders as objects of them. */
function treeOf(folder) {
  return Object.fromEntries(readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory() ? treeOf(join(folder, entry.name)) : readFileSync(join(folder, entry.name))]));
}

/** What a shim includes beside its interpreter. */
const SHIM_HEADERS = ["exports.h", "host.h"].map((name) => `conformance/plugins/kitchen-sink/${name}`).concat("pdks/c/tenon.h");

/** For interpreters, whose errors are `longjmp`: clang makes exceptions of WebAssembly of it. */
const INTERPRETER = ["--target=wasm32-wasip1", "-mexec-model=reactor", "-mllvm", "-wasm-enable-sjlj", "-lsetjmp", "-D_WASI_EMULATED_SIGNAL", "-lwasi-emulated-signal", "-D_WASI_EMULATED_PROCESS_CLOCKS", "-lwasi-emulated-process-clocks"];

function sourceOf(name) {
  const folder = debianSource(name);
  if (!folder) throw new MissingTool(`The sources of ${name} come from Debian, by apt-get, and this is none: build it there`);
  return folder;
}

function inScratch(work) {
  const scratch = mkdtempSync(join(tmpdir(), "fixture-"));
  try {
    return work(scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** What a program prints, trimmed, or nothing if it is not there or fails. */
function tryRun(program, args) {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
