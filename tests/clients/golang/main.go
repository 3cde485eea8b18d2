// Command emit sends traces, logs and metrics with the OpenTelemetry SDK for Go, each of them
// twice.
//
// Once as the usual OTEL_* variables say, which is what is tested; once to a recorder, plain and
// over HTTP, which is how the test knows what was sent.
//
//	emit RECORDER_URL ROUNDS
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"strconv"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: emit RECORDER_URL ROUNDS")
	}
	rounds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if err := send(context.Background(), os.Args[1], rounds); err != nil {
		log.Fatal(err)
	}
}

func send(ctx context.Context, recorder string, rounds int) error {
	described, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return err
	}
	sending, err := start(ctx, recorder, described)
	if err != nil {
		return err
	}
	tracer := sending.tracer()
	sendTraces(ctx, tracer, rounds)
	sendLogs(ctx, sending.loggers, tracer, rounds)
	if err := sendMetrics(ctx, sending.meters, rounds); err != nil {
		return err
	}
	return sending.shutdown(ctx)
}

// both hands the same points to two exporters: two readers would make points of their own.
type both struct {
	metric.Exporter
	second metric.Exporter
}

func (b both) Export(ctx context.Context, points *metricdata.ResourceMetrics) error {
	return errors.Join(b.Exporter.Export(ctx, points), b.second.Export(ctx, points))
}

func (b both) ForceFlush(ctx context.Context) error {
	return errors.Join(b.Exporter.ForceFlush(ctx), b.second.ForceFlush(ctx))
}

func (b both) Shutdown(ctx context.Context) error {
	return errors.Join(b.Exporter.Shutdown(ctx), b.second.Shutdown(ctx))
}
