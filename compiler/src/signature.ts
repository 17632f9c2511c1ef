/**
 * Reads types off source text: how each export takes its input, and what the host functions look like.
 *
 * It resolves what stands in the file and in files it imports by a relative path; it is no type checker. What it
 * cannot see through is taken as JSON.
 */
import { parse } from "@babel/parser";

/** How an export takes its input; the runtime in pdks/typescript has the same words. */
export type InputKind = "none" | "text" | "bytes" | "buffer" | "json";

/** One name a module exports, and how it would take input if it is a function. */
export type ExportSignature = { name: string; input: InputKind };

/** What a parsed file says, with the parts that lead to other files. */
export type FileSignatures = {
  exports: ExportSignature[];
  /** `export * from "…"`: all names of these. */
  starSources: string[];
  /** Exports that stand in another file. */
  reexports: { name: string; imported: string; source: string }[];
};

/** A syntax node, as the parser gives it. */
export type Node = { type: string; start: number; end: number; [field: string]: unknown };
/** A comment with its place. */
export type Comment = { type: string; value: string; start: number; end: number };

/** A parsed file. */
export type ParsedFile = { text: string; body: Node[]; comments: Comment[]; isTyped: boolean };

const MAX_DEPTH = 16;

/**
 * Parses a file.
 *
 * @param path Decides by its extension how the text is read.
 * @returns `undefined` where it is no valid syntax: the bundler reports that better.
 */
export function parseFile(path: string, text: string): ParsedFile | undefined {
  const extension = /\.[cm]?([jt]sx?)$/.exec(path)?.[1] ?? "ts";
  const languages = [...(extension.startsWith("t") ? (["typescript"] as const) : []), ...(extension.endsWith("x") ? (["jsx"] as const) : [])];
  try {
    const { program, comments } = parse(text, {
      sourceType: "module", errorRecovery: true, attachComment: false,
      plugins: ["estree", "decorators-legacy", "explicitResourceManagement", ...languages],
    });
    return { text, body: program.body as unknown as Node[], comments: comments as unknown as Comment[], isTyped: extension.startsWith("t") };
  } catch {
    return undefined;
  }
}

/** Reads the exports of a file. */
export function readExports(file: ParsedFile): FileSignatures {
  const scope = new Scope(file);
  const found: FileSignatures = { exports: [], starSources: [], reexports: [] };
  const seen = new Set<string>();
  const add = (name: string, value: Node | undefined): void => {
    if (seen.has(name)) return;
    seen.add(name);
    found.exports.push({ name, input: value === undefined ? "json" : scope.inputOf(value) });
  };
  for (const node of file.body) {
    if (node["exportKind"] === "type") continue;
    if (node.type === "ExportAllDeclaration" && node["exported"] === null) found.starSources.push((node["source"] as { value: string }).value);
    if (node.type === "ExportDefaultDeclaration") add("default", scope.valueOf(node["declaration"] as Node));
    if (node.type !== "ExportNamedDeclaration") continue;
    for (const [name, value] of declared(node["declaration"] as Node | null)) add(name, value);
    const source = node["source"] as { value: string } | null;
    for (const specifier of node["specifiers"] as Node[]) {
      if (specifier["exportKind"] === "type") continue;
      const name = nameOf(specifier["exported"] as Node);
      const local = nameOf(specifier["local"] as Node);
      const origin = source === null ? scope.imports.get(local) : { imported: local, source: source.value };
      if (origin === undefined) add(name, scope.values.get(local));
      else found.reexports.push({ name, ...origin });
    }
  }
  return found;
}

/** The declarations of a file by name, and the kinds that follow from them. */
export class Scope {
  readonly types: Map<string, Node> = new Map();
  readonly values: Map<string, Node> = new Map();
  readonly imports: Map<string, { imported: string; source: string }> = new Map();
  readonly #file: ParsedFile;

  constructor(file: ParsedFile) {
    this.#file = file;
    for (const statement of file.body) {
      const node = statement.type.startsWith("Export") && statement["declaration"] ? (statement["declaration"] as Node) : statement;
      if (node.type === "TSTypeAliasDeclaration" || node.type === "TSInterfaceDeclaration") this.types.set(nameOf(node["id"] as Node), node);
      for (const [name, value] of declared(node)) if (!this.values.has(name)) this.values.set(name, value);
      if (node.type === "ImportDeclaration")
        for (const specifier of node["specifiers"] as Node[])
          this.imports.set(nameOf(specifier["local"] as Node), {
            imported: specifier.type === "ImportDefaultSpecifier" ? "default" : specifier.type === "ImportNamespaceSpecifier" ? "*" : nameOf(specifier["imported"] as Node),
            source: (node["source"] as { value: string }).value,
          });
    }
  }

  /** Follows an identifier to what was declared under it. */
  valueOf(node: Node): Node {
    return node.type === "Identifier" ? (this.values.get(nameOf(node)) ?? node) : node;
  }

  /** How a function takes its input; JSON for what is not seen to be a function. */
  inputOf(value: Node, depth = 0): InputKind {
    if (depth > MAX_DEPTH) return "json";
    if (value.type === "Identifier" && this.values.has(nameOf(value))) return this.inputOf(this.values.get(nameOf(value)) as Node, depth + 1);
    if (value.type === "VariableDeclarator") {
      const annotation = annotationOf(value["id"] as Node);
      const functionType = annotation === undefined ? undefined : this.#functionType(annotation, 0);
      if (functionType !== undefined) return this.#firstParameter(parametersIn(functionType), value);
      return value["init"] ? this.inputOf(value["init"] as Node, depth + 1) : "json";
    }
    if (["TSAsExpression", "TSSatisfiesExpression", "ParenthesizedExpression"].includes(value.type)) return this.inputOf(value["expression"] as Node, depth + 1);
    if (["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression", "TSDeclareFunction"].includes(value.type)) return this.#firstParameter(value["params"] as Node[], value);
    return "json";
  }

