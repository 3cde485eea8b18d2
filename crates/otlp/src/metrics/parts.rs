//! Metrics and their points, taken apart as the protocol defines them.

use crate::attributes::{KeyValue, push_attribute};
use crate::wire::{Field, Message, Reader, WireResult};

/// What the points of a metric look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Gauge = 5,
    Sum = 7,
    Histogram = 9,
    Exponential = 10,
    Summary = 11,
}

impl Shape {
    const ALL: [Self; 5] =
        [Self::Gauge, Self::Sum, Self::Histogram, Self::Exponential, Self::Summary];

    fn of(field_number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| *shape as u32 == field_number)
    }

    /// What the protocol calls it.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Sum => "sum",
            Self::Histogram => "histogram",
            Self::Exponential => "exponential_histogram",
            Self::Summary => "summary",
        }
    }

    /// The field of a point that has its attributes.
    const fn attributes(self) -> u32 {
        match self {
            Self::Gauge | Self::Sum | Self::Summary => 7,
            Self::Histogram => 9,
            Self::Exponential => 1,
        }
    }

    /// The field of a point that has its flags.
    const fn flags(self) -> u32 {
        match self {
            Self::Gauge | Self::Sum | Self::Summary => 8,
            Self::Histogram | Self::Exponential => 10,
        }
    }
}

/// The parts of a Metric message.
#[derive(Debug)]
pub(super) struct MetricParts<'a> {
    pub(super) name: Message<'a>,
    pub(super) shape: Shape,
    pub(super) points: Vec<Message<'a>>,
}

impl Default for MetricParts<'_> {
    fn default() -> Self {
        Self { name: Message::new(&[]), shape: Shape::default(), points: Vec::new() }
    }
}

impl<'a> MetricParts<'a> {
    pub(super) fn parse(&mut self, message: Message<'a>) -> WireResult<()> {
        self.name = Message::new(&[]);
        self.points.clear();
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            if number == 1 {
                self.name = field.bytes("name", &fields)?;
            }
            let Some(shape) = Shape::of(number) else { continue };
            if shape != self.shape {
                // Of several shapes the last one counts.
                self.shape = shape;
                self.points.clear();
            }
            let data = field.bytes(shape.field(), &fields)?;
            self.push_points(data).map_err(|e| e.within(shape.field()))?;
        }
        Ok(())
    }

    fn push_points(&mut self, data: Message<'a>) -> WireResult<()> {
        let mut fields = data.fields();
        while let Some((number, field)) = fields.next()? {
            if number == 1 {
                fields.push(&mut self.points, field.bytes("data_points", &fields)?)?;
            }
        }
        Ok(())
    }
}

/// A number that is whole or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// Buckets beside each other, the first at a place that counts from the one that begins at 1.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
}

impl Buckets {
    fn clear(&mut self) {
        self.offset = 0;
        self.counts.clear();
    }

    fn parse(&mut self, message: Message<'_>) -> WireResult<()> {
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => self.offset = field.sint32("offset", &fields)?,
                2 => field.push_varints("bucket_counts", &fields, &mut self.counts)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The parts of a point of any shape. Used again for the next one, so that its lists are allocated
/// once.
#[derive(Debug, Default)]
pub(super) struct PointParts<'a> {
    pub(super) attributes: Vec<KeyValue<'a>>,
    pub(super) time: u64,
    pub(super) flags: u64,
    /// What a gauge or a sum says.
    pub(super) number: Option<Number>,
    pub(super) count: u64,
    pub(super) sum: Option<f64>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    /// Of a histogram, how many values lie in each bucket.
    pub(super) counts: Vec<u64>,
    /// The bits of where each of its buckets but the last one ends.
    pub(super) bounds: Vec<u64>,
    /// Of an exponential histogram, how narrow its buckets are.
    pub(super) scale: i32,
    pub(super) zero_count: u64,
    pub(super) zero_threshold: f64,
    pub(super) positive: Buckets,
    pub(super) negative: Buckets,
    /// Of a summary, quantiles and their values.
    pub(super) quantiles: Vec<(f64, f64)>,
}

impl<'a> PointParts<'a> {
    fn clear(&mut self) {
        self.attributes.clear();
        (self.time, self.flags, self.number) = (0, 0, None);
        (self.count, self.sum, self.min, self.max) = (0, None, None, None);
        self.counts.clear();
        self.bounds.clear();
        (self.scale, self.zero_count, self.zero_threshold) = (0, 0, 0.0);
        self.positive.clear();
        self.negative.clear();
        self.quantiles.clear();
    }

