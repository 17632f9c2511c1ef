/**
 * From an interface to bindings in a language: what `tenon bindgen` writes.
 */

import { hashDocument, type InterfaceDocument } from "../document.ts";
import { assemblyscriptGuest } from "./assemblyscript.ts";
import { cGuest } from "./c.ts";
import { cppGuest } from "./cpp.ts";
import type { GeneratedFile } from "./file.ts";
import { goGuest } from "./go.ts";
import { type Model, modelOf } from "./model.ts";
import { RUST_KEYWORDS, rustGuest } from "./rust.ts";
import { typescriptGuest, typescriptHost } from "./typescript.ts";
import { zigGuest } from "./zig.ts";

/** A language of bindings: guests on their plug-in kits, and `typescript-host` for the types of a host. */
export type BindingLanguage = "typescript" | "assemblyscript" | "rust" | "go" | "c" | "cpp" | "zig" | "typescript-host";

/** All languages that there are bindings for. */
export const BINDING_LANGUAGES: readonly BindingLanguage[] = ["typescript", "assemblyscript", "rust", "go", "c", "cpp", "zig", "typescript-host"];

/** How bindings are made. */
export interface BindingOptions {
  /** The language. */
  readonly language: BindingLanguage;
  /** Names of the optional exports that the plug-in shall have; all if left out. */
  readonly optional?: readonly string[];
  /** Where npm puts the plug-in kit, as seen from the folder of the bindings: for Rust and Go, which name its path. */
  readonly packages?: string;
}

/**
 * Makes the bindings of an interface.
 *
 * @param document The interface, as `System.document` tells it or `readXtp` reads it.
 * @param options Language and choice of exports.
 * @returns Files; those that are skeletons are the author's once they are there.
 * @throws {RangeError} If there is no such language or optional export, or a name that the language cannot have.
 */
export async function generateBindings(document: InterfaceDocument, { language, optional, packages = "node_modules" }: BindingOptions): Promise<readonly GeneratedFile[]> {
  if (!BINDING_LANGUAGES.includes(language)) throw new RangeError(`Cannot make bindings for "${language}": there are "${BINDING_LANGUAGES.join('", "')}"`);
  const model = modelOf(document);
  const word = [...model.exports, ...model.imports].find(({ name }) => WORDS[language]?.has(name));
  if (word !== undefined) throw new RangeError(`Cannot make bindings for "${word.name}": it is a word of the language, which no function can be called`);
  const unknown = optional?.find((name) => !model.exports.some((each) => each.isOptional && each.name === name));
  if (unknown !== undefined) throw new RangeError(`Cannot choose the export "${unknown}": the optional ones are "${model.exports.filter(({ isOptional }) => isOptional).map(({ name }) => name).join('", "')}"`);
  const hash = await hashDocument(document);
  switch (language) {
    case "typescript":
      return typescriptGuest(chosen(model, optional), hash);
    case "assemblyscript":
      return assemblyscriptGuest(chosen(model, optional), hash);
    case "rust":
      return rustGuest(chosen(model, optional), hash, packages);
    case "go":
      return goGuest(chosen(model, optional), hash, packages);
    case "c":
      return cGuest(chosen(model, optional), hash);
    case "cpp":
      return cppGuest(chosen(model, optional), hash);
    case "zig":
      return zigGuest(chosen(model, optional), hash);
    case "typescript-host":
      return typescriptHost(model, hash);
    default:
      return language satisfies never;
  }
}

const KEYWORDS = new Set("await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with yield let static".split(" "));

/** Words that no function can be called, in languages where a function has exactly its name. */
const WORDS: Readonly<Partial<Record<BindingLanguage, ReadonlySet<string>>>> = { typescript: KEYWORDS, assemblyscript: KEYWORDS, "typescript-host": KEYWORDS, rust: RUST_KEYWORDS };

/** A guest has an export or has it not: there is nothing optional about it. */
function chosen(model: Model, optional: readonly string[] | undefined): Model {
  const exports = model.exports.filter(({ isOptional, name }) => !isOptional || (optional?.includes(name) ?? true));
  return { ...model, exports: exports.map((each) => ({ ...each, isOptional: false })) };
}
