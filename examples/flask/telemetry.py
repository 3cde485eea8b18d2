"""OpenTelemetry for this application: spans and logs over OTLP/HTTP.

Nothing is configured here. Endpoint, headers, service name and batching all come from the usual
OTEL_* variables, which the SDK reads by itself, so that the same code reports to any server.
"""

import logging
from dataclasses import dataclass

from flask import Flask
from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


@dataclass(frozen=True)
class Telemetry:
    """The two providers, kept so that what they hold can be sent before the process ends."""

    tracer_provider: TracerProvider
    logger_provider: LoggerProvider

    def shutdown(self) -> None:
        """Sends everything that still waits in the batches, then stops."""
        self.tracer_provider.shutdown()
        self.logger_provider.shutdown()


def start() -> Telemetry:
    """Starts both providers and makes them the ones that the whole process uses."""
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracer_provider)
    logger_provider = LoggerProvider()
    logger_provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    set_logger_provider(logger_provider)
    return Telemetry(tracer_provider, logger_provider)


def instrument(app: Flask, telemetry: Telemetry) -> None:
    """A span for every request in and out; what the application logs also goes out over OTLP."""
    FlaskInstrumentor().instrument_app(app)
    RequestsInstrumentor().instrument()
    app.logger.setLevel(logging.INFO)
    app.logger.addHandler(LoggingHandler(logger_provider=telemetry.logger_provider))
