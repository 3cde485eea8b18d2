"""Sends traces, logs and metrics with the OpenTelemetry SDK for Python, each of them twice.

Once as the usual OTEL_* variables say, which is what is tested; once to a recorder, plain and over
HTTP, which is how the test knows what was sent. The programs in the other languages do the same,
with what their SDKs can say.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetrics)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpMetrics)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter, MetricExportResult, MetricsData, PeriodicExportingMetricReader)
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Beyond what a double holds exactly.
LARGE = 9_007_199_254_740_993

# As far as nobody collects unasked.
NEVER_MS = 3_600_000


class Both(MetricExporter):
    """Hands the same points to two exporters: two readers would make points of their own."""

    def __init__(self, first: MetricExporter, second: MetricExporter) -> None:
        super().__init__()
        self.exporters = (first, second)

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: object
    ) -> MetricExportResult:
        """To both; failed where one fails."""
        results = [exporter.export(metrics_data, timeout_millis, **kwargs)
                   for exporter in self.exporters]
        good = all(result is MetricExportResult.SUCCESS for result in results)
        return MetricExportResult.SUCCESS if good else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Nothing waits here."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: object) -> None:
        """Ends both."""
        for exporter in self.exporters:
            exporter.shutdown(timeout_millis, **kwargs)


def send_traces(tracer: trace.Tracer, rounds: int) -> None:
    """A server span a round, with spans below and a link to the round before."""
    before: list[trace.Link] = []
    for number in range(rounds):
        attributes = {
            "app.round": number, "app.text": "caffè ☕ \"quoted\"", "app.empty": "",
            "app.flag": number % 2 == 0, "app.large": LARGE, "app.negative": -number,
            "app.fraction": number / 7, "app.whole_float": float(number),
            "app.texts": ["a", "b\n"], "app.numbers": [1, -2], "app.flags": [True, False],
            "app.fractions": [0.5, 2.0], "app.none_in_list": []}
        with tracer.start_as_current_span("GET /basket/{id}", remote(number), SpanKind.SERVER,
                                          attributes, before) as span:
            before = [trace.Link(span.get_span_context(), {"app.link": number})]
            span.add_event("basket read", {"app.items": number, "app.kind": "event"})
            with tracer.start_as_current_span("SELECT basket", kind=SpanKind.CLIENT) as query:
                query.set_attribute("db.statement", "SELECT * FROM basket WHERE id = $1")
                if number % 3 == 0:
                    query.record_exception(ValueError(f"no basket {number}"))
                    query.set_status(Status(StatusCode.ERROR, "not found"))
            with tracer.start_as_current_span("publish", kind=SpanKind.PRODUCER) as publish:
                publish.update_name("publish basket")
                publish.set_status(Status(StatusCode.OK))


def remote(number: int) -> Context | None:
    """Every second round is called by another service, which hands on a trace state too."""
    if number % 2:
        return None
    carrier = {"traceparent": f"00-{number + 1:016x}{time.time_ns():016x}-{number + 7:016x}-01",
               "tracestate": "vendor=opaque,other=1"}
    return TraceContextTextMapPropagator().extract(carrier)


def send_logs(provider: LoggerProvider, tracer: trace.Tracer, rounds: int) -> None:
    """Lines of every severity, in and out of spans, with bodies of every kind."""
    logger = provider.get_logger("basket.log", "1.0", attributes={"log.scope": "basket"})
    bodies = ("plain text", {"order": 7, "lines": ["a", 1, None], "inner": {"deep": True}},
              ["a", 2, 2.5], 42, 2.5, True, b"\x00\xff")
    for number in range(rounds):
        with tracer.start_as_current_span("log in a span"):
            for place, body in enumerate(bodies):
                logger.emit(LogRecord(
                    timestamp=time.time_ns(), body=body, severity_text=f"LEVEL{place}",
                    severity_number=SeverityNumber(place * 3 + 1),
                    attributes={"app.round": number, "app.place": place, "app.nested": {"a": 1}}))
        logger.emit(LogRecord(timestamp=time.time_ns(), event_name="basket.closed",
                              attributes={"app.round": number}))


def send_metrics(provider: MeterProvider, rounds: int) -> None:
    """Every instrument, collected once a round."""
    meter = provider.get_meter("basket.metrics", "2.0")
    orders = meter.create_counter("shop.orders", unit="1")
    queue = meter.create_up_down_counter("shop.queue")
    latency = meter.create_histogram("shop.latency", unit="ms")
    size = meter.create_histogram("shop.size")
    temperature = meter.create_gauge("shop.temperature")
    meter.create_observable_gauge("shop.load", [_load])
    for number in range(rounds):
        for region in ("north", "south"):
            where = {"region": region, "shard": number % 2}
            orders.add(number + 1, where)
            queue.add(1 - number % 3, where)
            temperature.set(20.5 + number, where)
            for step in range(1, 40):
                latency.record(step * (number + 1) / 3, where)
                size.record(step * 1000.0, where)
        provider.force_flush()


def _load(_options: CallbackOptions) -> list[Observation]:
    return [Observation(0.25, {"cpu": 0}), Observation(0.75, {"cpu": 1})]


def main() -> None:
    """Starts the providers, sends, and waits until all is gone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recorder", help="URL that the copy goes to")
    parser.add_argument("rounds", type=int)
    arguments = parser.parse_args()
    is_grpc = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc"
    spans, logs, points = ((GrpcSpans, GrpcLogs, GrpcMetrics) if is_grpc
                           else (HttpSpans, HttpLogs, HttpMetrics))

    def copy(exporter: Callable[..., object], path: str) -> object:
        # gzip or none comes from a variable, which is meant for the other exporter.
        return exporter(endpoint=f"{arguments.recorder}/v1/{path}",
                        compression=Compression.NoCompression)

    tracers = TracerProvider()
    loggers = LoggerProvider()
    for exporter in (spans(), copy(HttpSpans, "traces")):
        tracers.add_span_processor(BatchSpanProcessor(exporter))
    for exporter in (logs(), copy(HttpLogs, "logs")):
        loggers.add_log_record_processor(BatchLogRecordProcessor(exporter))
    reader = PeriodicExportingMetricReader(Both(points(), copy(HttpMetrics, "metrics")), NEVER_MS)
    exponential = View(instrument_type=Histogram, instrument_name="shop.size",
                       aggregation=ExponentialBucketHistogramAggregation())
    meters = MeterProvider([reader], views=[exponential])
    tracer = tracers.get_tracer("basket", "1.2.3", "https://example.org/schema",
                                {"scope.part": "front"})
    send_traces(tracer, arguments.rounds)
    send_logs(loggers, tracer, arguments.rounds)
    send_metrics(meters, arguments.rounds)
    for provider in (tracers, loggers, meters):
        provider.shutdown()


if __name__ == "__main__":
    main()
