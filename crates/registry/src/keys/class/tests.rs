use super::*;

/// Guarantees: both forms of classic keys are known, with every region's letter.
#[test]
fn classic_keys() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl";
    for key in [
        "c1a551c000d68f9ed1e96432ac1a3380".to_owned(),
        "0".repeat(32),
        format!("hcaic_{secret}"),
        format!("hcxic_{secret}"),
        format!("hczic_{secret}"),
    ] {
        assert_eq!(KeyClass::of(&key), KeyClass::Classic, "{key}");
    }
}

/// Guarantees: what differs from a classic key in one place is an environment's key.
#[test]
fn everything_else_is_an_environment_key() {
    let secret = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl";
    for key in [
        String::new(),
        "C1A551C000D68F9ED1E96432AC1A3380".to_owned(),
        "c1a551c000d68f9ed1e96432ac1a338g".to_owned(),
        "0".repeat(31),
        "0".repeat(33),
        format!("hcaik_{secret}"),
        format!("hcAic_{secret}"),
        format!("hc1ic_{secret}"),
        format!("hcaic-{secret}"),
        format!("hcaic_{secret}0"),
        format!("hcaic_{}", secret.to_uppercase()),
        format!("xhcaic_{}", secret.trim_start_matches('0')),
        "abcdefghijklmnopqrstuv".to_owned(),
        "é".repeat(16),
    ] {
        assert_eq!(KeyClass::of(&key), KeyClass::Environment, "{key}");
    }
}
