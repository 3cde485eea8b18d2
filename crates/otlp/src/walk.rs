//! Goes through a request, which has the same shape for every signal: resources, their scopes, and
//! the items of each scope.
//!
//! An item with a fault is refused alone; bytes that are no message refuse the request.

use bytes::Bytes;
use model::{BatchBuilder, Result, Signal};

use crate::attributes::Trouble;
use crate::problems::{Fault, Problems};
use crate::scope::{ResourceParts, RunRates, ScopeParts, open_run};
use crate::unpack::{AsTheyCame, TakenApart, Unpack};
use crate::wire::{Message, WireError, WireResult};
use crate::{Context, Decoded};

/// Most events of a request: a row takes many times the two bytes that an empty one takes in a
/// body.
pub(crate) const ROWS_MAX: u32 = 2_000_000;

/// What the protocol calls the lists of a request, for errors.
pub(crate) struct Names {
    pub(crate) resources: &'static str,
    pub(crate) scopes: &'static str,
    pub(crate) items: &'static str,
}

/// What one signal makes of its items.
pub(crate) trait Items {
    /// An item taken apart. Used again for the next one, so that its lists are allocated once.
    type Parts<'a>: Default;
    /// The signal.
    const SIGNAL: Signal;
    /// What its lists are called.
    const NAMES: Names;

    /// Takes an item apart.
    fn parse<'a>(parts: &mut Self::Parts<'a>, item: Message<'a>) -> WireResult<()>;

    /// Adds the rows of an item; what it added before a fault is dropped.
    fn add<U: Unpack>(
        &self,
        builder: &mut BatchBuilder,
        parts: &Self::Parts<'_>,
        run: &RunRates,
        unpack: &U,
    ) -> Result<(), Trouble>;
}

/// Decodes an export request.
pub(crate) fn decode<I: Items>(items: &I, body: &Bytes, context: &Context<'_>) -> Result<Decoded> {
    let mut walk = Walk {
        items,
        context,
        builder: BatchBuilder::new(I::SIGNAL, body.clone(), context.seed),
        problems: Problems::default(),
    };
    let mut fields = Message::new(body).fields();
    let mut at = 0;
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            let name = I::NAMES.resources;
            let message = field.bytes(name, &fields)?;
            walk.resource(message).map_err(|e| e.within(format!("{name}[{at}]")))?;
            at += 1;
        }
    }
    Ok(Decoded { batch: walk.builder.finish(), problems: walk.problems.into_vec(), unrecorded: 0 })
}

struct Walk<'a, I> {
    items: &'a I,
    context: &'a Context<'a>,
    builder: BatchBuilder,
    problems: Problems,
}

impl<I: Items> Walk<'_, I> {
    fn resource(&mut self, message: Message<'_>) -> WireResult<()> {
        let resource = ResourceParts::parse(message)?;
        let dataset = (self.context.dataset)(resource.service_name());
        let unpacking = self.context.unpacking.map(|it| ((it.depth)(&dataset), it.take_apart));
        match unpacking {
            Some((depth @ 1.., take_apart)) => {
                self.scopes(&dataset, &resource, &TakenApart::new(depth, take_apart))
            }
            _ => self.scopes(&dataset, &resource, &AsTheyCame),
        }
    }

    fn scopes<U: Unpack>(
        &mut self,
        dataset: &str,
        resource: &ResourceParts<'_>,
        unpack: &U,
    ) -> WireResult<()> {
        for (at, scope) in resource.scopes.iter().enumerate() {
            self.scope(dataset, resource, *scope, unpack)
                .map_err(|e| e.within(format!("{}[{at}]", I::NAMES.scopes)))?;
        }
        Ok(())
    }

    fn scope<U: Unpack>(
        &mut self,
        dataset: &str,
        resource: &ResourceParts<'_>,
        message: Message<'_>,
        unpack: &U,
    ) -> WireResult<()> {
        let scope = ScopeParts::parse(message)?;
        unpack.begin(self.builder.names());
        let opened = match open_run(&mut self.builder, dataset, resource, &scope, unpack) {
            Ok(rates) => Ok(rates),
            Err(Trouble::Fault(fault)) => Err(fault),
            Err(Trouble::Wire(error)) => return Err(error),
        };
        let mut parts = I::Parts::default();
        for (at, item) in scope.items.iter().enumerate() {
            self.item(&mut parts, *item, &opened, unpack)
                .map_err(|e| e.within(format!("{}[{at}]", I::NAMES.items)))?;
        }
        self.builder.end_run();
        Ok(())
    }

    /// Adds an item of a run, or refuses it with the run's own fault.
    fn item<'a, U: Unpack>(
        &mut self,
        parts: &mut I::Parts<'a>,
        item: Message<'a>,
        opened: &Result<RunRates, Fault>,
        unpack: &U,
    ) -> WireResult<()> {
        if self.builder.rows() > ROWS_MAX {
            let what = format!("more than {ROWS_MAX} events: send less at once");
            return Err(WireError::new(item.start, what));
        }
        I::parse(parts, item)?;
        let mark = self.builder.mark();
        unpack.begin(self.builder.names());
        let added = match opened {
            Ok(rates) => self.items.add(&mut self.builder, parts, rates, unpack),
            Err(fault) => Err(Fault::new(fault.reason, fault.detail.clone()).into()),
        };
        match added {
            Ok(()) => Ok(()),
            Err(Trouble::Wire(error)) => Err(error),
            Err(Trouble::Fault(fault)) => {
                self.builder.roll_back(mark);
                self.problems.add(fault, item.start);
                Ok(())
            }
        }
    }
}
