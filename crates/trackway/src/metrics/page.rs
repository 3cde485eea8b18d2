//! A page of numbers in Prometheus's text format, version 0.0.4.

use std::fmt::Write as _;

/// What every name begins with.
const PREFIX: &str = "trackway_";

/// A page that grows.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// A number that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "gauge", help);
        self.line(format_args!("{PREFIX}{name} {value}"));
    }

    /// A number that only grows.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.line(format_args!("{PREFIX}{name} {value}"));
    }

    /// Numbers that only grow, told apart by labels. What has not come up has no line.
    pub(super) fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [&str; N],
        counts: impl IntoIterator<Item = ([&'static str; N], u64)>,
    ) {
        self.family(name, "counter", help);
        for (values, count) in counts {
            let pairs = labels.iter().zip(values).map(|(label, value)| {
                let value = value.replace('\\', r"\\").replace('"', r#"\""#);
                format!("{label}=\"{}\"", value.replace('\n', r"\n"))
            });
            let pairs = pairs.collect::<Vec<_>>().join(",");
            self.line(format_args!("{PREFIX}{name}{{{pairs}}} {count}"));
        }
    }

    /// The whole page.
    pub(super) fn text(self) -> String {
        self.0
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {PREFIX}{name} {help}"));
        self.line(format_args!("# TYPE {PREFIX}{name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("text takes text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: a family has its help and type before its lines, and labels are escaped.
    #[test]
    fn families_are_written() {
        let mut page = Page::default();
        page.gauge("segments", "Live segments.", 3);
        let counts = [(["a", "too \"large\""], 2), (["a", "b\\c"], 1)];
        page.counters("refused_total", "Refused.", ["door", "reason"], counts);
        let expected = r#"# HELP trackway_segments Live segments.
# TYPE trackway_segments gauge
trackway_segments 3
# HELP trackway_refused_total Refused.
# TYPE trackway_refused_total counter
trackway_refused_total{door="a",reason="too \"large\""} 2
trackway_refused_total{door="a",reason="b\\c"} 1
"#;
        assert_eq!(page.text(), expected);
    }
}
