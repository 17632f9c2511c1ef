/**
 * Bindings in C, on the kit `tenon.h`: a structure per record with functions that read and write it as JSON, imports, exports,
 * and a plug-in to begin with. No C library is needed.
 *
 * Lists, maps and what may be absent are structures too: `int32_list`, `Leaf_map`, `text_maybe`. A record that would contain
 * itself is a pointer, NULL if it is absent. Unions, mixed enumerations and what has no type stay JSON text.
 */

import { brokenIfs, cIdentifier, cString } from "./c-names.ts";
import { C_PRIMITIVES } from "./c-primitives.ts";
import { docComment, type GeneratedFile, NOTE, skeletonNote, slug, stampAssembly, stampText } from "./file.ts";
import type { Model, ModelFunction, ModelPayload } from "./model.ts";
import { fieldNames, type Plain, type PlainEnumeration, type PlainField, type PlainRecord, PlainTypes, valueNames } from "./plain.ts";

/**
 * Makes the bindings of a guest: a header and a plug-in to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function cGuest(model: Model, hash: string): readonly GeneratedFile[] {
  const writer = new C(model);
  return [
    { path: "bindings.h", text: brokenIfs(writer.header(hash)), isSkeleton: false },
    { path: "plugin.c", text: writer.skeleton(), isSkeleton: true },
  ];
}

class C {
  readonly #model: Model;
  readonly #types: PlainTypes;
  /** Structures for lists, maps and what may be absent, by name, inner ones first. */
  readonly #derived = new Map<string, Plain & { readonly of: Plain }>();

  readonly #values = new Map<string, readonly string[]>();

  constructor(model: Model) {
    this.#model = model;
    this.#types = new PlainTypes(model, true);
    for (const { name, values } of this.#types.enumerations.values()) {
      const prefix = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2");
      this.#values.set(name, valueNames(values, (value) => `${prefix}_${value.replaceAll(/\W/g, "_") || "empty"}`.toUpperCase(), new Set([...this.#values.values()].flat())));
    }
    for (const { fields } of this.#types.records.values()) {
      for (const { type, isOptional } of fields) this.#derive(isOptional ? { kind: "nullable", of: type } : type);
    }
    for (const { input, output } of [...model.exports, ...model.imports]) for (const each of [input, output]) if (each !== undefined) this.#derive(this.#payload(each));
  }

  header(hash: string): string {
    const { document, exports, imports } = this.#model;
    const guard = `${slug(document).replaceAll("-", "_").toUpperCase()}_BINDINGS_H`;
    const names = [...this.#derived.keys(), ...this.#types.records.keys()];
    const all = [...this.#types.enumerations.keys(), ...names];
    const parts = [
      `/* Says in the module which interface it was built for. */\n__asm__(${stampAssembly(document, hash).map(cString).join("\n        ")});\n`,
      ...[...this.#types.enumerations.values()].map((each) => this.#enumeration(each)),
      names.map((name) => `typedef struct ${name} ${name};\n`).join(""),
      ...this.#ordered().map((name) => (this.#derived.has(name) ? this.#derivedStructure(name) : this.#structure(this.#types.records.get(name) as PlainRecord))),
      ...this.#entries(),
      "/* Reading and writing JSON. What is read lives until the next call. */\n",
      all.map((name) => `TENON_INTERNAL bool read_${name}(tenon_bytes json, ${name} *value);\nTENON_INTERNAL void write_${name}(tenon_writer *json, ${name} value);\n`).join(""),
      C_PRIMITIVES,
      ...[...this.#types.enumerations.values()].map((each) => this.#enumerationCodec(each)),
      ...[...this.#derived.keys()].map((name) => this.#derivedCodec(name)),
      ...[...this.#types.records.values()].map((each) => this.#codec(each)),
      ...imports.map((each) => this.#import(each)),
      ...exports.map((each) => this.#export(each)),
    ];
    return `/*\n * ${NOTE}\n *\n * ${stampText(document, hash)}\n */\n#ifndef ${guard}\n#define ${guard}\n\n#include "tenon.h"\n\n${parts.filter((part) => part !== "").join("\n")}\n#endif\n`;
  }

  skeleton(): string {
    const functions = this.#model.exports.map((each) => `\n${docComment(each.doc, "")}${this.#prototype(each)} {\n${[each.input && "  (void)input;\n", each.output && "  (void)output;\n"].filter(Boolean).join("")}  return tenon_fail("Cannot run ${each.name}: it is not written yet");\n}\n`);
    return `/*
${skeletonNote(this.#model.document, "@tenon/pdk-c @yowasp/clang").map((line) => ` * ${line}`.trimEnd()).join("\n")}
 */
#include "bindings.h"
${functions.join("")}`;
  }

  #payload({ encoding, type }: ModelPayload): Plain {
    return encoding === "json" ? this.#types.plain(type) : { kind: "text" };
  }

  #derive(type: Plain): void {
    if (type.kind !== "list" && type.kind !== "map" && type.kind !== "nullable") return;
    this.#derive(type.of);
    if (type.kind !== "nullable" || type.of.kind !== "named" || !this.#isPointer(type.of)) this.#derived.set(this.#name(type), type);
  }

  /** A record that can contain itself is always held by a pointer where it may be absent. */
  #isPointer(type: Plain): boolean {
    return type.kind === "named" && this.#types.records.has(type.name) && (this.#types.records.get(type.name)?.fields.some((field) => this.#types.isInside(type.name, field.type)) ?? false);
  }

  /** Name by which functions and structures know a type. */
  #name(type: Plain): string {
    switch (type.kind) {
      case "text":
      case "date":
      case "base64":
        return "text";
      case "integer":
        return `int${type.bits}`;
      case "number":
        return "double";
      case "boolean":
        return "bool";
      case "any":
        return "json";
      case "named":
        return type.name;
      case "list":
        return `${this.#name(type.of)}_list`;
      case "map":
        return `${this.#name(type.of)}_map`;
      case "nullable":
        return `${this.#name(type.of)}_maybe`;
      default:
        return type satisfies never;
    }
  }

  /** A type as C writes it, with the space or star behind it. */
  #type(type: Plain): string {
    const name = this.#name(type);
    if (type.kind === "nullable" && this.#isPointer(type.of)) return `${this.#name(type.of)} *`;
    return `${{ text: "tenon_bytes", json: "tenon_bytes", int32: "int32_t", int64: "int64_t" }[name] ?? name} `;
  }

  #fieldType(record: string, { type, isOptional }: PlainField): string {
    if (isOptional) return this.#type({ kind: "nullable", of: type });
    return type.kind === "named" && this.#types.isInside(record, type) ? `${type.name} *` : this.#type(type);
  }

  /** Structures in the order C needs: what one holds in place comes before it. */
  #ordered(): readonly string[] {
    const done = new Set<string>();
    const visit = (type: Plain): void => {
      const name = this.#name(type);
      if (done.has(name)) return;
      if (type.kind === "nullable" && !this.#isPointer(type.of)) visit(type.of);
      if (type.kind === "named") {
        for (const field of this.#types.records.get(name)?.fields ?? []) {
          const held: Plain = field.isOptional ? { kind: "nullable", of: field.type } : field.type;
          if (!this.#fieldType(name, field).endsWith("*")) visit(held);
        }
      }
      if (this.#derived.has(name) || this.#types.records.has(name)) done.add(name);
    };
    for (const name of this.#types.records.keys()) visit({ kind: "named", name });
    for (const type of this.#derived.values()) visit(type);
    return [...done];
  }

  #enumeration({ name, doc }: PlainEnumeration): string {
    const names = this.#values.get(name) as readonly string[];
    return `${docComment(doc, "")}typedef enum ${name} {\n${names.map((each) => `  ${each},\n`).join("")}} ${name};\n`;
  }


  #structure({ name, doc, fields }: PlainRecord): string {
    const names = this.#fieldNames(name, fields);
    const notes: Readonly<Record<string, string>> = { date: "RFC 3339 date and time.", base64: "Bytes as base64.", any: "JSON." };
    return `${docComment(doc, "")}struct ${name} {\n${fields.map((field) => `${docComment([field.doc, notes[field.type.kind] ?? ""].filter(Boolean).join(" "), "  ")}  ${this.#fieldType(name, field)}${names.get(field.name) as string};\n`).join("")}};\n`;
  }

  #derivedStructure(name: string): string {
    const { kind, of } = this.#derived.get(name) as Plain & { readonly of: Plain };
    const inner = this.#type(of);
    if (kind === "nullable") return `struct ${name} {\n  bool is_set;\n  ${inner}value;\n};\n`;
    if (kind === "list") return `struct ${name} {\n  ${inner}*items;\n  size_t count;\n};\n`.replace("* *", "**");
    return `typedef struct ${name}_entry ${name}_entry;\n\nstruct ${name} {\n  ${name}_entry *entries;\n  size_t count;\n};\n`;
  }

  /** What a map holds in place may hold the map, so entries come after all else. */
  #entries(): string[] {
    return [...this.#derived].flatMap(([name, { kind, of }]) => (kind === "map" ? [`struct ${name}_entry {\n  tenon_bytes name;\n  ${this.#type(of)}value;\n};\n`] : []));
  }

  #fieldNames(record: string, fields: readonly PlainField[]): ReadonlyMap<string, string> {
    return fieldNames("C", record, fields.map(({ name }) => name), cIdentifier);
  }

  #enumerationCodec({ name, values }: PlainEnumeration): string {
    const names = this.#values.get(name) as readonly string[];
    const reads = values.map((value, index) => `  if (tenon_equal(text, ${literal(value)})) return *value = ${names[index] as string}, true;\n`);
    const writes = values.map((value, index) => `  case ${names[index] as string}:\n    return tenon_write(json, ${literal(JSON.stringify(value))});\n`);
    return `TENON_INTERNAL bool read_${name}(tenon_bytes json, ${name} *value) {\n  tenon_bytes text;\n  if (!tenon_json_string(json, &text)) return false;\n${reads.join("")}  return false;\n}\n\nTENON_INTERNAL void write_${name}(tenon_writer *json, ${name} value) {\n  switch (value) {\n${writes.join("")}  }\n}\n`;
  }

  #derivedCodec(name: string): string {
    const { kind, of } = this.#derived.get(name) as Plain & { readonly of: Plain };
    const read = `TENON_INTERNAL bool read_${name}(tenon_bytes json, ${name} *value) {\n`;
    const write = `TENON_INTERNAL void write_${name}(tenon_writer *json, ${name} value) {\n`;
    if (kind === "nullable") {
      return `${read}  value->is_set = !tenon_equal(json, TENON_LITERAL("null"));\n  return !value->is_set || ${this.#read(of, "json", "value->value")};\n}\n\n${write}  if (!value.is_set) tenon_write(json, TENON_LITERAL("null"));\n  else ${this.#write(of, "value.value")};\n}\n`;
    }
    const isMap = kind === "map";
    const items = isMap ? "entries" : "items";
    const element = isMap ? `${name}_entry` : this.#type(of).trimEnd();
    const item = `value->${items}[i]${isMap ? ".value" : ""}`;
    const nameRead = isMap ? `tenon_json_string(walk.name, &value->${items}[i].name) && ` : "";
    const nameWrite = isMap ? `    tenon_write(json, tenon_json_quote(value.${items}[i].name));\n    tenon_write(json, TENON_LITERAL(":"));\n` : "";
    const pointer = element.endsWith("*") ? `${element}*` : `${element} *`;
    return `${read}  if (!tenon_json_count(json, '${isMap ? "{" : "["}', &value->count)) return false;
  value->${items} = (${pointer})tenon_take(value->count * sizeof *value->${items});
  tenon_json_walk walk = tenon_json_each(json);
  for (size_t i = 0; tenon_json_next(&walk); i++)
    if (!(${nameRead}${this.#read(of, "walk.value", item)})) return false;
  return true;
}

${write}  tenon_write(json, TENON_LITERAL("${isMap ? "{" : "["}"));
  for (size_t i = 0; i < value.count; i++) {
    if (i > 0) tenon_write(json, TENON_LITERAL(","));
${nameWrite}    ${this.#write(of, item.replace("value->", "value."))};
  }
  tenon_write(json, TENON_LITERAL("${isMap ? "}" : "]"}"));
}
`;
  }

  #codec({ name, fields }: PlainRecord): string {
    const names = this.#fieldNames(name, fields);
    const at = (field: PlainField, arrow: string): string => `value${arrow}${names.get(field.name) as string}`;
    const held = (field: PlainField): Plain => (field.isOptional ? { kind: "nullable", of: field.type } : field.type);
    const needed = fields.filter(({ isOptional }) => !isOptional);
    const reads = fields.map((field) => {
      const place = at(field, "->");
      const isPointer = this.#fieldType(name, field).endsWith("*");
      const read = isPointer ? this.#readPointer(held(field), "walk.value", place) : this.#read(held(field), "walk.value", place);
      const found = field.isOptional ? "" : `, found[${needed.indexOf(field)}] = true`;
      return `if (tenon_equal(name, ${literal(field.name)})) is_read = ${read}${found};\n`;
    });
    const writes = fields.map((field) => {
      const place = at(field, ".");
      const isPointer = this.#fieldType(name, field).endsWith("*");
      const key = `TENON_LITERAL(${cString(`,${JSON.stringify(field.name)}:`)})`;
      if (!field.isOptional) return `  tenon_write(json, ${key});\n  ${isPointer && field.type.kind === "named" ? `write_${field.type.name}(json, *${place})` : this.#write(field.type, place)};\n`;
      return `  if (${isPointer ? place : `${place}.is_set`}) {\n    tenon_write(json, ${key});\n    ${isPointer ? `write_${this.#name(field.type)}(json, *${place})` : this.#write(field.type, `${place}.value`)};\n  }\n`;
    });
    return `TENON_INTERNAL bool read_${name}(tenon_bytes json, ${name} *value) {
  *value = (${name}){0};
${needed.length === 0 ? "" : `  bool found[${needed.length}] = {false};\n`}  size_t count;
  if (!tenon_json_count(json, '{', &count)) return false;
  tenon_json_walk walk = tenon_json_each(json);
  while (tenon_json_next(&walk)) {
    tenon_bytes name;
    bool is_read = true;
    if (!tenon_json_string(walk.name, &name)) return false;
    ${reads.join("    else ")}    if (!is_read) return false;
  }
${needed.length === 0 ? "" : `  for (size_t i = 0; i < ${needed.length}; i++)\n    if (!found[i]) return false;\n`}  return true;
}

TENON_INTERNAL void write_${name}(tenon_writer *json, ${name} value) {
  size_t start = json->bytes.size;
${writes.join("")}  /* The first comma opens the object. */
  if (json->bytes.size == start) tenon_write(json, TENON_LITERAL("{"));
  else json->bytes.data[start] = '{';
  tenon_write(json, TENON_LITERAL("}"));
}
`;
  }

  #read(type: Plain, json: string, place: string): string {
    return type.kind === "nullable" && this.#isPointer(type.of) ? this.#readPointer(type, json, place) : `read_${this.#name(type)}(${json}, &${place})`;
  }

  #readPointer(type: Plain, json: string, place: string): string {
    const name = this.#name(type.kind === "nullable" ? type.of : type);
    const read = `read_${name}(${json}, ${place} = (${name} *)tenon_take(sizeof(${name})))`;
    return type.kind === "nullable" ? `(tenon_equal(${json}, TENON_LITERAL("null")) || ${read})` : read;
  }

  #write(type: Plain, value: string, json = "json"): string {
    if (type.kind !== "nullable" || !this.#isPointer(type.of)) return `write_${this.#name(type)}(${json}, ${value})`;
    return `${value} ? write_${this.#name(type.of)}(${json}, *${value}) : tenon_write(${json}, TENON_LITERAL("null"))`;
  }

  #prototype({ name, input, output }: ModelFunction): string {
    const parameters = [input && `${this.#given(this.#payload(input))}input`, output && `${this.#type(this.#payload(output))}*output`.replace("* *", "**")].filter(Boolean);
    return `static int32_t plugin_${name}(${parameters.length === 0 ? "void" : parameters.join(", ")})`;
  }

  /** Records are passed by pointers, all else by value. */
  #given(type: Plain): string {
    return type.kind === "named" && this.#types.records.has(type.name) ? `const ${type.name} *` : this.#type(type);
  }

  #isRecord(type: Plain): boolean {
    return type.kind === "named" && this.#types.records.has(type.name);
  }

  #import({ name, doc, input, output }: ModelFunction): string {
    const given = input && this.#payload(input);
    const made = output && this.#payload(output);
    const raw = `import_${name}`;
    const parameters = [given && `${this.#given(given)}input`, made && `${this.#type(made)}*output`.replace("* *", "**")].filter(Boolean).join(", ") || "void";
    const lines: string[] = [];
    if (given !== undefined) {
      if (input?.encoding === "json") lines.push("tenon_writer json = {0};", `${this.#write(given, this.#isRecord(given) ? "*input" : "input", "&json")};`, "tenon_handle sent = tenon_share(json.bytes);");
      else lines.push("tenon_handle sent = tenon_share(input);");
    }
    const call = `${raw}(${given === undefined ? "" : "sent"})`;
    const free = given === undefined ? [] : ["if (sent) tenon_abi_free(sent);"];
    if (made === undefined) lines.push(`${call};`, ...free);
    else lines.push(`tenon_bytes received = tenon_receive(${call});`, ...free, output?.encoding === "json" ? `return ${this.#read(made, "tenon_json_trim(received)", "*output").replace("&*", "")};` : "return *output = received, true;");
    return `TENON_HOST("${name}")\n${output === undefined ? "void" : "tenon_handle"} ${raw}(${input === undefined ? "void" : "tenon_handle input"});\n\n${docComment(doc, "")}TENON_INTERNAL ${output === undefined ? "void" : "bool"} host_${name}(${parameters}) {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
  }

  #export(each: ModelFunction): string {
    const { name, doc, input, output } = each;
    const given = input && this.#payload(input);
    const made = output && this.#payload(output);
    const lines: string[] = [];
    const argument: string[] = [];
    if (given !== undefined && input?.encoding === "json") {
      lines.push(`${this.#type(given)}input;`, `if (!${this.#read(given, "tenon_json_trim(tenon_input())", "input")}) return tenon_fail("Cannot read the input: it is no JSON, or a field is missing or of another type");`);
      argument.push(this.#isRecord(given) ? "&input" : "input");
    } else if (given !== undefined) argument.push("tenon_input()");
    if (made !== undefined) {
      lines.push(`${this.#type(made)}output = ${["integer", "number", "boolean"].includes(made.kind) ? "0" : this.#type(made).endsWith("*") ? "NULL" : made.kind === "named" && this.#types.enumerations.has(made.name) ? `(${made.name})0` : "{0}"};`);
      argument.push("&output");
    }
    lines.push(`int32_t code = plugin_${name}(${argument.join(", ")});`);
    if (made !== undefined) {
      lines.push("if (code != 0) return code;");
      if (output?.encoding === "json") lines.push("tenon_writer json = {0};", `${this.#write(made, "output", "&json")};`, "tenon_output(json.bytes);");
      else lines.push("tenon_output(output);");
      lines.push("return 0;");
    } else lines.push("return code;");
    return `${docComment(doc, "")}${this.#prototype(each)};\n\nTENON_EXPORT(${name}) {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
  }
}

function literal(text: string): string {
  return `TENON_LITERAL(${cString(text)})`;
}
