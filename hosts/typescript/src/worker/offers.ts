/** The functions that stay on the host's thread when a plug-in runs on another: each import that may find one, by number. */

import { ABI_NAMESPACE, USER_NAMESPACE } from "../abi.ts";
import { createHostImports } from "../imports/env.ts";
import type { HostFunction, WasmValue } from "../functions.ts";
import type { Blueprint } from "../inline/link.ts";
import { importFunction, type Wait } from "../imports/offer.ts";
import type { Session } from "../session/session.ts";
import type { Offer } from "./protocol.ts";

/** A function to be asked for, and what runs then. */
export interface Answerer {
  readonly offer: Offer;
  readonly run: (...values: WasmValue[]) => unknown;
}

/**
 * Collects them.
 *
 * @param blueprint What will be linked.
 * @param session The host's session, which they work on.
 * @param wait Takes the promises that host functions return.
 * @returns The functions, in the order in which both threads number them.
 */
export function collectAnswerers(blueprint: Blueprint, session: Session, wait: Wait): readonly Answerer[] {
  const hostImports = createHostImports(session);
  const answerers: Answerer[] = [];
  const http = blueprint.createHttp?.(session);
  for (const { namespace, name, kind, signature } of blueprint.modules.flatMap((module) => module.imports)) {
    if (kind !== "function") continue;
    const offer = (at: string, run: Answerer["run"]): void => void answerers.push({ offer: { namespace: at, name, signature }, run });
    if (namespace === ABI_NAMESPACE) {
      if (http !== undefined && name === "http_request") offer(namespace, importFunction(session, http, { namespace, name }, signature, wait));
      else if (name === "var_get" || name === "var_set" || (http !== undefined && (name === "http_status_code" || name === "http_headers"))) {
        offer(namespace, hostImports[name] as Answerer["run"]);
      }
    }
    for (const at of namespace === "env" ? [namespace, USER_NAMESPACE] : [namespace]) {
      const host = findHost(blueprint, at, name);
      if (host === undefined) continue;
      // What takes references is refused when it is linked.
      offer(at, importFunction(session, host, { namespace: at, name }, signature, wait));
    }
  }
  return answerers;
}

function findHost({ functions }: Blueprint, namespace: string, name: string): HostFunction | undefined {
  const space = Object.hasOwn(functions, namespace) ? functions[namespace] : undefined;
  return space !== undefined && Object.hasOwn(space, name) ? space[name] : undefined;
}
