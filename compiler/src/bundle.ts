/**
 * Bundles the author's files, the packages they use and the runtime into one module, by esbuild.
 *
 * Web APIs are injected: a global that the bundle mentions becomes an import of the PDK's version of it, so that a
 * plug-in holds exactly what it uses. The PDK always comes from this compiler, never from the author's folder, so that
 * both sides of the bridge fit.
 */
import type * as Esbuild from "esbuild";
import { CompileError, type Diagnostic } from "./error.ts";
import { loadRuntime } from "./assets.ts";
import { fillHostSignatures, type HostImport } from "./host-signature.ts";
import { positionTable, type SourceMap } from "./positions.ts";
import { parseFile, readExports, type InputKind } from "./signature.ts";
import { WEB_GLOBALS } from "./web-globals.ts";

/** What is bundled, and how. */
export type BundleOptions = {
  /** Path of the author's entry file, absolute or relative to `root`. */
  entry: string;
  /** Folder of the author's project. */
  root: string;
  /** Files that are not on disk, by path as the entry is written. */
  files: ReadonlyMap<string, string>;
  isMinified: boolean;
  tsconfig: string | undefined;
  define: Readonly<Record<string, string>>;
  conditions: readonly string[];
  esbuild: Pick<typeof Esbuild, "build">;
};

/** The bundle. */
export type Bundle = {
  code: string;
  /** esbuild's source map, as JSON. */
  map: SourceMap;
  /** Table for stack traces in the plug-in. */
  positions: string;
  /** Names and input kinds, in the order of their numbers. */
  exports: { name: string; input: InputKind }[];
  hostImports: HostImport[];
  warnings: Diagnostic[];
};

const ENTRY = "tenon:entry";
const WEB = "tenon:web";
const PDK = "tenon-pdk";
const VIRTUAL = "tenon-file";
const EXTENSIONS = ["", ".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];

/**
 * Bundles a plug-in.
 *
 * @throws {CompileError} With the author's files and lines, for anything esbuild refuses.
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const runtime = await loadRuntime();
  const hostImports: HostImport[] = [];
  let filled = new Map<string, string>();
  let exports: Bundle["exports"] = [];
  const readText = async (path: string): Promise<string> => {
    const text = options.files.get(path);
    if (text !== undefined) return text;
    const { readFile } = await import("node:fs/promises");
    return readFile(path, "utf8");
  };

  const build = async (): Promise<Esbuild.BuildResult<{ write: false; metafile: true }>> => {
    try {
      return await options.esbuild.build({
        entryPoints: [{ in: ENTRY, out: "plugin" }],
        inject: [WEB],
        bundle: true, write: false, metafile: true, sourcemap: "external", sourcesContent: false,
        outdir: options.root, absWorkingDir: options.root,
        format: "esm", target: "es2023", platform: "browser", charset: "utf8", legalComments: "none", keepNames: false,
        // The engine computes all values of a template before it converts the first to text; what this becomes does not, and is no slower.
        supported: { "template-literal": false },
        mainFields: ["browser", "module", "main"], conditions: ["tenon", "worker", ...options.conditions],
        minify: options.isMinified, logLevel: "silent",
        define: { "process.env.NODE_ENV": '"production"', global: "globalThis", ...webDefines(), ...options.define },
        loader: { ".txt": "text", ".md": "text", ".html": "text", ".css": "text", ".sql": "text", ".svg": "text", ".bin": "binary", ".wasm": "binary" },
        ...(options.tsconfig === undefined ? {} : { tsconfig: options.tsconfig }),
        plugins: [plugin()],
      });
    } catch (error) {
      throw asCompileError(error);
    }
  };

  const plugin = (): Esbuild.Plugin => ({
    name: "tenon",
    setup(setup) {
      setup.onResolve({ filter: /^tenon:/ }, ({ path }) => ({ path, namespace: PDK, sideEffects: path === ENTRY }));
      setup.onResolve({ filter: /^@tenon\/pdk(\/|$)/ }, ({ path }) => {
        const inside = path.slice("@tenon/pdk".length + 1);
        return { path: inside === "" ? "mod.js" : inside.endsWith(".js") ? inside : `${inside}.js`, namespace: PDK, sideEffects: false };
      });
      setup.onResolve({ filter: /^\./, namespace: PDK }, ({ path, importer }) => {
        const folder = importer.includes("/") ? importer.slice(0, importer.lastIndexOf("/")) : "";
        return { path: joinPath(folder, path), namespace: PDK, sideEffects: false };
      });
      setup.onLoad({ filter: /.*/, namespace: PDK }, async ({ path }) => {
        if (path === WEB) return { contents: webModule(), loader: "js" };
        if (path === ENTRY) {
          exports = await readAllExports(options.entry, readText, options.files);
          return { contents: entryModule(options.entry, exports), loader: "js", resolveDir: options.root };
        }
        const contents = runtime.get(path);
        return contents === undefined ? { errors: [{ text: `Cannot find "@tenon/pdk/${path}": the package has no such module` }] } : { contents, loader: "js" };
      });
      if (options.files.size > 0) {
        setup.onResolve({ filter: /.*/ }, ({ path, importer, namespace }) => {
          if (namespace !== PDK && (namespace !== VIRTUAL || !path.startsWith("."))) return undefined;
          const target = namespace === PDK ? path : joinPath(importer.slice(0, Math.max(0, importer.lastIndexOf("/"))), path);
          const found = candidates(target).find((candidate) => options.files.has(candidate));
          return found === undefined ? undefined : { path: found, namespace: VIRTUAL };
        });
        setup.onLoad({ filter: /.*/, namespace: VIRTUAL }, ({ path }) => ({ contents: filled.get(path) ?? options.files.get(path) ?? "", loader: "default", resolveDir: options.root }));
      }
      if (filled.size > 0) {
        const filter = new RegExp(`^(?:${[...filled.keys()].map((path) => path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|")})$`);
        setup.onLoad({ filter }, ({ path }) => ({ contents: filled.get(path) ?? "", loader: "default" }));
      }
    },
  });

  let result = await build();
  const own = Object.keys(result.metafile.inputs).filter(isOwnFile);
  const errors: Diagnostic[] = [];
  for (const input of own) {
    const path = input.startsWith(`${VIRTUAL}:`) ? input.slice(VIRTUAL.length + 1) : joinPath(options.root, input);
    if (!/\.[cm]?[jt]sx?$/.test(path)) continue;
    const calls = fillHostSignatures(shownName(input), await readText(path), hostImports);
    if (calls === undefined) continue;
    filled = filled.set(path, calls.text);
    errors.push(...calls.errors);
  }
  if (errors.length > 0) throw new CompileError(errors);
  if (filled.size > 0) result = await build();

  const file = (extension: string): string => result.outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? "";
  const map = JSON.parse(file(".js.map")) as SourceMap;
  const positions = positionTable(map, (source) => (source.includes(`${PDK}:`) ? "" : shownName(source)), isOwnFile);
  return { code: file(".js"), map, positions, exports, hostImports, warnings: result.warnings.map(asDiagnostic) };
}

