//! A transcript as one self-contained HTML page: no script, no network.
//!
//! Owns: layout and style of the page.
//! Invariant: all text from a log passes through [`escape`]. Pictures are shown only if they are base64 of a raster
//! format. So nothing from a log becomes markup or style but what [`prose`] makes of Markdown, and no link target but
//! addresses of the web and of mail. Nothing is left out; long text is folded.

mod escape;
mod prose;

use super::diff::{Diff, edits};
use super::fences::{Part, parts};
use super::head::Head;
use super::model::{Block, Message, Text, Voice, base64_len};
use super::{Branch, BranchWriter, Writer};
use crate::output::{bytes, count, shorten, time};
use escape::{escape, fragment};
use jcode_session_core::log::time::format as rfc3339;
use prose::prose;
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");

/// Raster formats: such a picture holds only pixels.
const PICTURES: [&str; 7] =
    ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/avif", "image/bmp"];

/// Texts of tools longer than this are folded.
const FOLD_LINES: usize = 14;
const FOLD_CHARS: usize = 1600;
/// Number of visible characters of a folded text.
const PEEK: usize = 90;

/// Writes HTML.
#[derive(Debug)]
pub(crate) struct Html<W> {
    out: W,
    has_branches: bool,
}

impl<W: Write> Html<W> {
    /// Writes to `out`.
    pub(crate) const fn new(out: W) -> Self {
        Self { out, has_branches: false }
    }

