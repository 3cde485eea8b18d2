//! Paths of requests: a route with its placeholders filled in.
//!
//! Most paths are near-unique, as with real ids in URLs: the case in which a dictionary does not
//! pay. Products are few, so their paths repeat.

use super::digits;
use super::draw::mixed;

/// How many products `{sku}` stands for.
const PRODUCTS: u64 = 20_000;
/// How many result pages `{page}` stands for.
const PAGES: u64 = 9;

/// A route cut into what stays and what is filled in.
#[derive(Debug)]
pub(super) struct Path {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Fixed(&'static str),
    Product,
    Page,
    /// Twelve hex digits.
    Id,
}

impl Path {
    /// The pieces of `route`, whose placeholders are `{sku}`, `{page}` or any other name for an id.
    pub(super) fn new(route: &'static str) -> Self {
        let mut pieces = Vec::new();
        for part in route.split_inclusive('}') {
            let Some((fixed, name)) = part.split_once('{') else {
                pieces.push(Piece::Fixed(part));
                continue;
            };
            pieces.push(Piece::Fixed(fixed));
            pieces.push(match name {
                "sku}" => Piece::Product,
                "page}" => Piece::Page,
                _ => Piece::Id,
            });
        }
        Self { pieces }
    }

    /// Appends the path that belongs to `seed`.
    pub(super) fn write(&self, seed: u64, out: &mut Vec<u8>) {
        for (place, piece) in self.pieces.iter().enumerate() {
            let value = mixed(seed.wrapping_add(place as u64));
            match piece {
                Piece::Fixed(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Product => digits::push_decimal(out, 10_000 + value % PRODUCTS),
                Piece::Page => digits::push_decimal(out, 1 + value % PAGES),
                Piece::Id => {
                    let mut id = [0; 12];
                    digits::write_hex(&mut id, value);
                    out.extend_from_slice(&id);
                }
            }
        }
    }
}
