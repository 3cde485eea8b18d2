//! Points of metrics into rows.
//!
//! Points of one moment and one set of attributes become one row, in which the name of a metric is
//! the name of a column. That is how Honeycomb keeps metrics as events
//! (docs.honeycomb.io/manage-data-volume/adjust-granularity/metrics-event-mapping): points join if
//! they came in the same request, with the same resource and attributes, within the same second,
//! to which the time of the row is cut. Here the scope has to be the same too, because it is kept.
//!
//! A gauge or a sum `x` is a number `x`. Distributions are told by what can be asked for:
//! `x.count`, `x.sum`, `x.avg`, `x.min`, `x.max` and percentiles from `x.p001` to `x.p999`.
//!
//! Where names meet, an attribute of a point wins over its metric, which is refused in words,
//! since its number would be lost; a metric wins over an attribute of its resource or scope, which
//! the rows of other metrics still show. A metric with several numbers for one row has several
//! rows. Not joined, as Honeycomb does for `system.cpu.time`, are points of different attributes:
//! what was sent can be asked for.

mod distribution;
mod key;
mod merge;
mod name;
mod parts;
mod quantile;
mod values;

use bytes::Bytes;
use model::{BatchBuilder, NANOS_PER_SECOND, Result, Signal, Timestamp};

use crate::attributes::{Trouble, text};
use crate::problems::{Fault, Problems, Reason};
use crate::scope::{ResourceParts, ScopeParts};
use crate::traces::time_of;
use crate::wire::{Message, WireResult};
use crate::{Context, Decoded};
use key::RowKey;
use merge::{Merged, Moment};
use parts::{MetricParts, PointParts};
use values::Values;

/// Longest name of a metric. OpenTelemetry allows 255 characters; a percentile's column repeats it.
const NAME_BYTES_MAX: usize = 1_024;

/// The bit of a point's flags that says that there is no value.
const NO_RECORDED_VALUE: u64 = 1;

/// Decodes an ExportMetricsServiceRequest.
pub(crate) fn decode(body: &Bytes, context: &Context<'_>) -> Result<Decoded> {
    let mut gather = Gather {
        context,
        merged: Merged::new(context.seed),
        key: RowKey::default(),
        point: PointParts::default(),
        values: Values::default(),
        problems: Problems::default(),
        unrecorded: 0,
    };
    let mut fields = Message::new(body).fields();
    let mut at = 0;
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            let message = field.bytes("resource_metrics", &fields)?;
            gather.resource(message).map_err(|e| e.within(format!("resource_metrics[{at}]")))?;
            at += 1;
        }
    }
    let mut builder = BatchBuilder::new(Signal::Metrics, body.clone(), context.seed);
    gather.merged.build(&mut builder)?;
    Ok(Decoded {
        batch: builder.finish(),
        problems: gather.problems.into_vec(),
        unrecorded: gather.unrecorded,
    })
}

/// Goes through a request and gathers its points: rows are complete only when all are known.
struct Gather<'a> {
    context: &'a Context<'a>,
    merged: Merged<'a>,
    key: RowKey,
    point: PointParts<'a>,
    values: Values,
    problems: Problems,
    unrecorded: u64,
}

impl<'a> Gather<'a> {
    fn resource(&mut self, message: Message<'a>) -> WireResult<()> {
        let mut resource = ResourceParts::parse(message)?;
        let scopes = std::mem::take(&mut resource.scopes);
        let dataset = (self.context.dataset)(resource.service_name());
        let resource = self.merged.add_resource(dataset, resource);
        for (at, scope) in scopes.into_iter().enumerate() {
            self.scope(resource, scope).map_err(|e| e.within(format!("scope_metrics[{at}]")))?;
        }
        Ok(())
    }

