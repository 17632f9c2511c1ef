/**
 * Reads XTP schemas of version `v1-draft` (YAML or JSON) into the same interface that `definePluginSystem` makes.
 *
 * What XTP does not say (name, version, limits, failure policies) the caller says. Values travel as the content types say:
 * `application/json`, `text/plain…`, `application/x-binary`; inside of JSON a `buffer` is base64 text.
 * Source: https://docs.xtp.dylibso.com/docs/concepts/xtp-schema
 */

import type { Limits } from "@tenon/host";
import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import { readFields, refuse } from "./definition.ts";
import type { DocumentFunction, DocumentPayload, InterfaceDocument } from "./document.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Encoding } from "./wire.ts";

/** What an XTP schema leaves open. */
export interface XtpOptions {
  /** Name of the system, such as `shop/discounts`. */
  readonly name: string;
  /** Version of its interface, such as `1.0.0`. */
  readonly version: string;
  /** Limits of every plug-in. */
  readonly limits?: Limits;
}

/** Length in characters that is read at most. */
const MAX_CHARACTERS = 4_194_304;

/**
 * Reads an XTP schema.
 *
 * @param source YAML or JSON text of the schema.
 * @param options What it leaves open.
 * @returns The interface as data, for `readSystem`.
 * @throws {PluginError} `system/invalid-definition` with the path of what is unknown or wrong.
 */
export function readXtp(source: string, options: XtpOptions): InterfaceDocument {
  if (source.length > MAX_CHARACTERS) refuse("xtp", `at most ${MAX_CHARACTERS} characters`, `${source.length} characters`);
  const lineCounter = new LineCounter();
  // The parser would compare each key of a mapping with each.
  const parsed = parseDocument(source, { prettyErrors: true, lineCounter, uniqueKeys: false });
  const [error] = parsed.errors;
  if (error !== undefined) refuse("xtp", `YAML (${error.message.split("\n")[0]})`, "no YAML");
  checkKeys(parsed, lineCounter);
  const { version, exports, imports, components } = readFields(valueOf(parsed), "xtp", ["version", "exports", "imports", "components"]);
  if (version !== "v1-draft") refuse("xtp.version", '"v1-draft"', version);
  const reader = new Reader(readFields(readFields(components ?? {}, "xtp.components", ["schemas"])["schemas"] ?? {}, "xtp.components.schemas"));
  return {
    tenonSystem: 1,
    name: options.name,
    version: options.version,
    exports: reader.functions(exports ?? {}, "xtp.exports"),
    imports: reader.functions(imports ?? {}, "xtp.imports"),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  };
}

/** No mapping may have a key twice. */
function checkKeys(parsed: ReturnType<typeof parseDocument>, lineCounter: LineCounter): void {
  visit(parsed, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
        if (keys.has(key.value)) refuse("xtp", `YAML (Map keys must be unique at line ${line}, column ${col})`, "no YAML");
        keys.add(key.value);
      }
    },
  });
}

function valueOf(parsed: ReturnType<typeof parseDocument>): unknown {
  try {
    // Aliases are counted, so that a small file cannot become a large value.
    return parsed.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    return refuse("xtp", `aliases that can be resolved (${cause instanceof Error ? cause.message : String(cause)})`, "none of these");
  }
}

const TYPE_KEYWORDS = ["type", "$ref", "format", "items", "properties", "additionalProperties", "required", "enum", "nullable", "description", "codeSamples"];
const TYPES = ["string", "number", "integer", "boolean", "object", "array", "buffer"];

class Reader {
  readonly #schemas: Readonly<Record<string, unknown>>;
  /** Definitions that were read, each once: a file may have thousands of functions that share some. */
  readonly #definitions = new Map<string, { readonly schema: JsonSchema; readonly uses: ReadonlySet<string> }>();
  /** Whole schemas by what they say, without their definitions: equal ones are one object. */
  readonly #whole = new Map<string, JsonSchema>();

  constructor(schemas: Readonly<Record<string, unknown>>) {
    this.#schemas = schemas;
  }

