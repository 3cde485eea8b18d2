//! JSON within texts: taken apart where a dataset wants it, and nowhere else.
//!
//! Whether it does is looked up once for each resource, and everything below is built twice: what
//! adds rows of a dataset that does not want it has not a single branch more. How JSON is read is
//! the dialect's business, since the same holds for what comes in through its other doors.

use std::cell::Cell;

use model::Value;

/// Most attributes that the texts of one span, record or resource are taken apart into: as many as
/// an event may have fields. Texts beyond them stay as they are.
const MEMBERS_MAX: usize = 2_000;
/// Names in a request from which on no text is taken apart: each takes many times the bytes that it
/// has in a body.
const NAMES_MAX: usize = 100_000;

/// Takes a text apart to a depth, if it is a JSON object with at most so many members: hands them
/// out under names that begin with the one given, and says how many there were.
pub type TakeApart = fn(
    depth: u8,
    most: usize,
    name: &str,
    text: &str,
    take: &mut dyn FnMut(&str, Value<'_>),
) -> usize;

/// What is taken apart.
#[derive(Clone, Copy)]
pub struct Unpacking<'a> {
    /// How many levels of JSON within texts of a dataset become attributes of their own.
    pub depth: &'a dyn Fn(&str) -> u8,
    /// How a text is taken apart.
    pub take_apart: TakeApart,
}

/// What becomes of the values of attributes.
pub(crate) trait Unpack {
    /// A span, a record or a resource begins, in a request with so many names.
    fn begin(&self, names: usize);

    /// Gives a value to `take`, or the parts of it.
    fn each(&self, name: &str, value: Value<'_>, take: &mut impl FnMut(&str, Value<'_>));

    /// Gives the parts of a text to `take`, if it is taken apart.
    fn parts(&self, name: &str, text: &str, take: &mut impl FnMut(&str, Value<'_>)) -> bool;
}

/// They stay as they came.
pub(crate) struct AsTheyCame;

impl Unpack for AsTheyCame {
    #[inline]
    fn begin(&self, _names: usize) {}

    #[inline]
    fn each(&self, name: &str, value: Value<'_>, take: &mut impl FnMut(&str, Value<'_>)) {
        take(name, value);
    }

    #[inline]
    fn parts(&self, _name: &str, _text: &str, _take: &mut impl FnMut(&str, Value<'_>)) -> bool {
        false
    }
}

/// Texts that are objects become their members.
pub(crate) struct TakenApart {
    depth: u8,
    take_apart: TakeApart,
    /// Members that may still be made.
    left: Cell<usize>,
}

impl TakenApart {
    pub(crate) fn new(depth: u8, take_apart: TakeApart) -> Self {
        Self { depth, take_apart, left: Cell::new(0) }
    }
}

impl Unpack for TakenApart {
    fn begin(&self, names: usize) {
        self.left.set(if names > NAMES_MAX { 0 } else { MEMBERS_MAX });
    }

    fn each(&self, name: &str, value: Value<'_>, take: &mut impl FnMut(&str, Value<'_>)) {
        match value {
            Value::Text(text) if self.parts(name, text, take) => {}
            value => take(name, value),
        }
    }

    fn parts(&self, name: &str, text: &str, take: &mut impl FnMut(&str, Value<'_>)) -> bool {
        let made = (self.take_apart)(self.depth, self.left.get(), name, text, take);
        self.left.set(self.left.get().saturating_sub(made));
        made > 0
    }
}