/** Where the author's own files end: packages and the runtime. */
function isOwnFile(source: string): boolean {
  return !source.includes("node_modules/") && !source.includes(`${PDK}:`);
}

function shownName(source: string): string {
  return source.startsWith(`${VIRTUAL}:`) ? source.slice(VIRTUAL.length + 1) : source;
}

function webModule(): string {
  return Object.entries(WEB_GLOBALS).map(([module, names]) => `export { ${names.join(", ")} } from "./web/${module}.js";`).join("\n");
}

function webDefines(): Record<string, string> {
  return Object.fromEntries(Object.values(WEB_GLOBALS).flat().flatMap((name) => [[`globalThis.${name}`, name], [`self.${name}`, name]]));
}

function entryModule(entry: string, exports: Bundle["exports"]): string {
  const list = exports.map(({ name, input }) => `{ name: ${JSON.stringify(name)}, input: ${JSON.stringify(input)}, run: plugin[${JSON.stringify(name)}] }`);
  return `import { serve } from "./runtime.js";\nimport * as plugin from ${JSON.stringify(entry)};\nserve([${list.join(", ")}]);\n`;
}

/** The exports of a file with those it takes over from others. */
async function readAllExports(path: string, readText: (path: string) => Promise<string>, files: ReadonlyMap<string, string>, depth = 0): Promise<Bundle["exports"]> {
  const file = parseFile(path, await readText(path));
  if (file === undefined) return [];
  const { exports, starSources, reexports } = readExports(file);
  const found = new Map(exports.map(({ name, input }) => [name, input]));
  const follow = async (source: string): Promise<Bundle["exports"]> => {
    if (!source.startsWith(".") || depth > 8) return [];
    const target = joinPath(path.slice(0, Math.max(0, path.lastIndexOf("/"))), source);
    for (const candidate of candidates(target)) {
      try {
        if (!files.has(candidate) && candidate === target && !/\.\w+$/.test(target)) continue;
        return await readAllExports(candidate, async (name) => readText(name), files, depth + 1);
      } catch {
        // The next candidate may be the file.
      }
    }
    return [];
  };
  for (const { name, imported, source } of reexports) {
    const origin = (await follow(source)).find((entry) => entry.name === imported);
    if (!found.has(name)) found.set(name, origin?.input ?? "json");
  }
  for (const source of starSources)
    for (const { name, input } of await follow(source)) if (name !== "default" && !found.has(name)) found.set(name, input);
  return [...found].map(([name, input]) => ({ name, input }));
}

/** Files a path may mean; `./a.js` may be `./a.ts`. */
function candidates(path: string): string[] {
  const typed = path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2");
  return [...EXTENSIONS.map((extension) => path + extension), ...(typed === path ? [] : [typed])];
}

/** Joins a folder and a relative path, with `/` between. */
export function joinPath(folder: string, path: string): string {
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) return path;
  const isAbsolute = folder.startsWith("/");
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return (isAbsolute ? "/" : "") + parts.join("/");
}

function asDiagnostic({ text, location, notes }: Esbuild.Message): Diagnostic {
  const hint = notes.map((note) => note.text).join(" ");
  const message = hint === "" ? text : `${text}. ${hint}`;
  if (location === null) return { message };
  return { message, file: shownName(location.file), line: location.line, column: location.column + 1, length: Math.max(1, location.length), lineText: location.lineText };
}

function asCompileError(error: unknown): unknown {
  const errors = (error as { errors?: Esbuild.Message[] }).errors;
  return Array.isArray(errors) && errors.length > 0 ? new CompileError(errors.map(asDiagnostic)) : error;
}
