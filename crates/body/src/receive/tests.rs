use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Full;

use super::*;
use crate::inflate::RATIO_FREE_BYTES;

const SMALL: Limits = Limits { body_bytes: 8 << 20, patience: Duration::from_millis(20) };

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn take(body: Vec<u8>, encoding: Encoding, budget: &Budget) -> Result<Received> {
    receive(Full::new(Bytes::from(body)), encoding, SMALL, budget).await
}

fn varied(length: usize) -> Vec<u8> {
    (0..length as u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .take(length)
        .collect()
}

/// Guarantees: bodies come out as they went in, in every encoding, and memory is given back.
#[tokio::test]
async fn reads_every_encoding() {
    let budget = Budget::new(64 << 20);
    for length in [0, 1, 70_000, 3_000_000] {
        let plain = varied(length);
        let zstd = zstd::bulk::compress(&plain, 3).unwrap();
        let two = [gzip(&plain[..length / 2]), gzip(&plain[length / 2..])].concat();
        for (body, encoding) in [
            (plain.clone(), Encoding::Identity),
            (gzip(&plain), Encoding::Gzip),
            (two, Encoding::Gzip),
            (zstd, Encoding::Zstd),
        ] {
            let received = take(body.clone(), encoding, &budget).await.unwrap();
            assert_eq!(received.plain, plain, "{encoding:?} {length}");
            assert_eq!(received.raw, body);
            assert!(received.plain_lease.bytes() <= length.next_multiple_of(1_024));
        }
        assert_eq!(budget.used(), 0);
    }
}

/// Guarantees: a bomb is refused while it holds no more than its free megabyte.
#[tokio::test]
async fn refuses_bombs() {
    let zeros = vec![0; 200 << 20];
    for (bomb, encoding) in
        [(gzip(&zeros), Encoding::Gzip), (zstd::bulk::compress(&zeros, 3).unwrap(), Encoding::Zstd)]
    {
        // The budget leaves room for the compressed body and two free megabytes: if the bomb took
        // more, it would be throttled instead of named.
        let budget = Budget::new(bomb.len() + 2 * RATIO_FREE_BYTES + (64 << 10));
        let error = take(bomb, encoding, &budget).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(error.to_string().contains("256 times"), "{error}");
        assert_eq!(budget.used(), 0);
    }
}

/// Guarantees: a body beyond the limit is refused as such, announced or not, compressed or not.
#[tokio::test]
async fn refuses_large_bodies() {
    let budget = Budget::new(64 << 20);
    let large = varied((8 << 20) + 1);
    for (body, encoding) in [(large.clone(), Encoding::Identity), (gzip(&large), Encoding::Gzip)] {
        let error = take(body, encoding, &budget).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    }
}

/// Guarantees: when memory is short a body is asked to come again, and holds nothing; one that is
/// larger than all memory is told so.
#[tokio::test]
async fn throttles() {
    let budget = Budget::new(4 << 20);
    let others = budget.reserve(3 << 20, Limits::default().patience).await.unwrap();
    let error = take(varied(2 << 20), Encoding::Identity, &budget).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Throttled { .. }), "{error}");
    drop(others);
    assert_eq!(budget.used(), 0);
    let error = take(varied(5 << 20), Encoding::Identity, &budget).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
    assert_eq!(budget.used(), 0);
}

/// Guarantees: a body of many small streams reserves what comes out of them and no more.
#[tokio::test]
async fn many_streams() {
    let budget = Budget::new(1 << 20);
    let streams = gzip(b"x").repeat(200);
    let received = take(streams, Encoding::Gzip, &budget).await.unwrap();
    assert_eq!(received.plain, vec![b'x'; 200]);
}

/// Guarantees: damaged or cut compressed bodies are the client's fault, and say so.
#[tokio::test]
async fn refuses_damage() {
    let budget = Budget::new(64 << 20);
    let whole = gzip(&varied(100_000));
    let zstd = zstd::bulk::compress(&varied(100_000), 3).unwrap();
    for (body, encoding) in [
        (whole[..whole.len() / 2].to_vec(), Encoding::Gzip),
        (b"not gzip at all".to_vec(), Encoding::Gzip),
        (zstd[..zstd.len() / 2].to_vec(), Encoding::Zstd),
        (b"not zstd at all".to_vec(), Encoding::Zstd),
    ] {
        let error = take(body, encoding, &budget).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
}
