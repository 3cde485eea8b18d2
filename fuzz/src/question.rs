//! Questions in the form of Honeycomb's query specifications: any JSON.

use honeycomb::language::{Asked, read_question, read_rows};
use model::{EnvironmentId, Timestamp};
use serde_json::Value;

pub(crate) fn read(data: &[u8]) {
    let Ok(specification) = serde_json::from_slice::<Value>(data) else { return };
    let asked = Asked {
        environment: EnvironmentId(1),
        datasets: None,
        now: Timestamp::from_nanos(1_700_000_000_000_000_000),
    };
    for disable_series in [false, true] {
        if let Ok(question) = read_question(&specification, &asked, disable_series) {
            assert_eq!(question.breakdowns.len(), question.query.groups.len());
            assert_eq!(question.calculations.len(), question.query.aggregates.len());
            assert!(question.query.limit >= 1, "a limit of nothing");
        }
    }
    let next = specification.get("next").and_then(Value::as_str);
    drop(read_rows(&specification, &asked, next));
}