    /// Writes markup of ours.
    fn tag(&mut self, markup: &str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Writes text between tags, or in an attribute value in double quotes.
    fn text(&mut self, text: &str) -> io::Result<()> {
        escape(text, &mut self.out)
    }

    fn around(&mut self, before: &str, text: &str, after: &str) -> io::Result<()> {
        self.tag(before)?;
        self.text(text)?;
        self.tag(after)
    }

    /// Writes text as it was typed; fenced parts become code.
    fn typed(&mut self, text: &str) -> io::Result<()> {
        for part in parts(text) {
            match part {
                Part::Prose(text) if text.trim().is_empty() => {}
                Part::Prose(text) => self.around("<p>", text.trim_matches(['\n', '\r']), "</p>\n")?,
                Part::Code(text) => self.pre(text)?,
            }
        }
        Ok(())
    }

    fn pre(&mut self, text: &str) -> io::Result<()> {
        // An HTML parser drops the first line feed of a `pre`.
        self.around("<pre>\n", text.trim_end_matches(['\n', '\r']), "</pre>\n")
    }

    /// Writes text of a tool.
    fn printed(&mut self, what: &str, text: &str) -> io::Result<()> {
        if !text.is_empty() {
            return self.long(what, text);
        }
        if !what.is_empty() {
            self.around("<span class=what>", what, "</span>\n")?;
        }
        self.tag("<p class=none>no output</p>\n")
    }

    /// Writes a short text as it is, and folds a long one.
    fn long(&mut self, what: &str, text: &str) -> io::Result<()> {
        if is_short(text) {
            if !what.is_empty() {
                self.around("<span class=what>", what, "</span>\n")?;
            }
            return self.pre(text);
        }
        self.folded(what, "", &size_of(text), text)
    }

    /// Writes a folded text. `what` is our word for it, `name` its name in the log.
    fn folded(&mut self, what: &str, name: &str, size: &str, text: &str) -> io::Result<()> {
        // More than is shown, because blanks are collapsed.
        let start = text.get(..text.floor_char_boundary(PEEK * 4)).unwrap_or_default();
        self.around("<details><summary><span class=what>", what, "</span> ")?;
        if !name.is_empty() {
            self.around("<b>", name, "</b> ")?;
        }
        self.around("<span class=size>", size, "</span> ")?;
        self.around("<span class=peek>", &shorten(start, PEEK), "</span></summary>\n")?;
        self.pre(text)?;
        self.tag("</details>\n")
    }

    /// Writes a block. Models write Markdown; what people type is shown as they typed it.
    fn block(&mut self, block: &Block<'_>, voice: Voice) -> io::Result<()> {
        match block {
            Block::Text(text) if matches!(voice, Voice::Assistant | Voice::Summary) => {
                self.tag("<div class=prose>\n")?;
                prose(text, &mut self.out)?;
                self.tag("</div>\n")
            }
            Block::Text(text) => self.typed(text),
            Block::Thinking(text) => {
                self.folded("thinking", "", &count(text.lines().count() as u64, "line", "lines"), text)
            }
            Block::Call { tool, arguments, outcome } => {
                self.around("<div class=call><b>", tool, "</b>\n")?;
                if let Some(outcome) = outcome {
                    self.around("<span class=what>", outcome, "</span>\n")?;
                }
                let (diffs, others) = edits(arguments);
                others.into_iter().try_for_each(|(name, value)| self.argument(name, value))?;
                diffs.iter().try_for_each(|diff| self.diff(diff))?;
                self.tag("</div>\n")
            }
            Block::Output { failed: false, text } => self.printed("", text),
            Block::Output { failed: true, text } => {
                self.tag("<div class=failed>\n")?;
                self.printed("failed", text)?;
                self.tag("</div>\n")
            }
            Block::Image { mime, data } => self.image(mime, data),
            Block::Note(text) => self.around("<p class=note>", text, "</p>\n"),
            Block::Part { what, name, text } => self.part(what, name, text),
            Block::Fields { of, fields } => {
                self.tag("<div class=call>")?;
                if !of.is_empty() {
                    self.around("<span class=of>", of, "</span>\n")?;
                }
                fields.iter().try_for_each(|(name, value)| self.argument(name, value))?;
                self.tag("</div>\n")
            }
            Block::Data { name, text } => self.folded(name, "", &bytes(text.len() as u64), text),
        }
    }

    /// Writes a named part. Short sections are not folded, because they are meant to be read; texts of tools are.
    fn part(&mut self, what: &str, name: &str, text: &str) -> io::Result<()> {
        self.tag("<div class=part>")?;
        if text.is_empty() || what == "section" && is_short(text) {
            self.around("<span class=what>", what, "</span> ")?;
            self.around("<b>", name, "</b>\n")?;
            if !text.is_empty() {
                self.pre(text)?;
            }
        } else {
            self.folded(what, name, &size_of(text), text)?;
        }
        self.tag("</div>\n")
    }

    fn diff(&mut self, diff: &Diff) -> io::Result<()> {
        self.around("<details open><summary><span class=size>", &diff.size(), "</span></summary>\n<pre class=diff>\n")?;
        for (mark, line) in &diff.lines {
            let class = match mark {
                '+' => "<span class=added>+",
                '-' => "<span class=removed>-",
                _ => "<span> ",
            };
            // Without a line feed: each is a block of its own.
            self.around(class, line, "</span>")?;
        }
        self.tag("</pre>\n</details>\n")
    }

    fn argument(&mut self, name: &str, value: &str) -> io::Result<()> {
        if value.len() <= 200 && !value.contains('\n') {
            self.around("<div class=arg><span class=what>", name, "</span> ")?;
            return self.around("<code>", value, "</code></div>\n");
        }
        self.tag("<div class=arg>")?;
        self.printed(name, value)?;
        self.tag("</div>\n")
    }

    fn image(&mut self, mime: &str, data: &str) -> io::Result<()> {
        let picture = PICTURES.into_iter().find(|picture| picture.eq_ignore_ascii_case(mime));
        let (Some(picture), Some(size)) = (picture, base64_len(data)) else {
            let what = format!("picture not shown: {}, {} of data", shorten(mime, 60), bytes(data.len() as u64));
            return self.around("<p class=note>", &what, "</p>\n");
        };
        // Both values are either from a list of ours, or hold only letters, digits, `+`, `/` and `=`.
        self.tag(&format!("<img alt=\"{picture}, {}\" src=\"data:{picture};base64,", bytes(size)))?;
        self.tag(data)?;
        self.tag("\">\n")
    }

    fn time(&mut self, at: Option<i64>) -> io::Result<()> {
        let machine = at.and_then(rfc3339).unwrap_or_default();
        self.around("<time datetime=\"", &machine, "\">")?;
        self.around("", &time(at), "</time>")
    }
}

impl<W: Write> Writer for Html<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let day = head.began.and_then(rfc3339).and_then(|began| began.get(..10).map(|day| format!(" of {day}")));
        let title = head.title.as_deref().map(|title| shorten(title, 300));
        let title = title.unwrap_or_else(|| format!("Session{}", day.unwrap_or_default()));
        self.tag(concat!(
            "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n",
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; ",
            "img-src data:\">\n<meta name=referrer content=no-referrer>\n",
            "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n",
            "<meta name=color-scheme content=\"light dark\">\n",
        ))?;
        self.around("<title>", &title, "</title>\n<style>\n")?;
        self.tag(STYLE)?;
        self.around("</style>\n</head>\n<body>\n<header>\n<h1>", &title, "</h1>\n<dl>\n")?;
        self.around("<dt>session</dt><dd><code>", &head.id, "</code></dd>\n")?;
        if let Some(cwd) = &head.cwd {
            self.around("<dt>folder</dt><dd><code>", cwd, "</code></dd>\n")?;
        }
        if let Some(parent) = &head.parent {
            self.around("<dt>forked from</dt><dd><code>", parent, "</code></dd>\n")?;
        }
        self.tag("<dt>time</dt><dd>")?;
        self.time(head.began)?;
        self.tag(" to ")?;
        self.time(head.ended)?;
        self.tag(" UTC</dd>\n")?;
        if let Some(used) = &head.used {
            self.around("<dt>used</dt><dd>", used, "</dd>\n")?;
        }
        self.around("<dt>shown</dt><dd>", &head.entries, "</dd>\n</dl>\n</header>\n<main>\n")
    }

    fn message(&mut self, message: &Message<'_>, label: Option<&str>) -> io::Result<()> {
        let voice = message.voice.name();
        let element = if message.voice == Voice::Change { "div" } else { "article" };
        self.tag(&format!("<{element} class={voice}"))?;
        if message.id.is_empty() {
            self.tag(">\n<div class=head>")?;
        } else {
            self.around(" id=\"", &message.id, "\">\n<div class=head>")?;
        }
        self.around("<span class=name>", message.title(), "</span> ")?;
        if let Some(detail) = message.detail.as_deref().filter(|detail: &&str| !detail.is_empty()) {
            self.around("<span class=detail>", detail, "</span> ")?;
        }
        if let Some(label) = label {
            self.around("<span class=label>", label, "</span> ")?;
        }
        // The notes of a change stand on the line of its name.
        let on_line = |block: &&Block<'_>| message.voice == Voice::Change && matches!(block, Block::Note(_));
        message.blocks.iter().filter(on_line).try_for_each(|block| self.block(block, message.voice))?;
        let link: Text<'_> = fragment(&message.id).into();
        self.around("<a href=\"#", &link, "\">")?;
        self.time(message.at)?;
        self.tag("</a></div>\n")?;
        message.blocks.iter().filter(|block| !on_line(block)).try_for_each(|block| self.block(block, message.voice))?;
        self.tag(&format!("</{element}>\n"))
    }

    fn with_branches(&mut self) -> Option<&mut dyn BranchWriter> {
        Some(self)
    }

    fn end(&mut self) -> io::Result<()> {
        self.tag("</main>\n</body>\n</html>\n")?;
        self.out.flush()
    }
}

impl<W: Write> BranchWriter for Html<W> {
    fn begin_branch(&mut self, branch: &Branch<'_>) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_branches, true) {
            self.tag("<h2>Other branches</h2>\n")?;
        }
        self.tag("<details class=branch><summary>")?;
        if let Some(name) = branch.name {
            self.around("<span class=label>", name, "</span> ")?;
        }
        self.around("", &count(branch.entries, "entry", "entries"), "</summary>\n")?;
        if let Some(from) = branch.from {
            let link: Text<'_> = fragment(from).into();
            self.around("<p class=note>from <a href=\"#", &link, "\">")?;
            self.around("", from, "</a></p>\n")?;
        }
        Ok(())
    }

    fn end_branch(&mut self) -> io::Result<()> {
        self.tag("</details>\n")
    }
}

fn is_short(text: &str) -> bool {
    text.len() <= FOLD_CHARS && text.lines().count() <= FOLD_LINES
}

fn size_of(text: &str) -> String {
    format!("{}, {}", count(text.lines().count() as u64, "line", "lines"), bytes(text.len() as u64))
}
