//! The table `entries`, and what the end of a log corrects in it.
//!
//! Owns: which columns keep a fixed width, so that a fixup never moves a row.
//! Invariant: a fixup changes marker, parent step and depth of a row, and of the step only that of a row without a parent
//! so far, or to none.

use super::cell::{Column, Kind, ONE, ZERO, last_bytes, local_len, width_of_type};
use super::page::PAGE;
use super::pages::{ImageFile, OVERFLOW, Pages, behind};
use super::table_tree::{Child, TableTree};
use crate::index::meta_from_pages::varint;
use crate::index::row::{Fixup, Row};
use alloc::vec::Vec;

/// Bytes of a marker, of a depth, and of the parent step of an entry whose parent may still come.
const MARKER: u8 = 1;
const DEPTH: u8 = 4;
const LATE_STEP: u8 = 6;

#[derive(Debug)]
pub(super) struct EntryTable(TableTree);

impl EntryTable {
    pub(super) fn new(root: u32) -> Self {
        Self(TableTree::new(root))
    }

    pub(super) fn add<F: ImageFile>(&mut self, pages: &mut Pages<F>, row: &Row<'_>) -> Result<(), F::Error> {
        let is_late = row.parent_step == 0 && row.parent_id.is_some();
        let step = if is_late { Column::Fixed(0, LATE_STEP) } else { Column::Int(row.parent_step) };
        let columns = [
            Column::Null,
            Column::Text(&row.id),
            Column::text(row.parent_id.as_deref()),
            Column::int(row.ts),
            Column::Text(&row.kind),
            Column::Fixed(row.marker.into(), MARKER),
            Column::Int(row.offset.cast_signed()),
            Column::Int(row.len.cast_signed()),
            step,
            Column::Fixed(row.depth.into(), DEPTH),
        ];
        self.0.add(pages, row.seq.into(), &columns)
    }

    /// Writes the rest, and corrects rows. `fixups` are in the order of rows.
    pub(super) fn finish<F: ImageFile>(self, pages: &mut Pages<F>, fixups: &[Fixup]) -> Result<(), F::Error> {
        let leaves = self.0.finish(pages)?;
        let mut fixups = fixups.iter().peekable();
        let mut first = 0;
        for Child { page, last } in leaves {
            if fixups.peek().is_some_and(|fixup| u64::from(fixup.seq) <= last) {
                let mut leaf = Leaf { page, image: pages.read(page)? };
                while let Some(fixup) = fixups.next_if(|fixup| u64::from(fixup.seq) <= last) {
                    let number = usize::try_from(u64::from(fixup.seq) - first).unwrap_or(usize::MAX);
                    leaf.correct(pages, number, fixup)?;
                }
                pages.write(page, &leaf.image)?;
            }
            first = last + 1;
        }
        Ok(())
    }
}

/// A leaf whose rows are corrected.
struct Leaf {
    page: u32,
    image: [u8; PAGE],
}

/// Where a row's payload stands.
struct Payload {
    start: usize,
    len: usize,
    local: usize,
}

impl Leaf {
    fn correct<F: ImageFile>(&mut self, pages: &mut Pages<F>, number: usize, fixup: &Fixup) -> Result<(), F::Error> {
        let Some((payload, types)) = self.row(number) else { return Ok(()) };
        // The last columns: marker, offset, length, step, depth.
        let [.., _, offset_type, len_type, step_type, _] = *types else { return Ok(()) };
        let header = types.len();
        let depth_at = payload.len - usize::from(DEPTH);
        let step_at = depth_at - usize::from(width_of_type(step_type));
        let widths = [offset_type, len_type].map(|serial_type| usize::from(width_of_type(serial_type)));
        let marker_at = step_at - widths.iter().sum::<usize>() - usize::from(MARKER);
        self.put(pages, &payload, marker_at, &[fixup.marker])?;
        self.put(pages, &payload, depth_at, &fixup.depth.to_be_bytes())?;
        match width_of_type(step_type) {
            // 0 and 1 are types without bytes.
            0 => {
                let serial_type = if fixup.parent_step == 1 { ONE } else { ZERO };
                self.put(pages, &payload, header - 2, &[serial_type])
            }
            width => self.put(pages, &payload, step_at, last_bytes(&fixup.parent_step.to_be_bytes(), width)),
        }
    }

    /// The payload of a row, and its header, whose last bytes are the types of the last columns.
    fn row(&self, number: usize) -> Option<(Payload, Vec<u8>)> {
        let at = u16::from_be_bytes(*self.image.get(8 + 2 * number..)?.first_chunk()?);
        let cell = self.image.get(usize::from(at)..)?;
        let (len, rest) = varint(cell)?;
        let (_, rest) = varint(rest)?;
        let (start, len) = (PAGE - rest.len(), usize::try_from(len).ok()?);
        // One byte, and always in the page.
        let header = usize::from(*rest.first()?);
        Some((Payload { start, len, local: local_len(Kind::Table, len) }, rest.get(..header)?.to_vec()))
    }

    /// Replaces bytes of a payload, wherever they stand.
    fn put<F: ImageFile>(
        &mut self,
        pages: &mut Pages<F>,
        payload: &Payload,
        at: usize,
        bytes: &[u8],
    ) -> Result<(), F::Error> {
        for (at, &byte) in (at..).zip(bytes) {
            if at < payload.local {
                if let Some(place) = self.image.get_mut(payload.start + at) {
                    *place = byte;
                }
                continue;
            }
            let pointer = self.image.get(payload.start + payload.local..).and_then(|rest| rest.first_chunk());
            let first = pointer.map_or(self.page, |first| u32::from_be_bytes(*first));
            let rest = at - payload.local;
            let number = behind(first, u32::try_from(rest / OVERFLOW).unwrap_or_default());
            let mut image = pages.read(number)?;
            if let Some(place) = image.get_mut(4 + rest % OVERFLOW) {
                *place = byte;
            }
            pages.write(number, &image)?;
        }
        Ok(())
    }
}
