/** `tenon new`: a folder with a plug-in that builds, and a test of it that passes. */

import { cp, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { type Command, Option } from "commander";

import { escapeLine, formatJson } from "./escape.ts";
import { type ExitCode, UsageError } from "./exit.ts";
import { finishFailed } from "./failure.ts";
import type { Language } from "./languages/language.ts";
import { languageOf, LANGUAGES } from "./languages/table.ts";
import { type Run, readVersion } from "./program.ts";
import type { Terminal } from "./terminal.ts";

const EXAMPLES = `
Languages:
${LANGUAGES.map(({ name, title, tools }) => `  ${name.padEnd(16)}${title}${tools.length === 0 ? "" : `; needs ${tools.map((tool) => tool.name).join(", ")}`}`).join("\n")}

Examples:
  tenon new discount
  tenon new discount --lang ${LANGUAGES.at(-1)?.name ?? ""}
`;

const TEMPLATES = fileURLToPath(new URL("../templates", import.meta.url));

/** npm leaves a file of this name out of packages, so the template has it under another. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore" };

type Flags = { readonly lang: string; readonly json?: true };

/**
 * Adds the command.
 *
 * @param program Program to add it to.
 * @param terminal Where it reads and writes.
 * @param run Runs it.
 * @returns The command.
 */
export function addNew(program: Command, terminal: Terminal, run: Run): Command {
  return program
    .command("new")
    .description("start a project with a plug-in and its test")
    .argument("[folder]", "folder to make, or an empty one; its name becomes the plug-in's", ".")
    .addOption(new Option("-l, --lang <language>", "language of the plug-in").choices(LANGUAGES.map(({ name }) => name)).default("typescript"))
    .option("--json", "print what was written as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string, flags: Flags) => await run(() => scaffold(folder, flags, terminal)));
}

async function scaffold(path: string, { lang, json }: Flags, terminal: Terminal): Promise<ExitCode> {
  try {
    const folder = resolve(path);
    const language = languageOf(lang);
    await makeEmpty(folder, path);
    const files = await copyTemplate(language, folder);
    const missing = await missingTools(language, folder);
    if (json) terminal.output.write(`${formatJson({ ok: true, folder, language: lang, files, missing: missing.map(({ name, install }) => ({ name, install })) })}\n`);
    else printNext(folder, files, missing, terminal);
    return 0;
  } catch (error) {
    return finishFailed(error, terminal, json === true);
  }
}

async function makeEmpty(folder: string, path: string): Promise<void> {
  let entries: string[];
  try {
    await makeFolder(folder);
    entries = await readdir(folder);
  } catch (cause) {
    throw new UsageError(`Cannot make the folder "${path}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const kept = entries.filter((entry) => entry !== ".git");
  if (kept.length > 0) throw new UsageError(`Cannot start a project in "${path}": there is "${kept[0]}" already; name an empty folder or one that does not exist`);
}

/** With the folders above it. (Node's own `recursive` never ends where a folder takes none, as in `/proc`.) */
async function makeFolder(folder: string): Promise<void> {
  if (await stat(folder).then(() => true, () => false)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder);
}

/** Copies the template and fills in `{{name}}`, `{{version}}`. */
async function copyTemplate({ name }: Language, folder: string): Promise<string[]> {
  await cp(join(TEMPLATES, name), folder, { recursive: true });
  const values: Readonly<Record<string, string>> = { name: packageName(basename(folder)), version: readVersion() };
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || relative(folder, file).startsWith(".git")) continue;
    const text = await readFile(file, "utf8");
    const filled = text.replaceAll(/\{\{(name|version)\}\}/g, (_, key: string) => values[key] ?? "");
    if (filled !== text) await writeFile(file, filled);
    const renamed = join(entry.parentPath, RENAMED[entry.name] ?? entry.name);
    if (renamed !== file) await rename(file, renamed);
    files.push(relative(folder, renamed));
  }
  return files.sort();
}

/** What tools take for something else: devices of Windows, which Go refuses everywhere, and packages that templates depend on. */
const TAKEN = /^(?:con|prn|aux|nul|com\d|lpt\d|tenon|tenon-pdk|serde|assemblyscript)$/;

/** npm takes names of up to 214 characters. */
const MAX_NAME = 100;

/** A name that npm, Cargo and Go take. */
function packageName(folder: string): string {
  const plain = folder.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-").replace(/^[^a-z]+/, "");
  const name = plain.slice(0, MAX_NAME).replace(/-+$/, "");
  if (TAKEN.test(name)) return `${name}-plugin`;
  return name === "" ? "plugin" : name;
}

async function missingTools({ tools }: Language, folder: string): Promise<Language["tools"]> {
  const isThere = await Promise.all(tools.map((tool) => tool.isThere(folder)));
  // What the project's own package.json lists is installed by the next step.
  return tools.filter((tool, index) => isThere[index] === false && !tool.install.startsWith("npm i"));
}

function printNext(folder: string, files: readonly string[], missing: Language["tools"], { messages }: Terminal): void {
  const place = relative(process.cwd(), folder);
  messages.write(`wrote ${files.length} files${place === "" ? "" : ` into ${escapeLine(place)}`}: ${files.map(escapeLine).join(", ")}\n`);
  for (const { name, install } of missing) messages.write(`${messages.paint("yellow", "missing")}: ${name}. ${install}\n`);
  messages.write(`\nNext:\n${place === "" ? "" : `  cd ${quoteWord(place)}\n`}  npm install\n  npx tenon test\n`);
}

/** A path as one word of a shell, whatever is in it; what a terminal would obey stands as its bytes, which bash and zsh read. */
function quoteWord(path: string): string {
  const word = path.startsWith("-") ? `./${path}` : path;
  if (process.platform === "win32") return /^[\w@+=:.\\-]+$/.test(word) ? word : `"${word}"`;
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (escapeLine(word) === word) return `'${word.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${Array.from(word, quoteCharacter).join("")}'`;
}

function quoteCharacter(character: string): string {
  if (character === "'" || character === "\\") return `\\${character}`;
  if (escapeLine(character) === character) return character;
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
