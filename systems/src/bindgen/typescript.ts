/**
 * Bindings in TypeScript: for guests on the kit `@tenon/pdk`, and the types of an interface for hosts.
 */

import { type Declaration, type Model, type ModelFunction, type ModelPayload, pascal, type Type } from "./model.ts";
import { docComment, type GeneratedFile, NOTE, skeletonNote, slug, stampText } from "./file.ts";

/**
 * Makes the bindings of a guest: types and imports, the entry file that is compiled, and a plug-in to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function typescriptGuest(model: Model, hash: string): readonly GeneratedFile[] {
  const types = `${slug(model.document)}.ts`;
  return [
    { path: types, text: `${header(model, hash)}${importsOf(model)}\n${declarationsOf(model)}\n${exportsOf(model)}`, isSkeleton: false },
    { path: "main.ts", text: entryOf(model, hash, types), isSkeleton: false },
    { path: "plugin.ts", text: skeletonOf(model, types), isSkeleton: true },
  ];
}

/**
 * Makes the types of an interface for a host that has only its document.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function typescriptHost(model: Model, hash: string): readonly GeneratedFile[] {
  const name = pascal(model.document.name);
  const methods = model.exports.map((each) => `${docComment(each.doc, "  ")}  ${each.name}${each.isOptional ? "?" : ""}(${each.input === undefined ? "input?: undefined" : `input: ${payloadType(each.input)}`}, options?: CallOptions): Promise<${resultType(each)}>;\n`);
  const imports = model.imports.map((each) => `${docComment(each.doc, "  ")}  ${each.name}(${each.input === undefined ? "input: undefined" : `input: ${payloadType(each.input)}`}, context: CallContext): ${resultType(each)} | Promise<${resultType(each)}>;\n`);
  const types = ["CallContext", "CallOptions", "PluginSource"].filter((each) => each !== "CallContext" || imports.length > 0);
  const argument = imports.length === 0 ? "options?: LoadOptions<Record<never, never>>" : `options: Omit<LoadOptions, "imports"> & { readonly imports: ${name}Imports }`;
  const head = `export async function load${name}(source: PluginSource, ${argument}): Promise<${name}Plugin> {`;
  return [
    {
      path: `${slug(model.document)}-host.ts`,
      isSkeleton: false,
      text: `${header(model, hash)}import type { ${types.join(", ")} } from "@tenon/host";
import { type LoadOptions, type PluginControls, readSystem } from "@tenon/system";

${declarationsOf(model)}
/** A plug-in: its exports as methods, and its controls. */
export interface ${name}Plugin extends PluginControls {
${methods.join("")}}
${imports.length === 0 ? "" : `\n/** What the application offers. */\nexport interface ${name}Imports {\n${imports.join("")}}\n`}
const system = readSystem(${valueText(model.document, "")});

