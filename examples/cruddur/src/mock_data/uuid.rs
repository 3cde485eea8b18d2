//! Ids for what a client creates.

/// A random UUID of version 4 in its usual spelling.
pub(crate) fn new_uuid() -> String {
    let random = || getrandom::u64().expect("the operating system gives random numbers");
    let (high, low) = (random(), random());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        // The two highest bits `10` say that the layout is that of RFC 9562.
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff,
    )
}
