use super::*;
use crate::tree::planted::{places, text_file, tree};

fn of_lines(path: &str, count: usize) -> File {
    text_file(path, &vec!["x"; count])
}

fn places_of(files: Vec<File>) -> Vec<String> {
    places(&check(&Tree { files, packages: Vec::new() }))
}

/// Guarantees: one line more than a file may have is found, in each language and kind of file.
#[test]
fn long_files() {
    let at_most = [("a.rs", 500), ("b.py", 500), ("c.tsx", 500), ("tests/d.rs", 800)];
    let bounds = |more: usize| at_most.map(|(path, count)| of_lines(path, count + more)).into();
    assert!(places_of(bounds(0)).is_empty());
    assert_eq!(places_of(bounds(1)), ["a.rs:501", "b.py:501", "c.tsx:501", "tests/d.rs:801"]);
}

/// Guarantees: tests inside a file do not count as its code, and still have a bound.
#[test]
fn tests_inside() {
    let with_tests = |count: usize| {
        let mut lines = vec!["x"; 499];
        lines.extend(["#[cfg(test)]", "mod tests {"]);
        lines.extend(vec!["x"; count - lines.len()]);
        text_file("a.rs", &lines)
    };
    assert!(places_of(vec![with_tests(800)]).is_empty());
    assert_eq!(places_of(vec![with_tests(801)]), ["a.rs:801"]);
}

/// Guarantees: columns are characters, and 101 of them are found.
#[test]
fn wide_lines() {
    let (fits, wide) = ("ü".repeat(100), "ü".repeat(101));
    let planted = tree(&[("a.rs", &[&fits, &wide]), ("b.yml", &[&wide])]);
    assert_eq!(places(&check(&planted)), ["a.rs:2", "b.yml:1"]);
}

/// Guarantees: what cannot be broken or is not ours may be wide.
#[test]
fn wide_by_nature() {
    let wide = "x".repeat(101);
    let (row, link) = (format!("| {wide} |"), format!("[x](https://{wide})"));
    let (entry, comment) = (format!("x = \"{wide}\""), format!("# {wide}"));
    let planted = tree(&[
        ("a.md", &[&row, &link, &wide]),
        ("b.toml", &[&entry, &comment]),
        ("captures/c.py", &[&wide]),
        ("d.lock", &[&wide]),
    ]);
    assert_eq!(places(&check(&planted)), ["a.md:3", "b.toml:2"]);
}
