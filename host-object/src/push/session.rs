//! One session that is pushed.
//!
//! Owns: the head that it becomes, and what is told of it.
//! Invariant: a head names only objects that are in the store. A session that did not change keeps the head of before.

use super::putting::{Counts, Putting, Refused};
use crate::archive::{Archive, PutError};
use crate::local::{File, Local, Taken};
use crate::memory::Remembered;
use crate::source::log_source;
use crate::view::View;
use jcode_session_core::archive::name::{self, Of};
use jcode_session_core::archive::{
    Aside, Digest, Line, Piece, Relation, SessionHead, Side, Tip, digest_of, is_place, relate,
};
use jcode_session_core::report::{PushAction, PushedSession};
use jcode_session_core::source::SliceSource;
use jcode_session_native::os::files::PlainFile;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::path_text::shown;
use std::collections::BTreeMap;

/// What was done about one session.
pub(super) struct Done {
    pub(super) id: String,
    pub(super) told: PushedSession,
    /// What the store holds of it; `None` if it failed.
    pub(super) head: Option<SessionHead>,
    pub(super) changed: bool,
    pub(super) stamps: Option<Digest>,
}

/// What all sessions of a run share.
pub(super) struct Run<'r> {
    pub(super) archive: &'r Archive,
    pub(super) view: &'r View,
    pub(super) line: &'r Line,
    pub(super) remembered: &'r Remembered,
    pub(super) dry_run: bool,
    /// Sessions were named: what the store should have of them is looked up, and put again where it is gone.
    pub(super) checks: bool,
}

impl Run<'_> {
    pub(super) fn one(&self, local: &Local) -> Done {
        let stamps = local.stamps();
        let mut counts = Counts::default();
        let result = self.head(local, stamps, &mut counts);
        let Counts { pieces, bytes } = counts;
        let told = |action, reason| PushedSession {
            session_id: local.session_id.clone(),
            path: shown(&local.path),
            action,
            pieces,
            bytes,
            reason,
        };
        match result {
            Ok(head) => {
                let own = self.line.sessions.get(&local.id);
                let changed = own.is_none_or(|own| *own != head);
                let action = if changed { PushAction::Pushed } else { PushAction::UpToDate };
                let (action, reason) = match self.diverged_from(local, &head) {
                    Ok(None) => (action, None),
                    Ok(Some(machine)) => (PushAction::Diverged, Some(self.other_history(&machine))),
                    Err(error) => (action, Some(format!("it cannot be compared with another machine's: {error}"))),
                };
                Done { id: local.id.clone(), told: told(action, reason), head: Some(head), changed, stamps }
            }
            Err(refused) => {
                let told = told(PushAction::Failed, Some(refused.to_string()));
                Done { id: local.id.clone(), told, head: None, changed: false, stamps: None }
            }
        }
    }

    fn other_history(&self, machine: &str) -> String {
        let label = self.view.label(machine);
        format!("{label} has another history of it; both are kept, `pull --machine {label}` brings that one here")
    }

    /// What the store holds of a session once this is done.
    fn head(&self, local: &Local, stamps: Option<Digest>, counts: &mut Counts) -> Result<SessionHead, Refused> {
        let path = local.rel.clone().map_err(Refused::Name)?;
        let own = self.line.sessions.get(&local.id);
        if let Some(own) = own
            && !self.checks
            && stamps.is_some()
            && self.remembered.unchanged.get(&local.id) == stamps.as_ref()
        {
            return Ok(own.clone());
        }
        let Taken { log, ledger, head, files } = local.take()?;
        // Its own machine's first: of equals the first counts.
        let others = self.others(local).map(|(_, head)| head);
        let known: Vec<SessionHead> = own.into_iter().chain(others).cloned().collect();
        let known = if self.checks { self.still_there(&local.id, known)? } else { known };
        let archive = (!self.dry_run).then_some(self.archive);
        let mut put = Putting { archive, id: &local.id, known: &known, counts };
        let ledger = ledger.map(|(file, len)| put.chain(Of::Ledger, &file, len)).transpose()?;
        let mut aside = Vec::new();
        if let Some(bytes) = head {
            aside.push(put.file("ledger.head", &SliceSource(&bytes))?);
        }
        for File { place, path } in &files {
            aside.push(put.file(place, &PlainFile::open(path)?)?);
        }
        aside.sort();
        let log = log.map(|(log, len)| put.log(&log, len)).transpose()?;
        let put_nothing = put.counts.pieces == 0;
        if log.is_none() && aside.is_empty() {
            return Err(Refused::Empty);
        }
        let pulled = self.remembered.pulled.get(&local.id).map(|pulled| pulled.origin.clone());
        let origin = pulled.or_else(|| own.and_then(|own| own.origin.clone()));
        let head =
            SessionHead { id: local.id.clone(), path, log, ledger, aside, origin, summary: local.summary.clone() };
        // An equal one that was cut otherwise is no news, unless it takes the place of objects that are gone.
        let is_same = |own: &&SessionHead| own.holds_the_same(&head) && own.path == head.path && put_nothing;
        Ok(own.filter(is_same).cloned().unwrap_or(head))
    }

    /// What the store still has of the heads of a session, by names and lengths.
    fn still_there(&self, id: &str, mut heads: Vec<SessionHead>) -> Result<Vec<SessionHead>, Refused> {
        let listed = self.archive.objects().list(&name::session_folder(id), None).map_err(PutError::from)?;
        let there: BTreeMap<String, u64> = listed.into_iter().map(|listed| (listed.name, listed.len)).collect();
        let has = |name: &str, stored: u64| there.get(name) == Some(&stored);
        for head in &mut heads {
            for (of, chain) in [(Of::Log, &mut head.log), (Of::Ledger, &mut head.ledger)] {
                if let Some(chain) = chain {
                    let is_gone = |piece: &Piece| !has(&name::piece(id, of, piece), piece.stored);
                    let whole = chain.pieces.iter().position(is_gone).unwrap_or(chain.pieces.len());
                    chain.pieces.truncate(whole);
                }
            }
            let name = |aside: &Aside| is_place(&aside.place).map(|file| name::aside(id, aside.digest, &file));
            head.aside.retain(|aside| name(aside).is_some_and(|name| has(&name, aside.stored)));
        }
        Ok(heads)
    }

    fn others<'s>(&'s self, local: &'s Local) -> impl Iterator<Item = (&'s str, &'s SessionHead)> {
        let lines = self.view.lines.values().filter(|line| line.machine != self.line.machine);
        lines.filter_map(|line| Some((line.machine.as_str(), line.sessions.get(&local.id)?)))
    }

    /// The machine with another history of the session, if there is one.
    fn diverged_from(&self, local: &Local, head: &SessionHead) -> Result<Option<String>, Refused> {
        for (machine, other) in self.others(local) {
            let mut digest = |side, range| match side {
                Side::First => {
                    let log = LogFile::open(&local.path).map_err(Refused::from)?;
                    Ok(digest_of(&log, range)?)
                }
                Side::Second => Ok(digest_of(&log_source(self.archive, other), range)?),
            };
            let (ours, theirs) = (Tip::of(head.log.as_ref()), Tip::of(other.log.as_ref()));
            let relation: Result<_, Refused> = relate(ours, theirs, &mut digest);
            if relation? == Relation::Diverged {
                return Ok(Some(machine.to_string()));
            }
        }
        Ok(None)
    }
}
