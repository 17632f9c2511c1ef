/**
 * Bindings in AssemblyScript, on the kit `@tenon/pdk-assemblyscript`: a class per record, read from and written to JSON.
 *
 * Unions, mixed enumerations and what has no type stay `Json` values. Numbers and booleans that may be absent are boxed,
 * because AssemblyScript has no absent numbers.
 */

import { type Declaration, type Field, type Model, type ModelFunction, type ModelPayload, type Type } from "./model.ts";
import { type Plain, PlainTypes } from "./plain.ts";
import { docComment, type GeneratedFile, NOTE, skeletonNote, slug, stampText } from "./file.ts";

/**
 * Makes the bindings of a guest: types and imports, the entry file that is compiled, and a plug-in to begin with.
 *
 * @param model The interface.
 * @param hash Its hash.
 */
export function assemblyscriptGuest(model: Model, hash: string): readonly GeneratedFile[] {
  const types = slug(model.document);
  const writer = new AssemblyScript(model);
  const header = `/**\n * ${NOTE}\n *\n * ${stampText(model.document, hash)}\n */\n\n`;
  return [
    { path: `${types}.ts`, text: header + writer.types(), isSkeleton: false },
    { path: "main.ts", text: header + writer.entry(types), isSkeleton: false },
    { path: "plugin.ts", text: writer.skeleton(types), isSkeleton: true },
  ];
}

const SUPPORT = `/** A number or boolean that may be absent. */
export class Box<T> {
  constructor(public value: T) {}
}

/** Reads JSON text. */
export function parse(text: string): Json {
  const json = Json.parse(text);
  if (json === null) throw new Error("Cannot read a value: it is no JSON");
  return json;
}

function need(json: Json, name: string): Json {
  const value = json.get(name);
  if (value === null) throw new Error('Cannot read a value: "' + name + '" is missing');
  return value;
}

function find(json: Json, name: string): Json | null {
  const value = json.get(name);
  return value === null || value.isNull() ? null : value;
}

/** Reads a map. */
export function readMap<T>(json: Json, read: (value: Json) => T): Map<string, T> {
  const map = new Map<string, T>();
  const names = json.keys();
  const values = json.values();
  for (let i = 0; i < names.length; i++) map.set(names[i], read(values[i]));
  return map;
}

/** Writes a map. */
export function writeMap<T>(map: Map<string, T>, write: (value: T) => Json): Json {
  const json = Json.object();
  const names = map.keys();
  for (let i = 0; i < names.length; i++) json.set(names[i], write(map.get(names[i])));
  return json;
}
`;

/** Names that cannot be those of fields or functions. */
const RESERVED = new Set("break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with let static yield abstract declare get set is keyof module namespace private protected public readonly type of constructor toJson i32 i64 f64 bool string parse need find readMap writeMap receive receiveText share shareText Json Box Map Array".split(" "));

class AssemblyScript {
  readonly #model: Model;
  readonly #types: PlainTypes;

  constructor(model: Model) {
    this.#model = model;
    this.#types = new PlainTypes(model, false);
  }

