//! What a model said, as HTML: its Markdown rendered.
//!
//! Owns: which elements Markdown becomes. `pulldown-cmark` decides what is Markdown.
//! Invariant: all text passes through [`escape`], tags of the text itself among it. A link leads to the web or to a mail
//! address, else it stands there as it was written. Pictures are not fetched: they stand there as they were written.
//! Nothing is left out.

use super::escape::escape;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::io::{self, Write};
use std::ops::Range;

/// Elements inside of each other that are rendered. Deeper ones stand there as they were written: browsers give up, too.
const DEEPEST: usize = 40;

/// Writes a text.
pub(super) fn prose(text: &str, out: &mut impl Write) -> io::Result<()> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page { text, out, open: 0, as_written: 0, in_head: false };
    Parser::new_ext(text, options).into_offset_iter().try_for_each(|(event, range)| page.event(&event, range))
}

struct Page<'t, W> {
    text: &'t str,
    out: W,
    open: usize,
    /// Elements that are open inside of what was written as it stands.
    as_written: usize,
    in_head: bool,
}

impl<W: Write> Page<'_, W> {
    fn event(&mut self, event: &Event<'_>, range: Range<usize>) -> io::Result<()> {
        if self.as_written > 0 {
            match event {
                Event::Start(_) => self.as_written += 1,
                Event::End(_) => self.as_written -= 1,
                _ => {}
            }
            return Ok(());
        }
        match event {
            Event::Start(tag) if self.open >= DEEPEST || is_written(tag) => {
                self.as_written = 1;
                escape(self.text.get(range).unwrap_or_default(), &mut self.out)
            }
            Event::Start(tag) => {
                self.open += 1;
                self.start(tag)
            }
            Event::End(tag) => {
                self.open -= 1;
                self.end(*tag)
            }
            Event::Code(code) => {
                self.tag("<code>")?;
                escape(code, &mut self.out)?;
                self.tag("</code>")
            }
            Event::Rule => self.tag("<hr>\n"),
            Event::SoftBreak => self.tag("\n"),
            Event::HardBreak => self.tag("<br>\n"),
            Event::TaskListMarker(done) => self.tag(if *done { "☑ " } else { "☐ " }),
            Event::Text(text)
            | Event::Html(text)
            | Event::InlineHtml(text)
            | Event::FootnoteReference(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => escape(text, &mut self.out),
        }
    }

    fn tag(&mut self, markup: &str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    fn start(&mut self, tag: &Tag<'_>) -> io::Result<()> {
        match tag {
            Tag::Heading { level, .. } => self.tag(&format!("<{}>", heading(*level))),
            // A parser of HTML drops the first line feed.
            Tag::CodeBlock(CodeBlockKind::Fenced(_) | CodeBlockKind::Indented) => self.tag("<pre>\n"),
            Tag::List(Some(first)) => self.tag(&format!("<ol start=\"{first}\">\n")),
            Tag::List(None) => self.tag("<ul>\n"),
            Tag::Link { dest_url, .. } => {
                self.tag("<a href=\"")?;
                escape(dest_url, &mut self.out)?;
                self.tag("\">")
            }
            Tag::TableHead => {
                self.in_head = true;
                self.tag("<tr>")
            }
            Tag::TableCell => self.tag(if self.in_head { "<th>" } else { "<td>" }),
            tag => element(tag.to_end()).map_or(Ok(()), |element| self.tag(&format!("<{element}>"))),
        }
    }

    fn end(&mut self, tag: TagEnd) -> io::Result<()> {
        match tag {
            TagEnd::Heading(level) => self.tag(&format!("</{}>\n", heading(level))),
            TagEnd::CodeBlock => self.tag("</pre>\n"),
            TagEnd::List(true) => self.tag("</ol>\n"),
            TagEnd::List(false) => self.tag("</ul>\n"),
            TagEnd::Link => self.tag("</a>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.tag("</tr>\n")
            }
            TagEnd::TableCell => self.tag(if self.in_head { "</th>" } else { "</td>" }),
            tag => {
                let end = if is_line(tag) { "\n" } else { "" };
                element(tag).map_or(Ok(()), |element| self.tag(&format!("</{element}>{end}")))
            }
        }
    }
}

/// The headings of the page itself are above those of a text.
const fn heading(level: HeadingLevel) -> &'static str {
    match level {
        HeadingLevel::H1 => "h3",
        HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}

/// Elements whose tags are the same for all.
const fn element(tag: TagEnd) -> Option<&'static str> {
    match tag {
        TagEnd::Paragraph => Some("p"),
        TagEnd::BlockQuote(_) => Some("blockquote"),
        TagEnd::Item => Some("li"),
        TagEnd::Emphasis => Some("em"),
        TagEnd::Strong => Some("strong"),
        TagEnd::Strikethrough => Some("del"),
        TagEnd::Table => Some("table"),
        TagEnd::TableRow => Some("tr"),
        _ => None,
    }
}

const fn is_line(tag: TagEnd) -> bool {
    !matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough)
}

/// What stands there as it was written.
fn is_written(tag: &Tag<'_>) -> bool {
    match tag {
        Tag::Image { .. } => true,
        Tag::Link { dest_url, .. } => {
            !["https://", "http://", "mailto:"].iter().any(|scheme| dest_url.starts_with(scheme))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut out = Vec::new();
        prose(text, &mut out).expect("memory can be written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn markdown_becomes_elements() {
        assert_eq!(
            rendered("# A *b*\n\n- c `d`\n- e"),
            "<h3>A <em>b</em></h3>\n<ul>\n<li>c <code>d</code></li>\n<li>e</li>\n</ul>\n"
        );
        assert_eq!(rendered("```rust\nlet a = 1 < 2;\n```"), "<pre>\nlet a = 1 &lt; 2;\n</pre>\n");
        assert_eq!(
            rendered("|a|b|\n|-|-|\n|1|2|"),
            "<table><tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>\n"
        );
    }

    #[test]
    fn only_the_web_and_mail_addresses_are_linked_to() {
        assert_eq!(rendered("[a](https://b.c)"), "<p><a href=\"https://b.c\">a</a></p>\n");
        for text in ["[a](javascript:alert(1))", "[a](data:text/html,b)", "![a](https://b.c)", "[a](file:///b)"] {
            assert_eq!(rendered(text), format!("<p>{text}</p>\n"));
        }
    }

    #[test]
    fn tags_and_what_is_nested_too_deep_are_text() {
        assert_eq!(rendered("a <b>c</b>"), "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n");
        let deep = rendered(&format!("{}x", "> ".repeat(5000)));
        assert_eq!(deep.matches("<blockquote>").count(), DEEPEST);
        assert!(deep.contains("&gt; &gt; x"));
    }
}
