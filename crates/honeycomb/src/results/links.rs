//! Addresses of a result: of itself, and for people to look at it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::problem::Base;

/// What stands for the team in addresses: here everybody is of one.
const TEAM: &str = "trackway";

/// Where a client finds a result.
pub(crate) fn location(base: &Base, dataset: &str, id: &str) -> String {
    format!("{}/1/query_results/{}/{id}", base.0, encoded(dataset))
}

/// Where people find it, in the form of Honeycomb's own addresses.
pub(crate) fn links(base: &Base, dataset: &str, id: &str) -> Value {
    let url = format!("{}/{TEAM}/datasets/{}/result/{id}", base.0, encoded(dataset));
    json!({ "query_url": url, "graph_image_url": format!("{url}/snapshot") })
}

/// A name as a part of a path.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => write!(text, "%{byte:02X}").expect("a string takes all that is written"),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: an address is one whatever the dataset is called.
    #[test]
    fn addresses() {
        let base = Base("http://t".to_owned());
        assert_eq!(
            location(&base, "döner shop", "x"),
            "http://t/1/query_results/d%C3%B6ner%20shop/x"
        );
        let links = links(&base, "__all__", "x");
        assert_eq!(links["query_url"], "http://t/trackway/datasets/__all__/result/x");
        assert_eq!(
            links["graph_image_url"],
            "http://t/trackway/datasets/__all__/result/x/snapshot"
        );
    }
}
