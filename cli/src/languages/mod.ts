/** How plug-ins are built in each language, for whoever builds many of them: `tenon build` as functions. */

export { compileAssemblyScript } from "./assemblyscript.ts";
export { runClang } from "./clang.ts";
export { BuildFailed, type BuildOptions, type Built, type Language, type Source, type Tool } from "./language.ts";
export { findSource, type Found, languageOf, LANGUAGES } from "./table.ts";
