//! Text of a batch: slices of the request's body, and an arena for what the body does not hold.

use bytes::Bytes;

/// Marks an offset into the arena instead of the body.
const IN_ARENA: u32 = 1 << 31;

/// Where a text of a batch lies. Only its own batch can read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextRef {
    offset: u32,
    length: u32,
}

impl TextRef {
    /// The empty text.
    pub const EMPTY: Self = Self { offset: 0, length: 0 };

    /// Its length in bytes.
    pub const fn len(self) -> usize {
        self.length as usize
    }

    /// Whether it is the empty text.
    pub const fn is_empty(self) -> bool {
        self.length == 0
    }
}

/// The two places that text lies in.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    body: Bytes,
    arena: Vec<u8>,
    /// Bytes of the body that references point to, counted once per reference.
    body_used: usize,
}

impl TextBuffer {
    pub(super) fn new(body: Bytes) -> Self {
        debug_assert!(body.len() < IN_ARENA as usize, "bodies are capped far below 2 GiB");
        Self { body, arena: Vec::new(), body_used: 0 }
    }

    /// A reference to `text`, which is copied unless it is a slice of the body.
    pub(super) fn add(&mut self, text: &[u8]) -> TextRef {
        if text.is_empty() {
            return TextRef::EMPTY;
        }
        let length = text.len() as u32;
        let offset = (text.as_ptr() as usize).wrapping_sub(self.body.as_ptr() as usize);
        if offset < self.body.len() && text.len() <= self.body.len() - offset {
            self.body_used += text.len();
            return TextRef { offset: offset as u32, length };
        }
        let offset = self.arena.len() as u32 | IN_ARENA;
        self.arena.extend_from_slice(text);
        TextRef { offset, length }
    }

    #[inline]
    pub(super) fn get(&self, text: TextRef) -> &[u8] {
        let (start, end) = ((text.offset & !IN_ARENA) as usize, text.length as usize);
        let buffer = if text.offset & IN_ARENA == 0 { &self.body[..] } else { &self.arena[..] };
        &buffer[start..start + end]
    }

    /// Whether so little of the body is pointed to that copying it out frees most of the memory.
    pub(super) fn is_wasteful(&self) -> bool {
        self.body_used < self.body.len() / 4
    }

    /// Moves a text into `arena`; the caller then swaps the arena in.
    pub(super) fn relocate(&self, text: &mut TextRef, arena: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let offset = arena.len() as u32 | IN_ARENA;
        arena.extend_from_slice(self.get(*text));
        text.offset = offset;
    }

    /// Lets go of the body; every reference must have been relocated into `arena`.
    pub(super) fn replace(&mut self, arena: Vec<u8>) {
        *self = Self { body: Bytes::new(), arena, body_used: 0 };
    }

    pub(super) fn bytes(&self) -> usize {
        self.body.len() + self.arena.capacity()
    }
}
