/**
 * Debian's Rust (`rustc-web`, `rust-web-src`): it has the compiler and the sources of the standard library, but no library
 * built for WebAssembly. Cargo can build it; its results in the layout of a sysroot are what `rustc --sysroot` takes. About
 * a minute, once.
 *
 * See https://doc.rust-lang.org/cargo/reference/unstable.html#build-std
 */

import { existsSync, readdirSync, realpathSync } from "node:fs";
import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { answerOf, program, runTool } from "./tool.ts";

const SOURCES = "/usr/lib/rustlib/src/rust/library";
const HOST = "x86_64-unknown-linux-gnu";
const TARGET = "wasm32-unknown-unknown";
/** Debian's own programs, before those of rustup. */
const PATH = "/usr/bin:/bin";

/** Debian's Rust, and how to use it. */
export const debianRust = {
  /** @returns Whether it is installed, with all it takes. */
  isThere: (): boolean => existsSync(SOURCES) && existsSync("/usr/bin/cargo") && linker() !== undefined,

  /**
   * Makes the sysroot if there is none.
   *
   * @returns Variables for cargo and flags for rustc.
   * @throws {BuildFailed} If the library cannot be built.
   */
  prepare: async (): Promise<{ readonly env: Readonly<Record<string, string>>; readonly flags: readonly string[] }> => {
    const version = (await answerOf(["/usr/bin/rustc", "--version"]))?.split(" ")[1] ?? "unknown";
    const sysroot = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tenon", `rust-${version}`);
    if (!existsSync(sysroot)) await makeSysroot(sysroot);
    return { env: { PATH, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: `/usr/bin/${linker()}` }, flags: [`--sysroot=${sysroot}`] };
  },
};

function linker(): string | undefined {
  const number = (name: string): number => Number(name.slice("wasm-ld-".length));
  return readdirSync("/usr/bin").filter((name) => /^wasm-ld-\d+$/.test(name)).sort((one, other) => number(one) - number(other)).at(-1);
}

async function makeSysroot(directory: string): Promise<void> {
  const sources = realpathSync(SOURCES);
  const scratch = await mkdtemp(join(tmpdir(), "tenon-rust-"));
  try {
    await mkdir(join(scratch, ".cargo"));
    await writeFile(join(scratch, "lib.rs"), "");
    await writeFile(join(scratch, "Cargo.toml"), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n[profile.release]\npanic = "abort"\n[workspace]\n');
    // The sources bring the crates they need; nothing is downloaded.
    await writeFile(join(scratch, ".cargo/config.toml"), `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = ${JSON.stringify(join(sources, "vendor"))}\n`);
    const env = {
      PATH,
      CARGO_TARGET_DIR: join(scratch, "target"),
      CARGO_HOME: join(scratch, "home"),
      RUSTC_BOOTSTRAP: "1", // build-std is not stable
      RUSTFLAGS: `-C embed-bitcode=yes --remap-path-prefix=${sources}=/rust/library`,
    };
    const options = { signal: AbortSignal.any([]), isColored: false };
    await runTool(program("cargo", "Install Debian's cargo-web"), ["/usr/bin/cargo", "build", "--quiet", "--release", "--offline", "--target", TARGET, "-Zbuild-std=std,panic_abort"], scratch, options, env);
    const built = join(scratch, "target", TARGET, "release/deps");
    const made = join(scratch, "sysroot/lib/rustlib");
    await mkdir(join(made, TARGET, "lib"), { recursive: true });
    for (const name of await readdir(built)) {
      if (/^lib(?!empty).*\.(?:rlib|rmeta)$/.test(name)) await copyFile(join(built, name), join(made, TARGET, "lib", name));
    }
    // Procedural macros run on the machine itself and need its own library.
    await mkdir(join(made, HOST), { recursive: true });
    await symlink(`/usr/lib/rustlib/${HOST}/lib`, join(made, HOST, "lib"));
    await mkdir(dirname(directory), { recursive: true });
    await moveFolder(join(scratch, "sysroot"), directory);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** By a name of its own first, so that nobody finds half of it: the temporary folder may lie on another disk. */
async function moveFolder(from: string, to: string): Promise<void> {
  const part = `${to}.${process.pid}`;
  await cp(from, part, { recursive: true, verbatimSymlinks: true });
  await rename(part, to);
}
