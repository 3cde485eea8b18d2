//! The messages of `grpc.health.v1.Health`.

use model::{Error, Result};

use crate::wire::{Message, Writer};

/// The path of the method that asks once.
pub const CHECK: &str = "/grpc.health.v1.Health/Check";
/// The path of the method that is told of every change.
pub const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// How a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It does everything.
    Serving = 1,
    /// It refuses what it is sent, for now.
    NotServing = 2,
    /// There is no such service.
    Unknown = 3,
}

impl Health {
    /// The message that says so.
    pub fn message(self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.varint(1, self as u64);
        writer.into_bytes()
    }
}

/// The service that a request asks about; empty for the server as a whole.
pub fn service(request: &[u8]) -> Result<String> {
    let mut service = String::new();
    let mut fields = Message::new(request).fields();
    while let Some((number, field)) = fields.next().map_err(Error::from)? {
        if number == 1 {
            let name = field.bytes("service", &fields).map_err(Error::from)?;
            let name = name.text().ok_or_else(|| Error::invalid("service is not UTF-8"))?;
            service = name.to_owned();
        }
    }
    Ok(service)
}
