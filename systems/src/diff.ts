/**
 * What changed between two versions of a plug-in system, seen from the plug-ins that were built for the older one.
 */

import type { DocumentFunction, DocumentPayload, InterfaceDocument } from "./document.ts";
import { type Direction, diffSchemas } from "./schema-diff.ts";

/** How much a change matters: plug-ins fail, there is something new for them, or only words changed. */
export type ChangeLevel = "breaking" | "additive" | "patch";

/** One change. */
export interface Change {
  readonly level: ChangeLevel;
  /** Where, as in `exports.before_checkout.input.items[].price`. */
  readonly path: string;
  readonly message: string;
}

/** Everything that changed. */
export interface SystemDiff {
  /** The weightiest of all changes; `"none"` if there is none. */
  readonly level: ChangeLevel | "none";
  readonly changes: readonly Change[];
  /** The least version that the new interface must have, by semantic versioning (below 1.0.0 a break raises the minor version). */
  readonly neededVersion: string;
  /** Whether the new interface's version is that or higher. */
  readonly isVersionEnough: boolean;
}

const WEIGHT = { none: 0, patch: 1, additive: 2, breaking: 3 } as const;

/**
 * Compares two versions of a system.
 *
 * @param before The interface that existing plug-ins were built for, as `System.document` tells it.
 * @param after The new interface.
 */
export function diffSystems(before: InterfaceDocument, after: InterfaceDocument): SystemDiff {
  const changes: Change[] = [];
  if (before.name !== after.name) changes.push({ level: "breaking", path: "name", message: `it is "${after.name}", it was "${before.name}"` });
  if (before.doc !== after.doc) changes.push({ level: "patch", path: "doc", message: "the words changed" });
  changes.push(...diffFunctions(before.exports, after.exports, "exports"), ...diffFunctions(before.imports, after.imports, "imports"), ...diffLimits(before, after));
  const level = changes.reduce<SystemDiff["level"]>((most, change) => (WEIGHT[change.level] > WEIGHT[most] ? change.level : most), "none");
  const neededVersion = nextVersion(before.version, level);
  return { level, changes, neededVersion, isVersionEnough: compareVersions(after.version, neededVersion) >= 0 };
}

function diffFunctions(before: InterfaceDocument["exports"], after: InterfaceDocument["exports"], side: "exports" | "imports"): Change[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): Change[] => {
    const path = `${side}.${name}`;
    const [old, now] = [before[name], after[name]];
    if (now === undefined) return [{ level: "breaking", path, message: side === "exports" ? "it is gone: plug-ins that offer it are not called any more" : "it is gone: plug-ins that import it cannot be loaded any more" }];
    if (old === undefined) {
      const isNeeded = side === "exports" && now.optional !== true;
      return [{ level: isNeeded ? "breaking" : "additive", path, message: isNeeded ? "it is new and not optional: plug-ins do not have it" : "it is new" }];
    }
    return diffFunction(old, now, path, side);
  });
}

function diffFunction(before: DocumentFunction, after: DocumentFunction, path: string, side: "exports" | "imports"): Change[] {
  const isExport = side === "exports";
  const changes = [
    ...diffPayload(before.input, after.input, `${path}.input`, isExport ? "to-plug-in" : "from-plug-in", !isExport),
    ...diffPayload(before.output, after.output, `${path}.output`, isExport ? "from-plug-in" : "to-plug-in", !isExport),
  ];
  if (before.optional !== true && after.optional === true) changes.push({ level: "additive", path, message: "it may be left out now" });
  if (before.optional === true && after.optional !== true) changes.push({ level: "breaking", path, message: "it may not be left out any more" });
  if (before.doc !== after.doc) changes.push({ level: "patch", path: `${path}.doc`, message: "the words changed" });
  return changes;
}

function diffPayload(before: DocumentPayload | undefined, after: DocumentPayload | undefined, path: string, direction: Direction, isImport: boolean): Change[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined || after === undefined) {
    // An import's signature changes with it; an export's input is simply there or not, and its output is looked at or not.
    const isHarmless = !isImport && (direction === "to-plug-in" ? before === undefined : after === undefined);
    return [{ level: isHarmless ? "additive" : "breaking", path, message: after === undefined ? "there is none any more" : "there is one now" }];
  }
  if (before.encoding !== after.encoding) return [{ level: "breaking", path, message: `it travels as ${after.encoding}, it was ${before.encoding}` }];
  const changes: Change[] = diffSchemas(before.schema, after.schema, direction).map((change) => ({ ...change, path: change.path === "" ? path : `${path}.${change.path}` }));
  if (changes.length === 0 && JSON.stringify(before.schema) !== JSON.stringify(after.schema)) changes.push({ level: "patch", path, message: "the words changed" });
  return changes;
}

function diffLimits({ limits: before = {} }: InterfaceDocument, { limits: after = {} }: InterfaceDocument): Change[] {
  const number = (limit: number | "none" | undefined): number => (typeof limit === "number" ? limit : Number.POSITIVE_INFINITY);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((each): Change[] => {
    const name = each as keyof typeof before;
    const [old, now] = [before[name], after[name]];
    if (old === now) return [];
    return [{ level: number(now) < number(old) ? "breaking" : "additive", path: `limits.${name}`, message: `it is ${now ?? "the default"}, it was ${old ?? "the default"}` }];
  });
}

function nextVersion(version: string, level: SystemDiff["level"]): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (level === "none") return version;
  if (level === "breaking") return major === 0 ? `0.${minor + 1}.0` : `${major + 1}.0.0`;
  return level === "additive" && major > 0 ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
