/**
 * Bindings in Rust, on the crate `tenon-pdk`: structures and enumerations for serde, imports, and a crate to begin with.
 *
 * Unions, mixed enumerations and what has no type stay `serde_json::Value`.
 */

import { type GeneratedFile, lineComment, NOTE, skeletonNote, slug, stampText } from "./file.ts";
import { type Declaration, type Field, type Model, type ModelFunction, type ModelPayload, pascal, type Type } from "./model.ts";
import { PlainTypes } from "./plain.ts";

/**
 * Makes the bindings of a guest: a module of types and imports, and a crate to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 * @param packages Folder that npm puts the kit into.
 */
export function rustGuest(model: Model, hash: string, packages: string): readonly GeneratedFile[] {
  const writer = new Rust(model);
  return [
    { path: "src/bindings.rs", text: writer.bindings(hash), isSkeleton: false },
    { path: "src/lib.rs", text: writer.skeleton(), isSkeleton: true },
    { path: "Cargo.toml", text: manifest(model, packages), isSkeleton: true },
  ];
}

const KEYWORDS = new Set("as async await break const continue crate dyn else enum extern false fn for gen if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while abstract become box do final macro override priv try typeof unsized virtual yield".split(" "));

/** Widths at which rustfmt breaks lines: of a line, of the arguments of a call, of those of an attribute. */
const MAX_WIDTH = 100;
const MAX_ARGUMENTS = 60;
const MAX_ATTRIBUTES = 70;

/** Words that no function of a plug-in in Rust can be called. */
export const RUST_KEYWORDS: ReadonlySet<string> = KEYWORDS;

class Rust {
  readonly #model: Model;
  readonly #plain: PlainTypes;

  constructor(model: Model) {
    this.#model = model;
    this.#plain = new PlainTypes(model, true);
  }

  bindings(hash: string): string {
    const { document, imports, declarations } = this.#model;
    const stamp = JSON.stringify({ name: document.name, version: document.version, hash });
    const functions = imports.map((each) => `${lineComment(each.doc, "    /// ")}    pub fn ${each.name}(${each.input === undefined ? "" : `input: ${this.#payload(each.input)}`})${each.output === undefined ? "" : ` -> ${this.#payload(each.output)}`};\n`);
    return `//! ${NOTE}
//!
//! ${stampText(document, hash)}

#![allow(dead_code, non_camel_case_types, non_snake_case, unused_imports)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_pdk::*;

/// Says in the module which interface it was built for.
#[cfg(target_arch = "wasm32")]
#[used]
#[link_section = "tenon:system"]
static TENON_SYSTEM: [u8; ${stamp.length}] = *b${JSON.stringify(stamp)};
${declarations.map((each) => `\n${this.#declaration(each)}`).join("")}${functions.length === 0 ? "" : `\n#[host_fn]\nextern "C" {\n${functions.join("")}}\n`}`;
  }

  skeleton(): string {
    const functions = this.#model.exports.map((each) => {
      const isJson = each.input?.encoding === "json";
      const input = each.input === undefined ? "" : `${isJson ? "Json(_input)" : "_input"}: ${this.#payload(each.input)}`;
      const result = `FnResult<${this.#result(each)}>`;
      const whole = `pub fn ${each.name}(${input}) -> ${result} {`;
      const head = whole.length <= MAX_WIDTH ? whole : `pub fn ${each.name}(\n    ${input},\n) -> ${result} {`;
      const text = `"Cannot run ${each.name}: it is not written yet"`;
      const error = `Error::msg(${text})`.length <= MAX_ARGUMENTS ? `Error::msg(${text})` : `Error::msg(\n        ${text},\n    )`;
      return `\n${lineComment(each.doc, "/// ")}#[plugin_fn]\n${head}\n    Err(${error})\n}\n`;
    });
    return `${skeletonNote(this.#model.document, "@tenon/pdk-rust").map((line) => `//! ${line}`.trimEnd()).join("\n")}

#![allow(non_snake_case, unused_imports)]

mod bindings;

use bindings::*;
use std::collections::BTreeMap;
use tenon_pdk::*;
${functions.join("")}`;
  }

  #payload({ encoding, type }: ModelPayload): string {
    switch (encoding) {
      case "json":
        return `Json<${this.#type(type)}>`;
      case "text":
        return "String";
      case "bytes":
      case "msgpack":
        return "Vec<u8>";
      default:
        return encoding satisfies never;
    }
  }

  #result({ output }: ModelFunction): string {
    return output === undefined ? "()" : this.#payload(output);
  }

