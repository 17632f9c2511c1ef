/**
 * Finds `host<T>("namespace")` in an author's file and writes the signatures of `T` behind the namespace, so that the
 * types are all an author has to write.
 *
 *   host<{ rate(key: string): number }>("extism:host/user")
 *   host<{ rate(key: string): number }>("extism:host/user", {"rate":{"index":0,"params":["text"],"result":"f64"}})
 */
import type { Diagnostic } from "./error.ts";
import { nameOf, parametersIn, parseFile, Scope, type Node } from "./signature.ts";

/** How a value crosses: the words of `HOST_KINDS` in pdks/typescript/src/host.ts. */
export type HostKind = "void" | "i32" | "i64" | "f32" | "f64" | "text" | "bytes" | "bool" | "u32" | "json";

/** A function that the plug-in imports from its host. */
export type HostImport = { namespace: string; name: string; params: readonly HostKind[]; result: HostKind };

/** An author's file with the signatures filled in. */
export type HostCalls = { text: string; errors: Diagnostic[] };

type Method = { name: string; params: Node[]; result: Node | undefined };

/**
 * Fills in the signatures of a file.
 *
 * @param path For messages, and its extension for the parser.
 * @param imports Host functions found so far; new ones are appended, and their place is their number.
 * @returns `undefined` when the file has no such call.
 */
export function fillHostSignatures(path: string, text: string, imports: HostImport[]): HostCalls | undefined {
  if (!text.includes("@tenon/pdk") || !text.includes("host")) return undefined;
  const file = parseFile(path, text);
  if (file === undefined) return undefined;
  const scope = new Scope(file);
  const locals = new Set([...scope.imports].filter(([, { imported, source }]) => imported === "host" && source === "@tenon/pdk").map(([local]) => local));
  if (locals.size === 0) return undefined;
  const edits: { at: number; insert: string }[] = [];
  const errors: Diagnostic[] = [];
  const fail = (node: Node, message: string): void => void errors.push({ ...placeOf(path, text, node.start), message });

  visit(file.body, (call) => {
    if (call.type !== "CallExpression" || !locals.has(nameOf(call["callee"] as Node))) return;
    const [namespace, written] = call["arguments"] as Node[];
    if (typeof namespace?.["value"] !== "string") return fail(call, "Cannot find the host functions: the namespace must be a string literal");
    if (written !== undefined) {
      edits.push(...numberWritten(written, namespace["value"], imports, fail));
      return;
    }
    const argument = ((call["typeArguments"] ?? call["typeParameters"]) as { params: Node[] } | null | undefined)?.params[0];
    const methods = argument === undefined ? undefined : methodsOf(argument, scope);
    if (methods === undefined) return fail(call, "Cannot find the host functions: write their types, as in host<{ name(key: string): string }>(\"extism:host/user\"), in this file");
    const fields = methods.map(({ name, params, result }) => {
      const signature = { params: params.map((param) => hostKind(param, scope)), ...resultKind(result, scope) };
      const index = numberOf({ namespace: namespace["value"] as string, name, params: signature.params, result: signature.result }, imports, (message) => fail(call, message));
      return `${JSON.stringify(name)}:${JSON.stringify({ index, ...signature })}`;
    });
    edits.push({ at: namespace.end, insert: `,{${fields.join()}}` });
  });
  let filled = text;
  for (const { at, insert } of edits.sort((a, b) => b.at - a.at)) filled = filled.slice(0, at) + insert + filled.slice(at);
  return { text: filled, errors };
}

/** Signatures written by hand get their numbers. */
function numberWritten(object: Node, namespace: string, imports: HostImport[], fail: (node: Node, message: string) => void): { at: number; insert: string }[] {
  if (object.type !== "ObjectExpression") {
    fail(object, "Cannot read the signatures: they must be an object literal");
    return [];
  }
  return (object["properties"] as Node[]).flatMap((property) => {
    const value = property["value"] as Node;
    const fields = new Map(((value?.["properties"] ?? []) as Node[]).map((field) => [nameOf(field["key"] as Node), field["value"] as Node]));
    if (fields.has("index")) return [];
    const params = fields.get("params")?.["elements"] as Node[] | undefined;
    const result = fields.get("result")?.["value"];
    if (params === undefined || typeof result !== "string") {
      fail(property, 'Cannot read the signature: write { params: ["text"], result: "text" }');
      return [];
    }
    const entry = { namespace, name: nameOf(property["key"] as Node), params: params.map(nameOf) as HostKind[], result: result as HostKind };
    return [{ at: value.start + 1, insert: `index:${numberOf(entry, imports, (message) => fail(property, message))},` }];
  });
}

