//! Tests of what is seen of frames.

use super::*;

const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let head = [&length.to_be_bytes()[1..], &[kind, flags, 0, 0, 0, 1]].concat();
    [&head[..], payload].concat()
}

fn begun() -> Frames {
    let mut frames = Frames::new();
    frames.read(PREFACE).unwrap();
    frames
}

/// Guarantees: a head is open from its first frame's head to its last frame's end, however the
/// bytes come; bodies and other frames leave it as it is.
#[test]
fn heads_are_seen() {
    let open = [frame(HEADERS, 0, b"abc"), frame(CONTINUATION, 0, b"")].concat();
    let close = frame(CONTINUATION, END_HEADERS, b"defg");
    for piece in [1, 2, 5, 100] {
        let mut frames = begun();
        let read = |frames: &mut Frames, bytes: &[u8]| {
            for part in bytes.chunks(piece) {
                frames.read(part).unwrap();
            }
        };
        read(&mut frames, &frame(DATA, 0, &[0; 300]));
        read(&mut frames, &frame(PING, 0, &[0; 8]));
        assert!(!frames.is_in_head());
        read(&mut frames, &open);
        assert!(frames.is_in_head(), "{piece}");
        read(&mut frames, &close[..close.len() - 1]);
        assert!(frames.is_in_head(), "{piece}");
        read(&mut frames, &close[close.len() - 1..]);
        assert!(!frames.is_in_head(), "{piece}");
        read(&mut frames, &frame(HEADERS, END_HEADERS, b""));
        assert!(!frames.is_in_head(), "{piece}");
    }
}

/// Guarantees: frames beside requests are a flood beyond their number, resets earlier than others;
/// bodies never are, nor is what a client says of answers that it reads.
#[test]
fn floods_are_seen() {
    let flood = |kind: u8, count: u32| {
        let mut frames = begun();
        (0..count).try_for_each(|_| frames.read(&frame(kind, 0, &[0; 8])))
    };
    assert_eq!(flood(PING, SPARE_MAX), Ok(()));
    assert_eq!(flood(PING, 2 * SPARE_MAX), Err(Flood));
    assert_eq!(flood(RST_STREAM, SPARE_MAX / RESET_COST), Ok(()));
    assert_eq!(flood(RST_STREAM, 2 * SPARE_MAX / RESET_COST), Err(Flood));
    assert_eq!(flood(DATA, 10 * SPARE_MAX), Ok(()));
    assert_eq!(flood(HEADERS, 10 * SPARE_MAX), Ok(()));

    let mut frames = begun();
    for _ in 0..10 * SPARE_MAX {
        frames.wrote(100);
        frames.wrote(100);
        frames.read(&frame(WINDOW_UPDATE, 0, &[0; 4])).unwrap();
        frames.read(&frame(WINDOW_UPDATE, 0, &[0; 4])).unwrap();
    }
}