  /** What a type means for a value that crosses the border: text, bytes, or JSON. */
  kindOf(type: Node, depth = 0): InputKind {
    if (depth > MAX_DEPTH) return "json";
    switch (type.type) {
      case "TSStringKeyword": case "TSTemplateLiteralType": return "text";
      case "TSLiteralType": {
        const literal = type["literal"] as Node;
        return typeof literal["value"] === "string" || literal.type === "TemplateLiteral" ? "text" : "json";
      }
      case "TSParenthesizedType": return this.kindOf(type["typeAnnotation"] as Node, depth + 1);
      case "TSUnionType": {
        const kinds = (type["types"] as Node[]).filter((part) => part.type !== "TSUndefinedKeyword" && part.type !== "TSNullKeyword").map((part) => this.kindOf(part, depth + 1));
        return kinds.length > 0 && kinds.every((kind) => kind === kinds[0]) ? (kinds[0] as InputKind) : "json";
      }
      case "TSTypeReference": {
        const name = nameOf(type["typeName"] as Node);
        const alias = this.types.get(name);
        if (alias?.type === "TSTypeAliasDeclaration") return this.kindOf(alias["typeAnnotation"] as Node, depth + 1);
        if (alias !== undefined) return "json";
        return name === "Uint8Array" ? "bytes" : name === "ArrayBuffer" ? "buffer" : "json";
      }
      default: return "json";
    }
  }

  #functionType(type: Node, depth: number): Node | undefined {
    if (depth > MAX_DEPTH) return undefined;
    if (type.type === "TSFunctionType") return type;
    if (type.type === "TSParenthesizedType") return this.#functionType(type["typeAnnotation"] as Node, depth + 1);
    const alias = type.type === "TSTypeReference" ? this.types.get(nameOf(type["typeName"] as Node)) : undefined;
    return alias?.type === "TSTypeAliasDeclaration" ? this.#functionType(alias["typeAnnotation"] as Node, depth + 1) : undefined;
  }

  #firstParameter(params: Node[], owner: Node): InputKind {
    const first = params.find((param) => nameOf(param) !== "this");
    if (first === undefined) return "none";
    const annotation = annotationOf(first);
    if (annotation !== undefined) return this.kindOf(annotation);
    const fallback = first.type === "AssignmentPattern" ? (first["right"] as Node) : undefined;
    if (typeof fallback?.["value"] === "string") return "text";
    return this.#file.isTyped ? "json" : this.#documentedKind(owner);
  }

  /** JavaScript says it in a comment: the type of the first `@param` before the function. */
  #documentedKind({ start }: Node): InputKind {
    const comment = this.#file.comments.findLast(({ end }) => end <= start);
    if (comment === undefined || !/^\s*(export\s+)?(default\s+)?((const|let|var)\s+[\w$]+\s*=\s*)?(async\s+)?$/.test(this.#file.text.slice(comment.end, start))) return "json";
    const type = /@param\s*\{\s*([^}]*?)\s*\}/.exec(comment.value)?.[1];
    return type === "string" ? "text" : type === "Uint8Array" ? "bytes" : type === "ArrayBuffer" ? "buffer" : "json";
  }
}

/** The parameters of a function's or method's type. */
export function parametersIn(type: Node): Node[] {
  return (type["parameters"] ?? type["params"]) as Node[];
}

/** The names a declaration introduces, with the node that says most about each. */
function declared(node: Node | null): [name: string, value: Node][] {
  if (node === null) return [];
  if (["FunctionDeclaration", "TSDeclareFunction", "ClassDeclaration"].includes(node.type)) return node["id"] ? [[nameOf(node["id"] as Node), node]] : [];
  if (node.type !== "VariableDeclaration") return [];
  return (node["declarations"] as Node[]).flatMap((declarator) => bindings(declarator["id"] as Node).map((name): [string, Node] => [name, declarator]));
}

function bindings(pattern: Node): string[] {
  if (pattern.type === "Identifier") return [nameOf(pattern)];
  if (pattern.type === "ObjectPattern") return (pattern["properties"] as Node[]).flatMap((property) => bindings((property["value"] ?? property["argument"]) as Node));
  if (pattern.type === "ArrayPattern") return (pattern["elements"] as (Node | null)[]).flatMap((element) => (element === null ? [] : bindings(element)));
  if (pattern.type === "AssignmentPattern") return bindings(pattern["left"] as Node);
  return pattern.type === "RestElement" ? bindings(pattern["argument"] as Node) : [];
}

function annotationOf(pattern: Node): Node | undefined {
  const target = pattern.type === "AssignmentPattern" ? (pattern["left"] as Node) : pattern;
  const annotation = target["typeAnnotation"] as Node | null | undefined;
  return annotation ? (annotation["typeAnnotation"] as Node) : undefined;
}

/** The name in an identifier, or the text of a string literal that stands for one. */
export function nameOf(node: Node): string {
  const name = node["name"] ?? node["value"];
  return typeof name === "string" ? name : "";
}
