/**
 * What an import would let a plug-in do, in words for whoever decides whether to run it. Words only: nothing is decided
 * or checked by this table. A test holds it against `abi/abi.json`.
 */

type Words = readonly (readonly [pattern: RegExp, words: string])[];

const ABI: Words = [
  [/^(alloc|free|length|length_unsafe|load_u8|load_u64|store_u8|store_u64)$/, "exchange bytes with the host"],
  [/^input_(length|offset|load_u8|load_u64)$/, "read its input"],
  [/^output_set$/, "set its output"],
  [/^error_(set|get)$/, "report an error"],
  [/^config_get$/, "read the configuration it is given"],
  [/^var_(get|set)$/, "keep variables between calls, within a budget"],
  [/^http_request$/, "send HTTP requests; refused unless the host is allowed"],
  [/^http_(status_code|headers)$/, "read the answer to its HTTP request"],
  [/^log_(trace|debug|info|warn|error)$/, "write to the log"],
  [/^get_log_level$/, "learn what is logged"],
];

const WASI: Words = [
  [/^(args|environ)_/, "read arguments and environment; both are empty here"],
  [/^clock_/, "read the clock"],
  [/^random_get$/, "get random numbers"],
  [/^fd_(write|pwrite)$/, "write to the log (stdout, stderr); to files only in folders that are allowed"],
  [/^fd_(read|pread)$/, "read standard input, which is empty; files only in folders that are allowed"],
  [/^(fd|path)_/, "use files; only in folders that are allowed"],
  [/^poll_oneoff$/, "wait"],
  [/^proc_/, "end itself"],
  [/^sched_yield$/, "let others run"],
  [/^sock_/, "use sockets; it has none"],
];

const NAMESPACES: Readonly<Record<string, Words>> = { "extism:host/env": ABI, wasi_snapshot_preview1: WASI };

/**
 * Says what an import is for.
 *
 * @param namespace Its namespace.
 * @param name Its name.
 * @param modules Names of the plug-in's other modules.
 * @returns A phrase that completes "lets it …", or says who has to offer it.
 */
export function describeImport(namespace: string, name: string, modules: readonly string[]): string {
  if (modules.includes(namespace)) return `linked from the plug-in's module "${namespace}"`;
  const words = Object.hasOwn(NAMESPACES, namespace) ? NAMESPACES[namespace] : undefined;
  if (words === undefined) return "a host function: the application must offer it";
  return words.find(([pattern]) => pattern.test(name))?.[1] ?? "not known to this host: loading it fails";
}
