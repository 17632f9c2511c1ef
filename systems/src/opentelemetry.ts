/**
 * Events as OpenTelemetry spans and metrics. Off unless it is passed as `onEvent`; the API package does nothing either
 * until the application sets up an SDK.
 *
 *   span     tenon.plugin.call            from begin to end of a call, with the failure's code
 *   metric   tenon.plugin.call.duration   histogram in seconds
 *   metric   tenon.plugin.changes         plug-ins added, replaced, restored, removed
 */

import type { EventListener } from "./events.ts";

/** Name of the instrumentation. */
const SCOPE = "@tenon/system";

/**
 * Makes a listener that reports to OpenTelemetry. The application must have `@opentelemetry/api`, which is loaded here.
 *
 * @returns What to pass as `onEvent`. Make it after the application has set up its SDK.
 * @throws {Error} If the package cannot be loaded.
 */
export async function openTelemetry(): Promise<EventListener> {
  const { metrics, SpanKind, SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer(SCOPE);
  const meter = metrics.getMeter(SCOPE);
  const duration = meter.createHistogram("tenon.plugin.call.duration", { unit: "s", description: "Duration of calls of plug-in functions" });
  const changes = meter.createCounter("tenon.plugin.changes", { description: "Plug-ins added, replaced, restored and removed" });
  return (event) => {
    const names = { "tenon.system": event.system, "tenon.plugin": event.plugin };
    if (event.type !== "call") {
      changes.add(1, { ...names, "tenon.change": event.type });
      return;
    }
    const code = errorCode(event.error);
    const attributes = { ...names, "tenon.function": event.function, "tenon.outcome": event.outcome, ...(code !== undefined && { "error.type": code }) };
    duration.record(event.durationMs / 1000, attributes);
    const endTime = Date.now();
    const span = tracer.startSpan("tenon.plugin.call", { kind: SpanKind.INTERNAL, startTime: endTime - event.durationMs, attributes });
    if (event.outcome === "failed") span.setStatus({ code: SpanStatusCode.ERROR, message: event.error instanceof Error ? event.error.message : String(event.error) });
    span.end(endTime);
  };
}

function errorCode(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
}
