//! Mapped files, and the guard that keeps a shrinking file from killing the process.
//!
//! Owns: all `unsafe` of the workspace. A page of a mapping that lies behind the end of its file raises SIGBUS when
//! it is read. The guard, a signal handler that a binary installs once, puts a page of zeros there instead and marks
//! the mapping; whoever reads asks [`Mapping::was_cut`] afterwards and throws away what it read.
//! Invariant: bytes of a mapping never change from under a reader: logs are only appended to, or replaced by rename,
//! by every program that keeps to the format; a program that overwrites in place gives wrong findings, not crashes.
//! The guard also ignores SIGXFSZ, which a file size limit raises, unless the process has a handler for it.
//! Does not: install anything by itself: a library must not take over a process's signals.
#![expect(unsafe_code, reason = "mapping files and handling SIGBUS are unsafe by nature")]

use memmap2::Mmap;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How many files can be mapped under the guard at once; more are read in pieces.
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
    /// Maps the first `len` bytes of `file` under the guard. `None` if the guard is not installed, all its slots are
    /// taken, or the system refuses.
    pub fn guarded(file: &File, len: u64) -> Option<Self> {
        if !is_guarded() || len == 0 {
            return None;
        }
        let slot = MAPPINGS.iter().position(|slot| !slot.taken.swap(true, Ordering::AcqRel))?;
        // SAFETY: the handler turns reads behind the file's end into zeros, see the module's text.
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

    /// True if the file was found cut while it was read: what was read is void.
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
/// process. If it is overwritten, the bytes change under the reader. The caller must know that neither happens.
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

/// Installs the guard. For binaries, once at start. A SIGBUS that has nothing to do with our mappings goes to the
/// handler that was there before, and a handler for SIGXFSZ stays. True if it is installed.
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

    /// Page size, read before the handler can run: `sysconf` is not among the calls a handler may make.
    static PAGE: AtomicUsize = AtomicUsize::new(4096);
    /// What SIGBUS did before the guard; written once, before the handler is installed.
    static FORMER: Former = Former { set: AtomicBool::new(false), action: UnsafeCell::new(None) };

    struct Former {
        set: AtomicBool,
        action: UnsafeCell<Option<libc::sigaction>>,
    }

    // SAFETY: the cell is written only by whoever turned `set` on, before the handler that reads it is installed.
    unsafe impl Sync for Former {}

    pub(super) fn install() -> bool {
        if FORMER.set.swap(true, Ordering::AcqRel) {
            return false;
        }
        // SAFETY: `sysconf` has no preconditions; both actions are valid, fully initialised sigactions, and the handler
        // only touches atomics, a cell that is not written any more, and makes one `mmap` call, all of which are safe
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
            // On the former handler's stack, if it has one of its own.
            action.sa_flags = libc::SA_SIGINFO | (former.sa_flags & libc::SA_ONSTACK);
            libc::sigemptyset(&raw mut action.sa_mask);
            ignore_file_size_signal();
            libc::sigaction(libc::SIGBUS, &raw const action, std::ptr::null_mut()) == 0
        }
    }

    /// A write past a file size limit would end the process; ignored, it fails like one on a full disk. A handler that
    /// the process has for it stays: the write fails behind it all the same.
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
        // SAFETY: the range lies inside a live mapping of ours, from a page boundary to the mapping's end; zeros in
        // its place are plain readable memory for whoever reads there now.
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

    /// Not ours: does what SIGBUS did before the guard. Where that was nothing of the process's own, the default action
    /// is restored, so that the faulting instruction, run again, ends the process.
    fn hand_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the cell was written before this handler was installed, and is not written again.
        let former = unsafe { *FORMER.action.get() };
        let handler = former.map_or(libc::SIG_DFL, |action| action.sa_sigaction);
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            // SAFETY: `signal` is async-signal-safe. A fault that is ignored would be raised again without end.
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
