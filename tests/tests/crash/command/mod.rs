//! Every command that writes, as its users run it, crashed, killed and failed between any two of its system calls.
//!
//! Owns: the tests. `cases` are the commands and what each starts from. `explore` records a run, and from each state
//! on its way puts every outcome of a kill and of a power cut on a disk, reads it, and runs the command again.
//! `inject` has the kernel kill the process at a call, or fail the call, for real; `relied_on` says of which syncs a failure
//! must be told.
//! `JCODE_SESSION_LONG` looks at all outcomes instead of the most telling ones, and at every call.

mod cases;
mod explore;
mod inject;
mod relied_on;

macro_rules! commands {
    ($($command:ident)*) => {
        /// From each state on the way of a run: all that a crash may leave.
        mod crashes {
            $(#[test] fn $command() { super::explore::explore(&super::cases::$command()); })*
        }

        /// Killed by the kernel at a call, or told that the call failed.
        mod faults {
            $(#[test] fn $command() { super::inject::explore(&super::cases::$command()); })*
        }
    };
}

commands! {
    migrate_of_a_linear_log
    migrate_of_a_tree_v2_log
    migrate_of_a_current_log
    migrate_of_many_logs
    migrate_of_v1_files
    migrate_of_v1_files_that_grew
    append
    label
    tag
    fork
    list_that_refreshes
    doctor_that_mends
    export_to_a_file
    checkpoint
    rollback
    rollback_of_a_migration
    undo
    repair
    prune
    seal
    unseal
    rollback_of_a_sealed_log
    push
    pull
    pull_of_what_grew
}

/// What an import writes names a path, which is another one in each home that faults are tried in.
mod imports {
    #[test]
    fn import() {
        super::explore::explore(&super::cases::import());
    }

    #[test]
    fn import_of_a_source_that_grew() {
        super::explore::explore(&super::cases::import_of_a_source_that_grew());
    }
}
