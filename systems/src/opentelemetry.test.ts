import { metrics, trace } from "@opentelemetry/api";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { expect, test } from "vitest";
import { guest } from "../test/guest.ts";
import { cart, discounts, imports } from "../test/shop.ts";
import { openTelemetry } from "./opentelemetry.ts";

test("openTelemetry() reports calls as spans and metrics, changes as a counter", async () => {
  const spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2_000_000, exportTimeoutMillis: 1_000_000 })] });
  metrics.setGlobalMeterProvider(provider);

  const set = discounts.set({ imports, onEvent: await openTelemetry() });
  await set.add("good", guest({ before_checkout: { reply: '{"discountPercentage":1}' } }));
  await set.add("bad", guest({ before_checkout: { fail: "broken" } }));
  await set.all.before_checkout(cart);
  await provider.forceFlush();

  expect(spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes["tenon.plugin"], attributes["error.type"]])).toEqual([
    ["tenon.plugin.call", "good", undefined],
    ["tenon.plugin.call", "bad", "call/failed"],
  ]);
  const found = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints.length])));
  expect(Object.fromEntries(found)).toEqual({ "tenon.plugin.call.duration": 2, "tenon.plugin.changes": 2 });
  await provider.shutdown();
});
