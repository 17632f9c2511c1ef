/**
 * A page for authors of plug-ins, made from an interface: what to export, what may be imported, the types, the limits, how
 * values travel, and a plug-in to begin with in each language. As Markdown and as a whole HTML file without scripts.
 */

import type { Limits } from "@tenon/host";
import { BINDING_LANGUAGES, type BindingLanguage, generateBindings } from "./bindgen/generate.ts";
import { type Declaration, type Model, type ModelFunction, type ModelPayload, modelOf } from "./bindgen/model.ts";
import { typescriptType } from "./bindgen/typescript.ts";
import { hashDocument, type InterfaceDocument } from "./document.ts";

/** The page in both forms. */
export interface SystemPage {
  readonly markdown: string;
  /** A whole file: styles inside, nothing loaded, no scripts. */
  readonly html: string;
}

/** Parts of the page, before they have a form. Texts are plain; `code` in a text stands between backticks. */
type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "code"; readonly language: string; readonly text: string };

/**
 * Describes an interface to authors of plug-ins.
 *
 * @param document The interface, as `System.document` tells it or `readXtp` reads it.
 */
export async function describeSystem(document: InterfaceDocument): Promise<SystemPage> {
  const model = modelOf(document);
  const blocks = [
    ...introductionOf(document, await hashDocument(document)),
    ...functionsOf(model.exports, "What a plug-in exports", "A plug-in exports these functions; each is called with its input and answers with its output."),
    ...functionsOf(model.imports, "What a plug-in may import", "The application offers these functions in the namespace `extism:host/user`."),
    ...typesOf(model),
    ...limitsOf(document),
    ...wireOf(),
    ...(await examplesOf(document)),
  ];
  return { markdown: blocks.map(markdown).join("\n\n") + "\n", html: page(document.name, blocks.map(html).join("\n")) };
}

function introductionOf({ name, version, doc }: InterfaceDocument, hash: string): Block[] {
  return [
    { kind: "heading", level: 1, text: `${name} ${version}` },
    ...(doc === undefined ? [] : [{ kind: "paragraph", text: doc } as const]),
    { kind: "paragraph", text: `Interface \`${hash}\`.` },
  ];
}

function functionsOf(functions: readonly ModelFunction[], title: string, text: string): Block[] {
  if (functions.length === 0) return [];
  return [
    { kind: "heading", level: 2, text: title },
    { kind: "paragraph", text },
    ...functions.flatMap((each): Block[] => [
      { kind: "heading", level: 3, text: `${each.name}${each.isOptional ? " (optional)" : ""}` },
      ...(each.doc === "" ? [] : [{ kind: "paragraph", text: each.doc } as const]),
      { kind: "table", head: ["", "type", "travels as"], rows: [["input", ...payloadOf(each.input)], ["output", ...payloadOf(each.output)]] },
    ]),
  ];
}

function payloadOf(payload: ModelPayload | undefined): [string, string] {
  if (payload === undefined) return ["none", ""];
  const { encoding, type } = payload;
  return [encoding === "bytes" ? "bytes" : `\`${typescriptType(type)}\``, { json: "JSON", text: "UTF-8 text", bytes: "bytes", msgpack: "MessagePack" }[encoding]];
}

function typesOf({ declarations }: Model): Block[] {
  if (declarations.length === 0) return [];
  return [{ kind: "heading", level: 2, text: "Types" }, ...declarations.flatMap(typeOf)];
}

function typeOf(each: Declaration): Block[] {
  const title = [{ kind: "heading", level: 3, text: each.name } as const, ...(each.doc === "" ? [] : [{ kind: "paragraph", text: each.doc } as const])];
  if ("type" in each) return [...title, { kind: "paragraph", text: `\`${typescriptType(each.type)}\`` }];
  const rows = each.fields.map(({ name, type, isOptional, doc }) => [`\`${name}\``, `\`${typescriptType(type)}\``, isOptional ? "may be left out" : "always there", doc]);
  return [...title, { kind: "table", head: ["field", "type", "", ""], rows }];
}

/** Units of the limits, for people. */
const LIMITS: Readonly<Record<keyof Limits, string>> = {
  memoryPages: "pages of 64 KiB memory",
  tableElements: "entries of tables",
  timeoutMs: "milliseconds a call",
  fuel: "instructions a call",
  stackDepth: "nested calls",
  varBytes: "bytes of variables",
  httpResponseBytes: "bytes of an HTTP response",
  logBytes: "bytes of log text a call",
  fileBytes: "bytes by which files may grow",
};

