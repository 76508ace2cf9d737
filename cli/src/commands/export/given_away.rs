//! The forms in which a session is given away: without secrets.
//!
//! Owns: what is left out by default, and what is told of it.
//! Invariant: a line reaches the output through the redactor only. What is told are counts and rules, never a secret.

use crate::args::Redact;
use crate::output::{Output, count};
use anyhow::{Result, bail};
use jcode_session_core::dialect::FileKind;
use jcode_session_core::redact::{Counts, Level, Private, Redactor};
use jcode_session_core::session::{Edited, Edits};
use jcode_session_core::trajectory::{About, Trajectory};
use jcode_session_native::session::Session;
use std::borrow::Cow;
use std::io::Write;
use std::ops::Range;

/// Ends of the names of variables whose values are secret.
const SECRET: [&str; 4] = ["_KEY", "_TOKEN", "_SECRET", "_PASSWORD"];

/// A session on its way out.
pub(super) struct GivenAway {
    /// `None` if nothing is to be left out.
    redactor: Option<Redactor>,
    /// Entries that were written as they are not in the log.
    edited: u64,
}

impl GivenAway {
    pub(super) fn new(redact: Redact) -> Result<Self> {
        Ok(Self { redactor: redactor(redact)?, edited: 0 })
    }

    fn line<'l>(&mut self, line: &'l [u8]) -> Cow<'l, [u8]> {
        match &mut self.redactor {
            Some(redactor) => redactor.line(line),
            None => Cow::Borrowed(line),
        }
    }

    /// The whole log in the current format, as pi reads it.
    pub(super) fn v3(&mut self, session: &Session, out: &mut impl Write) -> Result<()> {
        if let Some(header) = session.header() {
            let line = session.entry_at(header.offset..header.offset + header.len)?.line;
            out.write_all(&self.line(&line))?;
            out.write_all(b"\n")?;
        }
        let mut written = Ok(());
        session.file_order(None, &mut |entry| {
            // After a failure, such as a closed pipe, the rest is skipped.
            if written.is_ok() {
                written = out.write_all(&self.line(&entry.line)).and_then(|()| out.write_all(b"\n"));
            }
        })?;
        Ok(written?)
    }

    /// A path as a trajectory: that to `leaf`, else the active one.
    pub(super) fn trajectory(&mut self, session: &Session, leaf: Option<&str>, out: &mut impl Write) -> Result<()> {
        let leaf = leaf.map(|leaf| session.key_of(leaf)).transpose()?;
        let ranges = session.path_ranges(leaf.as_deref(), None)?;
        let edits = edits(session, &ranges)?;
        let leaf = leaf.or(session.tree()?.tree.active_leaf).unwrap_or_default();
        let mut trajectory = Trajectory::new(self.about(session, leaf)?);
        out.write_all(&trajectory.begin())?;
        for range in ranges {
            let line = session.entry_at(range)?.line;
            let line = match edits.apply(&line) {
                Edited::No => Cow::Borrowed(&line[..]),
                Edited::Replaced { line, .. } => Cow::Owned(line),
                Edited::LeftOut { .. } => {
                    self.edited += 1;
                    continue;
                }
            };
            out.write_all(&trajectory.entry(&self.line(&line)))?;
        }
        let (end, has_steps) = trajectory.finish();
        if !has_steps {
            bail!("the path has no entry that would make a step");
        }
        Ok(out.write_all(&end)?)
    }

    /// What is known of a session, without its secrets.
    fn about(&mut self, session: &Session, leaf: String) -> Result<About> {
        let mut about = About { session_id: session.id(), leaf, agent: "pi".into(), ..About::default() };
        let Some(header) = session.header() else { return Ok(about) };
        let line = session.entry_at(header.offset..header.offset + header.len)?.line;
        let line = self.line(&line);
        let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&line).unwrap_or_default();
        let metadata = |name: &str| fields.get("metadata").and_then(|metadata| metadata.get(name));
        if let Some(agent) = metadata("import").and_then(|import| import.get("agent")).and_then(|agent| agent.as_str())
        {
            about.agent = agent.to_string();
        } else if session.detected().kind == FileKind::Foreign {
            about.agent = session.dialect().name().to_string();
        } else if metadata("jcode").is_some() {
            about.agent = "jcode".into();
        }
        about.model = metadata("jcode").and_then(|jcode| jcode.get("model")?.as_str()).map(str::to_string);
        about.extra = fields.into_iter().filter(|(name, _)| !matches!(name.as_str(), "type" | "id")).collect();
        Ok(about)
    }

    /// Tells what was left out.
    pub(super) fn tell(&self, session: &Session, output: &mut Output) -> Result<()> {
        if self.edited > 0 {
            let entries = count(self.edited, "entry", "entries");
            output.note(format!("{entries} that were taken out of the model's context were left out"));
        }
        let damages = session.damages()?;
        if damages > 0 {
            output.note(format!("{} of the log were left out", count(damages, "damaged place", "damaged places")));
        }
        let Some(redactor) = &self.redactor else { return Ok(()) };
        tell(redactor.counts(), redactor.images(), output);
        Ok(())
    }
}

/// What leaves secrets out; `None` if nothing is to be left out.
pub(super) fn redactor(redact: Redact) -> Result<Option<Redactor>> {
    let level = match redact {
        Redact::Off => return Ok(None),
        Redact::Rules => Level::Rules,
        Redact::Strict => Level::Strict,
    };
    Ok(Some(Redactor::new(level, Vec::new(), private())?))
}

/// Tells which secrets, and how many pictures, were left out.
pub(super) fn tell(secrets: &Counts, images: u64, output: &mut Output) {
    let found: Vec<String> = secrets.iter().map(|(rule, times)| format!("{times} {rule}")).collect();
    let secrets = if found.is_empty() { "nothing was found".to_string() } else { found.join(", ") };
    output
        .note(format!("redacted: {secrets}; look it over before you give it away, not every secret has a known form"));
    if images > 0 {
        output.note(format!("{} left out: nobody has looked at them", count(images, "picture", "pictures")));
    }
}

/// The edits on a path.
fn edits(session: &Session, ranges: &[Range<u64>]) -> Result<Edits> {
    let mut edits = Edits::default();
    for range in ranges {
        edits.read(&session.entry_at(range.clone())?.line);
    }
    Ok(edits)
}

/// What is private on this machine.
fn private() -> Private {
    let is_secret = |name: &str| SECRET.iter().any(|end| name.to_uppercase().ends_with(end));
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Private {
        values: variables.filter(|(name, _)| is_secret(name)).collect(),
        home: std::env::home_dir().and_then(|home| home.into_os_string().into_string().ok()),
    }
}