  #declaration(each: Declaration): string {
    if ("fields" in each) return this.#structure(each);
    const { type } = each;
    if (type.kind === "literals" && type.values.every((value) => typeof value === "string")) return enumeration(each, type.values);
    return `${lineComment(each.doc, "/// ")}pub type ${each.name} = ${this.#plain.isEndless(each.name) ? "serde_json::Value" : this.#type(type)};\n`;
  }

  #structure(record: Declaration & { readonly fields: readonly Field[] }): string {
    const names = record.fields.map(({ name }) => identifier(name));
    const twice = record.fields.find((_, index) => names.indexOf(names[index] as string) !== index);
    if (twice !== undefined) throw new RangeError(`Cannot make bindings for "${record.name}": its fields "${twice.name}" and another have the same name in Rust, "${identifier(twice.name)}"`);
    const fields = record.fields.map((field) => {
      const name = identifier(field.name);
      const inner = field.isOptional && field.type.kind === "nullable" ? field.type.of : field.type;
      const type = this.#boxed(record.name, inner);
      const attributes = [...(name === field.name ? [] : [`rename = ${rustString(field.name)}`]), ...(field.isOptional ? ["default", 'skip_serializing_if = "Option::is_none"'] : [])];
      return `${lineComment(field.doc, "    /// ")}${attributes.length === 0 ? "" : `    #[serde(${attributes.join(", ").length <= MAX_ATTRIBUTES ? attributes.join(", ") : `\n        ${attributes.join(",\n        ")}\n    `})]\n`}    pub ${name}: ${field.isOptional ? `Option<${type}>` : type},\n`;
    });
    return `${lineComment(record.doc, "/// ")}#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]\npub struct ${record.name} {\n${fields.join("")}}\n`;
  }

  /** A record that contains itself must do so by a pointer; lists and maps are pointers already. */
  #boxed(record: string, type: Type): string {
    if (type.kind === "nullable") return `Option<${this.#boxed(record, type.of)}>`;
    return type.kind === "named" && this.#plain.isInside(record, this.#plain.plain(type)) ? `Box<${type.name}>` : this.#type(type);
  }

  #type(type: Type): string {
    switch (type.kind) {
      case "text":
      case "date":
      case "base64":
        return "String";
      case "integer":
        return `i${type.bits}`;
      case "number":
        return "f64";
      case "boolean":
        return "bool";
      case "literals":
        return type.values.every((value) => typeof value === "string") ? "String" : "serde_json::Value";
      case "list":
        return `Vec<${this.#type(type.of)}>`;
      case "map":
        return `BTreeMap<String, ${this.#type(type.of)}>`;
      case "nullable":
        return `Option<${this.#type(type.of)}>`;
      case "named":
        return type.name;
      case "any":
      case "null":
      case "union":
        return "serde_json::Value";
      default:
        return type satisfies never;
    }
  }
}

/** A text as Rust writes it; what cannot be seen is escaped, for Rust refuses some of it in literals. */
function rustString(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}"`;
}

function enumeration({ name, doc: text }: Declaration, values: readonly string[]): string {
  const variants = values.map((value) => ({ value, name: pascal(value) || "Empty" }));
  const names = variants.map((variant) => variant.name);
  // Values that differ in marks alone get numbers.
  const unique = variants.map(({ value, name: plain }, index) => ({ value, name: names.indexOf(plain) === index && plain !== "Self" ? plain : `${plain}${index + 1}` }));
  return `${lineComment(text, "/// ")}#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]\npub enum ${name} {\n${unique.map((variant) => `    #[serde(rename = ${rustString(variant.value)})]\n    ${variant.name},\n`).join("")}}\n`;
}

function manifest({ document }: Model, packages: string): string {
  return `[package]
name = "${slug(document)}-plugin"
version = "0.1.0"
edition = "2021"

[lib]
name = "plugin"
crate-type = ["cdylib"]

[dependencies]
serde = { version = "1", features = ["derive"] }
# Without this feature some numbers change in their last digit.
serde_json = { version = "1", features = ["float_roundtrip"] }
# Where npm i -D @tenon/pdk-rust puts it.
tenon-pdk = { path = ${JSON.stringify(`${packages}/@tenon/pdk-rust`)} }

[profile.release]
opt-level = "s"
lto = true
codegen-units = 1
panic = "abort"
strip = true
`;
}

function identifier(name: string): string {
  const plain = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replaceAll(/[^a-z0-9_]/g, "_").replace(/^(?=\d)|^$/, "_");
  return KEYWORDS.has(plain) ? `${plain}_` : plain === "_" ? "__" : plain;
}
