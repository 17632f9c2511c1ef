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
export async function compileClang(sources, flags = []) {
  const { commands } = await import("@yowasp/clang");
  const command = sources[0].endsWith(".c") ? commands.clang : commands["clang++"];
  // Loading first, by itself, is what keeps the compiler from printing its progress.
  await command(null, {}, { fetchProgress: () => {} });
  const files = Object.fromEntries(sources.map((path) => [basename(path), readFileSync(join(ROOT, path))]));
  const standard = ["-Os", "-Wall", "-Wextra", "-Werror", "-mbulk-memory", "-Wl,--strip-all", "-o", "plugin.wasm"];
  const messages = [];
  const stderr = (bytes) => void (bytes && messages.push(Buffer.from(bytes)));
  const built = await command([...standard, ...flags, basename(sources[0])], files, { stderr }).catch(() => {
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
  execFileSync("cargo", ["build", "--quiet", "--release", "--locked", "--target", "wasm32-unknown-unknown"], {
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
