/**
 * The pages of the site that nobody writes: the reference of each package from its doc comments, the table of failures from
 * `abi/failures.json`, the functions of the ABI, the commands of `tenon` as `--help` prints them, and measured figures
 * (`figures.mjs`).
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";

import { figuresPage } from "./figures.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));

/** Packages that users import, by folder; `exports` of each says what its entries are. */
const PACKAGES = ["hosts/typescript", "systems", "compiler", "pdks/typescript", "testing", "wasm"];

/**
 * Writes all of them.
 *
 * @param {string} folder Of the site's pages; they go into `reference/` there.
 */
export async function generatePages(folder) {
  const reference = join(folder, "reference");
  mkdirSync(reference, { recursive: true });
  writeFileSync(join(reference, "failures.md"), failuresPage());
  writeFileSync(join(reference, "abi.md"), abiPage());
  writeFileSync(join(reference, "command-line.md"), commandsPage());
  mkdirSync(join(folder, "measured"), { recursive: true });
  writeFileSync(join(folder, "measured/speed.md"), figuresPage());
  await apiPages(reference);
}

function failuresPage() {
  const groups = Map.groupBy === undefined ? groupBy : (list, key) => Map.groupBy(list, key);
  const rows = ({ code, details, doc }) => {
    const fields = Object.entries(details).map(([name, type]) => `\`${name}: ${type.replaceAll("|", "\\|")}\``);
    return `| \`${code}\` | ${doc} | ${fields.join("<br>")} |`;
  };
  const { failures } = readJson("abi/failures.json");
  const sections = [...groups(failures, ({ code }) => code.split("/")[0])].map(
    ([group, list]) => `## ${group}\n| code | meaning | details |\n|---|---|---|\n${list.map(rows).join("\n")}\n`,
  );
  return `# Failures\nEverything that can go wrong in a plug-in, or in loading one, is a \`PluginError\` with one of these codes. Codes never change; messages may.\n\n${sections.join("\n")}`;
}

/** `Map.groupBy`, which Node 20 lacks. */
function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

function abiPage() {
  return readFileSync(join(root, "abi/abi.md"), "utf8").replaceAll(/\]\((?!https?:|#)[^)]*\)/g, "]");
}

function commandsPage() {
  const help = (...words) => execFileSync(process.execPath, [join(root, "cli/tenon.mjs"), ...words, "--help"], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  const overview = help();
  const names = readdirSync(join(root, "cli/src"))
    .map((file) => /^([a-z-]+)\.ts$/.exec(file)?.[1])
    .filter((name) => name !== undefined && new RegExp(`^ +${name}\\b`, "m").test(overview));
  const sections = names.map((name) => `## tenon ${name}\n\`\`\`text\n${help(name).trimEnd()}\n\`\`\`\n`);
  return `# Command line\n\`\`\`text\n${overview.trimEnd()}\n\`\`\`\n\n${sections.join("\n")}`;
}

/** One folder of pages for each entry of each package. */
async function apiPages(reference) {
  const overview = [];
  for (const folder of PACKAGES) {
    const { name, exports, description } = readJson(`${folder}/package.json`);
    const entries = Object.entries(exports).flatMap(([path, target]) => {
      const types = /^\.\/dist\/(.*)\.d\.ts$/.exec(target.types ?? "")?.[1];
      const source = join(root, folder, types === undefined ? String(target.default ?? target) : `src/${types}.ts`);
      return source.endsWith(".ts") && existsSync(source) ? [{ path, source }] : [];
    });
    for (const { path, source } of entries) {
      const entry = path === "." ? name : `${name}${path.slice(1)}`;
      const slug = entry.replace("@tenon/", "").replaceAll("/", "-");
      const app = await Application.bootstrapWithPlugins({
        plugin: ["typedoc-plugin-markdown"],
        entryPoints: [source],
        tsconfig: join(root, folder, "tsconfig.json"),
        name: entry,
        readme: "none",
        router: "member",
        entryFileName: "index",
        out: join(reference, slug),
        disableSources: true,
        disableGit: true,
        hideBreadcrumbs: true,
        hidePageHeader: true,
        hideGroupHeadings: false,
        useCodeBlocks: true,
        parametersFormat: "table",
        typeDeclarationFormat: "table",
        interfacePropertiesFormat: "table",
        excludePrivate: true,
        excludeExternals: true,
        skipErrorChecking: true,
        logLevel: "Error",
        validation: false,
      });
      const project = await app.convert();
      if (project === undefined) throw new Error(`Cannot make the reference of ${entry}: TypeDoc found nothing in ${source}`);
      await app.generateOutputs(project);
      overview.push(`| [\`${entry}\`](./${slug}/index.md) | ${path === "." ? description : headerOf(source)} |`);
    }
  }
  writeFileSync(join(reference, "index.md"), `# Reference\nMade from the doc comments of the sources.\n\n| import | what it is |\n|---|---|\n${overview.join("\n")}\n`);
}

/** First sentence of a file's header. */
function headerOf(source) {
  const [, text = ""] = /^\/\*\*\s*([\s\S]*?)\*\//.exec(readFileSync(source, "utf8")) ?? [];
  return text.replaceAll(/(?:^|\n ?)\* ?/g, " ").trim().replace(/^`[^`]*`:\s*/, "").split(/[.;](?:\s|$)/)[0].trim();
}
