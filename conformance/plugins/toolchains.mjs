/**
 * Compilers that the fixtures are built with: one function per language, sources in, Wasm bytes out.
 *
 * A compiler that is not there throws `MissingTool`, which says what to install. All output is free of the machine's paths.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { SOURCES, debianSource } from "./debian.mjs";
import { DEBIAN_SOURCES, makeSysroot } from "./rust-sysroot.mjs";

/** A compiler is not on this machine. */
export class MissingTool extends Error {}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const versionOf = (name) => `${name} ${JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8")).version}`;

/**
 * Compiles C or C++ with npm's clang.
 *
 * @param {string[]} sources Paths from the root of the repository; the first is compiled, the others may be included by name.
 * @param {string[]} flags Added to the common ones.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export function compileClang(sources, flags = []) {
  const files = Object.fromEntries(sources.map((path) => [basename(path), readFileSync(join(ROOT, path))]));
  return compileFiles([basename(sources[0])], files, ["-Wall", "-Wextra", "-Werror", ...flags]);
}

/**
 * Compiles or links any files with npm's clang.
 *
 * @param {string[]} sources Names of those to compile or link.
 * @param {object} files Contents by name; a folder is an object too.
 * @param {string[]} flags Added to the common ones.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
async function compileFiles(sources, files, flags) {
  const { commands } = await import("@yowasp/clang");
  const command = commands[sources.some((name) => name.endsWith(".cpp")) ? "clang++" : "clang"];
  // Loading first, by itself, is what keeps the compiler from printing its progress.
  await command(null, {}, { fetchProgress: () => {} });
  const messages = [];
  const stderr = (bytes) => void (bytes && messages.push(Buffer.from(bytes)));
  const built = await command(["-Os", "-mbulk-memory", "-Wl,--strip-all", "-o", "plugin.wasm", ...flags, ...sources], files, { stderr }).catch(() => {
    // What is rejected with carries all files and nothing of use; what is wrong is in the messages.
    throw new Error(`Cannot compile "${sources[0]}": ${Buffer.concat(messages)}`);
  });
  return { wasm: built["plugin.wasm"], tool: versionOf("@yowasp/clang") };
}

/**
 * Compiles AssemblyScript with npm's asc.
 *
 * @param {string} source Path from the root of the repository.
 * @param {string} abort Function that gets uncaught exceptions: its module, from there too or from `~lib/`, and its name.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileAssemblyScript(source, abort) {
  const { main } = await import("assemblyscript/asc");
  let wasm;
  const fromHere = (path) => relative(process.cwd(), join(ROOT, path)).replaceAll("\\", "/");
  const use = `abort=${abort.startsWith("~") ? abort : fromHere(abort)}`;
  const { error, stderr } = await main([fromHere(source), "--outFile", "plugin.wasm", "-Os", "--use", use], {
    writeFile: (name, contents) => void (name === "plugin.wasm" && (wasm = contents)),
  });
  if (error || !wasm) throw new Error(`Cannot compile "${source}": ${stderr}`);
  return { wasm, tool: versionOf("assemblyscript") };
}

/**
 * Compiles a crate with cargo for wasm32-unknown-unknown.
 *
 * @param {string} crate Folder of the crate, from the root of the repository.
 * @param {string} name Of the library, as in `NAME.wasm`.
 * @returns {{ wasm: Uint8Array, tool: string }} The module, and what compiled it.
 */
export function compileRust(crate, name) {
  const target = join(ROOT, ".cache/rust-target");
  const { environment, flags, tool } = findRust();
  const crates = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry/src");
  const registries = existsSync(crates) ? readdirSync(crates).map((directory) => [join(crates, directory), "/crates"]) : [];
  const remaps = [[ROOT, "/tenon/"], ...registries].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  const locked = existsSync(join(ROOT, crate, "Cargo.lock")) ? ["--locked"] : [];
  execFileSync("cargo", ["build", "--quiet", "--release", ...locked, "--target", "wasm32-unknown-unknown"], {
    cwd: join(ROOT, crate),
    stdio: "inherit",
    env: {
      ...process.env,
      ...environment,
      CARGO_TARGET_DIR: target,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: [...flags, ...remaps].join(" "),
    },
  });
  return { wasm: readFileSync(join(target, `wasm32-unknown-unknown/release/${name}.wasm`)), tool };
}

/** A rustup that has the target, else Debian's compiler with a sysroot that is made once. */
function findRust() {
  const version = (path) => tryRun(path, ["--version"])?.split(" ").slice(0, 2).join(" ");
  const sysroot = tryRun("rustc", ["--print", "sysroot"]);
  if (sysroot && existsSync(join(sysroot, "lib/rustlib/wasm32-unknown-unknown"))) {
    return { environment: {}, flags: [], tool: version("rustc") };
  }
  const linker = readdirSync("/usr/bin").filter((name) => /^wasm-ld-\d+$/.test(name)).sort().at(-1);
  if (!existsSync(DEBIAN_SOURCES) || !existsSync("/usr/bin/cargo") || !linker) {
    throw new MissingTool(
      "Rust for Wasm is missing: run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src lld-22`",
    );
  }
  const made = join(ROOT, ".cache/rust-sysroot");
  if (!existsSync(made)) makeSysroot(made);
  return {
    environment: { PATH: "/usr/bin:/bin", CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: `/usr/bin/${linker}` },
    flags: [`--sysroot=${made}`],
    tool: version("/usr/bin/rustc"),
  };
}

