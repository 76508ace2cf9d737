//! The calls of Windows for which neither the standard library nor a crate has a safe form.
//!
//! Owns: the file id and time of change of an open file, locks on a range of bytes, and whether a process is alive. With
//! `map`, this is all `unsafe` of the workspace.
//! Invariant: every call gets a handle that is open for its time, and a buffer of the type that belongs to it.
//! Does not: lock what can be read. A lock of Windows binds everybody: one on the whole file, as the standard library
//! takes it, would keep readers and other programs out.
#![expect(unsafe_code, reason = "calls of the system are unsafe by nature")]

use jcode_session_core::source::identity::FileStamp;
use std::fs::{File, TryLockError};
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, WAIT_OBJECT_0};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_ID_INFO, FileBasicInfo, FileIdInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx, LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, WaitForSingleObject,
};

/// The byte that is locked: beyond the end of any file, so that all bytes of it can be read and written.
const LOCKED: u64 = 1 << 62;

fn done(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The stamp of an open file.
pub(in crate::os) fn stamp_of_open(file: &File) -> io::Result<FileStamp> {
    let handle = file.as_raw_handle();
    let mut plain = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the buffer is what the call fills.
    done(unsafe { GetFileInformationByHandle(handle, &raw mut plain) })?;
    let mut times = FILE_BASIC_INFO::default();
    // SAFETY: the same; the length is the buffer's.
    let has_times = unsafe {
        GetFileInformationByHandleEx(
            handle,
            FileBasicInfo,
            (&raw mut times).cast(),
            size_of::<FILE_BASIC_INFO>() as u32,
        )
    };
    let mut id = FILE_ID_INFO::default();
    // SAFETY: the same.
    let has_id = unsafe {
        GetFileInformationByHandleEx(handle, FileIdInfo, (&raw mut id).cast(), size_of::<FILE_ID_INFO>() as u32)
    };
    let written = wide(plain.ftLastWriteTime.dwHighDateTime, plain.ftLastWriteTime.dwLowDateTime);
    // File systems without a time of change, such as FAT, tell none or zero.
    let changed = if has_times != 0 && times.ChangeTime != 0 { times.ChangeTime.cast_unsigned() } else { written };
    let (dev, ino) = if has_id == 0 {
        (u64::from(plain.dwVolumeSerialNumber), wide(plain.nFileIndexHigh, plain.nFileIndexLow))
    } else {
        (id.VolumeSerialNumber, folded(id.FileId.Identifier))
    };
    Ok(FileStamp {
        dev,
        ino,
        len: wide(plain.nFileSizeHigh, plain.nFileSizeLow),
        mtime_ns: unix_ns(written),
        ctime_ns: unix_ns(changed),
    })
}

const fn wide(high: u32, low: u32) -> u64 {
    (high as u64) << 32 | low as u64
}

/// NTFS uses the first half alone; ReFS has the folder's number in the other one.
fn folded(id: [u8; 16]) -> u64 {
    let id = u128::from_le_bytes(id);
    (id as u64).wrapping_add(((id >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Unix nanoseconds of a time that counts 100 ns from the year 1601.
const fn unix_ns(time: u64) -> i64 {
    time.cast_signed().saturating_sub(116_444_736_000_000_000).saturating_mul(100)
}

const fn at_locked() -> OVERLAPPED {
    OVERLAPPED {
        Internal: 0,
        InternalHigh: 0,
        Anonymous: OVERLAPPED_0 {
            Anonymous: OVERLAPPED_0_0 { Offset: LOCKED as u32, OffsetHigh: (LOCKED >> 32) as u32 },
        },
        hEvent: std::ptr::null_mut(),
    }
}

/// Locks a file for this handle, unless another one has locked it. Like an advisory lock, this hinders nobody who takes
/// none.
pub(in crate::os) fn try_lock(file: &File) -> Result<(), TryLockError> {
    let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    let mut at = at_locked();
    // SAFETY: the handle is open; files are opened for calls that end at once, so that `at` is not used afterwards.
    let locked = done(unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut at) });
    locked.map_err(|error| match error.raw_os_error().map(i32::cast_unsigned) {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => TryLockError::WouldBlock,
        _ => TryLockError::Error(error),
    })
}

pub(in crate::os) fn unlock(file: &File) -> io::Result<()> {
    let mut at = at_locked();
    // SAFETY: as above.
    done(unsafe { UnlockFileEx(file.as_raw_handle(), 0, 1, 0, &raw mut at) })
}

/// Whether a process with this number is alive.
pub(in crate::os) fn is_alive(pid: i32) -> bool {
    let Ok(pid) = u32::try_from(pid) else { return false };
    if pid == 0 {
        return false;
    }
    // SAFETY: the call takes numbers only.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE, 0, pid) };
    if handle.is_null() {
        // A refusal means that the process is alive and belongs to another user.
        return io::Error::last_os_error().raw_os_error() == Some(ERROR_ACCESS_DENIED.cast_signed());
    }
    // SAFETY: the handle was opened just now, and is nobody else's.
    let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
    // One that has ended and is still held by others is signalled.
    // SAFETY: the handle is open.
    (unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) }) != WAIT_OBJECT_0
}
