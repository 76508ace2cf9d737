//! Reply bodies: text, files of the page, and byte ranges of session files.
//!
//! Owns: reading a file while it is sent.
//! Invariant: one piece is in memory at a time. If a file was cut, the connection ends before the promised length, so
//! that the client notices.

use super::files::OpenFile;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Number of bytes that are sent at once.
const PIECE: u64 = 256 * 1024;

/// The content of a reply.
#[derive(Debug)]
pub(super) enum Reply {
    /// Bytes in memory.
    Bytes(Bytes),
    /// Bytes of a file.
    File(Arc<OpenFile>, Range<u64>),
}

impl Body for Reply {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut *self {
            Self::Bytes(bytes) => Ok(std::mem::take(bytes)),
            Self::File(file, range) => {
                let take = PIECE.min(range.end - range.start);
                let read = file.read(range.start, usize::try_from(take).unwrap_or_default());
                range.start += take;
                read.map(Bytes::from)
            }
        };
        Poll::Ready(match piece {
            Ok(piece) if piece.is_empty() => None,
            piece => Some(piece.map(Frame::data)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

impl Reply {
    fn left(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, range) => range.end - range.start,
        }
    }
}
