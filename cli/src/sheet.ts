/** What `tenon inspect` prints for people. Names come from the plug-in, so every one is escaped. */

import { ADDED } from "@tenon/wasm";

import { escapeLine } from "./escape.ts";
import type { ModuleReport, PluginReport } from "./inspect.ts";
import type { Channel } from "./terminal.ts";

/**
 * Prints a plug-in.
 *
 * @param report What is known of it.
 * @param channel Where to.
 */
export function printSheet({ modules, asks }: PluginReport, channel: Channel): void {
  for (const [index, module] of modules.entries()) {
    if (index > 0) channel.write("\n");
    printModule(module, modules.length > 1, channel);
  }
  const paths = asks.paths.map(({ host, guest, access }) => [`${host} as ${guest}`, access === "read" ? "to read" : "to read and write"]);
  printBlock("Its manifest asks for", [...asks.hosts.map((host) => [host, "HTTP requests to it"]), ...paths], channel);
}

/** Who wrote such names is not to be seen, so this only says what they look like. */
function describeLimits({ exports, imports, unlimitable }: ModuleReport): string {
  if (unlimitable === undefined) return "can be built in: memory, tables, time, fuel, stack";
  const has = (name: string): boolean => exports.some((each) => each.name === name);
  const built = [
    ...(imports.some(({ module }) => module === ADDED.namespace) ? ["time"] : []),
    ...(has(ADDED.countdown) && has(ADDED.fuel) ? ["fuel"] : []),
    ...(has(ADDED.stack) ? ["stack"] : []),
  ];
  return built.length === 0 ? `cannot be built in: ${unlimitable}` : `built in by tenon prepare, it says: ${built.join(", ")}; run it with --prepared if you prepared it yourself`;
}

function printModule(module: ModuleReport, isOneOfSeveral: boolean, channel: Channel): void {
  const { name, isMain, bytes, sha256, pluginFunctions, exports, imports, memories, tables, functions, producers, sections, features } = module;
  if (isOneOfSeveral) channel.write(`${channel.paint("bold", escapeLine(`Module ${name}`))}${isMain ? " (main)" : ""}\n`);
  printRows(
    [
      ["size", `${count(bytes)} bytes, ${plural(functions, "function")}`],
      ["sha256", sha256],
      ["memory", memories.map(({ min, max }) => `${pages(min)}${max === undefined ? ", no maximum of its own" : max === min ? ", fixed" : `, at most ${pages(max)}`}`).join("; ") || "none"],
      ["tables", tables.map(({ min, max }) => `${plural(min, "element")}${max === undefined ? ", no maximum of its own" : max === min ? ", fixed" : `, at most ${count(max)}`}`).join("; ") || "none"],
      ["features", features.join(", ") || "WebAssembly 1.0 only"],
      ["limits", describeLimits(module)],
      ...Object.entries(producers).map(([field, tools]) => [field, tools.join(", ")]),
    ],
    channel,
  );
  const isOurs = new Set(pluginFunctions);
  printBlock("Plug-in functions", pluginFunctions.length === 0 ? [["none", ""]] : pluginFunctions.map((each) => [each]), channel);
  printBlock("Other exports", exports.filter((each) => !isOurs.has(each.name)).map(({ name: each, type }) => [each, type]), channel);
  for (const namespace of new Set(imports.map((each) => each.module))) {
    const rows = imports.filter((each) => each.module === namespace).map(({ name: each, type, meaning }) => [each, type, meaning]);
    printBlock(`Imports from ${namespace}`, rows, channel);
  }
  printBlock("Sections, in bytes", sections.map(({ id, name: each, bytes: size }) => [id === 0 ? `custom "${each}"` : each, count(size)]), channel);
}

function printBlock(title: string, rows: readonly (readonly string[])[], channel: Channel): void {
  if (rows.length === 0) return;
  channel.write(`\n${channel.paint("bold", escapeLine(title))}\n`);
  printRows(rows, channel);
}

const MAX_WIDTH = 32;

/** Prints rows with their columns aligned; a long cell pushes only its own row. */
function printRows(rows: readonly (readonly string[])[], channel: Channel): void {
  const cells = rows.map((row) => row.map(escapeLine));
  const widths = (cells[0] ?? []).map((_, index) => Math.max(...cells.map((row) => Math.min(row[index]?.length ?? 0, MAX_WIDTH))));
  for (const row of cells) {
    channel.write(`  ${row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  ")}\n`);
  }
}

function pages(number: number): string {
  return `${plural(number, "page")} (${count(number * 64)} KiB)`;
}

function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
