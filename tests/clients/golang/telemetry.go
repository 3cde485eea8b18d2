package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace"
)

// large is beyond what a double holds exactly.
const large = 9_007_199_254_740_993

// sendTraces makes a server span a round, with spans below and a link to the round before.
func sendTraces(ctx context.Context, tracer trace.Tracer, rounds int) {
	var links []trace.Link
	for number := range rounds {
		inside, span := tracer.Start(remote(ctx, number), "GET /basket/{id}",
			trace.WithSpanKind(trace.SpanKindServer), trace.WithLinks(links...),
			trace.WithAttributes(
				attribute.Int("app.round", number),
				attribute.String("app.text", "caffè ☕ \"quoted\""),
				attribute.String("app.empty", ""), attribute.Bool("app.flag", number%2 == 0),
				attribute.Int64("app.large", large), attribute.Int("app.negative", -number),
				attribute.Float64("app.fraction", float64(number)/7),
				attribute.Float64("app.whole_float", float64(number)),
				attribute.StringSlice("app.texts", []string{"a", "b\n"}),
				attribute.IntSlice("app.numbers", []int{1, -2}),
				attribute.BoolSlice("app.flags", []bool{true, false}),
				attribute.Float64Slice("app.fractions", []float64{0.5, 2}),
			))
		links = []trace.Link{{SpanContext: span.SpanContext(),
			Attributes: []attribute.KeyValue{attribute.Int("app.link", number)}}}
		span.AddEvent("basket read", trace.WithAttributes(
			attribute.Int("app.items", number), attribute.String("app.kind", "event")))
		_, query := tracer.Start(inside, "SELECT basket", trace.WithSpanKind(trace.SpanKindClient))
		query.SetAttributes(attribute.String("db.statement",
			"SELECT * FROM basket WHERE id = $1"))
		if number%3 == 0 {
			query.RecordError(fmt.Errorf("no basket %d", number), trace.WithStackTrace(true))
			query.SetStatus(codes.Error, "not found")
		}
		query.End()
		_, publish := tracer.Start(inside, "publish", trace.WithSpanKind(trace.SpanKindProducer))
		publish.SetName("publish basket")
		publish.SetStatus(codes.Ok, "")
		publish.End()
		span.End()
	}
}

// remote is the caller of every second round: another service, which hands on a trace state too.
func remote(ctx context.Context, number int) context.Context {
	if number%2 == 1 {
		return ctx
	}
	var traceID trace.TraceID
	binary.BigEndian.PutUint64(traceID[:8], uint64(number+1))
	binary.BigEndian.PutUint64(traceID[8:], uint64(time.Now().UnixNano()))
	state, err := trace.ParseTraceState("vendor=opaque,other=1")
	if err != nil {
		panic(err)
	}
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: traceID, SpanID: trace.SpanID{7: byte(number + 7)},
		TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true,
	}))
}

// sendLogs writes lines of every severity, in and out of spans, with bodies of every kind.
func sendLogs(
	ctx context.Context, provider *sdklog.LoggerProvider, tracer trace.Tracer, rounds int,
) {
	logger := provider.Logger("basket.log", log.WithInstrumentationVersion("1.0"),
		log.WithInstrumentationAttributes(attribute.String("log.scope", "basket")))
	bodies := []attribute.Value{
		attribute.StringValue("plain text"),
		attribute.MapValue(attribute.Int("order", 7),
			attribute.StringSlice("lines", []string{"a", "b"}),
			attribute.Map("inner", attribute.Bool("deep", true))),
		attribute.SliceValue(attribute.StringValue("a"), attribute.IntValue(2),
			attribute.Float64Value(2.5)),
		attribute.IntValue(42), attribute.Float64Value(2.5), attribute.BoolValue(true),
		attribute.ByteSliceValue([]byte{0, 255}),
	}
	for number := range rounds {
		inside, span := tracer.Start(ctx, "log in a span")
		for place, body := range bodies {
			var record log.Record
			record.SetTimestamp(time.Now())
			record.SetBody(body)
			record.SetSeverity(log.Severity(place*3 + 1))
			record.SetSeverityText(fmt.Sprintf("LEVEL%d", place))
			record.AddAttributes(attribute.Int("app.round", number), attribute.Int("app.place", place),
				attribute.Map("app.nested", attribute.Int("a", 1)))
			logger.Emit(inside, record)
		}
		span.End()
		var closed log.Record
		closed.SetTimestamp(time.Now())
		closed.SetEventName("basket.closed")
		closed.AddAttributes(attribute.Int("app.round", number))
		logger.Emit(ctx, closed)
	}
}

// sendMetrics uses every instrument and collects once a round.
func sendMetrics(ctx context.Context, provider *sdkmetric.MeterProvider, rounds int) error {
	meter := provider.Meter("basket.metrics", metric.WithInstrumentationVersion("2.0"))
	orders, err := meter.Int64Counter("shop.orders", metric.WithUnit("1"))
	if err != nil {
		return err
	}
	queue, err := meter.Int64UpDownCounter("shop.queue")
	if err != nil {
		return err
	}
	latency, err := meter.Float64Histogram("shop.latency", metric.WithUnit("ms"))
	if err != nil {
		return err
	}
	size, err := meter.Float64Histogram("shop.size")
	if err != nil {
		return err
	}
	temperature, err := meter.Float64Gauge("shop.temperature")
	if err != nil {
		return err
	}
	_, err = meter.Float64ObservableGauge("shop.load", metric.WithFloat64Callback(
		func(_ context.Context, observer metric.Float64Observer) error {
			observer.Observe(0.25, metric.WithAttributes(attribute.Int("cpu", 0)))
			observer.Observe(0.75, metric.WithAttributes(attribute.Int("cpu", 1)))
			return nil
		}))
	if err != nil {
		return err
	}
	for number := range rounds {
		for _, region := range []string{"north", "south"} {
			where := metric.WithAttributes(attribute.String("region", region),
				attribute.Int("shard", number%2))
			orders.Add(ctx, int64(number+1), where)
			queue.Add(ctx, int64(1-number%3), where)
			temperature.Record(ctx, 20.5+float64(number), where)
			for step := 1; step < 40; step++ {
				latency.Record(ctx, float64(step*(number+1))/3, where)
				size.Record(ctx, float64(step*1000), where)
			}
		}
		if err := provider.ForceFlush(ctx); err != nil {
			return err
		}
	}
	return nil
}
