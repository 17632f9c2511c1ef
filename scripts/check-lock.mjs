/**
 * Forbids a `package-lock.json` (the project's or that of its site) that `npm ci` refuses or that ties the project to one machine: every optional package (a
 * tool's build for one system) has an entry, and no entry names where it came from, so that the user's own registry is
 * asked. A registry that lacks the builds of other systems makes npm write a lock without them, which npm 11 then refuses.
 * `node scripts/check-lock.mjs --write` adds the entries.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./check.mjs";
import { readJson, root } from "./tree.mjs";

const FILES = ["package-lock.json", "docs/package-lock.json"];
const BUILD = /[/-](android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(gnu|musl))?/;

await check((fail) => FILES.map((file) => inspect(file, fail)).join("; "));

function inspect(file, fail) {
  const lock = readJson(file);
  const { packages } = lock;
  const missing = [];
  for (const [folder, entry] of Object.entries(packages)) {
    if (/^https?:|^git/.test(entry.resolved ?? "")) {
      fail(`${file}: ${folder}`, 'says where it came from; run npm i with "omit-lockfile-registry-resolved=true"');
    }
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!hasEntry(packages, folder, name)) missing.push({ name, version, dev: entry.dev });
    }
  }
  if (process.argv.includes("--write")) {
    for (const build of missing) packages[`node_modules/${build.name}`] = entryOf(build);
    const [first, ...rest] = Object.entries(packages);
    lock.packages = Object.fromEntries([first, ...rest.toSorted(([a], [b]) => a.localeCompare(b, "en"))]);
    writeFileSync(join(root, file), `${JSON.stringify(lock, undefined, 2)}\n`);
    return `added ${missing.length} entries`;
  }
  for (const { name } of missing) fail(file, `has no entry for "${name}", so npm ci refuses it; run node scripts/check-lock.mjs --write`);
  return `${file} ${Object.keys(packages).length} entries`;
}

/** Whether a package is found from a folder as Node looks for it: there, or in a folder above. */
function hasEntry(packages, folder, name) {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`]) return true;
    if (at === "") return false;
  }
}

/** The entry npm would have written, without the hash of what could not be fetched. */
function entryOf({ name, version, dev }) {
  const [, os, cpu, libc] = BUILD.exec(name) ?? [];
  if (os === undefined) throw new Error(`the name "${name}" does not say for which system it is; add its entry by hand`);
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(os === "linux" && libc && { libc: [libc === "gnu" ? "glibc" : "musl"] }),
    optional: true,
    os: [os],
  };
}
