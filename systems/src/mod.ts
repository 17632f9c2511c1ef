/** `@tenon/system`: define a plug-in system once. Only what is named here is public. */

export { BINDING_LANGUAGES, type BindingLanguage, type BindingOptions, generateBindings } from "./bindgen/generate.ts";
export { type GeneratedFile, stampOfBindings } from "./bindgen/file.ts";
export type { Issue } from "./checked.ts";
export type { Difference, DifferenceKind } from "./compatibility.ts";
export type { ExportDefinition, ExportDefinitions, FailurePolicy, ImportDefinition, ImportDefinitions, PartOf, SystemDefinition } from "./definition.ts";
export { type Change, type ChangeLevel, diffSystems, type SystemDiff } from "./diff.ts";
export type { DocumentFunction, DocumentPayload, InterfaceDocument } from "./document.ts";
export type { EventListener, SystemEvent } from "./events.ts";
export type { ImportFunction, ImportFunctions } from "./host-imports.ts";
export { type DescribedSchema, type JsonSchema, jsonSchema } from "./json-schema.ts";
export type { ImportsOption, LoadOptions, OptionsArgument } from "./load.ts";
export type { MockCall, MockExport, MockExports, MockImports, MockOptions, MockPlugin } from "./mock.ts";
export type { All, Answer, First, Pipeline, PluginSet, SetOptions } from "./set.ts";
export { readStamp, type SystemStamp, writeStamp } from "./stamp.ts";
export { describeSystem, type SystemPage } from "./page.ts";
export { definePluginSystem, readSystem, type System } from "./system.ts";
export type { ExportMethod, ExportMethods, PluginControls, SystemPlugin } from "./typed-plugin.ts";
export { bytes, type Encoding, json, msgpack, type Payload, type Received, type Sent, text, type Wire } from "./wire.ts";
export { readXtp, type XtpOptions } from "./xtp.ts";
