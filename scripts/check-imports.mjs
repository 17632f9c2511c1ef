/**
 * Forbids imports that cross the rooms: each room names the rooms below it that it may rest on. A package imports another
 * only by its name, never by a path into it; `conformance` imports no host but in its adapters; tests may use `conformance` too. (Cycles, and
 * Node's names in the host's core, are the linter's.)
 */
import { posix } from "node:path";
import ts from "typescript";
import { check } from "./check.mjs";
import { files, read, workspaces } from "./tree.mjs";

/** Room → rooms it rests on. A room that is not here is a mistake, so that a new one is decided on and not forgotten. */
const RESTS_ON = {
  abi: [],
  kernel: ["abi", "scripts"],
  wasm: ["scripts"],
  hosts: ["abi", "kernel", "wasm"],
  pdks: ["abi", "kernel", "wasm"],
  compiler: ["abi", "kernel", "wasm", "pdks"],
  systems: ["hosts", "wasm"],
  testing: ["hosts", "systems", "compiler"],
  cli: ["abi", "kernel", "wasm", "hosts", "pdks", "compiler", "systems", "testing"],
  conformance: ["pdks"],
  benchmarks: ["abi", "kernel", "wasm", "hosts", "pdks", "compiler", "systems", "testing", "cli", "conformance"],
  examples: ["hosts", "pdks", "compiler", "systems", "testing", "cli", "wasm", "conformance"],
  scripts: ["conformance", "compiler"],
};

/** Pages where users look, not packages: nothing there is imported. */
const NOT_ROOMS = new Set(["docs", ".ci"]);

/** What a build writes into another room: the tests of the room it comes from look at it there. */
const WRITTEN_BY = { kernel: new Set(["hosts/typescript/src/abi.ts", "hosts/typescript/src/kernel-wasm.ts"]) };

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
      if (ADAPTER.test(file) && roomOf(target) === "hosts" && !isPath) continue;
      if (BUILDER.test(file) && target === "cli" && !isPath) continue;
      if (isPath && WRITTEN_BY[room]?.has(posix.join(posix.dirname(file), specifier))) continue;
      if (isPath) fail(file, `imports "${specifier}", a path into ${target}; import that package by its name`);
      else if (!allowed.has(roomOf(target)) || (room === roomOf(target) && room === "hosts")) {
        const below = RESTS_ON[room].join(", ") || "nothing";
        fail(file, `imports "${specifier}", but ${room} rests on ${below}; move the code down or pass it in as an argument`);
      }
    }
  }
  return `${imports} imports stay within their rooms`;
});
