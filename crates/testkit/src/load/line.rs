//! A connection over which requests go, in the protocol of their shape.

use model::Result;

use super::encoding::Encoding;
use super::http::{self, Answer, Target};
use super::sender::Job;
use super::shape::Shape;
use crate::grpc;

/// A connection that is kept between requests.
#[derive(Debug)]
pub(super) enum Line {
    /// HTTP/1.1.
    Http(http::Connection),
    /// gRPC.
    Grpc(grpc::Connection),
}

impl Line {
    /// Connects to `target` for requests of a shape.
    pub(super) fn open(target: &Target, shape: Shape) -> Result<Self> {
        if shape != Shape::Calls {
            return http::Connection::open(target).map(Self::Http);
        }
        let connection = grpc::Connection::open(target.address()).map_err(http::broken)?;
        Ok(Self::Grpc(connection))
    }

    /// Sends a request and waits for its answer. A call's is told as HTTP would.
    pub(super) fn post(
        &mut self,
        target: &Target,
        job: &Job,
        encoding: Encoding,
    ) -> Result<Answer> {
        match self {
            Self::Http(connection) => {
                let head = target.head(&job.path, &job.headers, encoding, job.body.len());
                connection.post(head.as_bytes(), &job.body)
            }
            Self::Grpc(connection) => {
                let answer = connection.call(&job.path, encoding.header(), &job.body);
                let answer = answer.map_err(http::broken)?;
                let status = answer.http_status();
                Ok(Answer { status, retry_after: None, closes: false, body: answer.words.into() })
            }
        }
    }
}
