/** Rust: cargo with the target `wasm32-unknown-unknown`, of rustup or of Debian. */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

import { BuildFailed, type BuildOptions, type Built, type Language, type Source, type Tool } from "./language.ts";
import { packageFolder } from "./package-folder.ts";
import { debianRust } from "./rust-sysroot.ts";
import { answerOf, runTool } from "./tool.ts";

const TARGET = "wasm32-unknown-unknown";

const CARGO: Tool = {
  name: `cargo with ${TARGET}`,
  install: `Install Rust from https://rustup.rs and run rustup target add ${TARGET}, or on Debian apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src lld-22`,
  isThere: async (folder) => (await hasTarget(folder)) || debianRust.isThere(),
};

/** The driver. */
export const rust: Language = { name: "rust", title: "Rust", entries: ["Cargo.toml"], files: /(?:^|\/)Cargo\.toml$/, tools: [CARGO], build };

/** How cargo is run: variables beside the process's own, flags for rustc, and which compiler it is. */
type Rust = { readonly env: Readonly<Record<string, string>>; readonly flags: readonly string[]; readonly compiler: string };

async function hasTarget(folder: string): Promise<boolean> {
  const sysroot = await answerOf(["rustc", "--print", "sysroot"], folder);
  return sysroot !== undefined && existsSync(join(sysroot, "lib/rustlib", TARGET));
}

async function findRust(folder: string): Promise<Rust> {
  const nameOf = async (rustc: string): Promise<string> => (await answerOf([rustc, "--version"], folder))?.split(" ").slice(0, 2).join(" ") ?? "rustc";
  if (await hasTarget(folder)) return { env: {}, flags: [], compiler: await nameOf("rustc") };
  if (!debianRust.isThere()) throw new BuildFailed(`Cannot build the plug-in: Rust for WebAssembly is missing. ${CARGO.install}`);
  return { ...(await debianRust.prepare()), compiler: await nameOf("/usr/bin/rustc") };
}

async function build({ folder, entry }: Source, options: BuildOptions): Promise<Built> {
  const crate = join(entry, "..");
  const { env, flags, compiler } = await findRust(crate);
  // Messages of panics name files: without the machine's paths, the same source gives the same bytes wherever it is.
  const registry = join(process.env["CARGO_HOME"] ?? join(homedir(), ".cargo"), "registry/src");
  const registries = existsSync(registry) ? (await readdir(registry)).map((name) => [join(registry, name), "/crates"] as const) : [];
  const kit = packageFolder("@tenon/pdk-rust", crate);
  // Of several that fit, the last one counts.
  const remaps = [...(kit === undefined ? [] : [[kit, "/tenon-pdk"] as const]), [`${folder}/`, "/tenon/"] as const, ...registries].map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
  const [name, target] = [await libraryOf(crate, options, env), process.env["CARGO_TARGET_DIR"] ?? join(crate, "target")];
  const isLocked = existsSync(join(crate, "Cargo.lock"));
  // As a list, because paths may have spaces. Cargo would take flags of the environment instead of these, so they are among them.
  const { RUSTFLAGS, CARGO_ENCODED_RUSTFLAGS } = process.env;
  const stated = (CARGO_ENCODED_RUSTFLAGS?.split("\x1f") ?? RUSTFLAGS?.split(" ") ?? []).filter((flag) => flag !== "");
  const list = JSON.stringify([...flags, ...remaps, ...stated]).replaceAll("\x7f", "\\u007f");
  const settings = (await placesOfFlags(crate, env)).flatMap((place) => ["--config", `${place}.rustflags=${list}`]);
  await runTool(CARGO, ["cargo", "build", "--quiet", "--release", ...(isLocked ? ["--locked"] : []), ...settings, "--target", TARGET, "--lib"], crate, options, { ...env, CARGO_TARGET_DIR: target, RUSTFLAGS: undefined, CARGO_ENCODED_RUSTFLAGS: undefined });
  return { wasm: await readFile(join(target, TARGET, "release", `${name}.wasm`)), warnings: [], compiler };
}

/**
 * Where flags must stand so that those of the project count beside them. In one place cargo puts lists together, but it takes
 * one place alone: what is stated for the target, by name or by a condition that holds, else `[build]`.
 */
async function placesOfFlags(crate: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const byName = `target.${TARGET}`;
  // `config get` is not stable.
  const answer = await answerOf(["cargo", "-Zunstable-options", "config", "get", "--format=json"], crate, { ...env, RUSTC_BOOTSTRAP: "1" });
  if (answer === undefined) return [byName];
  const { target = {} } = JSON.parse(answer) as { readonly target?: Readonly<Record<string, { readonly rustflags?: unknown }>> };
  const stated = Object.entries(target).filter(([, settings]) => settings.rustflags !== undefined).map(([name]) => name);
  if (process.env["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"] !== undefined) stated.push(TARGET);
  const [condition, ...more] = stated;
  if (condition === undefined) return ["build"];
  return more.length === 0 && condition !== TARGET ? [`target.${JSON.stringify(condition)}`, "build"] : [byName];
}

/** The name of the module that cargo writes. */
async function libraryOf(crate: string, options: BuildOptions, env: Readonly<Record<string, string>>): Promise<string> {
  const { packages } = JSON.parse(await runTool(CARGO, ["cargo", "metadata", "--no-deps", "--format-version=1"], crate, options, env)) as Metadata;
  const own = packages.find(({ manifest_path }) => manifest_path === join(crate, "Cargo.toml"));
  const library = own?.targets.find(({ crate_types }) => crate_types.includes("cdylib"));
  if (library === undefined) throw new BuildFailed('Cannot build the plug-in: its Cargo.toml makes no module; put crate-type = ["cdylib"] into [lib]');
  return library.name.replaceAll("-", "_");
}

type Metadata = { readonly packages: readonly { readonly manifest_path: string; readonly targets: readonly { readonly name: string; readonly crate_types: readonly string[] }[] }[] };