    pub(super) fn parse(&mut self, shape: Shape, message: Message<'a>) -> WireResult<()> {
        self.clear();
        if shape == Shape::Summary {
            // Other distributions may leave their sum out; a summary's is zero then.
            self.sum = Some(0.0);
        }
        let mut fields = message.fields();
        while let Some((number, field)) = fields.next()? {
            match number {
                3 => self.time = field.fixed64("time_unix_nano", &fields)?,
                _ if number == shape.attributes() => {
                    push_attribute(&mut self.attributes, field, &fields)?;
                }
                _ if number == shape.flags() => self.flags = field.varint("flags", &fields)?,
                _ => match shape {
                    Shape::Gauge | Shape::Sum => self.number_field(number, field, &fields)?,
                    Shape::Histogram => self.histogram_field(number, field, &fields)?,
                    Shape::Exponential => self.exponential_field(number, field, &fields)?,
                    Shape::Summary => self.summary_field(number, field, &fields)?,
                },
            }
        }
        Ok(())
    }

    fn number_field(
        &mut self,
        number: u32,
        field: Field<'a>,
        fields: &Reader<'a>,
    ) -> WireResult<()> {
        match number {
            4 => self.number = Some(Number::Float(float(field, "as_double", fields)?)),
            6 => self.number = Some(Number::Int(field.fixed64("as_int", fields)? as i64)),
            _ => {}
        }
        Ok(())
    }

    fn histogram_field(
        &mut self,
        number: u32,
        field: Field<'a>,
        fields: &Reader<'a>,
    ) -> WireResult<()> {
        match number {
            4 => self.count = field.fixed64("count", fields)?,
            5 => self.sum = Some(float(field, "sum", fields)?),
            6 => field.push_fixed64s("bucket_counts", fields, &mut self.counts)?,
            7 => field.push_fixed64s("explicit_bounds", fields, &mut self.bounds)?,
            11 => self.min = Some(float(field, "min", fields)?),
            12 => self.max = Some(float(field, "max", fields)?),
            _ => {}
        }
        Ok(())
    }

    fn exponential_field(
        &mut self,
        number: u32,
        field: Field<'a>,
        fields: &Reader<'a>,
    ) -> WireResult<()> {
        match number {
            4 => self.count = field.fixed64("count", fields)?,
            5 => self.sum = Some(float(field, "sum", fields)?),
            6 => self.scale = field.sint32("scale", fields)?,
            7 => self.zero_count = field.fixed64("zero_count", fields)?,
            8 => {
                let buckets = field.bytes("positive", fields)?;
                self.positive.parse(buckets).map_err(|e| e.within("positive"))?;
            }
            9 => {
                let buckets = field.bytes("negative", fields)?;
                self.negative.parse(buckets).map_err(|e| e.within("negative"))?;
            }
            12 => self.min = Some(float(field, "min", fields)?),
            13 => self.max = Some(float(field, "max", fields)?),
            14 => self.zero_threshold = float(field, "zero_threshold", fields)?,
            _ => {}
        }
        Ok(())
    }

    fn summary_field(
        &mut self,
        number: u32,
        field: Field<'a>,
        fields: &Reader<'a>,
    ) -> WireResult<()> {
        match number {
            4 => self.count = field.fixed64("count", fields)?,
            5 => self.sum = Some(float(field, "sum", fields)?),
            6 => {
                let message = field.bytes("quantile_values", fields)?;
                let at = self.quantiles.len();
                let value = quantile_value(message)
                    .map_err(|e| e.within(format!("quantile_values[{at}]")))?;
                fields.push(&mut self.quantiles, value)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The attributes of a point alone.
pub(super) fn attributes_of<'a>(
    shape: Shape,
    point: Message<'a>,
    attributes: &mut Vec<KeyValue<'a>>,
) -> WireResult<()> {
    attributes.clear();
    let mut fields = point.fields();
    while let Some((number, field)) = fields.next()? {
        if number == shape.attributes() {
            push_attribute(attributes, field, &fields)?;
        }
    }
    Ok(())
}

fn quantile_value(message: Message<'_>) -> WireResult<(f64, f64)> {
    let (mut quantile, mut value) = (0.0, 0.0);
    let mut fields = message.fields();
    while let Some((number, field)) = fields.next()? {
        match number {
            1 => quantile = float(field, "quantile", &fields)?,
            2 => value = float(field, "value", &fields)?,
            _ => {}
        }
    }
    Ok((quantile, value))
}

fn float(field: Field<'_>, name: &str, fields: &Reader<'_>) -> WireResult<f64> {
    Ok(f64::from_bits(field.fixed64(name, fields)?))
}
