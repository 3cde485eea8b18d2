package main

import (
	"context"
	"errors"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// never is as far as nobody collects unasked.
const never = 24 * time.Hour

// providers are the three ways to make telemetry, each with two exporters behind it.
type providers struct {
	tracers *sdktrace.TracerProvider
	loggers *sdklog.LoggerProvider
	meters  *metric.MeterProvider
}

func (p providers) tracer() trace.Tracer {
	return p.tracers.Tracer("basket", trace.WithInstrumentationVersion("1.2.3"),
		trace.WithSchemaURL("https://example.org/schema"),
		trace.WithInstrumentationAttributes(attribute.String("scope.part", "front")))
}

func (p providers) shutdown(ctx context.Context) error {
	return errors.Join(p.tracers.Shutdown(ctx), p.loggers.Shutdown(ctx), p.meters.Shutdown(ctx))
}

func start(ctx context.Context, recorder string, described *resource.Resource) (providers, error) {
	spans, err := spanExporter(ctx)
	if err != nil {
		return providers{}, err
	}
	spansCopy, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(recorder+"/v1/traces"),
		otlptracehttp.WithCompression(otlptracehttp.NoCompression))
	if err != nil {
		return providers{}, err
	}
	logs, err := logExporter(ctx)
	if err != nil {
		return providers{}, err
	}
	logsCopy, err := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(recorder+"/v1/logs"),
		otlploghttp.WithCompression(otlploghttp.NoCompression))
	if err != nil {
		return providers{}, err
	}
	points, err := metricExporter(ctx)
	if err != nil {
		return providers{}, err
	}
	pointsCopy, err := otlpmetrichttp.New(ctx,
		otlpmetrichttp.WithEndpointURL(recorder+"/v1/metrics"),
		otlpmetrichttp.WithCompression(otlpmetrichttp.NoCompression))
	if err != nil {
		return providers{}, err
	}
	reader := metric.NewPeriodicReader(both{points, pointsCopy}, metric.WithInterval(never))
	exponential := metric.NewView(metric.Instrument{Name: "shop.size"},
		metric.Stream{Aggregation: metric.AggregationBase2ExponentialHistogram{
			MaxSize: 160, MaxScale: 20}})
	return providers{
		sdktrace.NewTracerProvider(sdktrace.WithResource(described), sdktrace.WithBatcher(spans),
			sdktrace.WithBatcher(spansCopy)),
		sdklog.NewLoggerProvider(sdklog.WithResource(described),
			sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)),
			sdklog.WithProcessor(sdklog.NewBatchProcessor(logsCopy))),
		metric.NewMeterProvider(metric.WithResource(described), metric.WithReader(reader),
			metric.WithView(exponential)),
	}, nil
}

// isGRPC is what the variable says; each of Go's exporters speaks one protocol.
func isGRPC() bool {
	return os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc"
}

func spanExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if isGRPC() {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

func logExporter(ctx context.Context) (sdklog.Exporter, error) {
	if isGRPC() {
		return otlploggrpc.New(ctx)
	}
	return otlploghttp.New(ctx)
}

func metricExporter(ctx context.Context) (metric.Exporter, error) {
	if isGRPC() {
		return otlpmetricgrpc.New(ctx)
	}
	return otlpmetrichttp.New(ctx)
}
