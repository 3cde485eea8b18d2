use std::path::Path;

use super::*;
use crate::disk::{Disk as _, LocalDisk};

fn id(n: u64) -> TraceId {
    let mut bytes = [0xab; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    TraceId::new(bytes)
}

fn open(bytes: &[u8]) -> (tempfile::TempDir, Result<TraceIndex>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = LocalDisk::new(folder.path()).unwrap();
    let file = disk.create(Path::new("i.tix")).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    (folder, TraceIndex::open(file))
}

/// Guarantees: every trace is found with all its row groups and blocks, absent ones are not,
/// however many traces there are.
#[test]
fn finds_traces() {
    for traces in [0u64, 1, 2, 300, 20_000] {
        let mut builder = TraceIndexBuilder::default();
        for n in 0..traces {
            builder.add(id(n), 0, (n % 131_072) as usize);
            builder.add(id(n), 3, 131_071);
            builder.add(id(n), 3, 0);
        }
        let (_folder, index) = open(&builder.finish(5));
        let index = index.unwrap();
        for n in (0..traces).step_by(1 + traces as usize / 997) {
            let mut found = index.find(id(n)).unwrap();
            found.sort_by_key(|rows| rows.group);
            let block = 1 << (n % 131_072 / 4_096);
            let expected = [
                TraceRows { group: 0, blocks: block },
                TraceRows { group: 3, blocks: 1 << 31 | 1 },
            ];
            assert_eq!(found, expected, "trace {n} of {traces}");
        }
        assert_eq!(index.find(id(traces + 7)).unwrap(), []);
        assert_eq!(index.read_all().unwrap().len() as u64, traces * 2);
        assert_eq!(index.file_crc(), 5);
    }
}

/// Guarantees: a damaged index says so instead of giving a wrong answer.
#[test]
fn damage() {
    let mut builder = TraceIndexBuilder::default();
    (0..100).for_each(|n| builder.add(id(n), 0, 0));
    let bytes = builder.finish(5);
    let mut flipped = bytes.clone();
    flipped[200] ^= 1;
    assert!(open(&flipped).1.unwrap().read_all().is_err());
    for byte in 8..16 {
        flipped.clone_from(&bytes);
        flipped[byte] ^= 0xff;
        assert!(open(&flipped).1.is_err());
    }
    assert!(open(&bytes[..bytes.len() - 1]).1.is_err());
    assert!(open(&bytes[..10]).1.is_err());
}