function numberOf(entry: HostImport, imports: HostImport[], fail: (message: string) => void): number {
  const known = imports.findIndex(({ namespace, name }) => namespace === entry.namespace && name === entry.name);
  if (known < 0) return imports.push(entry) - 1;
  const { params, result } = imports[known] as HostImport;
  if (wasmSignature({ ...entry }) !== wasmSignature({ ...entry, params, result })) fail(`Cannot import "${entry.namespace}" "${entry.name}": it is declared twice with different types`);
  return known;
}

/** The Wasm types of a host function as text, parameters before `>`. */
function wasmSignature({ params, result }: HostImport): string {
  return `${params.map(wasmType).join()}>${result === "void" ? "" : wasmType(result)}`;
}

/** The Wasm type by which a kind crosses. */
export function wasmType(kind: HostKind): "i32" | "i64" | "f32" | "f64" {
  switch (kind) {
    case "i32": case "u32": case "bool": return "i32";
    case "f32": case "f64": return kind;
    case "i64": case "text": case "bytes": case "json": case "void": return "i64";
    default: return kind satisfies never;
  }
}

function methodsOf(type: Node, scope: Scope): Method[] | undefined {
  const members = type.type === "TSTypeLiteral" ? type["members"] : type.type === "TSTypeReference" ? membersOf(scope.types.get(nameOf(type["typeName"] as Node)), scope) : undefined;
  if (!Array.isArray(members)) return undefined;
  return (members as Node[]).flatMap((member): Method[] => {
    const name = nameOf(member["key"] as Node);
    if (member.type === "TSMethodSignature") return [{ name, params: parametersOf(parametersIn(member)), result: typeIn(member["typeAnnotation"]) }];
    const annotation = typeIn(member["typeAnnotation"]);
    if (annotation?.type !== "TSFunctionType") return [];
    return [{ name, params: parametersOf(parametersIn(annotation)), result: typeIn(annotation["typeAnnotation"]) }];
  });
}

function membersOf(declaration: Node | undefined, scope: Scope): Node[] | undefined {
  if (declaration?.type === "TSInterfaceDeclaration") return (declaration["body"] as { body: Node[] }).body;
  const type = declaration?.["typeAnnotation"] as Node | undefined;
  if (type?.type === "TSTypeLiteral") return type["members"] as Node[];
  return type?.type === "TSTypeReference" ? membersOf(scope.types.get(nameOf(type["typeName"] as Node)), scope) : undefined;
}

/** The type of each parameter; one without a type is JSON. */
function parametersOf(params: Node[]): Node[] {
  return params.map((param) => typeIn(param["typeAnnotation"]) ?? { type: "TSAnyKeyword", start: 0, end: 0 });
}

function resultKind(type: Node | undefined, scope: Scope): { result: HostKind; isAsync?: boolean } {
  if (type?.type === "TSTypeReference" && nameOf(type["typeName"] as Node) === "Promise") {
    const inner = ((type["typeArguments"] ?? type["typeParameters"]) as { params: Node[] } | null | undefined)?.params[0];
    return { result: inner === undefined ? "json" : hostKind(inner, scope), isAsync: true };
  }
  return { result: type === undefined ? "void" : hostKind(type, scope) };
}

function hostKind(type: Node, scope: Scope): HostKind {
  switch (type.type) {
    case "TSVoidKeyword": case "TSUndefinedKeyword": return "void";
    case "TSNumberKeyword": return "f64";
    case "TSBigIntKeyword": return "i64";
    case "TSBooleanKeyword": return "bool";
    default: break;
  }
  const name = type.type === "TSTypeReference" ? nameOf(type["typeName"] as Node) : "";
  const origin = scope.imports.get(name);
  if (origin?.source === "@tenon/pdk" && ["i32", "u32", "i64", "f32", "f64"].includes(origin.imported)) return origin.imported as HostKind;
  const kind = scope.kindOf(type);
  return kind === "text" || kind === "bytes" ? kind : kind === "buffer" ? "bytes" : "json";
}

function typeIn(annotation: unknown): Node | undefined {
  return (annotation as { typeAnnotation: Node } | null | undefined)?.typeAnnotation;
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see);
  else if (typeof value === "object" && value !== null) {
    if (typeof (value as Node).type === "string") see(value as Node);
    for (const item of Object.values(value)) if (typeof item === "object") visit(item, see);
  }
}

function placeOf(file: string, text: string, offset: number): { file: string; line: number; column: number; lineText: string } {
  const before = text.slice(0, offset).split("\n");
  const line = before.length;
  return { file, line, column: (before.at(-1) as string).length + 1, lineText: text.split("\n")[line - 1] ?? "" };
}
