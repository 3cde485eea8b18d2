//! Who makes the requests: users by a Zipf law.
//!
//! A few users make many requests and many make one, as in every real service. That is what makes
//! "top users" and "distinct users" hard questions: half a million traces meet about 81,000 users.

use super::digits;
use super::draw::Draw;

/// How many users there are.
pub const USERS: u32 = 200_000;

/// Turns a rank into a number that does not tell the rank; prime to [`USERS`].
const SHUFFLE: u64 = 127_331;

/// The user base: the user of rank `r` makes a share of the requests proportional to `1 / r`.
#[derive(Debug)]
pub(super) struct Users {
    /// Share of the requests made by the users up to each rank.
    cumulative: Vec<f64>,
}

impl Users {
    pub(super) fn new() -> Self {
        let total: f64 = (1..=USERS).map(|rank| 1.0 / f64::from(rank)).sum();
        let mut sum = 0.0;
        let share = |rank: u32| {
            sum += 1.0 / (f64::from(rank) * total);
            sum
        };
        Self { cumulative: (1..=USERS).map(share).collect() }
    }

    /// The rank of a drawn user, counted from 0.
    pub(super) fn draw(&self, draw: &mut Draw) -> u32 {
        let point = draw.fraction();
        let rank = self.cumulative.partition_point(|&share| share <= point) as u32;
        rank.min(USERS - 1)
    }
}

/// The id of the user of `rank`, as spans carry it: `user-` and six digits.
pub(super) fn user_id(rank: u32) -> [u8; 11] {
    let number = u64::from(rank) * SHUFFLE % u64::from(USERS);
    let mut id = *b"user-000000";
    digits::write_decimal(&mut id[5..], number);
    id
}
