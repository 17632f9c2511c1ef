/**
 * Forbids imports that cross the rooms: each room names the rooms that it may rest on, and rests on each of them. A package
 * imports another only by its name, never by a path into it; `conformance` imports no host but in its adapters; tests may use
 * `conformance` too. No room rests on itself by way of others. And it forbids an ARCHITECTURE.md whose table of rooms says
 * otherwise. (Circles of files, and Node's names in the host's core, are the linter's.)
 */
import { posix } from "node:path";
import ts from "typescript";
import { check } from "./check.mjs";
import { files, read, workspaces } from "./tree.mjs";

/** Room → rooms it rests on. A room that is not here is a mistake, so that a new one is decided on and not forgotten. */
const RESTS_ON = {
  abi: [],
  toolchain: [],
  kernel: ["toolchain"],
  wasm: ["toolchain"],
  hosts: ["wasm"],
  pdks: [],
  compiler: ["wasm", "pdks"],
  systems: ["hosts", "wasm"],
  testing: ["hosts", "systems", "compiler"],
  cli: ["wasm", "hosts", "pdks", "compiler", "systems", "testing"],
  conformance: [],
  benchmarks: ["wasm", "hosts", "compiler", "systems"],
  examples: ["hosts", "pdks", "compiler", "systems", "conformance"],
  scripts: ["conformance", "compiler"],
};

/** What a room rests on without an import: its build reads it, or what is generated from it. */
const BUILT_FROM = { kernel: ["abi"], hosts: ["abi", "kernel"], pdks: ["abi"] };

/** The table of rooms: a row each, with the rooms it rests on in its last cell. */
const PAGE = "ARCHITECTURE.md";
const ROW = /^\| `([a-z]+)\/` \|.*\|([^|]*)\|$/gm;

/** Pages where users look, not packages: nothing there is imported. */
const NOT_ROOMS = new Set(["docs", ".ci"]);

/** What a build writes into another room, and what decodes it there: the tests of the room it comes from look at it there. */
const WRITTEN_BY = { kernel: new Set(["hosts/typescript/src/abi.ts", "hosts/typescript/src/kernel-wasm.ts", "hosts/typescript/src/kernel-bytes.ts"]) };

/** Plug-ins that tests run: each is written on the kit it is there to test. */
const FIXTURE = /^conformance\/plugins\/kitchen-sink\//;

/** An adapter is what brings a host to the cases, so it may name one. */
const ADAPTER = /^conformance\/adapters\//;

/** The plug-ins that are committed are built as a user would. */
const BUILDER = /^conformance\/plugins\/[^/]+\.mjs$/;

const roomOf = (path) => path.split("/")[0];

await check((fail) => {
  const packages = workspaces();
  /** Folder of the package that a file belongs to, or its room when the room is no package. */
  const homeOf = (path) => packages.find(({ folder }) => path.startsWith(`${folder}/`))?.folder ?? roomOf(path);
  const byName = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  const met = new Set();
  let imports = 0;

  for (const file of files(/\/.*\.(ts|mts|cts|js|mjs)$/)) {
    const room = roomOf(file);
    if (NOT_ROOMS.has(room) || FIXTURE.test(file)) continue;
    if (RESTS_ON[room] === undefined) {
      fail(file, `"${room}" is no room of the house; put the file into one, or give the room a line in scripts/check-imports.mjs`);
      continue;
    }
    const isTest = /\.(test|bench)\.ts$|\/test\//.test(file);
    const allowed = new Set([room, ...RESTS_ON[room], ...(isTest ? ["conformance"] : [])]);
    for (const { fileName: specifier } of ts.preProcessFile(read(file), true, true).importedFiles) {
      imports += 1;
      const isPath = /^[./]/.test(specifier);
      const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
      const target = isPath ? homeOf(posix.join(posix.dirname(file), specifier)) : byName.get(name);
      if (target === undefined || target === homeOf(file)) continue;
      met.add(`${room} ${roomOf(target)}`);
      if (ADAPTER.test(file) && roomOf(target) === "hosts" && !isPath) continue;
      if (BUILDER.test(file) && target === "cli" && !isPath) continue;
      if (isPath && WRITTEN_BY[room]?.has(posix.join(posix.dirname(file), specifier))) continue;
      if (isPath) fail(file, `imports "${specifier}", a path into ${target}; import that package by its name`);
      else if (!allowed.has(roomOf(target)) || (room === roomOf(target) && room === "hosts")) {
        fail(file, `imports "${specifier}", but ${room} rests on ${RESTS_ON[room].join(", ") || "nothing"}; move the code down or pass it in as an argument`);
      }
    }
  }
  for (const [room, below] of Object.entries(RESTS_ON)) {
    for (const each of below) if (!met.has(`${room} ${each}`)) fail("scripts/check-imports.mjs", `"${room}" may rest on "${each}" and does not; take the arrow away`);
  }
  const below = new Map(Object.keys(RESTS_ON).map((room) => [room, [...new Set([...(BUILT_FROM[room] ?? []), ...RESTS_ON[room]])]]));
  const circle = circleIn(below);
  if (circle !== undefined) fail("scripts/check-imports.mjs", `"${circle.join('" rests on "')}", in a circle; move what they share into a room below them`);
  const rows = new Map([...read(PAGE).matchAll(ROW)].map(([, room, cell]) => [room, [...cell.matchAll(/`([a-z]+)`/g)].map(([, name]) => name)]));
  for (const room of new Set([...Object.keys(RESTS_ON), ...rows.keys()])) {
    const is = [...(below.get(room) ?? [])].sort().join(", ");
    const said = rows.get(room)?.sort().join(", ");
    if (said !== is) fail(PAGE, `says that "${room}" rests on ${said ?? "nothing, because it has no row for it"}; it rests on ${is || "nothing"}`);
  }
  return `${imports} imports stay within their rooms, ${met.size} arrows between them`;
});

/** @returns The first circle of rooms, with the room it begins at as its end, too; `undefined` if there is none. */
function circleIn(below) {
  const done = new Set();
  const from = (room, way) => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return undefined;
    done.add(room);
    for (const next of below.get(room) ?? []) {
      const circle = from(next, [...way, room]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  for (const room of below.keys()) {
    const circle = from(room, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
