use super::*;

/// Guarantees: partitions of any time have a larger one, an end behind their start, a folder, and
/// come back from their stored form.
#[test]
fn partitions_of_any_time() {
    for time in [Timestamp::MIN, Timestamp::from_nanos(-1), Timestamp::default(), Timestamp::MAX] {
        let mut partition = Partition::Hour(time.hour());
        let mut wider = 0;
        loop {
            assert!(partition.end() > time || partition.end() == Timestamp::MAX);
            let (kind, start) = partition.codes();
            assert_eq!(Partition::from_codes(kind, start), Some(partition));
            let folder = partition.folder();
            assert!(folder.to_str().is_some_and(|name| name.contains('-')), "{folder:?}");
            let Some(larger) = partition.larger() else { break };
            (partition, wider) = (larger, wider + 1);
        }
        assert_eq!(wider, 2);
    }
    assert_eq!(Partition::Wide.end(), Timestamp::MAX);
    assert_eq!(Partition::Hour(Timestamp::MIN.hour()).folder(), PathBuf::from("1677-09-21/00"));
    assert_eq!(Partition::Day(0).folder(), PathBuf::from("1970-01-01"));
}