/**
 * Compiles a Go program as a WASI reactor.
 *
 * @param {string} directory Of the main package, from the root of the repository.
 * @returns {{ wasm: Uint8Array, tool: string }} The module, and what compiled it.
 */
export function compileGo(directory) {
  const version = tryRun("go", ["version"])?.match(/go\d+\.\d+\.\d+|go\d+\.\d+/)?.[0];
  if (!version || Number(version.split(".")[1]) < 24) {
    throw new MissingTool(`Go 1.24 or newer is missing (found ${version ?? "none"}): install it from https://go.dev/dl/ or a package that has it`);
  }
  return inScratch((scratch) => {
    const out = join(scratch, "plugin.wasm");
    execFileSync("go", ["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w -buildid=", "-o", out, "."], {
      cwd: join(ROOT, directory),
      stdio: "inherit",
      env: { ...process.env, GOOS: "wasip1", GOARCH: "wasm", GOWORK: "off" },
    });
    return { wasm: readFileSync(out), tool: version };
  });
}

/**
 * Compiles a Zig program with `pdks/zig` as its module `tenon`.
 *
 * @param {string} source Root file, from the root of the repository.
 * @returns {{ wasm: Uint8Array, tool: string }} The module, and what compiled it.
 */
export function compileZig(source) {
  const candidates = [process.env.ZIG ? [process.env.ZIG] : ["zig"], ["python3", "-m", "ziglang"]];
  const [zig] = candidates.filter(([program, ...args]) => tryRun(program, [...args, "version"])?.startsWith("0.15."));
  if (!zig) throw new MissingTool("Zig 0.15 is missing: run `pip install ziglang==0.15.2`, or set ZIG to the program");
  const [program, ...first] = zig;
  return inScratch((scratch) => {
    const out = join(scratch, "plugin.wasm");
    const flags = ["-target", "wasm32-freestanding", "-O", "ReleaseSmall", "-fstrip", "-fno-entry", "-rdynamic", `-femit-bin=${out}`];
    const modules = ["--dep", "tenon", `-Mroot=${source}`, "-Mtenon=pdks/zig/src/tenon.zig"];
    execFileSync(program, [...first, "build-exe", ...flags, ...modules, "--cache-dir", join(scratch, "cache")], { cwd: ROOT, stdio: "inherit" });
    return { wasm: readFileSync(out), tool: `zig ${tryRun(program, [...first, "version"])}` };
  });
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
  const { wasm, tool } = await compileFiles(["plugin.o"], { "plugin.o": object }, ["--target=wasm32", "-nostdlib", "-Wl,--no-entry"]);
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
  const all = Object.fromEntries([...files, ["nimbase.h", readFileSync("/usr/lib/nim/lib/nimbase.h")], ...SHIM_HEADERS.map(named)]);
  // Nim's `echo` locks standard output, which WASI has no need of.
  const { wasm, tool } = await compileFiles(files.map(([name]) => name), all, ["--target=wasm32-wasip1", "-mexec-model=reactor", "-w", "-Dflockfile(file)=", "-Dfunlockfile(file)="]);
  return { wasm, tool: `nim ${version}, ${tool}` };
}

/**
 * Compiles Lua's interpreter, from Debian's sources, with a shim and a script into one module.
 *
 * @param {string} directory Of `lua.c` and `kitchen_sink.lua`, from the root of the repository.
 * @returns {Promise<{ wasm: Uint8Array, tool: string }>} The module, and what compiled it.
 */
export async function compileLua(directory) {
  const folder = sourceOf("lua5.4");
  const sources = readdirSync(join(folder, "src")).filter((name) => /\.[ch]$/.test(name) && name !== "lua.c");
  const files = [...sources.map((name) => [name, readFileSync(join(folder, "src", name))]), ...[`${directory}/plugin.c`, `${directory}/kitchen_sink.lua`, ...SHIM_HEADERS].map(named)];
  const { wasm, tool } = await compileFiles(["plugin.c"], Object.fromEntries(files), ["-std=c23", "-w", ...INTERPRETER]);
  return { wasm, tool: `lua ${SOURCES["lua5.4"].version}, ${tool}` };
}

/** What a shim includes beside its interpreter. */
const SHIM_HEADERS = ["conformance/plugins/kitchen-sink/host.h", "pdks/c/tenon.h"];

/** For interpreters, whose errors are `longjmp`: clang makes exceptions of WebAssembly of it. */
const INTERPRETER = ["--target=wasm32-wasip1", "-mexec-model=reactor", "-mllvm", "-wasm-enable-sjlj", "-lsetjmp", "-D_WASI_EMULATED_SIGNAL", "-lwasi-emulated-signal", "-D_WASI_EMULATED_PROCESS_CLOCKS", "-lwasi-emulated-process-clocks"];

const named = (path) => [basename(path), readFileSync(join(ROOT, path))];

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
