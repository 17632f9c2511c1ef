/** `@tenon/compiler`: TypeScript or JavaScript to one plug-in. Only what is named here is public. */

export { compile, type Compiled, type CompileOptions } from "./compile.ts";
export { CompileError, formatDiagnostic, type Diagnostic } from "./error.ts";