function limitsOf({ limits = {} }: InterfaceDocument): Block[] {
  const rows = Object.entries(limits).map(([name, limit]) => [LIMITS[name as keyof Limits], String(limit)]);
  return rows.length === 0 ? [] : [{ kind: "heading", level: 2, text: "Limits" }, { kind: "table", head: ["of", "at most"], rows }];
}

function wireOf(): Block[] {
  return [
    { kind: "heading", level: 2, text: "How values travel" },
    {
      kind: "paragraph",
      text: "An export takes no parameters and returns an `i32`, 0 for success; its input and output are those of the plug-in ABI. An import takes its input as the handle of a block (`i64`) and returns its output as one; without an input it takes nothing, without an output it returns nothing. JSON is UTF-8; a text as JSON stands in quotes. Whole numbers are exact up to 2^53 in JSON. Bytes inside of JSON are base64 text, dates are RFC 3339 text. Fields that a plug-in does not know are to be ignored: later versions may have more.",
    },
  ];
}

const TITLES: Readonly<Record<BindingLanguage, string>> = { typescript: "TypeScript", assemblyscript: "AssemblyScript", rust: "Rust", go: "Go", c: "C", cpp: "C++", zig: "Zig", "typescript-host": "" };
/** Names of the languages in code blocks, where they are others. */
const FENCES: Readonly<Partial<Record<BindingLanguage, string>>> = { typescript: "ts", assemblyscript: "ts" };

async function examplesOf(document: InterfaceDocument): Promise<Block[]> {
  const text = "`npx tenon bindgen SYSTEM --lang LANGUAGE -o FOLDER` writes this file, with the types and functions that it uses beside it; SYSTEM is the file in which the application states this interface.";
  const blocks: Block[] = [{ kind: "heading", level: 2, text: "A plug-in to begin with" }, { kind: "paragraph", text }];
  for (const language of BINDING_LANGUAGES) {
    if (TITLES[language] === "") continue;
    blocks.push({ kind: "heading", level: 3, text: TITLES[language] }, await exampleOf(document, language));
  }
  return blocks;
}

async function exampleOf(document: InterfaceDocument, language: BindingLanguage): Promise<Block> {
  try {
    const skeleton = (await generateBindings(document, { language })).find(({ isSkeleton }) => isSkeleton);
    return { kind: "code", language: FENCES[language] ?? language, text: (skeleton?.text ?? "").trimEnd() };
  } catch (error) {
    // An interface may have a name that one language cannot have; the others go on.
    if (error instanceof RangeError) return { kind: "paragraph", text: error.message };
    throw error;
  }
}

function markdown(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escapeMarkdown(block.text)}`;
    case "paragraph":
      return escapeMarkdown(block.text);
    case "table": {
      const row = (cells: readonly string[]): string => `| ${cells.map((cell) => escapeMarkdown(cell).replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`;
      return [row(block.head), `|${" --- |".repeat(block.head.length)}`, ...block.rows.map(row)].join("\n");
    }
    case "code": {
      // Longer than any run of backticks inside, so that nothing ends the block early.
      const fence = "`".repeat(Math.max(3, ...[...block.text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
      return `${fence}${block.language}\n${block.text}\n${fence}`;
    }
    default:
      return block satisfies never;
  }
}

function html(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${inlineHtml(block.text)}</p>`;
    case "table": {
      const row = (cells: readonly string[], tag: "th" | "td"): string => `<tr>${cells.map((cell) => `<${tag}>${inlineHtml(cell)}</${tag}>`).join("")}</tr>`;
      return `<table>\n${[row(block.head, "th"), ...block.rows.map((cells) => row(cells, "td"))].join("\n")}\n</table>`;
    }
    case "code":
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    default:
      return block satisfies never;
  }
}

/** Texts may have emphasis and code, but no markup of their own: Markdown takes HTML as it is. */
function escapeMarkdown(text: string): string {
  return text.split(/(`[^`\n]*`)/).map((part, index) => (index % 2 === 1 ? part : part.replaceAll("&", "&amp;").replaceAll("<", "&lt;"))).join("");
}

function inlineHtml(text: string): string {
  return text.split(/`([^`\n]*)`/).map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : escapeHtml(part))).join("");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { border: 1px solid #8888; padding: .25rem .5rem; text-align: left; vertical-align: top; }
code, pre { font: .875rem/1.4 ui-monospace, monospace; } pre { overflow: auto; padding: 1rem; border: 1px solid #8888; }
</style>
${body}
</html>
`;
}
