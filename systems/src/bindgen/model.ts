/**
 * The types of an interface as programs see them: JSON Schemas turned into named declarations and the types between them.
 *
 * What a schema says beyond that (bounds, patterns) is checked by the host and told in words. What no type of a programming
 * language says (`not`, `if`, tuples and the like) is `any`: the value as JSON.
 */

import { stringify } from "../canonical.ts";
import type { DocumentFunction, DocumentPayload, InterfaceDocument } from "../document.ts";
import { type JsonSchema, resolveReference } from "../json-schema.ts";
import type { Encoding } from "../wire.ts";
import { rulesOf } from "./rules.ts";

/** A type. */
export type Type =
  | { readonly kind: "text" | "boolean" | "number" | "any" | "null" }
  /** Text: RFC 3339 or base64 (RFC 4648). */
  | { readonly kind: "date" | "base64" }
  | { readonly kind: "integer"; readonly bits: 32 | 64 }
  | { readonly kind: "literals"; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "list" | "map" | "nullable"; readonly of: Type }
  | { readonly kind: "union"; readonly of: readonly Type[] }
  | { readonly kind: "named"; readonly name: string };

/** A field of a record. */
export interface Field {
  /** As it is spelled in JSON. */
  readonly name: string;
  readonly type: Type;
  readonly isOptional: boolean;
  readonly doc: string;
}

/** A type with a name: a record if it has fields, else another name for a type. */
export type Declaration = { readonly name: string; readonly doc: string } & ({ readonly fields: readonly Field[] } | { readonly type: Type });

/** A value that crosses. */
export interface ModelPayload {
  readonly encoding: Encoding;
  /** For text `text`; for bytes and MessagePack, which the bindings leave to the author, `any`. */
  readonly type: Type;
}

/** A function of the interface. */
export interface ModelFunction {
  readonly name: string;
  readonly doc: string;
  readonly isOptional: boolean;
  readonly input: ModelPayload | undefined;
  readonly output: ModelPayload | undefined;
}

/** An interface, ready for templates. */
export interface Model {
  readonly document: InterfaceDocument;
  readonly declarations: readonly Declaration[];
  readonly exports: readonly ModelFunction[];
  readonly imports: readonly ModelFunction[];
}

/**
 * Makes the model of an interface.
 *
 * @param document The interface as data.
 */
export function modelOf(document: InterfaceDocument): Model {
  const names = [...Object.keys(document.exports), ...Object.keys(document.imports)];
  const builder = new Builder([...names, ...names.map((name) => `${pascal(name)}Argument`), `${pascal(document.name)}Plugin`, `${pascal(document.name)}Imports`]);
  const functions = (side: Readonly<Record<string, DocumentFunction>>): ModelFunction[] =>
    Object.entries(side).map(([name, { doc = "", optional = false, input, output }]) => ({
      name,
      doc,
      isOptional: optional,
      input: builder.payload(input, `${pascal(name)}Input`),
      output: builder.payload(output, `${pascal(name)}Output`),
    }));
  const exports = functions(document.exports);
  const imports = functions(document.imports);
  return { document, exports, imports, declarations: builder.declarations };
}

/** Names that mean something in a language or in its template; a type of such a name gets a number. */
const TAKEN = ["Array", "BTreeMap", "Block", "Boolean", "Box", "CallContext", "CallOptions", "Date", "Deserialize", "Err", "Error", "Exports", "FnResult", "FromBytes", "Imports", "Json", "LoadOptions", "Map", "None", "NULL", "Number", "Object", "Ok", "Option", "PluginControls", "PluginSource", "Promise", "Readonly", "Record", "Result", "Self", "Serialize", "Set", "Some", "String", "Symbol", "ToBytes", "Uint8Array", "Vec"];

/** `before_checkout` or `before-checkout` to `BeforeCheckout`. */
export function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("").replace(/^(?=\d)/, "_");
}

class Builder {
  readonly #declared = new Map<string, { readonly schema: string; declaration: Declaration | undefined }>();
  readonly #taken: ReadonlySet<string>;
  #root: JsonSchema = {};

  /** @param taken Names that templates use themselves. */
  constructor(taken: readonly string[]) {
    this.#taken = new Set([...TAKEN, ...taken]);
  }

