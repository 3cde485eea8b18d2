//! Tests of bodies that come too slowly, each of them short.

use std::future::poll_fn;

use http_body_util::{BodyExt as _, Full};
use tokio::time::interval;

use super::*;

const SHORT: Duration = Duration::from_millis(40);

/// A body of one byte at a time, or of none.
struct Drops(Option<Interval>);

impl HttpBody for Drops {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(interval) = &mut self.0 else { return Poll::Pending };
        ready!(interval.poll_tick(context));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}

/// Guarantees: a body that stops coming, or comes in drops, fails as late, is counted, and gives
/// nothing afterwards.
#[tokio::test]
async fn slow_bodies_end() {
    for drops in [None, Some(interval(SHORT / 8))] {
        let cuts = Arc::default();
        let mut body = Paced::new(Drops(drops), SHORT, &cuts);
        let error = loop {
            match body.frame().await.unwrap() {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        let error = error.downcast::<io::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
        assert_eq!(cuts.list(), [("slow body", 1)]);
        assert!(body.frame().await.is_none());
        assert!(body.is_end_stream());
    }
}

/// Guarantees: a body that comes fast enough comes whole, whatever time its reader takes.
#[tokio::test]
async fn other_bodies_come() {
    let mut body = Paced::new(Full::new(Bytes::from_static(b"abc")), SHORT, &Arc::default());
    let mut turns = interval(SHORT);
    for _ in 0..4 {
        poll_fn(|context| turns.poll_tick(context)).await;
    }
    assert_eq!(body.size_hint().exact(), Some(3));
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
    assert!(body.frame().await.is_none());
}
