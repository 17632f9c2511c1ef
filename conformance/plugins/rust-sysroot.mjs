/**
 * Makes a Rust sysroot with the standard library for Wasm, on a Debian machine whose Rust comes from apt.
 *
 * Debian ships compiler and sources (`rustc-web`, `rust-web-src`) but no library built for Wasm. Cargo can build it from
 * source; its results in the layout of a sysroot are what `rustc --sysroot` takes. About a minute, once.
 *
 * usage: node rust-sysroot.mjs DIR
 * See https://doc.rust-lang.org/cargo/reference/unstable.html#build-std
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Where Debian's package `rust-web-src` puts the standard library. */
export const DEBIAN_SOURCES = "/usr/lib/rustlib/src/rust/library";

const HOST = "x86_64-unknown-linux-gnu";
const TARGET = "wasm32-unknown-unknown";

/**
 * Builds the standard library and lays out the sysroot.
 *
 * @param {string} directory Where to; is made.
 */
export function makeSysroot(directory) {
  const sources = realpathSync(DEBIAN_SOURCES);
  const scratch = mkdtempSync(join(tmpdir(), "rust-std-"));
  try {
    mkdirSync(join(scratch, ".cargo"));
    writeFileSync(join(scratch, "lib.rs"), "");
    writeFileSync(
      join(scratch, "Cargo.toml"),
      '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n[profile.release]\npanic = "abort"\n[workspace]\n',
    );
    // The sources bring the crates they need; nothing is downloaded.
    const vendored = JSON.stringify(join(sources, "vendor"));
    writeFileSync(join(scratch, ".cargo/config.toml"), `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = ${vendored}\n`);
    execFileSync("/usr/bin/cargo", ["build", "--quiet", "--release", "--offline", "--target", TARGET, "-Zbuild-std=std,panic_abort"], {
      cwd: scratch,
      stdio: "inherit",
      env: {
        HOME: scratch,
        PATH: "/usr/bin:/bin",
        RUSTC_BOOTSTRAP: "1", // build-std is not stable
        RUSTFLAGS: `-C embed-bitcode=yes --remap-path-prefix=${sources}=/rust/library`,
      },
    });
    const built = join(scratch, "target", TARGET, "release/deps");
    const library = join(directory, "lib/rustlib", TARGET, "lib");
    mkdirSync(library, { recursive: true });
    for (const name of readdirSync(built)) {
      if (/^lib(?!empty).*\.(rlib|rmeta)$/.test(name)) copyFileSync(join(built, name), join(library, name));
    }
    // Procedural macros run on the machine itself and need its own library.
    const host = join(directory, "lib/rustlib", HOST);
    mkdirSync(host, { recursive: true });
    if (!existsSync(join(host, "lib"))) symlinkSync(`/usr/lib/rustlib/${HOST}/lib`, join(host, "lib"));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [directory] = process.argv.slice(2);
  if (directory) makeSysroot(directory);
  else {
    console.error("usage: node rust-sysroot.mjs DIR");
    process.exitCode = 2;
  }
}
