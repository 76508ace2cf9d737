//! Mapped files, and the guard that keeps a shrinking file from killing the process.
//!
//! Owns: all `unsafe` of the workspace. Reading a page of a mapping behind the end of its file raises SIGBUS. The guard
//! is a signal handler that a binary installs once. It puts a page of zeros there and marks the mapping; a reader asks
//! [`Mapping::was_cut`] afterwards and discards what it read. A library must not take over a process's signals, so
//! nothing is installed by itself. The guard also ignores SIGXFSZ, which a file size limit raises, unless the process
//! has a handler for it.
//! Invariant: mapped bytes never change under a reader, because every program that keeps to the format only appends to
//! logs or replaces them by rename. A program that overwrites in place causes wrong findings, not crashes.
#![expect(unsafe_code, reason = "mapping files and handling SIGBUS are unsafe by nature")]

use memmap2::Mmap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many files can be mapped under the guard at once. Further files are read in pieces.
const SLOTS: usize = 64;

struct Slot {
    taken: AtomicBool,
    start: AtomicUsize,
    end: AtomicUsize,
    cut: AtomicBool,
}

static GUARDED: AtomicBool = AtomicBool::new(false);
static MAPPINGS: [Slot; SLOTS] = [const {
    Slot {
        taken: AtomicBool::new(false),
        start: AtomicUsize::new(0),
        end: AtomicUsize::new(0),
        cut: AtomicBool::new(false),
    }
}; SLOTS];

/// A mapped file, registered with the guard.
#[derive(Debug)]
pub struct Mapping {
    map: Mmap,
    slot: usize,
}

impl Mapping {
    /// Maps the first `len` bytes of `file` under the guard. Returns `None` if the guard is not installed, all its
    /// slots are taken, or the system refuses.
    pub fn guarded(file: &File, len: u64) -> Option<Self> {
        if !is_guarded() || len == 0 {
            return None;
        }
        let slot = MAPPINGS.iter().position(|slot| !slot.taken.swap(true, Ordering::AcqRel))?;
        // SAFETY: the handler turns reads behind the end of the file into zeros, see the module documentation.
        let Ok(map) = (unsafe { map(file, len) }) else {
            MAPPINGS[slot].taken.store(false, Ordering::Release);
            return None;
        };
        let start = map.as_ptr() as usize;
        MAPPINGS[slot].cut.store(false, Ordering::Release);
        MAPPINGS[slot].end.store(start + map.len(), Ordering::Release);
        MAPPINGS[slot].start.store(start, Ordering::Release);
        Some(Self { map, slot })
    }

    /// The mapped bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// True if the file was cut while it was read. Discard what was read then.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        MAPPINGS[self.slot].cut.load(Ordering::Acquire)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let slot = &MAPPINGS[self.slot];
        slot.start.store(0, Ordering::Release);
        slot.end.store(0, Ordering::Release);
        slot.taken.store(false, Ordering::Release);
    }
}

/// # Safety
/// If the file is cut to less than `len` bytes while the mapping lives, reading it raises SIGBUS, which ends the
/// process. If it is overwritten, the bytes change under the reader. The caller must rule out both.
unsafe fn map(file: &File, len: u64) -> std::io::Result<Mmap> {
    let len = usize::try_from(len).map_err(std::io::Error::other)?;
    // SAFETY: the caller's promise.
    let map = unsafe { memmap2::MmapOptions::new().len(len).map(file) }?;
    #[cfg(unix)]
    let _ = map.advise(memmap2::Advice::Sequential);
    Ok(map)
}

/// True once [`install_guard`] has succeeded.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.load(Ordering::Acquire)
}

/// Installs the guard; for binaries, once at start. A SIGBUS outside of our mappings goes to the former handler, and a
/// handler for SIGXFSZ stays. Returns true if the guard is installed.
pub fn install_guard() -> bool {
    #[cfg(unix)]
    if !is_guarded() && unix::install() {
        GUARDED.store(true, Ordering::Release);
    }
    is_guarded()
}