    fn scope(&mut self, resource: usize, message: Message<'a>) -> WireResult<()> {
        let mut scope = ScopeParts::parse(message)?;
        let metrics = std::mem::take(&mut scope.items);
        let run = match self.merged.add_run(&mut self.key, resource, scope) {
            Ok(run) => Ok(run),
            Err(Trouble::Fault(fault)) => Err(fault),
            Err(Trouble::Wire(error)) => return Err(error),
        };
        let mut parts = MetricParts::default();
        for (at, metric) in metrics.into_iter().enumerate() {
            self.metric(&mut parts, metric, &run)
                .map_err(|e| e.within(format!("metrics[{at}]")))?;
        }
        Ok(())
    }

    fn metric(
        &mut self,
        parts: &mut MetricParts<'a>,
        message: Message<'a>,
        run: &Result<u32, Fault>,
    ) -> WireResult<()> {
        parts.parse(message)?;
        let shared = match run {
            Ok(run) => name_of(parts).map(|name| (*run, name)),
            Err(fault) => Err(again(fault)),
        };
        for (at, message) in parts.points.iter().enumerate() {
            self.point(parts, *message, &shared)
                .map_err(|e| e.within(format!("{}.data_points[{at}]", parts.shape.field())))?;
        }
        Ok(())
    }

    /// Takes a point in, or refuses it with its own fault, its metric's or its run's.
    fn point(
        &mut self,
        metric: &MetricParts<'a>,
        message: Message<'a>,
        shared: &Result<(u32, &'a str), Fault>,
    ) -> WireResult<()> {
        self.point.parse(metric.shape, message)?;
        let added = match shared {
            Ok((run, name)) => self.add(*run, name, metric, message),
            Err(fault) => Err(again(fault).into()),
        };
        match added {
            Ok(()) => Ok(()),
            Err(Trouble::Wire(error)) => Err(error),
            Err(Trouble::Fault(fault)) => {
                self.problems.add(fault, message.start);
                Ok(())
            }
        }
    }

    fn add(
        &mut self,
        run: u32,
        name: &'a str,
        metric: &MetricParts<'a>,
        message: Message<'a>,
    ) -> Result<(), Trouble> {
        if self.point.flags & NO_RECORDED_VALUE != 0 {
            self.unrecorded += 1;
            return Ok(());
        }
        self.values.read(metric.shape, &self.point)?;
        let moment = moment_of(self.point.time, self.context.arrival);
        self.key.write(run, &moment, &self.point.attributes)?;
        if let Some(suffix) = self.values.suffixes().find(|suffix| self.key.names(name, *suffix)) {
            let detail = format!("{name}{suffix} is an attribute of the point: rename one of them");
            return Err(Fault::new(Reason::MetricLikeAttribute, detail).into());
        }
        let place = merge::Place { run, moment, shape: metric.shape, point: message };
        self.merged.add(&self.key, place, name, self.values.all())
    }
}

/// A fault of what several points share, for one of them.
fn again(fault: &Fault) -> Fault {
    Fault::new(fault.reason, fault.detail.clone())
}

fn name_of<'a>(metric: &MetricParts<'a>) -> Result<&'a str, Fault> {
    let name = text(metric.name, "a metric's name")?;
    if name.is_empty() {
        return Err(Fault::new(Reason::MetricWithoutName, "name is empty"));
    }
    if name.len() > NAME_BYTES_MAX {
        let length = name.len();
        let detail = format!("name has {length} bytes, at most {NAME_BYTES_MAX} are kept");
        return Err(Fault::new(Reason::MetricNameTooLong, detail));
    }
    Ok(name)
}

/// The second that a point lies in. The start of what a point sums up is no substitute for its
/// time: it may be days before.
fn moment_of(nanos: u64, arrival: Timestamp) -> Moment {
    let (time, original) = time_of(nanos, arrival);
    let second = time.nanos() - time.nanos().rem_euclid(NANOS_PER_SECOND);
    Moment { time: Timestamp::from_nanos(second), original }
}
