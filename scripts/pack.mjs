/** Packs a package of the project, as it would be published. */
import { join } from "node:path";
import { firstLine, run } from "./check.mjs";
import { root } from "./tree.mjs";

/**
 * @param source Folder of the package, from the project's root.
 * @param folder Where its tarball is put.
 * @returns The tarball, and the paths of what is in it.
 */
export function pack(source, folder) {
  const { ok, stdout, stderr } = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: join(root, source) });
  if (!ok) throw new Error(`npm cannot pack ${source}: ${npmError(stderr)}`);
  const [{ filename, files }] = JSON.parse(stdout);
  return { tarball: join(folder, filename), paths: files.map(({ path }) => path) };
}

/** What npm says is wrong, without its notices. */
export function npmError(stderr) {
  return stderr.split("\n").filter((line) => line.startsWith("npm error")).slice(0, 3).join(" ") || firstLine(stderr);
}
