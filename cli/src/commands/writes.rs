//! Which commands write into sessions.
//!
//! Owns: this list. Indexes and sidecars are no sessions, but who makes them anew writes too.
//! Invariant: a dry run does not write.

use crate::args::SessionCommand;

/// True if this command may write.
pub(super) fn writes(command: &SessionCommand) -> bool {
    match command {
        SessionCommand::Append(_) | SessionCommand::Label(_) | SessionCommand::Fork(_) | SessionCommand::Import(_) => {
            true
        }
        SessionCommand::Migrate(args) => !args.dry_run,
        SessionCommand::Doctor(args) => args.fix,
        SessionCommand::Tag(args) => args.words.len() > 1,
        SessionCommand::Checkpoints(args) => args.take,
        SessionCommand::Rollback(args) => !args.dry_run,
        SessionCommand::Repair(args) => !args.dry_run,
        SessionCommand::Seal(args) => !args.dry_run,
        SessionCommand::Prune(args) => !args.dry_run,
        #[cfg(feature = "store")]
        SessionCommand::Push(args) => !args.dry_run,
        #[cfg(feature = "store")]
        SessionCommand::Pull(args) => !args.dry_run,
        #[cfg(feature = "pick")]
        SessionCommand::Pick(_) => false,
        #[cfg(feature = "mcp")]
        SessionCommand::Mcp => false,
        SessionCommand::Verify(_)
        | SessionCommand::Tree(_)
        | SessionCommand::Show(_)
        | SessionCommand::List(_)
        | SessionCommand::Du(_)
        | SessionCommand::Search(_)
        | SessionCommand::Export(_)
        | SessionCommand::Inspect(_)
        | SessionCommand::Completions { .. }
        | SessionCommand::Man(_) => false,
    }
}
