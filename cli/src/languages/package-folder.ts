/** Where a package of npm lies: that of a project, else the one beside this program. */

import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Looks for a package as Node does, but for its folder: some packages keep their `package.json` to themselves.
 *
 * @param name Its name in the registry.
 * @param folder Absolute path of a project.
 * @returns Absolute path of the package without symbolic links, or `undefined` if it is not there.
 */
export function packageFolder(name: string, folder: string): string | undefined {
  for (const from of [join(folder, "package.json"), import.meta.url]) {
    for (const place of createRequire(from).resolve.paths(name) ?? []) {
      const found = join(place, name);
      if (existsSync(join(found, "package.json"))) return realpathSync(found);
    }
  }
  return undefined;
}
