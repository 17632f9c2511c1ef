/**
 * The project as its checks see it: where it lies, which files it has, which packages. Reads the disk and not Git, so
 * that a file which is not yet committed is checked too and a clone without Git will do.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the project, without a slash at its end. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/** Folders that are made or installed, never written. Same list as `.gitignore`. */
const MADE = new Set(["node_modules", "dist", "build", "target", ".git", ".cache"]);

/** Reads a file of the project as text; `path` is relative to the root. */
export function read(path) {
  return readFileSync(join(root, path), "utf8");
}

/** Reads a JSON file of the project; `path` is relative to the root. */
export function readJson(path) {
  return JSON.parse(read(path));
}

/** Paths of all files that somebody wrote, relative to the root, with `/`, sorted; only those that match `pattern`. */
export function files(pattern) {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !MADE.has(entry.name)) walk(path);
      else if (entry.isFile() && pattern.test(path)) found.push(path);
    }
  };
  walk("");
  return found.toSorted();
}

/** The workspaces of the root's `package.json`: folder relative to the root, and parsed `package.json`. */
export function workspaces() {
  return readJson("package.json").workspaces.map((folder) => ({ folder, manifest: readJson(`${folder}/package.json`) }));
}
