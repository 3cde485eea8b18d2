//! Content encodings of request bodies.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Error, Result};

/// The gzip level of most exporters, and the one that the 78 bytes a span are measured at.
const GZIP_LEVEL: u32 = 6;
/// The zstd level of the OpenTelemetry Collector.
const ZSTD_LEVEL: i32 = 3;

/// How request bodies are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// gzip, level 6.
    Gzip,
    /// zstd, level 3.
    Zstd,
}

impl Encoding {
    /// The encoding that HTTP calls `name`.
    ///
    /// # Errors
    /// `Invalid` if there is no such encoding here.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "identity" => Ok(Self::Identity),
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(Error::invalid(format!("no encoding {name:?}: identity, gzip or zstd"))),
        }
    }

    /// The value of the `content-encoding` header; none for identity.
    pub fn header(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    /// The compressed form of `body`.
    pub fn encode(self, body: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Identity => body,
            Self::Gzip => {
                let out = Vec::with_capacity(body.len() / 4);
                let mut encoder = GzEncoder::new(out, Compression::new(GZIP_LEVEL));
                encoder.write_all(&body).expect("writing to memory does not fail");
                encoder.finish().expect("writing to memory does not fail")
            }
            Self::Zstd => zstd::bulk::compress(&body, ZSTD_LEVEL)
                .expect("compressing in memory does not fail"),
        }
    }
}
