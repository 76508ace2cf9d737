//! Messages as pi and jcode take them.
//!
//! Owns: the shapes of blocks and of usage, which those programs read without a check.
//! Invariant: whatever a source holds, a block of a known kind with fields of the right types comes out.

use super::text::{LogText, Place};

/// Tokens that a response took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::dialect) struct Usage {
    pub(in crate::dialect) input: i64,
    pub(in crate::dialect) output: i64,
    pub(in crate::dialect) cache_read: i64,
    pub(in crate::dialect) cache_write: i64,
}

impl Usage {
    /// Writes it as pi has it; what it cost is not known.
    pub(in crate::dialect) fn write(self, out: &mut LogText) {
        let total = self.input.saturating_add(self.output).saturating_add(self.cache_read);
        let total = total.saturating_add(self.cache_write);
        for (name, value) in [
            (r#"{"input":"#, self.input),
            (r#","output":"#, self.output),
            (r#","cacheRead":"#, self.cache_read),
            (r#","cacheWrite":"#, self.cache_write),
            (r#","totalTokens":"#, total),
        ] {
            out.text(name);
            out.number(value);
        }
        out.text(r#","cost":{"input":0,"output":0,"cacheRead":0,"cacheWrite":0,"total":0}}"#);
    }
}

/// A block of text; `token` is the text as it stands.
pub(in crate::dialect) fn text_block(out: &mut LogText, of: Place<'_>, token: Option<&[u8]>) {
    out.text(r#"{"type":"text","text":"#);
    out.string_token(of, token);
    out.text("}");
}

/// A picture in base64: a token, or, `bare`, what stands within a longer one.
pub(in crate::dialect) fn image(
    out: &mut LogText,
    of: Place<'_>,
    data: Option<&[u8]>,
    mime: Option<&[u8]>,
    bare: Option<&[u8]>,
) {
    out.text(r#"{"type":"image","data":"#);
    match bare {
        Some(bare) => {
            out.text("\"");
            out.token(of, bare);
            out.text("\"");
        }
        None => out.string_token(of, data),
    }
    out.text(r#","mimeType":"#);
    out.string_token(of, Some(mime.filter(|mime| mime.starts_with(b"\"")).unwrap_or(br#""image/png""#)));
    out.text("}");
}

/// The arguments of a call: an object as it stands, anything else as the one argument `input`.
pub(in crate::dialect) fn arguments(out: &mut LogText, of: Place<'_>, token: Option<&[u8]>) {
    match token {
        Some(token) if token.starts_with(b"{") => out.token(of, token),
        Some(token) => {
            out.text(r#"{"input":"#);
            out.token(of, token);
            out.text("}");
        }
        None => out.text("{}"),
    }
}

/// Type and data of a picture that stands in its address.
pub(in crate::dialect) fn picture_in(url: &[u8]) -> Option<(&str, &[u8])> {
    let url = url.strip_prefix(b"\"data:")?.strip_suffix(b"\"")?;
    let at = memchr::memmem::find(url, b";base64,")?;
    let mime = core::str::from_utf8(url.get(..at)?).ok()?;
    let is_plain = mime.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+.-".contains(&byte));
    Some((mime, url.get(at + 8..)?)).filter(|_| is_plain)
}