  types(): string {
    const kit = ["Json", ...(this.#model.imports.length === 0 ? [] : ["receive", "receiveText", "share", "shareText"])];
    const declarations = this.#model.declarations.flatMap((each) => ("fields" in each ? [this.#class(each)] : []));
    const imports = this.#model.imports.map((each) => this.#import(each));
    return [`import { ${kit.join(", ")} } from "@tenon/pdk-assemblyscript";\n`, SUPPORT, ...declarations, ...imports].join("\n");
  }

  entry(types: string): string {
    const records = [...new Set(this.#model.exports.flatMap(({ input, output }) => [...this.#namesIn(input), ...this.#namesIn(output)]))];
    const functions = this.#model.exports.map(({ name, input, output }) => {
      const taken = input === undefined ? "" : input.encoding === "json" ? this.#read(input.type, "parse(inputText())") : input.encoding === "text" ? "inputText()" : "input()";
      const call = `plugin.${identifier(name)}(${taken})`;
      const given = output === undefined ? call : output.encoding === "json" ? `outputText(${this.#write(output.type, call)}.toString())` : output.encoding === "text" ? `outputText(${call})` : `output(${call})`;
      return `\nfunction call_${name}(): i32 {\n  ${given};\n  return 0;\n}\nexport { call_${name} as ${name} };\n`;
    });
    return `import { Json, input, inputText, output, outputText } from "@tenon/pdk-assemblyscript";\nimport { ${["Box", "parse", "readMap", "writeMap", ...records].join(", ")} } from "./${types}";\nimport * as plugin from "./plugin";\n${functions.join("")}`;
  }

  skeleton(types: string): string {
    const records = [...new Set(this.#model.exports.flatMap(({ input, output }) => [...this.#namesIn(input), ...this.#namesIn(output)]))];
    const functions = this.#model.exports.map((each) => `\n${docComment(each.doc, "")}export function ${identifier(each.name)}(${each.input === undefined ? "" : `input: ${this.#payload(each.input)}`}): ${this.#result(each)} {\n  throw new Error("Cannot run ${each.name}: it is not written yet");\n}\n`);
    return `/**\n${skeletonNote(this.#model.document, "@tenon/pdk-assemblyscript assemblyscript").map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n\nimport { Json } from "@tenon/pdk-assemblyscript";\nimport { ${["Box", ...records].join(", ")} } from "./${types}";\n${functions.join("")}`;
  }

  #class(record: Declaration & { readonly fields: readonly Field[] }): string {
    const names = record.fields.map(({ name }) => identifier(name));
    const twice = record.fields.find((_, index) => names.indexOf(names[index] as string) !== index);
    if (twice !== undefined) throw new RangeError(`Cannot make bindings for "${record.name}": its fields "${twice.name}" and another have the same name in AssemblyScript, "${identifier(twice.name)}"`);
    const fields = record.fields.map((field) => `${docComment(field.doc, "  ")}  ${identifier(field.name)}: ${this.#fieldType(field)} = ${this.#initial(field)};\n`);
    const reads = record.fields.map((field) => `    value.${identifier(field.name)} = ${this.#readField(field)};\n`);
    const writes = record.fields.map((field) => this.#writeField(field));
    return `${docComment(record.doc, "")}export class ${record.name} {
${fields.join("")}
  static fromJson(json: Json): ${record.name} {
    const value = new ${record.name}();
${reads.join("")}    return value;
  }

  toJson(): Json {
    const json = Json.object();
${writes.join("")}    return json;
  }
}
`;
  }

  #import({ name, doc, input, output }: ModelFunction): string {
    const host = `host_${name}`;
    const sent = input === undefined ? "" : input.encoding === "json" ? `shareText(${this.#write(input.type, "input")}.toString())` : input.encoding === "text" ? "shareText(input)" : "share(input)";
    const call = `${host}(${sent})`;
    const body = output === undefined ? call : output.encoding === "json" ? `return ${this.#read(output.type, `parse(receiveText(${call}))`)}` : `return ${output.encoding === "text" ? "receiveText" : "receive"}(${call})`;
    const result = output === undefined ? "void" : this.#payload(output);
    return `@external("extism:host/user", "${name}")\ndeclare function ${host}(${input === undefined ? "" : "input: u64"}): ${output === undefined ? "void" : "u64"};\n\n${docComment(doc, "")}export function ${identifier(name)}(${input === undefined ? "" : `input: ${this.#payload(input)}`}): ${result} {\n  ${body};\n}\n`;
  }

  #payload({ encoding, type }: ModelPayload): string {
    return encoding === "bytes" || encoding === "msgpack" ? "Uint8Array" : this.#type(type);
  }

  #result({ output }: ModelFunction): string {
    return output === undefined ? "void" : this.#payload(output);
  }

  #type(type: Type): string {
    const plain = this.#plain(type);
    switch (plain.kind) {
      case "text":
      case "date":
      case "base64":
        return "string";
      case "integer":
        return `i${plain.bits}`;
      case "number":
        return "f64";
      case "boolean":
        return "bool";
      case "list":
        return `Array<${this.#type(plain.of)}>`;
      case "map":
        return `Map<string, ${this.#type(plain.of)}>`;
      case "nullable":
        return this.#isValue(plain.of) ? `Box<${this.#type(plain.of)}> | null` : `${this.#type(plain.of)} | null`;
      case "named":
        return plain.name;
      case "any":
        return "Json";
      default:
        return plain satisfies never;
    }
  }

  #plain(type: Type): Plain {
    return this.#types.plain(type);
  }

  #isValue(type: Type): boolean {
    return ["integer", "number", "boolean"].includes(this.#plain(type).kind);
  }