/** Loads a plug-in of "${model.document.name}"; see \`System.load\`. */
${head.length <= MAX_WIDTH ? head : `export async function load${name}(\n  source: PluginSource,\n  ${argument},\n): Promise<${name}Plugin> {`}
  return (await system.load(source, options as never)) as unknown as ${name}Plugin;
}
`,
    },
  ];
}

/**
 * A type as TypeScript writes it.
 *
 * @param type The type.
 */
export function typescriptType(type: Type): string {
  switch (type.kind) {
    case "text":
    case "date":
    case "base64":
      return "string";
    case "integer":
    case "number":
      return "number";
    case "boolean":
    case "null":
      return type.kind;
    case "any":
      return "unknown";
    case "literals":
      return type.values.map((value) => literalText(value)).join(" | ");
    case "list":
      return `readonly ${grouped(type.of)}[]`;
    case "map":
      return `Readonly<Record<string, ${typescriptType(type.of)}>>`;
    case "nullable":
      return `${typescriptType(type.of)} | null`;
    case "union":
      return type.of.map(typescriptType).join(" | ");
    case "named":
      return type.name;
    default:
      return type satisfies never;
  }
}

/** Width of a line. */
const MAX_WIDTH = 120;

/** A value as prettier would write it in TypeScript, at a width of 120. */
function valueText(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return literalText(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((each) => valueText(each, inner));
    const line = `[${items.join(", ")}]`;
    // Objects stand on lines of their own, and so does all around them.
    return !line.includes("\n") && line.length <= 60 ? line : `[\n${items.map((item) => `${inner}${item},\n`).join("")}${indent}]`;
  }
  const fields = Object.entries(value).map(([key, each]) => `${inner}${keyText(key)}: ${valueText(each, inner)},\n`);
  return fields.length === 0 ? "{}" : `{\n${fields.join("")}${indent}}`;
}

function importText(names: readonly string[], file: string): string {
  const line = `import type { ${names.join(", ")} } from "./${file}";\n`;
  return line.length <= MAX_WIDTH + 1 ? line : `import type {\n${names.map((name) => `  ${name},\n`).join("")}} from "./${file}";\n`;
}

function header({ document }: Model, hash: string): string {
  return `/**\n * ${NOTE}\n *\n * ${stampText(document, hash)}\n */\n\n`;
}

function importsOf({ imports }: Model): string {
  if (imports.length === 0) return "";
  const methods = imports.map((each) => `${docComment(each.doc, "  ")}  ${each.name}(${each.input === undefined ? "" : `input: ${payloadType(each.input)}`}): ${resultType(each)};\n`);
  const signatures = imports.map(({ name, input, output }) => `  ${name}: { params: [${input === undefined ? "" : `"${wireKind(input)}"`}], result: "${output === undefined ? "void" : wireKind(output)}" },\n`);
  return `import { host } from "@tenon/pdk";\n\n/** What the application offers. */\nexport interface Imports {\n${methods.join("")}}\n\n/** The functions of the application. */\nexport const imports: Imports = host<Imports>("extism:host/user", {\n${signatures.join("")}});\n`;
}

function exportsOf({ exports }: Model): string {
  const methods = exports.map((each) => `${docComment(each.doc, "  ")}  ${each.name}(${each.input === undefined ? "" : `input: ${payloadType(each.input)}`}): ${resultType(each)} | Promise<${resultType(each)}>;\n`);
  const inputs = exports.flatMap((each) => (each.input?.encoding === "json" ? [`/** Input of \`${each.name}\`. */\nexport type ${alias(each)} = ${typescriptType(each.input.type)};\n\n`] : []));
  return `${inputs.join("")}/** What a plug-in offers. */\nexport interface Exports {\n${methods.join("")}}\n`;
}

/** The entry: takes values off the wire and puts them on it, so that \`plugin.ts\` has none of that. */
function entryOf(model: Model, hash: string, types: string): string {
  const aliases = model.exports.filter(({ input }) => input?.encoding === "json").map(alias);
  const functions = model.exports.map((each) => {
    const input = each.input?.encoding === "json" ? `input: ${alias(each)}` : each.input?.encoding === "text" ? "input: string" : each.input === undefined ? "" : "input: Uint8Array";
    const result = each.output?.encoding === "json" || each.output?.encoding === "text" ? "string" : each.output === undefined ? "void" : "Uint8Array";
    const call = `await $plugin.${each.name}(${each.input === undefined ? "" : "input"})`;
    const body = each.output === undefined ? `${call};` : each.output.encoding === "json" ? `return JSON.stringify(${call});` : `return ${call};`;
    return `\nexport async function ${each.name}(${input}): Promise<${result}> {\n  ${body}\n}\n`;
  });
  return `${header(model, hash)}${importText([...aliases, "Exports"], types)}import * as $author from "./plugin.ts";\n\nconst $plugin: Exports = $author;\n${functions.join("")}`;
}

function skeletonOf(model: Model, types: string): string {
  const names = new Set<string>();
  const functions = model.exports.map((each) => {
    if (each.input?.encoding === "json") names.add(alias(each));
    const input = each.input === undefined ? "" : `input: ${each.input.encoding === "json" ? alias(each) : payloadType(each.input)}`;
    if (each.output?.encoding === "json") for (const name of namesIn(each.output.type)) names.add(name);
    return `\n${docComment(each.doc, "")}export function ${each.name}(${input}): ${resultType(each)} {\n  throw new Error("Cannot run ${each.name}: it is not written yet");\n}\n`;
  });
  const imported = names.size === 0 ? "" : importText([...names].toSorted(), types);
  return `/**\n${skeletonNote(model.document, "@tenon/pdk").map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n\n${imported}${functions.join("")}`;
}

function declarationsOf({ declarations }: Model): string {
  return declarations.map(declaration).join("\n");
}

function declaration(each: Declaration): string {
  if ("type" in each) return `${docComment(each.doc, "")}export type ${each.name} = ${typescriptType(each.type)};\n`;
  const fields = each.fields.map(({ name, doc, type, isOptional }) => `${docComment([doc, noteOf(type)].filter(Boolean).join(" "), "  ")}  readonly ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : literalText(name)}${isOptional ? "?" : ""}: ${typescriptType(type)};\n`);
  return `${docComment(each.doc, "")}export interface ${each.name} {\n${fields.join("")}}\n`;
}

function noteOf(type: Type): string {
  if (type.kind === "date") return "RFC 3339 date and time.";
  if (type.kind === "base64") return "Bytes as base64.";
  return type.kind === "nullable" ? noteOf(type.of) : "";
}

function grouped(type: Type): string {
  const text = typescriptType(type);
  return /[|\s]/.test(text.replaceAll(/<[^<>]*>/g, "")) ? `(${text})` : text;
}

function payloadType({ encoding, type }: ModelPayload): string {
  return encoding === "bytes" || encoding === "msgpack" ? "Uint8Array" : typescriptType(type);
}

function resultType({ output }: ModelFunction): string {
  return output === undefined ? "void" : payloadType(output);
}

function wireKind({ encoding }: ModelPayload): string {
  return encoding === "json" || encoding === "text" ? encoding : "bytes";
}

/** The name by which the entry takes an input: an imported name, which the compiler reads as JSON whatever is behind it. */
function alias({ name }: ModelFunction): string {
  return `${pascal(name)}Argument`;
}

function namesIn(type: Type): readonly string[] {
  if (type.kind === "named") return [type.name];
  if (type.kind === "union") return type.of.flatMap(namesIn);
  return type.kind === "list" || type.kind === "map" || type.kind === "nullable" ? namesIn(type.of) : [];
}

/** A literal in which a stranger's text looks like what it is: what is unseen, ends a line or turns the writing is escaped. */
function literalText(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A key of an object; one of them would set the prototype if it were not computed. */
function keyText(key: string): string {
  if (key === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : literalText(key);
}
