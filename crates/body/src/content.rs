//! What a request's headers say of its body.

use model::{Error, Result};

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
}

impl Encoding {
    /// Reads a `Content-Encoding` header; none means not compressed.
    pub fn parse(header: Option<&str>) -> Result<Self> {
        let name = header.unwrap_or_default().trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(Error::invalid(format!(
                "unsupported content encoding {name:?}: use gzip, zstd or none"
            ))),
        }
    }

    /// The number that stands for it in the log.
    pub const fn code(self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::Gzip => 1,
            Self::Zstd => 2,
        }
    }

    /// The encoding of a number.
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Identity, Self::Gzip, Self::Zstd].into_iter().find(|one| one.code() == code)
    }
}

/// What a body is, as far as doors for telemetry tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// Protocol Buffers.
    Protobuf,
    /// JSON.
    Json,
}

impl ContentType {
    /// Reads a `Content-Type` header; parameters behind a semicolon do not matter.
    pub fn parse(header: Option<&str>) -> Option<Self> {
        let name = header?.split(';').next()?.trim().to_ascii_lowercase();
        match name.as_str() {
            "application/protobuf" | "application/x-protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The number that stands for it in the log.
    pub const fn code(self) -> u8 {
        match self {
            Self::Protobuf => 0,
            Self::Json => 1,
        }
    }

    /// The content type of a number.
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Protobuf, Self::Json].into_iter().find(|one| one.code() == code)
    }
}
