/**
 * Bindings in Zig, on the module `tenon`: structures for `std.json`, imports, and a plug-in to begin with.
 *
 * Unions, mixed enumerations and what has no type stay `std.json.Value`. Fields keep the names they have in JSON.
 */

import { type GeneratedFile, lineComment, NOTE, skeletonNote, stampAssembly, stampText } from "./file.ts";
import type { Model, ModelFunction, ModelPayload } from "./model.ts";
import { type Plain, type PlainField, type PlainRecord, PlainTypes } from "./plain.ts";

/**
 * Makes the bindings of a guest: types and imports, the root file that is compiled, and a plug-in to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function zigGuest(model: Model, hash: string): readonly GeneratedFile[] {
  const writer = new Zig(model);
  const header = `//! ${NOTE}\n//!\n//! ${stampText(model.document, hash)}\n\n`;
  return [
    { path: "bindings.zig", text: header + writer.bindings(hash), isSkeleton: false },
    { path: "main.zig", text: header + writer.entry(), isSkeleton: false },
    { path: "plugin.zig", text: writer.skeleton(), isSkeleton: true },
  ];
}

const KEYWORDS = new Set("addrspace align allowzero and anyframe anytype asm break callconv catch comptime const continue defer else enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while".split(" "));
/** Names that mean a type or value; as names of functions they need quotes, as names of fields they have none. */
const PRIMITIVE = /^(?:[iu]\d+|f16|f32|f64|f80|f128|c_\w+|bool|void|type|anyerror|anyopaque|comptime_int|comptime_float|isize|usize|noreturn|null|undefined|true|false)$/;

class Zig {
  readonly #model: Model;
  readonly #types: PlainTypes;

  constructor(model: Model) {
    this.#model = model;
    this.#types = new PlainTypes(model, true);
  }

