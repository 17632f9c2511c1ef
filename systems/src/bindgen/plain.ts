/**
 * Types as languages without unions see them: other names for a type are looked through, what only JSON can say is `any`.
 *
 * Also which types would contain themselves, so that a language that stores values in place puts a pointer there.
 */

import type { Declaration, Field, Model, ModelPayload, Type } from "./model.ts";

/** A type without unions, literals and other names; `named` is a record, or an enumeration if the language has them. */
export type Plain =
  | { readonly kind: "text" | "boolean" | "number" | "any" | "date" | "base64" }
  | { readonly kind: "integer"; readonly bits: 32 | 64 }
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "list" | "map" | "nullable"; readonly of: Plain };

/** A field whose absence and whose `null` are one. */
export interface PlainField extends Omit<Field, "type"> {
  /** Never `nullable` if the field is optional. */
  readonly type: Plain;
}

/** A record. */
export interface PlainRecord {
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly PlainField[];
}

/** Texts of which a value is one. */
export interface PlainEnumeration {
  readonly name: string;
  readonly doc: string;
  readonly values: readonly string[];
}

/** Looks through the types of a model. */
export class PlainTypes {
  readonly records: ReadonlyMap<string, PlainRecord>;
  readonly enumerations: ReadonlyMap<string, PlainEnumeration>;
  readonly #aliases: ReadonlyMap<string, Type>;
  readonly #isRecord: ReadonlySet<string>;

  /**
   * @param model The interface.
   * @param hasEnumerations Whether the language has a type for enumerations; else they are text.
   */
  constructor({ declarations }: Model, hasEnumerations: boolean) {
    const isEnumeration = (each: Declaration): boolean => hasEnumerations && "type" in each && each.type.kind === "literals" && each.type.values.every((value) => typeof value === "string");
    this.enumerations = new Map(declarations.filter(isEnumeration).map((each) => [each.name, { name: each.name, doc: each.doc, values: [...new Set((each as { type: { values: readonly string[] } }).type.values)] }]));
    this.#aliases = new Map(declarations.flatMap((each) => ("type" in each && !this.enumerations.has(each.name) ? [[each.name, each.type]] : [])));
    this.#isRecord = new Set(declarations.flatMap((each) => ("fields" in each ? [each.name] : [])));
    this.records = new Map(declarations.flatMap((each) => ("fields" in each ? [[each.name, { name: each.name, doc: each.doc, fields: each.fields.map((field) => this.#field(field)) }]] : [])));
  }

  /** A type, looked through. */
  plain(type: Type): Plain {
    switch (type.kind) {
      case "named": {
        if (this.#isRecord.has(type.name) || this.enumerations.has(type.name)) return type;
        const target = this.#aliases.get(type.name);
        return target === undefined || this.isEndless(type.name) ? { kind: "any" } : this.plain(target);
      }
      case "literals":
        if (type.values.every((value) => typeof value === "string")) return { kind: "text" };
        return { kind: type.values.every((value) => typeof value === "number") ? "number" : "any" };
      case "nullable": {
        const inner = this.plain(type.of);
        return inner.kind === "nullable" || inner.kind === "any" ? inner : { kind: "nullable", of: inner };
      }
      case "list":
      case "map":
        return { kind: type.kind, of: this.plain(type.of) };
      case "union":
      case "null":
        return { kind: "any" };
      case "integer":
        return type;
      default:
        return { kind: type.kind };
    }
  }

  /** What crosses: its plain type for JSON and text; bytes and MessagePack are the author's and `undefined`. */
  payload({ encoding, type }: ModelPayload): Plain | undefined {
    return encoding === "json" || encoding === "text" ? this.plain(type) : undefined;
  }

  /** Whether another name for a type leads back to itself. */
  isEndless(name: string): boolean {
    const target = this.#aliases.get(name);
    return target !== undefined && this.#leadsTo(target, name, new Set());
  }

  /** Whether a record that held this type in place would contain itself. Lists and maps are pointers already. */
  isInside(record: string, type: Plain, seen: Set<string> = new Set<string>()): boolean {
    if (type.kind === "nullable") return this.isInside(record, type.of, seen);
    if (type.kind !== "named") return false;
    if (type.name === record) return true;
    if (seen.has(type.name)) return false;
    seen.add(type.name);
    return this.records.get(type.name)?.fields.some((field) => this.isInside(record, field.type, seen)) ?? false;
  }

  #field({ type, ...field }: Field): PlainField {
    const plain = this.plain(type);
    return { ...field, type: field.isOptional && plain.kind === "nullable" ? plain.of : plain };
  }

  #leadsTo(type: Type, name: string, seen: Set<string>): boolean {
    if (type.kind === "named") {
      if (type.name === name) return true;
      const target = this.#aliases.get(type.name);
      return target !== undefined && !seen.has(type.name) && this.#leadsTo(target, name, seen.add(type.name));
    }
    if (type.kind === "union") return type.of.some((each) => this.#leadsTo(each, name, seen));
    return (type.kind === "list" || type.kind === "map" || type.kind === "nullable") && this.#leadsTo(type.of, name, seen);
  }
}

/**
 * Names of fields in a language.
 *
 * @param language For the message.
 * @param owner What has the fields.
 * @param names As they are spelled in JSON.
 * @param rename To the language's spelling.
 * @returns The names in the language by those in JSON.
 * @throws {RangeError} If two become one.
 */
export function fieldNames(language: string, owner: string, names: readonly string[], rename: (name: string) => string): ReadonlyMap<string, string> {
  const taken = new Map<string, string>();
  for (const name of names) {
    const renamed = rename(name);
    const other = taken.get(renamed);
    if (other !== undefined) throw new RangeError(`Cannot make bindings for "${owner}": "${other}" and "${name}" have the same name in ${language}, "${renamed}"`);
    taken.set(renamed, name);
  }
  return new Map([...taken].map(([renamed, name]) => [name, renamed]));
}

/**
 * Names of an enumeration's values in a language: what is left of them, told apart by numbers.
 *
 * @param values The values.
 * @param rename To the language's spelling; may give nothing.
 * @param taken Names that are taken already.
 */
export function valueNames(values: readonly string[], rename: (value: string) => string, taken: ReadonlySet<string> = new Set()): readonly string[] {
  const names = new Set(taken);
  return values.map((value, index) => {
    const plain = rename(value);
    const name = names.has(plain) ? `${plain}${index + 1}` : plain;
    names.add(name);
    return name;
  });
}