  #fieldType({ type, isOptional }: Field): string {
    if (!isOptional) return this.#type(type);
    const { kind } = this.#plain(type);
    return kind === "nullable" ? this.#type(type) : this.#isValue(type) ? `Box<${this.#type(type)}> | null` : `${this.#type(type)} | null`;
  }

  #initial({ type, isOptional }: Field): string {
    const plain = this.#plain(type);
    if (isOptional || plain.kind === "nullable") return "null";
    switch (plain.kind) {
      case "text":
      case "date":
      case "base64":
        return '""';
      case "integer":
      case "number":
        return "0";
      case "boolean":
        return "false";
      case "list":
        return "[]";
      case "map":
      case "named":
        return `new ${this.#type(plain)}()`;
      default:
        return "Json.nothing()";
    }
  }

  #readField({ name, type, isOptional }: Field): string {
    const key = JSON.stringify(name);
    const plain = this.#plain(type);
    if (!isOptional && plain.kind !== "nullable") return this.#read(type, `need(json, ${key})`);
    const inner = plain.kind === "nullable" ? plain.of : plain;
    const read = this.#read(inner, `find(json, ${key})!`);
    return `find(json, ${key}) === null ? null : ${this.#isValue(inner) ? `new Box<${this.#type(inner)}>(${read})` : read}`;
  }

  #writeField({ name, type, isOptional }: Field): string {
    const key = JSON.stringify(name);
    const plain = this.#plain(type);
    const field = `this.${identifier(name)}`;
    if (!isOptional) return `    json.set(${key}, ${this.#write(plain, field)});\n`;
    const inner = plain.kind === "nullable" ? plain.of : plain;
    return `    if (${field} !== null) json.set(${key}, ${this.#write(inner, this.#isValue(inner) ? `${field}!.value` : `${field}!`)});\n`;
  }

  #read(type: Type, json: string): string {
    const plain = this.#plain(type);
    switch (plain.kind) {
      case "text":
      case "date":
      case "base64":
        return `${json}.asText()`;
      case "integer":
        return plain.bits === 64 ? `${json}.asInt()` : `<i32>${json}.asInt()`;
      case "number":
        return `${json}.asNumber()`;
      case "boolean":
        return `${json}.asBool()`;
      case "list":
        return `${json}.values().map<${this.#type(plain.of)}>((each) => ${this.#read(plain.of, "each")})`;
      case "map":
        return `readMap<${this.#type(plain.of)}>(${json}, (each) => ${this.#read(plain.of, "each")})`;
      case "nullable": {
        const read = this.#read(plain.of, json);
        return `(${json}.isNull() ? null : ${this.#isValue(plain.of) ? `new Box<${this.#type(plain.of)}>(${read})` : read})`;
      }
      case "named":
        return `${plain.name}.fromJson(${json})`;
      default:
        return json;
    }
  }

  #write(type: Type, value: string): string {
    const plain = this.#plain(type);
    switch (plain.kind) {
      case "text":
      case "date":
      case "base64":
        return `Json.text(${value})`;
      case "integer":
      case "number":
        return `Json.number<${this.#type(plain)}>(${value})`;
      case "boolean":
        return `Json.bool(${value})`;
      case "list":
        return `Json.list(${value}.map<Json>((each) => ${this.#write(plain.of, "each")}))`;
      case "map":
        return `writeMap<${this.#type(plain.of)}>(${value}, (each) => ${this.#write(plain.of, "each")})`;
      case "nullable":
        return `(${value} === null ? Json.nothing() : ${this.#write(plain.of, this.#isValue(plain.of) ? `${value}!.value` : `${value}!`)})`;
      case "named":
        return `${value}.toJson()`;
      default:
        return value;
    }
  }

  #namesIn(payload: ModelPayload | undefined): readonly string[] {
    const names = (type: Type): readonly string[] => {
      const plain = this.#plain(type);
      if (plain.kind === "named") return [plain.name];
      return plain.kind === "list" || plain.kind === "map" || plain.kind === "nullable" ? names(plain.of) : [];
    };
    return payload === undefined ? [] : names(payload.type);
  }
}

function identifier(name: string): string {
  const plain = name.replaceAll(/\W/g, "_").replace(/^(?=\d)/, "_");
  return RESERVED.has(plain) ? `${plain}_` : plain;
}
