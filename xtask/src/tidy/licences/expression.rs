//! SPDX licence expressions: `(MIT OR Apache-2.0) AND Unicode-3.0`.
//!
//! `WITH` binds closest, then `AND`, then `OR`. Old manifests write `/` for `OR`.

/// Whether a user may follow the expression with the allowed licences alone; a licence with an
/// exception is asked for whole, as in `Apache-2.0 WITH LLVM-exception`. None if it is malformed.
pub(super) fn is_met(expression: &str, is_allowed: impl Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut tokens = Tokens { rest: spaced.split_whitespace().collect(), is_allowed };
    tokens.rest.reverse();
    let met = tokens.any()?;
    tokens.rest.is_empty().then_some(met)
}

/// What is still to be read, the next token last.
struct Tokens<'a, F> {
    rest: Vec<&'a str>,
    is_allowed: F,
}

impl<'a, F: Fn(&str) -> bool> Tokens<'a, F> {
    fn any(&mut self) -> Option<bool> {
        let mut met = self.all()?;
        while self.take("OR") {
            met |= self.all()?;
        }
        Some(met)
    }

    fn all(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let licence = self.name()?;
        if !self.take("WITH") {
            return Some((self.is_allowed)(licence));
        }
        let exception = self.name()?;
        Some((self.is_allowed)(&format!("{licence} WITH {exception}")))
    }

    fn name(&mut self) -> Option<&'a str> {
        self.rest.pop().filter(|token| !["AND", "OR", "WITH", "(", ")"].contains(token))
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.rest.last() == Some(&token);
        if is_next {
            self.rest.pop();
        }
        is_next
    }
}

#[cfg(test)]
mod tests;