  get declarations(): readonly Declaration[] {
    return [...this.#declared.values()].flatMap(({ declaration }) => declaration ?? []);
  }

  payload(payload: DocumentPayload | undefined, hint: string): ModelPayload | undefined {
    if (payload === undefined) return undefined;
    const { encoding, schema } = payload;
    if (encoding === "text") return { encoding, type: { kind: "text" } };
    if (encoding !== "json") return { encoding, type: { kind: "any" } };
    this.#root = schema;
    return { encoding, type: this.#type(schema, typeof schema["title"] === "string" ? pascal(schema["title"]) || hint : hint) };
  }

  #type(schema: unknown, hint: string): Type {
    if (typeof schema !== "object" || schema === null) return { kind: "any" };
    const given = schema as JsonSchema;
    const reference = given["$ref"];
    if (typeof reference === "string") return this.#reference(reference, hint);
    const alternatives = given["anyOf"] ?? given["oneOf"];
    if (Array.isArray(alternatives)) return this.#union(alternatives as unknown[], hint);
    if (Array.isArray(given["enum"])) return this.#literals(given["enum"] as unknown[]);
    if ("const" in given) return this.#literals([given["const"]]);
    const types = given["type"] === undefined ? [] : ([given["type"]].flat() as string[]);
    if (types.length > 1) return this.#union(types.map((type) => ({ ...given, type })), hint);
    return this.#simple(types[0], given, hint);
  }

  #simple(type: string | undefined, schema: JsonSchema, hint: string): Type {
    switch (type) {
      case "string":
        if (schema["contentEncoding"] === "base64" || schema["format"] === "byte") return { kind: "base64" };
        return { kind: schema["format"] === "date-time" ? "date" : "text" };
      case "integer":
        return { kind: "integer", bits: schema["format"] === "int32" ? 32 : 64 };
      case "number":
      case "boolean":
      case "null":
        return { kind: type };
      case "array":
        return { kind: "list", of: schema["items"] === undefined || "prefixItems" in schema ? { kind: "any" } : this.#type(schema["items"], `${hint}Item`) };
      case "object":
        return schema["properties"] === undefined ? { kind: "map", of: this.#rest(schema, hint) } : this.#record(schema, hint);
      default:
        return schema["properties"] === undefined ? { kind: "any" } : this.#record(schema, hint);
    }
  }

  #rest(schema: JsonSchema, hint: string): Type {
    const rest = schema["additionalProperties"];
    return typeof rest === "object" ? this.#type(rest, `${hint}Value`) : { kind: "any" };
  }

  #record(schema: JsonSchema, hint: string): Type {
    const properties = schema["properties"] as JsonSchema;
    if (Object.keys(properties).length === 0) return { kind: "map", of: this.#rest(schema, hint) };
    const required = new Set(Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : []);
    return this.#declare(hint, schema, (name) => ({
      name,
      doc: docOf(schema),
      fields: Object.entries(properties).map(([field, each]) => ({
        name: field,
        type: this.#type(each, `${name}${pascal(field)}`),
        isOptional: !required.has(field),
        doc: [docOf(each), rulesOf(each)].filter((text) => text !== "").join(" "),
      })),
    }));
  }

  #reference(reference: string, hint: string): Type {
    const target = resolveReference(reference, this.#root);
    const name = pascal(reference.split("/").at(-1) ?? "") || hint;
    if (target === undefined) return { kind: "any" };
    if (target["properties"] !== undefined && Object.keys(target["properties"] as JsonSchema).length > 0) return this.#record(target, name);
    return this.#declare(name, target, (declared) => ({ name: declared, doc: docOf(target), type: this.#type(target, `${declared}Value`) }));
  }

  /** One declaration for each schema; another schema of the same name gets a number. */
  #declare(hint: string, schema: JsonSchema, make: (name: string) => Declaration): Type {
    const text = JSON.stringify([schema, this.#root["$defs"], this.#root["definitions"]].slice(0, 1 + (stringify(schema).includes('"$ref"') ? 2 : 0)), withoutBounds);
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? hint : `${hint}${count}`;
      const known = this.#declared.get(name);
      if (known?.schema === text) return { kind: "named", name };
      if (known !== undefined || this.#taken.has(name)) continue;
      // Entered before it is made, so that a type may contain itself.
      const entry: { readonly schema: string; declaration: Declaration | undefined } = { schema: text, declaration: undefined };
      this.#declared.set(name, entry);
      entry.declaration = make(name);
      return { kind: "named", name };
    }
  }

  #union(alternatives: readonly unknown[], hint: string): Type {
    const types = alternatives.map((each, index) => this.#type(each, titleOf(each) ?? `${hint}${alternatives.length > 2 ? index + 1 : ""}`));
    const rest = types.filter(({ kind }) => kind !== "null");
    const [first, second] = rest;
    if (first === undefined) return { kind: "null" };
    const literals = rest.flatMap((each) => (each.kind === "literals" ? each.values : []));
    const isLiteral = rest.every(({ kind }) => kind === "literals");
    const inner: Type = isLiteral ? { kind: "literals", values: literals } : second === undefined ? first : { kind: "union", of: rest };
    return rest.length < types.length ? { kind: "nullable", of: inner } : inner;
  }

  #literals(values: readonly unknown[]): Type {
    const rest = values.filter((value) => value !== null);
    if (rest.length === 0) return { kind: "null" };
    if (!rest.every((value) => ["string", "number", "boolean"].includes(typeof value))) return { kind: "any" };
    const inner: Type = { kind: "literals", values: rest as (string | number | boolean)[] };
    return rest.length < values.length ? { kind: "nullable", of: inner } : inner;
  }
}

/** Whether other fields are refused is no part of a type: what sends and what receives a value differ there. */
function withoutBounds(key: string, value: unknown): unknown {
  return key === "additionalProperties" && typeof value === "boolean" ? undefined : value;
}

function titleOf(schema: unknown): string | undefined {
  const title = typeof schema === "object" && schema !== null && "title" in schema ? schema.title : undefined;
  return typeof title === "string" && pascal(title) !== "" ? pascal(title) : undefined;
}

function docOf(schema: unknown): string {
  const doc = typeof schema === "object" && schema !== null && "description" in schema ? schema.description : undefined;
  return typeof doc === "string" ? doc.trim() : "";
}
