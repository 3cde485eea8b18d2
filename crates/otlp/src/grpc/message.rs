//! The one message of a call, without what stands before it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use body::Encoding;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use model::{Error, Result};

use super::PREFIX_BYTES;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The message of a call: a body of its own, which fails if the call has less or more than that.
#[derive(Debug)]
pub struct Message<B> {
    body: B,
    /// What came together with what stands before the message.
    ahead: Bytes,
    /// Bytes of the message to come.
    left: u32,
    length: u32,
    is_compressed: bool,
}

impl<B> Message<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    /// Reads what stands before the message.
    pub async fn begin(mut body: B) -> Result<Self> {
        let mut ahead = BytesMut::new();
        while ahead.len() < PREFIX_BYTES {
            let Some(frame) = body.frame().await else {
                return Err(Error::invalid(format!(
                    "the call has no message: it ended after {} bytes",
                    ahead.len()
                )));
            };
            let frame = frame.map_err(::body::broken_off)?;
            if let Ok(data) = frame.into_data() {
                if ahead.is_empty() && data.len() >= PREFIX_BYTES {
                    return Self::split(body, data);
                }
                ahead.extend_from_slice(&data);
            }
        }
        Self::split(body, ahead.freeze())
    }

    fn split(body: B, mut ahead: Bytes) -> Result<Self> {
        let is_compressed = match ahead.get_u8() {
            0 => false,
            1 => true,
            other => {
                let text = format!("the message begins with {other} where 0 or 1 is expected");
                return Err(Error::invalid(text));
            }
        };
        let length = ahead.get_u32();
        Ok(Self { body, ahead, left: length, length, is_compressed })
    }

    /// How the message is encoded, in a call that names an encoding.
    pub fn encoding(&self, named: Encoding) -> Result<Encoding> {
        match (self.is_compressed, named) {
            (false, _) => Ok(Encoding::Identity),
            (true, Encoding::Identity) => Err(Error::invalid(
                "the message is compressed, but the call's grpc-encoding names no encoding",
            )),
            (true, named) => Ok(named),
        }
    }

    /// Takes the part of the message that these bytes are.
    fn take(&mut self, data: Bytes) -> Result<Bytes, BoxError> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.left =
            self.left.checked_sub(length).ok_or("a call takes one message, and more came")?;
        Ok(data)
    }
}

impl<B> Body for Message<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let ahead = std::mem::take(&mut this.ahead);
            return Poll::Ready(Some(this.take(ahead).map(Frame::data)));
        }
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            None if this.left == 0 => return Poll::Ready(None),
            None => {
                let text = format!("{} of its {} bytes are missing", this.left, this.length);
                return Poll::Ready(Some(Err(text.into())));
            }
        };
        Poll::Ready(Some(match frame.into_data() {
            Ok(data) => this.take(data).map(Frame::data),
            // A client's trailers say nothing.
            Err(trailers) => Ok(trailers),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::from(self.left))
    }
}
