//! Lines as CSV: a heading, commas, quotes where they are needed (RFC 4180, with a plain newline).
//!
//! A value that is missing is empty, and an empty text has quotes, so that they stay apart. Maps,
//! lists and heatmaps are JSON. Values are as they came, since a program reads them.

use serde_json::Value;

use super::answer::Lines;

/// The whole file.
pub(super) fn write(lines: &Lines) -> String {
    let mut text = String::new();
    line(&mut text, lines.headings.iter().map(|heading| quoted(heading)));
    for values in &lines.lines {
        line(&mut text, values.iter().map(cell));
    }
    text
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(&cells.join(","));
    text.push('\n');
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    let is_edged = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    if text.is_empty() || is_edged || text.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Guarantees: what would be misread has quotes, and nothing and the empty text stay apart.
    #[test]
    fn values_are_quoted() {
        let headings = ["plain", "a,b", "P99(x)"].map(str::to_owned).to_vec();
        let lines = vec![
            vec![json!("x"), json!("say \"hi\""), json!(1.5)],
            vec![json!(""), Value::Null, json!(true)],
            vec![json!("two\nlines"), json!(" edge"), json!({"buckets": [[1, 2, 3]]})],
        ];
        let expected = "plain,\"a,b\",P99(x)\n\
            x,\"say \"\"hi\"\"\",1.5\n\
            \"\",,true\n\
            \"two\nlines\",\" edge\",\"{\"\"buckets\"\":[[1,2,3]]}\"\n";
        assert_eq!(write(&Lines { headings, lines }), expected);
    }
}
