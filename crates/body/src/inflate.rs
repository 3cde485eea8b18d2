//! Decompression in steps, so that whoever drives it can reserve memory before each, and stop.

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use model::{Error, ErrorKind, Result};
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation as _, OutBuffer};

use crate::Encoding;

/// Most bytes that one compressed byte may stand for, once [`RATIO_FREE_BYTES`] have come out.
/// Telemetry shrinks by 5 to 50, repetitive logs by 100; a bomb by 1,000 and more.
pub const RATIO_MAX: usize = 256;
/// Bytes that may come out whatever the ratio: also what a bomb can make us hold.
pub const RATIO_FREE_BYTES: usize = 1 << 20;
/// The first piece of output; each further one is as large as all before it, up to the next limit.
const FIRST_STEP: usize = 64 << 10;
/// No step is larger than this.
const STEP_MAX: usize = 4 << 20;
/// Bits of gzip's window, plus the 16 that make zlib expect its header.
const GZIP_WINDOW_BITS: u8 = 15;

/// A body being decompressed.
pub(crate) struct Inflate<'a> {
    input: &'a [u8],
    consumed: usize,
    output: Vec<u8>,
    limit: usize,
    codec: Codec,
}

enum Codec {
    Gzip(Box<Decompress>),
    Zstd(Box<ZstdDecoder<'static>>),
}

/// How decompression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is more to come.
    Goes,
    /// Everything is out.
    Done,
}

impl<'a> Inflate<'a> {
    pub(crate) fn new(encoding: Encoding, input: &'a [u8], limit: usize) -> Result<Option<Self>> {
        let codec = match encoding {
            Encoding::Identity => return Ok(None),
            Encoding::Gzip => Codec::Gzip(Box::new(Decompress::new_gzip(GZIP_WINDOW_BITS))),
            Encoding::Zstd => Codec::Zstd(Box::new(
                ZstdDecoder::new().map_err(|error| Error::bug("starting zstd").because(error))?,
            )),
        };
        Ok(Some(Self { input, consumed: 0, output: Vec::new(), limit, codec }))
    }

    /// What it holds and what the next step needs beside it.
    pub(crate) fn held_next(&self) -> usize {
        self.output.len() + self.next()
    }

    /// What the next step needs.
    pub(crate) fn next(&self) -> usize {
        let step = self.output.len().clamp(FIRST_STEP, STEP_MAX);
        // One byte more than the limit is enough to know that the body is too large.
        step.min(self.limit + 1 - self.output.len().min(self.limit))
    }

    /// Makes up to [`Inflate::next`] bytes more.
    pub(crate) fn step(&mut self) -> Result<Step> {
        let start = self.output.len();
        let end = start + self.next();
        self.output.reserve_exact(end - start);
        self.output.resize(end, 0);
        let (finished, made) = self.run(start)?;
        self.output.truncate(start + made);
        if self.output.len() > self.limit {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("the body is larger than {} MiB decompressed", self.limit >> 20),
            ));
        }
        let allowed = self.consumed.saturating_mul(RATIO_MAX).max(RATIO_FREE_BYTES);
        if self.output.len() > allowed {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "the body decompresses to more than {RATIO_MAX} times its size ({} bytes out \
                     of the first {})",
                    self.output.len(),
                    self.consumed
                ),
            ));
        }
        Ok(if finished { Step::Done } else { Step::Goes })
    }

    /// Fills the output from `start`; whether the end was reached, and how much came out.
    fn run(&mut self, start: usize) -> Result<(bool, usize)> {
        let (input, output) = (&self.input[self.consumed..], &mut self.output[start..]);
        match &mut self.codec {
            Codec::Gzip(codec) => {
                let (read, written) = (codec.total_in(), codec.total_out());
                let status = codec
                    .decompress(input, output, FlushDecompress::None)
                    .map_err(|error| Error::invalid("the body is not gzip").because(error))?;
                let (read, made) =
                    ((codec.total_in() - read) as usize, (codec.total_out() - written) as usize);
                self.consumed += read;
                if status == Status::StreamEnd {
                    return Ok((self.next_member(), made));
                }
                if read == 0 && made == 0 {
                    return Err(Error::invalid(format!(
                        "the body ends in the middle of its gzip stream, after {} bytes",
                        self.input.len()
                    )));
                }
                Ok((false, made))
            }
            Codec::Zstd(codec) => {
                let mut from = InBuffer::around(input);
                let mut into = OutBuffer::around(output);
                let hint = codec
                    .run(&mut from, &mut into)
                    .map_err(|error| Error::invalid("the body is not zstd").because(error))?;
                let (read, made) = (from.pos(), into.pos());
                self.consumed += read;
                let all_read = self.consumed == self.input.len();
                if hint == 0 && all_read {
                    return Ok((true, made));
                }
                if read == 0 && made == 0 {
                    return Err(Error::invalid(format!(
                        "the body ends in the middle of its zstd stream, after {} bytes",
                        self.input.len()
                    )));
                }
                Ok((false, made))
            }
        }
    }

    /// A gzip body may be several streams, one behind the other. Returns whether all are read.
    fn next_member(&mut self) -> bool {
        if self.consumed < self.input.len() {
            self.codec = Codec::Gzip(Box::new(Decompress::new_gzip(GZIP_WINDOW_BITS)));
            return false;
        }
        true
    }

    pub(crate) fn finish(mut self) -> Bytes {
        if self.output.capacity() > self.output.len() + self.output.len() / 8 {
            self.output.shrink_to_fit();
        }
        Bytes::from(self.output)
    }
}

/// Decompresses a body that has been accepted before, as replay does.
pub fn decompress(encoding: Encoding, body: &Bytes, limit: usize) -> Result<Bytes> {
    let Some(mut inflate) = Inflate::new(encoding, body, limit)? else { return Ok(body.clone()) };
    while inflate.step()? == Step::Goes {}
    Ok(inflate.finish())
}