  functions(value: unknown, path: string): Record<string, DocumentFunction> {
    return Object.fromEntries(
      Object.entries(readFields(value, path)).map(([name, given]) => {
        const { input, output, description } = readFields(given ?? {}, `${path}.${name}`, ["input", "output", "description", "codeSamples"]);
        return [
          name,
          {
            ...(input !== undefined && { input: this.#payload(input, `${path}.${name}.input`) }),
            ...(output !== undefined && { output: this.#payload(output, `${path}.${name}.output`) }),
            ...docOf(description, `${path}.${name}.description`, "doc"),
          },
        ];
      }),
    );
  }

  #payload(value: unknown, path: string): DocumentPayload {
    const { contentType, ...type } = readFields(value, path, ["contentType", ...TYPE_KEYWORDS]);
    const encoding = encodingOf(contentType, path);
    if (encoding === "bytes") {
      if (type["type"] !== "buffer") refuse(`${path}.type`, '"buffer", as the content type is application/x-binary', type["type"]);
      return { encoding, schema: { contentMediaType: "application/octet-stream" } };
    }
    const used = new Set<string>();
    const schema = this.#type(type, path, used);
    if (used.size === 0) return { encoding, schema };
    const key = JSON.stringify(schema);
    const whole = this.#whole.get(key) ?? { ...schema, $defs: this.#definitionsOf(used) };
    this.#whole.set(key, whole);
    return { encoding, schema: whole };
  }

  /** Definitions by name: those that are named, and what they use. */
  #definitionsOf(used: Set<string>): Record<string, JsonSchema> {
    const definitions: Record<string, JsonSchema> = {};
    for (const name of used) {
      const { schema, uses } = this.#definition(name);
      definitions[name] = schema;
      for (const each of uses) used.add(each);
    }
    return definitions;
  }

  #definition(name: string): { readonly schema: JsonSchema; readonly uses: ReadonlySet<string> } {
    const known = this.#definitions.get(name);
    if (known !== undefined) return known;
    const uses = new Set<string>();
    const definition = { schema: this.#type(this.#schemas[name], `xtp.components.schemas.${name}`, uses), uses };
    this.#definitions.set(name, definition);
    return definition;
  }

  #type(value: unknown, path: string, used: Set<string>): JsonSchema {
    const given = readFields(value, path, TYPE_KEYWORDS);
    const schema: Record<string, unknown> = { ...docOf(given["description"], `${path}.description`, "description"), ...this.#kind(given, path, used) };
    if (given["nullable"] !== true) return schema;
    if ("$ref" in schema || "enum" in schema) return { anyOf: [schema, { type: "null" }] };
    return { ...schema, type: [schema["type"], "null"] };
  }

  #kind(given: Record<string, unknown>, path: string, used: Set<string>): Record<string, unknown> {
    const { $ref, type, format, items, properties, additionalProperties, required, enum: choices } = given;
    if ($ref !== undefined) {
      const name = typeof $ref === "string" ? /^#\/components\/schemas\/(\w+)$/.exec($ref)?.[1] : undefined;
      if (name === undefined || !Object.hasOwn(this.#schemas, name)) return refuse(`${path}.$ref`, '"#/components/schemas/Name" of a schema that is there', $ref);
      used.add(name);
      return { $ref: `#/$defs/${name}` };
    }
    if (choices !== undefined) {
      if (!Array.isArray(choices) || choices.some((each) => typeof each !== "string")) return refuse(`${path}.enum`, "a list of texts", choices);
      return { type: "string", enum: choices as string[] };
    }
    if (properties !== undefined || (type === "object" && additionalProperties === undefined)) {
      const fields = Object.entries(readFields(properties ?? {}, `${path}.properties`)).map(([name, each]): [string, JsonSchema] => [name, this.#type(each, `${path}.properties.${name}`, used)]);
      return { type: "object", properties: Object.fromEntries(fields), ...(Array.isArray(required) && { required: required as unknown[] }) };
    }
    if (typeof type !== "string" || !TYPES.includes(type)) return refuse(`${path}.type`, `one of ${TYPES.join(", ")}, or "$ref"`, type);
    switch (type) {
      case "array":
        return { type, items: items === undefined ? {} : this.#type(items, `${path}.items`, used) };
      case "object":
        return { type, additionalProperties: this.#type(additionalProperties, `${path}.additionalProperties`, used) };
      case "buffer":
        return { type: "string", contentEncoding: "base64" };
      default:
        return { type, ...(typeof format === "string" && (format === "byte" ? { contentEncoding: "base64" } : { format })) };
    }
  }
}

function encodingOf(contentType: unknown, path: string): Encoding {
  const media = typeof contentType === "string" ? (contentType.split(";")[0] as string).trim().toLowerCase() : contentType;
  switch (media) {
    case "application/json":
      return "json";
    case "text/plain":
      return "text";
    case "application/x-binary":
      return "bytes";
    default:
      return refuse(`${path}.contentType`, '"application/json", "text/plain; charset=utf-8" or "application/x-binary"', contentType);
  }
}

function docOf<Name extends string>(value: unknown, path: string, name: Name): { readonly [Key in Name]?: string } {
  if (value === undefined || value === null) return {};
  return { [name]: typeof value === "string" ? value.trim() : refuse(path, "a text", value) } as { [Key in Name]: string };
}
