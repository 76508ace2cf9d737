//! What an edit of a file changes, line by line.
//!
//! Owns: which arguments of a call are an edit: the names that agents use for the text before and behind it.
//! Invariant: all lines of both texts are there, in order. Texts that are too long to compare give no diff.

use super::json::{Object, elements};
use super::model::Text;
use similar::{ChangeTag, TextDiff};

/// Names of the texts before and behind an edit.
const PAIRS: [[&str; 2]; 4] =
    [["oldText", "newText"], ["old_string", "new_string"], ["old_str", "new_str"], ["oldString", "newString"]];
/// The argument that holds several edits.
const SEVERAL: &str = "edits";
/// Lines of both texts that are compared at most: the time grows with their product.
const MOST_LINES: usize = 4000;

/// The lines of an edit: how each is marked, `+`, `-` or a blank, and its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    pub(crate) lines: Vec<(char, String)>,
}

impl Diff {
    fn of(old: &str, new: &str) -> Option<Self> {
        if old.lines().count() + new.lines().count() > MOST_LINES {
            return None;
        }
        let diff = TextDiff::from_lines(old, new);
        let line = |change: similar::Change<&str>| {
            let mark = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            (mark, change.value().trim_end_matches(['\n', '\r']).to_string())
        };
        Some(Self { lines: diff.iter_all_changes().map(line).collect() })
    }

    /// How many lines are added and removed: `+12 −9`.
    pub(crate) fn size(&self) -> String {
        let marked = |mark| self.lines.iter().filter(|(its, _)| *its == mark).count();
        format!("+{} −{}", marked('+'), marked('-'))
    }

    /// The lines as a text.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|(mark, line)| format!("{mark}{line}\n")).collect()
    }
}

/// The edits that a call makes, and the arguments that say something else.
pub(crate) fn edits<'c, 'a>(arguments: &'c [(Text<'a>, Text<'a>)]) -> (Vec<Diff>, Vec<&'c (Text<'a>, Text<'a>)>) {
    let value = |name: &str| arguments.iter().find(|(its, _)| its == name).map(|(_, value)| &**value);
    let pair = PAIRS.into_iter().find_map(|names| Some((names, value(names[0])?, value(names[1])?)));
    let (diffs, taken) = match (pair, value(SEVERAL)) {
        (Some((names, old, new)), _) => (Diff::of(old, new).map(|diff| vec![diff]), names.to_vec()),
        (None, Some(several)) => (all_of(several), vec![SEVERAL]),
        (None, None) => (None, Vec::new()),
    };
    match diffs {
        Some(diffs) => (diffs, arguments.iter().filter(|(name, _)| !taken.contains(&&**name)).collect()),
        None => (Vec::new(), arguments.iter().collect()),
    }
}

/// The diffs of a list of edits, if each says nothing but what it changes.
fn all_of(list: &str) -> Option<Vec<Diff>> {
    let one = |edit: &[u8]| {
        let edit = Object::read(edit)?;
        let [old, new] = PAIRS.into_iter().find(|names| names.iter().all(|name| edit.text(name).is_some()))?;
        let is_all = edit.fields().all(|(name, _)| name == old || name == new);
        if is_all { Diff::of(&edit.text(old)?, &edit.text(new)?) } else { None }
    };
    let diffs: Vec<Diff> = elements(list.as_bytes()).into_iter().map(one).collect::<Option<_>>()?;
    (!diffs.is_empty()).then_some(diffs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(arguments: &[(&str, &str)]) -> (Vec<String>, usize) {
        let arguments: Vec<(Text<'_>, Text<'_>)> =
            arguments.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let (diffs, rest) = edits(&arguments);
        (diffs.iter().map(|diff| format!("{} {}", diff.size(), diff.text())).collect(), rest.len())
    }

    #[test]
    fn an_edit_is_told_by_its_arguments() {
        let diff = "+1 −1  a\n-b\n+c\n";
        assert_eq!(edited(&[("path", "x"), ("oldText", "a\nb\n"), ("newText", "a\nc")]), (vec![diff.into()], 1));
        let several = r#"[{"old_string":"a\nb","new_string":"a\nc"},{"old_string":"d","new_string":""}]"#;
        assert_eq!(edited(&[("edits", several)]), (vec![diff.into(), "+0 −1 -d\n".into()], 0));
    }

    #[test]
    fn what_says_more_or_is_no_edit_stays_as_it_is() {
        let several = r#"[{"oldText":"a","newText":"b","line":3}]"#;
        for arguments in [&[("edits", several)][..], &[("oldText", "a")], &[("edits", "[]")], &[]] {
            assert_eq!(edited(arguments), (Vec::new(), arguments.len()));
        }
        let long = "x\n".repeat(MOST_LINES);
        assert_eq!(edited(&[("oldText", &long), ("newText", "b")]), (Vec::new(), 2));
    }
}
