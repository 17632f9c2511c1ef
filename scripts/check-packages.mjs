/**
 * Forbids packages that work here and not at a user's: each public workspace is packed as it would be published, looked at
 * by publint and are-the-types-wrong, and all of them are installed together into an empty project, where every export path
 * is imported, required, and type-checked, every program prints its help, and a new project is started, tested and built.
 * Needs `dist`, so `check-types` comes first.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, firstLine, run, tool } from "./check.mjs";
import { npmError, pack } from "./pack.mjs";
import { root, workspaces } from "./tree.mjs";

/** What every package carries, and what none does. */
const CARRIES = ["package.json", "README.md", "LICENSE"];
const CARRIES_NOT = /^(?!templates\/).*(\.(test|bench)\.|\.tsbuildinfo$|(^|\/)(tsconfig.*\.json|node_modules\/.*)$)/;

/** What a thread runs: it exports nothing, and fails where there is no thread to serve. */
const SCRIPTS = new Set(["@tenon/host/thread", "@tenon/host/node-thread"]);

/** What a new project has beside our packages. */
const NODE_TYPES = `@types/node@${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies["@types/node"]}`;

const TSCONFIG = {
  compilerOptions: { target: "es2022", lib: ["es2023", "dom"], module: "nodenext", strict: true, noEmit: true, types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
  files: ["consumer.mts", "consumer.cts"],
};

await check((fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-packages-"));
  try {
    const packages = workspaces().filter(({ manifest }) => !manifest.private).map((workspace) => inspect(workspace, folder, fail));
    const paths = packages.flatMap(({ manifest }) => Object.keys(manifest.exports ?? {}).filter((path) => !path.includes("*")).map((path) => manifest.name + path.slice(1))).filter((path) => !SCRIPTS.has(path));
    if (install(packages, folder, fail)) {
      use(packages, paths, folder, fail);
      startProject(folder, fail);
    }
    return `${packages.length} packages, ${paths.length} export paths imported, required and type-checked`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Packs one package and looks at the tarball alone. */
function inspect({ folder: source, manifest }, folder, fail) {
  const { tarball, paths } = pack(source, folder);

  for (const path of CARRIES) if (!paths.includes(path)) fail(source, `its package has no ${path}; add the file`);
  for (const path of paths) if (CARRIES_NOT.test(path)) fail(source, `its package carries "${path}"; leave it out in "files" of package.json`);

  const publint = tool("publint", ["run", tarball, "--strict"]);
  const complaints = publint.stdout.split("\n").filter((line) => /^\d+\. /.test(line.trim()));
  if (!publint.ok) for (const line of complaints) fail(`${source}/package.json`, `publint: ${line.trim().replace(/^\d+\. /, "")}`);
  if (!publint.ok && complaints.length === 0) fail(`${source}/package.json`, `publint: ${firstLine(publint.stderr + publint.stdout)}`);

  // AssemblyScript is compiled from its sources by its own compiler: there are no types of JavaScript to resolve.
  if (manifest.peerDependencies?.assemblyscript !== undefined) return { source, manifest, tarball };
  const attw = tool("attw", [tarball, "--profile", "esm-only", "--format", "json"]);
  if (!attw.ok) {
    const { analysis, problems } = JSON.parse(attw.stdout);
    const kinds = Object.keys(problems ?? analysis?.problems ?? {}).join(", ");
    fail(`${source}/package.json`, `its types resolve wrongly (${kinds || "no types"}); run npx attw --pack ${source} --profile esm-only`);
  }
  return { source, manifest, tarball };
}

/** Installs all tarballs into an empty project, as a user would. */
function install(packages, folder, fail) {
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const { ok, stderr } = run("npm", ["i", ...packages.map(({ tarball }) => tarball), NODE_TYPES, "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
  if (!ok) fail("the packed packages", `do not install together: ${npmError(stderr)}`);
  return ok;
}

/** Imports, requires and type-checks every export path, and asks every program for its help. */
function use(packages, paths, folder, fail) {
  const node = (args) => run(process.execPath, ["--no-warnings", ...args], { cwd: folder });
  const thrown = ({ stderr }) => stderr.split("\n").find((line) => /^\w*Error\b/.test(line)) ?? firstLine(stderr);

  for (const path of paths) {
    const named = node(["--input-type=module", "-e", `if (Object.keys(await import("${path}")).length === 0) throw new Error("it exports nothing")`]);
    if (!named.ok) fail(path, `cannot be imported: ${thrown(named)}; look at "exports" and "dependencies"`);
    const required = node(["--input-type=commonjs", "-e", `require("${path}")`]);
    const remedy = required.stderr.includes("ERR_REQUIRE_ASYNC_MODULE") ? "no await may stand at the top of a module" : 'look at "exports"';
    if (!required.ok) fail(path, `cannot be required: ${thrown(required)}; ${remedy}`);
  }
  writeFileSync(join(folder, "consumer.mts"), paths.map((path, index) => `import * as module${index} from "${path}";\nvoid module${index};\n`).join(""));
  writeFileSync(join(folder, "consumer.cts"), paths.map((path, index) => `import module${index} = require("${path}");\nvoid module${index};\n`).join(""));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  const types = tool("tsc", ["-p", folder, "--pretty", "false"], { cwd: folder });
  for (const line of types.stdout.split("\n").filter((text) => text.includes("error TS"))) fail("types at a user's", line);
  if (!types.ok && !types.stdout.includes("error TS")) fail("types at a user's", firstLine(types.stderr + types.stdout));

  for (const { source, manifest } of packages) {
    for (const [name, file] of Object.entries(manifest.bin ?? {})) {
      if (!readFileSync(join(folder, "node_modules", manifest.name, file), "utf8").startsWith("#!/usr/bin/env node\n")) {
        fail(source, `the program "${name}" does not begin with "#!/usr/bin/env node"; add the line`);
        continue;
      }
      const help = run(join(folder, "node_modules", ".bin", name), ["--help"], { cwd: folder });
      if (!help.ok || !help.stdout.includes(name)) fail(source, `"${name} --help" fails or prints no help: ${thrown(help)}`);
    }
  }
}

/** Does what the README of `tenon` says, with nothing but the packages: from an empty folder to a plug-in that was called. */
function startProject(folder, fail) {
  const tenon = (args, cwd) => run(join(folder, "node_modules/.bin/tenon"), args, { cwd, env: { ...process.env, CI: undefined } });
  const project = join(folder, "hello");
  const steps = [
    [folder, ["new", "hello"], ""], [project, ["test"], "pass 2"], [project, ["build"], ""],
    [project, ["call", "plugin.wasm", "greet", "--input", '{"name":"Ada"}'], "Hello, Ada!"],
  ];
  for (const [cwd, args, says] of steps) {
    const { ok, stdout, stderr } = tenon(args, cwd);
    if (ok && stdout.includes(says)) continue;
    fail("a new project", `"tenon ${args[0]}" fails: ${firstLine(stderr) || firstLine(stdout)}`);
    return;
  }
}
