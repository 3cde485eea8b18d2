use super::{Options, options};

fn parse(line: &str) -> Result<Options, String> {
    options(line.split_whitespace().map(str::to_owned))
}

/// Guarantees: without arguments the server listens where clients expect it, and the data go.
#[test]
fn defaults() {
    let expected = Options {
        data: None,
        listen: "127.0.0.1:4400".to_owned(),
        otlp_http: "127.0.0.1:4318".to_owned(),
        otlp_grpc: "127.0.0.1:4317".to_owned(),
        once: false,
    };
    assert_eq!(parse(""), Ok(expected));
}

/// Guarantees: every flag is taken, and what is none is refused.
#[test]
fn flags() {
    let expected = Options {
        data: Some("kept".into()),
        listen: "h:1".to_owned(),
        otlp_http: "h:2".to_owned(),
        otlp_grpc: "h:3".to_owned(),
        once: true,
    };
    let line = "--once --data kept --listen h:1 --otlp-http h:2 --otlp-grpc h:3";
    assert_eq!(parse(line), Ok(expected));
    assert!(parse("--data").unwrap_err().starts_with("--data needs a value"));
    assert!(parse("--forever").unwrap_err().starts_with("unknown argument --forever"));
}
