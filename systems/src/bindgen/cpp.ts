/**
 * Bindings in C++, on the kit `tenon.hpp`: structures with functions that read and write them as JSON, imports, exports, and a
 * plug-in to begin with.
 *
 * Unions, mixed enumerations and what has no type stay `tenon::json_text`. A record that would contain itself is a
 * `std::shared_ptr`, empty if it is absent.
 */

import { brokenIfs, cIdentifier, cString } from "./c-names.ts";
import { docComment, type GeneratedFile, NOTE, skeletonNote, slug, stampAssembly, stampText } from "./file.ts";
import type { Model, ModelFunction, ModelPayload } from "./model.ts";
import { fieldNames, type Plain, type PlainEnumeration, type PlainField, type PlainRecord, PlainTypes, valueNames } from "./plain.ts";

/**
 * Makes the bindings of a guest: a header and a plug-in to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function cppGuest(model: Model, hash: string): readonly GeneratedFile[] {
  const writer = new Cpp(model);
  return [
    { path: "bindings.hpp", text: brokenIfs(writer.header(hash)), isSkeleton: false },
    { path: "plugin.cpp", text: writer.skeleton(), isSkeleton: true },
  ];
}

class Cpp {
  readonly #model: Model;
  readonly #types: PlainTypes;

  constructor(model: Model) {
    this.#model = model;
    this.#types = new PlainTypes(model, true);
  }

  header(hash: string): string {
    const { document, exports, imports } = this.#model;
    const guard = `${slug(document).replaceAll("-", "_").toUpperCase()}_BINDINGS_HPP`;
    const records = this.#ordered();
    const types = [
      ...[...this.#types.enumerations.values()].map((each) => this.#enumeration(each)),
      records.map(({ name }) => `struct ${name};\n`).join(""),
      ...records.map((each) => this.#structure(each)),
      ...exports.map((each) => `${docComment(each.doc, "")}${this.#prototype(each)};\n`),
      "// Reading and writing JSON.\n",
      [...this.#types.enumerations.keys(), ...this.#types.records.keys()].map((name) => `bool read(tenon_bytes json, ${name} &value);\nvoid write(std::string &json, ${this.#types.enumerations.has(name) ? name : `const ${name} &`}value);\n`.replace(`${name}value`, `${name} value`)).join(""),
      ...[...this.#types.enumerations.values()].map((each) => this.#enumerationCodec(each)),
      ...records.map((each) => this.#codec(each)),
    ].filter((part) => part !== "");
    const host = imports.length === 0 ? "" : `\n// The functions of the application.\nnamespace host {\n\n${imports.map((each) => this.#import(each)).join("\n")}\n} // namespace host\n`;
    return `// ${NOTE}
//
// ${stampText(document, hash)}
#ifndef ${guard}
#define ${guard}

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenon.hpp"

// Says in the module which interface it was built for.
__asm__(${stampAssembly(document, hash).map(cString).join("\n        ")});

namespace plugin {

${types.join("\n")}
} // namespace plugin
${host}${exports.map((each) => `\n${this.#export(each)}`).join("")}
#endif
`;
  }

  skeleton(): string {
    const functions = this.#model.exports.map((each) => `\n${docComment(each.doc, "")}${this.#prototype(each)} {\n${each.input === undefined ? "" : "  static_cast<void>(input);\n"}  return tenon::fail("Cannot run ${each.name}: it is not written yet");\n}\n`);
    return `${skeletonNote(this.#model.document, "@tenon/pdk-cpp @tenon/pdk-c @yowasp/clang").map((line) => `// ${line}`.trimEnd()).join("\n")}
#include "bindings.hpp"

namespace plugin {
${functions.join("")}
} // namespace plugin
`;
  }

  /** Records in the order C++ needs: what one holds in place comes before it. */
  #ordered(): readonly PlainRecord[] {
    const done = new Map<string, PlainRecord>();
    const visit = (record: PlainRecord): void => {
      if (done.has(record.name)) return;
      for (const { type } of record.fields) {
        const held = inner(type);
        const target = held.kind === "named" ? this.#types.records.get(held.name) : undefined;
        if (target !== undefined && target !== record && !this.#types.isInside(record.name, type)) visit(target);
      }
      done.set(record.name, record);
    };
    // Lists and maps of what is only declared are held too: the functions that copy them come after all structures.
    for (const record of this.#types.records.values()) visit(record);
    return [...done.values()];
  }

  #enumeration({ name, doc, values }: PlainEnumeration): string {
    return `${docComment(doc, "")}enum class ${name} {\n${valueNames(values, enumerator).map((each) => `  ${each},\n`).join("")}};\n`;
  }

  #structure({ name, doc, fields }: PlainRecord): string {
    const names = this.#fieldNames(name, fields);
    const notes: Readonly<Record<string, string>> = { date: "RFC 3339 date and time.", base64: "Bytes as base64." };
    const lines = fields.map((field) => `${docComment([field.doc, notes[field.type.kind] ?? ""].filter(Boolean).join(" "), "  ")}  ${this.#fieldType(name, field)} ${names.get(field.name) as string}${["integer", "number", "boolean"].includes(field.type.kind) && !field.isOptional ? ` = ${field.type.kind === "boolean" ? "false" : "0"}` : this.#types.enumerations.has((field.type as { name?: string }).name ?? "") && !field.isOptional ? "{}" : ""};\n`);
    return `${docComment(doc, "")}struct ${name} {\n${lines.join("")}};\n`;
  }

  #fieldNames(record: string, fields: readonly PlainField[]): ReadonlyMap<string, string> {
    return fieldNames("C++", record, fields.map(({ name }) => name), cIdentifier);
  }

  #enumerationCodec({ name, values }: PlainEnumeration): string {
    const names = valueNames(values, enumerator);
    const reads = values.map((value, index) => `  if (text == ${view(value)}) return value = ${name}::${names[index] as string}, true;\n`);
    const writes = values.map((value, index) => `  case ${name}::${names[index] as string}:\n    return tenon::json::write(json, ${view(value)});\n`);
    return `inline bool read(tenon_bytes json, ${name} &value) {\n  std::string text;\n  if (!tenon::json::read(json, text)) return false;\n${reads.join("")}  return false;\n}\n\ninline void write(std::string &json, ${name} value) {\n  switch (value) {\n${writes.join("")}  }\n}\n`;
  }

  #codec({ name, fields }: PlainRecord): string {
    const names = this.#fieldNames(name, fields);
    const needed = fields.filter(({ isOptional }) => !isOptional);
    const reads = fields.map((field) => `if (name == ${view(field.name)}) is_read = read(walk.value, value.${names.get(field.name) as string})${field.isOptional ? "" : `, found[${needed.indexOf(field)}] = true`};\n`);
    const writes = fields.map((field) => {
      const place = `value.${names.get(field.name) as string}`;
      const write = (indent: string): string => `${indent}json += before;\n${indent}json += ${view(`${JSON.stringify(field.name)}:`)};\n${indent}write(json, ${place});\n${indent}before = ',';\n`;
      return field.isOptional ? `  if (${place}) {\n${write("    ")}  }\n` : write("  ");
    });
    return `inline bool read(tenon_bytes json, ${name} &value) {
  using tenon::json::read;
${needed.length === 0 ? "" : `  bool found[${needed.length}] = {};\n`}  std::size_t count;
  if (!tenon_json_count(json, '{', &count)) return false;
  tenon_json_walk walk = tenon_json_each(json);
  while (tenon_json_next(&walk)) {
    tenon_bytes text;
    bool is_read = true;
    if (!tenon_json_string(walk.name, &text)) return false;
    const std::string_view name = tenon::text_of(text);
    ${reads.join("    else ")}    if (!is_read) return false;
  }
${needed.length === 0 ? "" : "  for (const bool each : found)\n    if (!each) return false;\n"}  return true;
}

inline void write(std::string &json, const ${name} &value) {
  using tenon::json::write;
  char before = '{';
${writes.join("")}  json += before == '{' ? "{}" : "}";
}
`;
  }

  #prototype({ name, input, output }: ModelFunction): string {
    return `tenon::result<${output === undefined ? "void" : this.#payload(output, "")}> ${cIdentifier(name)}(${input === undefined ? "" : `${this.#given(input, "")}input`})`;
  }

  #import({ name, doc, input, output }: ModelFunction): string {
    const raw = `import_${name}`;
    const lines: string[] = [];
    if (input?.encoding === "json") lines.push("using tenon::json::write;", "std::string json;", "write(json, input);");
    if (input !== undefined) lines.push(`const tenon_handle sent = tenon_share(tenon::raw(${input.encoding === "json" ? "json" : "input"}));`);
    const call = `${raw}(${input === undefined ? "" : "sent"})`;
    lines.push(output === undefined ? `${call};` : `const tenon_bytes received = tenon_receive(${call});`);
    if (input !== undefined) lines.push("if (sent) tenon_abi_free(sent);");
    if (output?.encoding === "json") lines.push("using tenon::json::read;", `${this.#payload(output, "plugin::")} output{};`, "if (!read(tenon_json_trim(received), output)) {", `  tenon_log(TENON_ERROR, tenon_text("Cannot read what ${name} gave"));`, "  __builtin_trap();", "}", "return output;");
    else if (output?.encoding === "text") lines.push("return std::string(tenon::text_of(received));");
    else if (output !== undefined) lines.push("return tenon::bytes(received.data, received.data + received.size);");
    return `TENON_HOST("${name}")\n${output === undefined ? "void" : "tenon_handle"} ${raw}(${input === undefined ? "" : "tenon_handle input"});\n\n${docComment(doc, "")}inline ${output === undefined ? "void" : this.#payload(output, "plugin::")} ${cIdentifier(name)}(${input === undefined ? "" : `${this.#given(input, "plugin::")}input`}) {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
  }

  #export({ name, input, output }: ModelFunction): string {
    const lines: string[] = [];
    if (input?.encoding === "json") lines.push("using tenon::json::read;", `${this.#payload(input, "plugin::")} input{};`, 'if (!read(tenon_json_trim(tenon_input()), input)) return tenon_fail("Cannot read the input: it is no JSON, or a field is missing or of another type");');
    const data = "tenon_input()";
    const argument = { json: "input", text: `std::string(tenon::text_of(${data}))`, bytes: `tenon::bytes(data.data, data.data + data.size)`, none: "" }[input?.encoding === "msgpack" ? "bytes" : (input?.encoding ?? "none")];
    if (argument.includes("data.data")) lines.push(`const tenon_bytes data = ${data};`);
    lines.push(`const auto made = plugin::${cIdentifier(name)}(${argument});`, "if (!made) return tenon::report(made.error());");
    if (output?.encoding === "json") lines.push("using tenon::json::write;", "std::string json;", "write(json, *made);", "tenon_output(tenon::raw(json));");
    else if (output !== undefined) lines.push("tenon_output(tenon::raw(*made));");
    return `TENON_EXPORT(${name}) {\n${[...lines, "return 0;"].map((line) => `  ${line}\n`).join("")}}\n`;
  }

  #payload(payload: ModelPayload, space: string): string {
    const type = this.#types.payload(payload);
    return type === undefined ? "tenon::bytes" : this.#type(type, space);
  }

  /** How a function takes a value. */
  #given(payload: ModelPayload, space: string): string {
    const type = this.#payload(payload, space);
    return /^(?:bool|double|std::int\d+_t)$/.test(type) || this.#types.enumerations.has(type.replace("plugin::", "")) ? `${type} ` : `const ${type} &`;
  }

  #fieldType(record: string, { type, isOptional }: PlainField): string {
    if (this.#types.isInside(record, type)) return `std::shared_ptr<${this.#type(inner(type), "")}>`;
    return isOptional ? `std::optional<${this.#type(type, "")}>` : this.#type(type, "");
  }

  #type(type: Plain, space: string): string {
    switch (type.kind) {
      case "text":
      case "date":
      case "base64":
        return "std::string";
      case "integer":
        return `std::int${type.bits}_t`;
      case "number":
        return "double";
      case "boolean":
        return "bool";
      case "list":
        return `std::vector<${this.#type(type.of, space)}>`;
      case "map":
        return `std::map<std::string, ${this.#type(type.of, space)}>`;
      case "nullable":
        return `std::optional<${this.#type(type.of, space)}>`;
      case "named":
        return `${space}${type.name}`;
      case "any":
        return "tenon::json_text";
      default:
        return type satisfies never;
    }
  }
}

function inner(type: Plain): Plain {
  return type.kind === "nullable" ? type.of : type;
}

function enumerator(value: string): string {
  return cIdentifier(value === "" ? "empty" : value);
}

/** A text that may have zeros in it. */
function view(text: string): string {
  return `std::string_view(${cString(text)}, ${new TextEncoder().encode(text).length})`;
}
