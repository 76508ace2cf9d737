//! Regular expressions.
//!
//! Owns: their limits, smart case, and the literals without which one cannot match. Invariant: time is linear in the
//! text, memory bounded: a pattern that would take more is refused.

use super::case::Case;
use super::index::{Forms, Need};
use super::sieve::Sieve;
use alloc::string::{String, ToString};
use core::ops::Range;
use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, ClassSetItem, LiteralKind};
use regex_syntax::hir::{Hir, HirKind};

/// Bytes that a compiled pattern takes at most.
const MAX_COMPILED: usize = 10 << 20;
/// Levels of nesting.
const MAX_DEPTH: u32 = 100;

/// A regular expression.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
}

impl Pattern {
    /// The pattern, and what its matches hold.
    pub(super) fn new(text: &str, case: Case) -> Result<(Self, Sieve, Need), String> {
        let ast = ast::parse::ParserBuilder::new().nest_limit(MAX_DEPTH).build().parse(text);
        let ast = ast.map_err(|error| error.kind().to_string())?;
        let sensitive = case.is_sensitive(|| has_capitals(&ast));
        let regex = RegexBuilder::new(text)
            .case_insensitive(!sensitive)
            .multi_line(true)
            .size_limit(MAX_COMPILED)
            .nest_limit(MAX_DEPTH)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "it becomes too large when it is compiled".to_string(),
                other => other.to_string(),
            })?;
        // Literals in any case are classes of letters: they are seen where case counts, and hold in any.
        let hir = regex_syntax::ParserBuilder::new().multi_line(true).nest_limit(MAX_DEPTH).build().parse(text).ok();
        let longest = hir.as_ref().and_then(longest).and_then(|literal| core::str::from_utf8(literal).ok());
        let sieve = longest.map_or_else(Sieve::everything, |literal| Sieve::of(literal, sensitive));
        let forms = if sensitive { Forms::Exact } else { Forms::AnyCasePattern };
        let need = hir.as_ref().map_or(Need::Nothing, |hir| needed(hir, forms));
        Ok((Self { regex }, sieve, need))
    }

    pub(super) fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        (from <= text.len()).then(|| self.regex.find_at(text, from)).flatten().map(|found| found.range())
    }
}

/// What a block needs for a match.
fn needed(hir: &Hir, forms: Forms) -> Need {
    match hir.kind() {
        HirKind::Literal(literal) => {
            core::str::from_utf8(&literal.0).map_or(Need::Nothing, |text| Need::of(text, forms))
        }
        HirKind::Concat(parts) => Need::all(parts.iter().map(|part| needed(part, forms))),
        HirKind::Alternation(parts) => Need::one(parts.iter().map(|part| needed(part, forms))),
        HirKind::Capture(capture) => needed(&capture.sub, forms),
        HirKind::Repetition(repeated) if repeated.min > 0 => needed(&repeated.sub, forms),
        _ => Need::Nothing,
    }
}

/// The longest literal that stands in every match, if there is one to be seen.
fn longest(hir: &Hir) -> Option<&[u8]> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Concat(parts) => parts.iter().filter_map(longest).max_by_key(|literal| literal.len()),
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Repetition(repeated) if repeated.min > 0 => longest(&repeated.sub),
        _ => None,
    }
}

/// True if the pattern names a capital letter; the names of classes are none.
fn has_capitals(ast: &Ast) -> bool {
    struct Capitals(bool);

    impl Capitals {
        fn see(&mut self, literal: &ast::Literal) {
            self.0 |= matches!(literal.kind, LiteralKind::Verbatim) && literal.c.is_uppercase();
        }
    }

    impl ast::Visitor for Capitals {
        type Output = bool;
        type Err = core::convert::Infallible;

        fn finish(self) -> Result<bool, Self::Err> {
            Ok(self.0)
        }

        fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
            if let Ast::Literal(literal) = ast {
                self.see(literal);
            }
            Ok(())
        }

        fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
            match item {
                ClassSetItem::Literal(literal) => self.see(literal),
                ClassSetItem::Range(range) => {
                    self.see(&range.start);
                    self.see(&range.end);
                }
                _ => {}
            }
            Ok(())
        }
    }

    match ast::visit(ast, Capitals(false)) {
        Ok(found) => found,
        Err(never) => match never {},
    }
}
