use super::*;

/// Guarantees: a thousand findings fit on a screen: how many of each kind, which, and one in words.
#[test]
fn summaries() {
    let lost = |id| Finding::Lost { id, story: "acknowledged".to_owned() };
    let mut findings: Vec<_> = (0..1_000).map(lost).collect();
    findings.insert(3, Finding::Miscounted { what: "COUNT was 3".to_owned() });
    let listed = (0..20).map(|id| id.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(
        summary(&findings),
        format!(
            "1000 lost: {listed} …\n  event 0 is lost: acknowledged\n\
             1 miscounted\n  COUNT was 3\n"
        )
    );
}
