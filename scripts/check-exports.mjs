/**
 * Forbids public names without a doc comment: whatever the entries in a package's `exports` export, however many files it
 * passes through; of an exported class each member, of an interface or object type what can be called and what can be
 * absent (a plain field may be clear from its name and the type's comment). Also forbids that a `mod.ts` declares anything.
 * TypeScript 7 has no JavaScript API yet, so this asks TypeScript 6, which the workspace `scripts` depends on.
 */
import { existsSync } from "node:fs";
import { basename, join, relative } from "node:path";
import ts from "typescript";
import { check } from "./check.mjs";
import { root, workspaces } from "./tree.mjs";

await check((fail) => {
  let names = 0;

  for (const { folder, manifest } of workspaces()) {
    const entries = sourcesOf(manifest.exports).map((source) => join(root, folder, source));
    if (entries.length === 0) continue;
    for (const entry of entries) if (!existsSync(entry)) fail(`${folder}/package.json`, `exports what ${relative(root, entry)} compiles to, which does not exist; correct "exports"`);
    const config = ts.getParsedCommandLineOfConfigFile(join(root, folder, "tsconfig.json"), undefined, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(`${folder}/tsconfig.json: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
      },
    });
    const program = ts.createProgram(entries, config.options);
    const checker = program.getTypeChecker();
    const modules = entries.map((entry) => program.getSourceFile(entry)).filter((source) => source !== undefined);

    const inPackage = (node) => node.getSourceFile().fileName.startsWith(`${join(root, folder)}/src/`);
    const place = (node) => {
      const file = node.getSourceFile();
      return `${relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    };
    const inspectDoc = (symbol, node, name) => {
      names += 1;
      if (!symbol.declarations.some(isDocumented)) {
        fail(place(node), `"${name}" is public and has no doc comment; say in a sentence what it is, its unit and its failures`);
      }
    };

    const seen = new Set();
    for (const source of modules) {
      if (basename(source.fileName) === "mod.ts") {
        for (const statement of source.statements) {
          if (!ts.isExportDeclaration(statement)) fail(place(statement), "mod.ts only re-exports; move this into a file with a name");
        }
      }
      const moduleSymbol = checker.getSymbolAtLocation(source);
      for (const exported of moduleSymbol ? checker.getExportsOfModule(moduleSymbol) : []) {
        const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
        const declarations = (symbol.declarations ?? []).filter(inPackage);
        if (declarations.length === 0 || seen.has(symbol)) continue;
        seen.add(symbol);
        inspectDoc(symbol, declarations[0], exported.name);
        for (const member of declarations.flatMap(membersOf)) {
          const memberSymbol = checker.getSymbolAtLocation(member.name);
          if (memberSymbol) inspectDoc(memberSymbol, member, `${exported.name}.${member.name.getText()}`);
        }
      }
    }
  }
  return `${names} public names are documented`;
});

/** The sources of all files that `exports` names under whatever condition: `./dist/mod.js` comes from `src/mod.ts`, bundled or not. */
function sourcesOf(exports) {
  const targets = typeof exports === "string" ? [exports] : Object.values(exports ?? {}).flatMap((value) => sourcesOf(value));
  const sources = targets.map((target) => /^(?:\.\/dist\/(?:bundled\/)?(.*)\.js|(src\/.*\.ts))$/.exec(target)).filter(Boolean);
  return [...new Set(sources.map(([, compiled, source]) => (compiled === undefined ? source : `src/${compiled}.ts`)))];
}

/** Whether a doc comment stands right above. One with an empty line below it is the header of the file. */
function isDocumented(declaration) {
  const text = declaration.getSourceFile().text;
  const docs = ts.getJSDocCommentsAndTags(declaration).filter((doc) => ts.isJSDoc(doc) && [doc, ...(doc.tags ?? [])].some(({ comment }) => comment !== undefined));
  return docs.some((doc) => !/\n\s*\n/.test(text.slice(doc.end, declaration.getStart())));
}

/** The members of a class, interface or object type that need a comment of their own. */
function membersOf(declaration) {
  if (ts.isClassDeclaration(declaration)) {
    return declaration.members.filter((member) => member.name !== undefined && !ts.isPrivateIdentifier(member.name) && !isInherited(member));
  }
  const members = ts.isInterfaceDeclaration(declaration)
    ? declaration.members
    : ts.isTypeAliasDeclaration(declaration)
      ? objectTypes(declaration.type).flatMap((type) => [...type.members])
      : [];
  return members.filter((member) => member.name && !isInherited(member) && (member.questionToken || isCallable(member)));
}

function isCallable(member) {
  return !ts.isPropertySignature(member) || (member.type !== undefined && ts.isFunctionTypeNode(member.type));
}

/** Members whose meaning the language gives: `[Symbol.dispose]` and the like, and what overrides a documented one. */
function isInherited(member) {
  return ts.isComputedPropertyName(member.name) || (member.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.OverrideKeyword);
}

function objectTypes(type) {
  if (ts.isTypeLiteralNode(type)) return [type];
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) return type.types.flatMap(objectTypes);
  return ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type) ? objectTypes(type.type) : [];
}
