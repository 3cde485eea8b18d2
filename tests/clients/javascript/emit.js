// Sends traces, logs and metrics with the OpenTelemetry SDK for JavaScript, each of them twice.
//
// Once as the usual OTEL_* variables say, which is what is tested; once to a recorder, plain and
// over HTTP, which is how the test knows what was sent.
//
//     node emit.js RECORDER_URL ROUNDS
'use strict';

const { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } = require('@opentelemetry/api');
const { defaultResource, detectResources, envDetector } = require('@opentelemetry/resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
const {
  AggregationType, MeterProvider, PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');

const [recorder, rounds] = [process.argv[2], Number(process.argv[3])];

// As far as nobody collects unasked; the largest that a timer takes.
const NEVER_MS = 2 ** 31 - 1;

// The packages of each protocol; JSON is the one whose name says only http.
const PACKAGES = { 'http/protobuf': 'proto', 'http/json': 'http', grpc: 'grpc' };

// The exporter that is tested, which finds its address and compression in the variables.
function exporterOf(signal, name) {
  const kind = PACKAGES[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];
  return new (require(`@opentelemetry/exporter-${signal}-otlp-${kind}`)[name])();
}

// The exporter of the copy.
function copyOf(signal, name, path) {
  const Exporter = require(`@opentelemetry/exporter-${signal}-otlp-proto`)[name];
  return new Exporter({ url: `${recorder}/v1/${path}`, compression: 'none' });
}

// Hands the same points to two exporters: two readers would make points of their own.
class Both {
  constructor(...exporters) {
    this.exporters = exporters;
  }

  export(metrics, done) {
    const results = [];
    for (const exporter of this.exporters) {
      exporter.export(metrics, (result) => {
        results.push(result);
        if (results.length === this.exporters.length) {
          done(results.find((one) => one.code !== 0) ?? result);
        }
      });
    }
  }

  async forceFlush() {
    await Promise.all(this.exporters.map((exporter) => exporter.forceFlush()));
  }

  async shutdown() {
    await Promise.all(this.exporters.map((exporter) => exporter.shutdown()));
  }
}

// A server span a round, with spans below and a link to the round before.
function sendTraces(tracer) {
  let links = [];
  for (let number = 0; number < rounds; number++) {
    const attributes = {
      'app.round': number, 'app.text': 'caffè ☕ "quoted"', 'app.empty': '',
      'app.flag': number % 2 === 0, 'app.large': Number.MAX_SAFE_INTEGER,
      'app.negative': -number, 'app.fraction': number / 7, 'app.texts': ['a', 'b\n'],
      'app.numbers': [1, -2], 'app.flags': [true, false], 'app.fractions': [0.5, 2.5],
    };
    const options = { kind: SpanKind.SERVER, attributes, links };
    const parent = remote(number);
    const span = tracer.startSpan('GET /basket/{id}', options, parent);
    const inside = trace.setSpan(parent, span);
    links = [{ context: span.spanContext(), attributes: { 'app.link': number } }];
    span.addEvent('basket read', { 'app.items': number, 'app.kind': 'event' });
    const query = tracer.startSpan('SELECT basket', { kind: SpanKind.CLIENT }, inside);
    query.setAttribute('db.statement', 'SELECT * FROM basket WHERE id = $1');
    if (number % 3 === 0) {
      query.recordException(new RangeError(`no basket ${number}`));
      query.setStatus({ code: SpanStatusCode.ERROR, message: 'not found' });
    }
    query.end();
    const publish = tracer.startSpan('publish', { kind: SpanKind.PRODUCER }, inside);
    publish.updateName('publish basket').setStatus({ code: SpanStatusCode.OK }).end();
    span.end();
  }
}

// Every second round is called by another service.
function remote(number) {
  if (number % 2) {
    return ROOT_CONTEXT;
  }
  const hex = (value, digits) => value.toString(16).padStart(digits, '0');
  const traceId = hex(number + 1, 16) + hex(process.hrtime.bigint(), 16);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId, spanId: hex(number + 7, 16), traceFlags: 1, isRemote: true,
  });
}

// Lines of every severity, in and out of spans, with bodies of every kind.
function sendLogs(provider, tracer) {
  const logger = provider.getLogger('basket.log', '1.0');
  const bodies = [
    'plain text', { order: 7, lines: ['a', 1], inner: { deep: true } }, ['a', 2, 2.5], 42, 2.5,
    true, new Uint8Array([0, 255]),
  ];
  for (let number = 0; number < rounds; number++) {
    const span = tracer.startSpan('log in a span', {}, ROOT_CONTEXT);
    const inside = trace.setSpan(ROOT_CONTEXT, span);
    bodies.forEach((body, place) => logger.emit({
      body, context: inside, timestamp: Date.now(), severityNumber: place * 3 + 1,
      severityText: `LEVEL${place}`,
      attributes: { 'app.round': number, 'app.place': place, 'app.nested': { a: 1 } },
    }));
    span.end();
    logger.emit({
      context: ROOT_CONTEXT, eventName: 'basket.closed', timestamp: Date.now(),
      attributes: { 'app.round': number },
    });
  }
}

// Every instrument, collected once a round.
async function sendMetrics(provider) {
  const meter = provider.getMeter('basket.metrics', '2.0');
  const orders = meter.createCounter('shop.orders', { unit: '1' });
  const queue = meter.createUpDownCounter('shop.queue');
  const latency = meter.createHistogram('shop.latency', { unit: 'ms' });
  const size = meter.createHistogram('shop.size');
  const temperature = meter.createGauge('shop.temperature');
  meter.createObservableGauge('shop.load').addCallback((result) => {
    result.observe(0.25, { cpu: 0 });
    result.observe(0.75, { cpu: 1 });
  });
  for (let number = 0; number < rounds; number++) {
    for (const region of ['north', 'south']) {
      const where = { region, shard: number % 2 };
      orders.add(number + 1, where);
      queue.add(1 - (number % 3), where);
      temperature.record(20.5 + number, where);
      for (let step = 1; step < 40; step++) {
        latency.record((step * (number + 1)) / 3, where);
        size.record(step * 1000, where);
      }
    }
    await provider.forceFlush();
  }
}

async function main() {
  const resource = defaultResource().merge(detectResources({ detectors: [envDetector] }));
  const spans = ['trace', 'OTLPTraceExporter'];
  const logs = ['logs', 'OTLPLogExporter'];
  const points = ['metrics', 'OTLPMetricExporter'];
  const tracers = new NodeTracerProvider({
    resource,
    spanProcessors: [exporterOf(...spans), copyOf(...spans, 'traces')].map(
      (exporter) => new BatchSpanProcessor(exporter)),
  });
  const loggers = new LoggerProvider({
    resource,
    processors: [exporterOf(...logs), copyOf(...logs, 'logs')].map(
      (exporter) => new BatchLogRecordProcessor({ exporter })),
  });
  const meters = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({
      exporter: new Both(exporterOf(...points), copyOf(...points, 'metrics')),
      exportIntervalMillis: NEVER_MS,
    })],
    views: [{
      instrumentName: 'shop.size',
      aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
    }],
  });
  const tracer = tracers.getTracer('basket', '1.2.3');
  sendTraces(tracer);
  sendLogs(loggers, tracer);
  await sendMetrics(meters);
  for (const provider of [tracers, loggers, meters]) {
    await provider.shutdown();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
