//! Reads a specification: the fenced blocks of a Markdown file, each with the line it begins at.
//!
//! An `http` block that begins with `HTTP/` is what is expected of the request before it, any other
//! is a request; `http eventually` repeats that request until the answer fits. A `console` block is
//! a command after `$ `, and what it prints. Everything else is prose.

use std::fmt;

/// A specification.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// What is done, in order.
    pub(crate) steps: Vec<Step>,
}

/// One thing to do and what is expected of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A request and its answer.
    Exchange { request: Block, response: Block, eventually: bool },
    /// A command of `trackway` and what it prints.
    Command { arguments: Block, output: Block },
}

/// Lines of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The line of the file that its first line is, from 1.
    pub(crate) line: usize,
    /// Its text, without a line break at the end.
    pub(crate) text: String,
}

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The line.
    pub(crate) line: usize,
    /// Why.
    pub(crate) why: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.why)
    }
}

/// Reads a file's text.
pub(crate) fn read(text: &str) -> Result<Spec, Malformed> {
    let mut steps = Vec::new();
    let mut asked: Option<Block> = None;
    for (info, block) in fences(text)? {
        let is_answer = block.text.starts_with("HTTP/");
        match (info, asked.take()) {
            ("http" | "http eventually", Some(request)) if is_answer => {
                let eventually = info.ends_with("eventually");
                steps.push(Step::Exchange { request, response: block, eventually });
            }
            ("http", None) if !is_answer => asked = Some(block),
            ("console", None) => steps.push(command(block)?),
            (_, Some(request)) => {
                return Err(Malformed { line: request.line, why: "a request without an answer" });
            }
            ("http" | "http eventually", None) => {
                return Err(Malformed { line: block.line, why: "an answer without a request" });
            }
            _ => {}
        }
    }
    match asked {
        Some(request) => Err(Malformed { line: request.line, why: "a request without an answer" }),
        None if steps.is_empty() => Err(Malformed { line: 1, why: "nothing to check" }),
        None => Ok(Spec { steps }),
    }
}

/// The fenced blocks with what stands behind their opening fence.
fn fences(text: &str) -> Result<Vec<(&str, Block)>, Malformed> {
    let mut found = Vec::new();
    let mut open: Option<(&str, Block)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => found.extend(open.take()),
            (_, Some((_, block))) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (Some(info), None) => {
                open = Some((info.trim(), Block { line: number + 1, text: String::new() }));
            }
            (None, None) => {}
        }
    }
    for (_, block) in &mut found {
        block.text.truncate(block.text.trim_end_matches('\n').len());
    }
    match open {
        Some((_, block)) => Err(Malformed { line: block.line - 1, why: "a fence without an end" }),
        None => Ok(found),
    }
}

fn command(block: Block) -> Result<Step, Malformed> {
    let Block { line, text } = block;
    let (first, output) = text.split_once('\n').unwrap_or((&text, ""));
    let Some(arguments) = first.strip_prefix("$ trackway ") else {
        return Err(Malformed { line, why: "a command begins with `$ trackway `" });
    };
    let arguments = Block { line, text: arguments.to_owned() };
    Ok(Step::Command { arguments, output: Block { line: line + 1, text: output.to_owned() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(line: usize, text: &str) -> Block {
        Block { line, text: text.to_owned() }
    }

    /// Guarantees: requests and commands are found with their lines, other blocks are prose.
    #[test]
    fn blocks_are_found() {
        let text = "# Title\n\n```http\nGET /a\n```\ntext\n```sh\nls\n```\n\n\
                    ```console\n$ trackway key list\nnone\n```\n";
        let wrong = read(text).unwrap_err();
        assert_eq!(wrong, Malformed { line: 4, why: "a request without an answer" });
        let text = text.replace("text\n```sh\nls", "so\n```http eventually\nHTTP/1.1 200 OK");
        let request = block(4, "GET /a");
        let response = block(8, "HTTP/1.1 200 OK");
        let arguments = block(12, "key list");
        let wanted = vec![
            Step::Exchange { request, response, eventually: true },
            Step::Command { arguments, output: block(13, "none") },
        ];
        assert_eq!(read(&text).unwrap().steps, wanted);
    }

    /// Guarantees: a file in which something would silently not be checked is refused by its line.
    #[test]
    fn slips_are_refused() {
        for (text, line) in [
            ("just prose", 1),
            ("```http\nGET /a\n```", 2),
            ("```http\nHTTP/1.1 200 OK\n```", 2),
            ("```http\nGET /a\n```\n```http\nGET /b\n```", 2),
            ("\n```http\nGET /a", 2),
            ("```console\n$ ls\n```", 2),
        ] {
            assert_eq!(read(text).unwrap_err().line, line, "{text}");
        }
    }
}
