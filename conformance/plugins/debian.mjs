/**
 * Sources of others that plug-ins are built from and that the project does not carry: Debian has them, each pinned by its
 * version and by the hash of what is downloaded. They and what is built from them stay in `.cache`.
 *
 * usage: node debian.mjs NAME      fetches and unpacks one of `SOURCES`, prints the folder
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What can be fetched: Debian's suite and version, the upstream archive in it, and its SHA-256. */
export const SOURCES = {
  "lua5.4": { suite: "trixie", version: "5.4.7-1", archive: "lua5.4_5.4.7.orig.tar.gz", sha256: "9fbf5e28ef86c69858f6d3d34eccc32e911c1a28b4120ff3e84aaa70cfbf1e30" },
  micropython: { suite: "trixie", version: "1.25.0+ds-1", archive: "micropython_1.25.0+ds.orig.tar.xz", sha256: "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea" },
  mruby: { suite: "trixie", version: "3.3.0-1", archive: "mruby_3.3.0.orig.tar.gz", sha256: "53088367e3d7657eb722ddfacb938f74aed1f8538b3717fe0b6eb8f58402af65" },
};

const CACHE = fileURLToPath(new URL("../../.cache/debian", import.meta.url));
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Fetches and unpacks sources, if they are not there yet.
 *
 * @param {keyof typeof SOURCES} name Debian's name of the source package.
 * @returns {string | undefined} The folder with what the archive has, or `undefined` where there is no Debian to ask.
 * @throws {Error} If it cannot be fetched, or is not what it was.
 */
export function debianSource(name) {
  const { suite, version, archive, sha256 } = SOURCES[name];
  const folder = join(CACHE, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const mirror = findMirror();
  if (mirror === undefined || !existsSync(KEYRING)) return undefined;
  mkdirSync(CACHE, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), "debian-source-"));
  try {
    for (const path of ["parts", "lists/partial", "cache/archives/partial", "out"]) mkdirSync(join(scratch, path), { recursive: true });
    writeFileSync(join(scratch, "parts/source.sources"), `Types: deb-src\nURIs: ${mirror}\nSuites: ${suite}\nComponents: main\nSigned-By: ${KEYRING}\n`);
    const settings = { "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": join(scratch, "parts"), "Dir::State::lists": join(scratch, "lists"), "Dir::Cache": join(scratch, "cache"), "APT::Sandbox::User": "root" };
    const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    const apt = (...args) => execFileSync("apt-get", ["-qq", ...options, ...args], { cwd: join(scratch, "out"), stdio: ["ignore", "ignore", "pipe"] });
    apt("update");
    apt("source", "--download-only", `${name}=${version}`);
    const path = join(scratch, "out", archive);
    const found = createHash("sha256").update(readFileSync(path)).digest("hex");
    if (found !== sha256) throw new Error(`Cannot use "${archive}": its SHA-256 is ${found}, expected ${sha256}`);
    const unpacked = join(scratch, "unpacked");
    mkdirSync(unpacked);
    execFileSync("tar", ["-xf", path, "-C", unpacked, "--strip-components=1"]);
    execFileSync("cp", ["-r", unpacked, `${folder}.part`]);
    renameSync(`${folder}.part`, folder);
    return folder;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The mirror that this machine's apt is set up with. */
function findMirror() {
  const lists = existsSync("/etc/apt/sources.list.d") ? readdirSync("/etc/apt/sources.list.d").map((name) => join("/etc/apt/sources.list.d", name)) : [];
  const text = ["/etc/apt/sources.list", ...lists].filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8")).join("\n");
  return /^[^#\n]*?(https?:\/\/\S+\/debian)\/?(?=\s|$)/m.exec(text)?.[1];
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = ""] = process.argv.slice(2);
  if (Object.hasOwn(SOURCES, name)) console.log(debianSource(name) ?? "there is no Debian here");
  else {
    console.error(`usage: node debian.mjs ${Object.keys(SOURCES).join("|")}`);
    process.exitCode = 2;
  }
}