#[cfg(unix)]
mod unix {
    use super::{MAPPINGS, Ordering};
    use std::cell::UnsafeCell;
    use std::sync::atomic::{AtomicBool, AtomicUsize};

    /// Page size, read before the handler can run: a signal handler must not call `sysconf`.
    static PAGE: AtomicUsize = AtomicUsize::new(4096);
    /// The former action of SIGBUS; written once, before the handler is installed.
    static FORMER: Former = Former { set: AtomicBool::new(false), action: UnsafeCell::new(None) };

    struct Former {
        set: AtomicBool,
        action: UnsafeCell<Option<libc::sigaction>>,
    }

    // SAFETY: only the thread that turned `set` on writes the cell, before the handler that reads it is installed.
    unsafe impl Sync for Former {}

    pub(super) fn install() -> bool {
        if FORMER.set.swap(true, Ordering::AcqRel) {
            return false;
        }
        // SAFETY: `sysconf` has no preconditions. Both actions are valid, fully initialised sigactions. The handler
        // only touches atomics and a cell that is not written any more, and makes one `mmap` call; all of this is safe
        // in a signal handler on the systems that we build for.
        unsafe {
            if let Ok(page) = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)) {
                PAGE.store(page, Ordering::Release);
            }
            let mut former: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(libc::SIGBUS, std::ptr::null(), &raw mut former) != 0 {
                return false;
            }
            *FORMER.action.get() = Some(former);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_sigbus as *const () as usize;
            // On an alternate stack if the former handler used one.
            action.sa_flags = libc::SA_SIGINFO | (former.sa_flags & libc::SA_ONSTACK);
            libc::sigemptyset(&raw mut action.sa_mask);
            ignore_file_size_signal();
            libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) == 0
        }
    }

    /// Ignores SIGXFSZ. A write beyond a file size limit would end the process; with the signal ignored it fails like a
    /// write to a full disk. A handler that the process has for SIGXFSZ stays: the write fails after it in any case.
    fn ignore_file_size_signal() {
        // SAFETY: the actions are valid and fully initialised.
        unsafe {
            let mut now: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(libc::SIGXFSZ, std::ptr::null(), &raw mut now) == 0;
            if known && now.sa_sigaction == libc::SIG_DFL {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            }
        }
    }

    extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel passes a valid siginfo to a handler installed with SA_SIGINFO.
        let address = unsafe { (*info).si_addr() } as usize;
        let hit = MAPPINGS.iter().find(|slot| {
            let start = slot.start.load(Ordering::Acquire);
            start != 0 && (start..slot.end.load(Ordering::Acquire)).contains(&address)
        });
        let Some(slot) = hit else { return hand_on(signal, info, context) };
        slot.cut.store(true, Ordering::Release);
        let page = PAGE.load(Ordering::Acquire);
        let from = address & !(page - 1);
        let len = slot.end.load(Ordering::Acquire) - from;
        // SAFETY: the range lies inside a live mapping of ours, from a page boundary to the mapping's end. The zeros in
        // its place are plain readable memory for any thread that reads there now.
        let zeros = unsafe {
            libc::mmap(
                from as *mut libc::c_void,
                len,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        if zeros == libc::MAP_FAILED {
            hand_on(signal, info, context);
        }
    }

    /// Handles a SIGBUS outside of our mappings as before the guard. If the process had no handler of its own, the
    /// default action is restored, so that the faulting instruction runs again and ends the process.
    fn hand_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the cell was written before this handler was installed, and is not written again.
        let former = unsafe { *FORMER.action.get() };
        let handler = former.map_or(libc::SIG_DFL, |action| action.sa_sigaction);
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            // SAFETY: `signal` is async-signal-safe. An ignored fault would be raised again forever.
            unsafe { libc::signal(libc::SIGBUS, libc::SIG_DFL) };
        } else if former.is_some_and(|action| action.sa_flags & libc::SA_SIGINFO != 0) {
            // SAFETY: an action with SA_SIGINFO holds a handler of this type.
            let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        } else {
            // SAFETY: an action without SA_SIGINFO holds a handler of this type.
            let handler: extern "C" fn(libc::c_int) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