  bindings(hash: string): string {
    const { document, imports } = this.#model;
    const enumerations = [...this.#types.enumerations.values()].map(({ name, doc, values }) =>
      // A tag cannot be empty; such an enumeration is text.
      values.includes("") ? `${lineComment(doc, "/// ")}pub const ${name} = []const u8;\n` : `${lineComment(doc, "/// ")}pub const ${name} = enum {\n${values.map((value) => `    ${fieldName(value)},\n`).join("")}};\n`,
    );
    const records = [...this.#types.records.values()].map((each) => this.#structure(each));
    const raw = imports.map(({ name, input, output }) => `    extern "extism:host/user" fn ${functionName(name)}(${input === undefined ? "" : "input: u64"}) ${output === undefined ? "void" : "u64"};\n`);
    const host = imports.length === 0 ? [] : [`const imports = struct {\n${raw.join("")}};\n`, `/// The functions of the application.\npub const host = struct {\n${imports.map((each) => this.#import(each)).join("\n")}};\n`];
    return `const std = @import("std");
const tenon = @import("tenon");

// Says in the module which interface it was built for.
comptime {
    asm (
${stampAssembly(document, hash).flatMap((line) => line.trimEnd().split("\n")).map((line) => `        \\\\${line}`).join("\n")}
    );
}

${[...enumerations, ...records, ...host, CODEC].join("\n")}`;
  }

  entry(): string {
    const functions = this.#model.exports.map((each) => `\nfn call_${each.name}() callconv(.c) i32 {\n    return tenon.run(struct {\n        fn run(${each.input === undefined ? "" : "data: []const u8"}) !${each.output === undefined ? "void" : "[]const u8"} {\n            ${this.#call(each)}\n        }\n    }.run);\n}\n`);
    return `const tenon = @import("tenon");
const bindings = @import("bindings.zig");
const plugin = @import("plugin.zig");

pub const panic = tenon.panic;

comptime {
    _ = bindings;
${this.#model.exports.map(({ name }) => `    @export(&call_${name}, .{ .name = ${JSON.stringify(name)} });\n`).join("")}}
${functions.join("")}`;
  }

  skeleton(): string {
    const functions = this.#model.exports.map((each) => `\n${lineComment(each.doc, "/// ")}pub fn ${functionName(each.name)}(${each.input === undefined ? "" : `input: ${this.#payload(each.input, "bindings.")}`}) !${each.output === undefined ? "void" : this.#payload(each.output, "bindings.")} {\n${each.input === undefined ? "" : "    _ = input;\n"}    return tenon.fail("Cannot run ${each.name}: it is not written yet", .{});\n}\n`);
    return `${skeletonNote(this.#model.document, "@tenon/pdk-zig").map((line) => `//! ${line}`.trimEnd()).join("\n")}

const std = @import("std");
const tenon = @import("tenon");
const bindings = @import("bindings.zig");
${functions.join("")}`;
  }

  #call({ name, input, output }: ModelFunction): string {
    const taken = input === undefined ? "" : input.encoding === "json" ? `try bindings.decode(${this.#payload(input, "bindings.")}, data)` : "data";
    const call = `plugin.${functionName(name)}(${taken})`;
    if (output === undefined) return `return ${call};`;
    return output.encoding === "json" ? `return bindings.encode(try ${call});` : `return ${call};`;
  }

  #structure({ name, doc, fields }: PlainRecord): string {
    const odd = fields.find((field) => field.name === "" || field.name === "jsonStringify");
    if (odd !== undefined) throw new RangeError(`Cannot make bindings for "${name}": no field in Zig can be called ${JSON.stringify(odd.name)}`);
    const lines = fields.map((field) => `${lineComment([field.doc, { date: "RFC 3339 date and time.", base64: "Bytes as base64." }[field.type.kind as string] ?? ""].filter(Boolean).join(" "), "    /// ")}    ${fieldName(field.name)}: ${this.#fieldType(name, field)},\n`);
    return `${lineComment(doc, "/// ")}pub const ${name} = struct {\n${lines.join("")}${fields.some(({ isOptional }) => isOptional) ? `\n${this.#writer(name, fields)}` : ""}};\n`;
  }

  /** What `std.json` would write as null is left out. */
  #writer(name: string, fields: readonly PlainField[]): string {
    const writes = fields.map((field) => {
      const own = `self.${fieldName(field.name)}`;
      if (!field.isOptional) return `        try json.objectField(${zigString(field.name)});\n        try json.write(${own});\n`;
      return `        if (${own}) |value| {\n            try json.objectField(${zigString(field.name)});\n            try json.write(value);\n        }\n`;
    });
    return `    /// Leaves out what is absent.\n    pub fn jsonStringify(self: ${name}, json: anytype) !void {\n        try json.beginObject();\n${writes.join("")}        try json.endObject();\n    }\n`;
  }

  #import({ name, doc, input, output }: ModelFunction): string {
    const lines: string[] = [];
    if (input !== undefined) lines.push(`const sent = tenon.share(${input.encoding === "json" ? "try encode(input)" : "input"});`, "defer tenon.abi.free(sent);");
    const call = `imports.${functionName(name)}(${input === undefined ? "" : "sent"})`;
    if (output === undefined) lines.push(`${call};`);
    else lines.push(output.encoding === "json" ? `return decode(${this.#payload(output, "")}, tenon.receive(${call}));` : `return tenon.receive(${call});`);
    return `${lineComment(doc, "    /// ")}    pub fn ${functionName(name)}(${input === undefined ? "" : `input: ${this.#payload(input, "")}`}) ${input?.encoding === "json" || output?.encoding === "json" ? "!" : ""}${output === undefined ? "void" : this.#payload(output, "")} {\n${lines.map((line) => `        ${line}\n`).join("")}    }\n`;
  }

  #payload(payload: ModelPayload, space: string): string {
    const type = this.#types.payload(payload);
    return type === undefined ? "[]const u8" : this.#type(type, space);
  }

  #fieldType(record: string, { type, isOptional }: PlainField): string {
    const pointer = this.#types.isInside(record, type) ? "*const " : "";
    if (isOptional) return type.kind === "any" ? "?std.json.Value = null" : `?${pointer}${this.#type(type, "")} = null`;
    return type.kind === "nullable" ? `?${pointer}${this.#type(type.of, "")}` : `${pointer}${this.#type(type, "")}`;
  }

  #type(type: Plain, space: string): string {
    switch (type.kind) {
      case "text":
      case "date":
      case "base64":
        return "[]const u8";
      case "integer":
        return `i${type.bits}`;
      case "number":
        return "f64";
      case "boolean":
        return "bool";
      case "list":
        return `[]const ${this.#type(type.of, space)}`;
      case "map":
        return `std.json.ArrayHashMap(${this.#type(type.of, space)})`;
      case "nullable":
        return `?${this.#type(type.of, space)}`;
      case "named":
        return `${space}${type.name}`;
      case "any":
        return "std.json.Value";
      default:
        return type satisfies never;
    }
  }
}

const CODEC = `/// Reads JSON; what is read lives until the next call.
pub fn decode(comptime T: type, json: []const u8) !T {
    return std.json.parseFromSliceLeaky(T, tenon.allocator, json, .{ .ignore_unknown_fields = true }) catch |err| {
        return tenon.fail("Cannot read a value: {s}", .{@errorName(err)});
    };
}

/// Writes JSON.
pub fn encode(value: anytype) ![]const u8 {
    return std.json.Stringify.valueAlloc(tenon.allocator, value, .{});
}
`;

function zigString(text: string): string {
  return JSON.stringify(text).replaceAll(/\\u([0-9a-f]{4})/g, "\\u{$1}").replaceAll("\\b", "\\x08").replaceAll("\\f", "\\x0c");
}

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) && name !== "_" && !KEYWORDS.has(name) ? name : `@${zigString(name)}`;
}

function functionName(name: string): string {
  return PRIMITIVE.test(name) ? `@"${name}"` : fieldName(name);
}
