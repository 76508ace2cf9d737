//! Files in a cloud that are replaced whole.
//!
//! Owns: how a file's end is asked for, and in which portions a file goes there and back.
//! Invariant: a name leads to the whole old file until the whole new one is there: a store shows what was put by one
//! request, or by the last one of several. A file is read by one request, so that it is never part old, part new.

use super::http::watching;
use super::{Came, Cloud};
use crate::address::Provider;
use crate::files::{End, Files};
use crate::objects::ObjectError;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, GetResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutOptions,
};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// Bytes of a request at most: a longer file goes there in several.
const PORTION: usize = 8 << 20;

type Result<T, E = object_store::Error> = std::result::Result<T, E>;

impl Files for Cloud {
    fn top(&self) -> Result<Vec<String>, ObjectError> {
        let prefix = self.prefix.clone();
        let (listed, seen) = self.ask(|store| async move { store.list_with_delimiter(Some(&prefix)).await });
        let listed = listed.map_err(|error| self.failed("list", "", &self.told(&error, seen)))?;
        // Consoles make an object of no bytes for a folder.
        let is_folder = |meta: &&ObjectMeta| meta.location == self.prefix && meta.size == 0;
        let objects = listed.objects.iter().filter(|meta| !is_folder(meta)).map(|meta| &meta.location);
        let names = objects.chain(&listed.common_prefixes).filter_map(|path| self.name(path));
        Ok(names.collect())
    }

    fn end(&self, name: &str, most: u64) -> Result<Option<End>, ObjectError> {
        let (path, has_suffixes) = (self.path(name)?, self.provider != Provider::Azure);
        let (end, seen) = self.ask(|store| async move {
            let range = match has_suffixes {
                true => GetRange::Suffix(most),
                false => GetRange::Offset(store.head(&path).await?.size.saturating_sub(most)),
            };
            let got = store.get_opts(&path, GetOptions { range: Some(range), ..GetOptions::default() }).await?;
            let len = got.meta.size;
            Ok(End { bytes: got.bytes().await?.into(), len })
        });
        end.map_or_else(|error| self.nothing(name, &self.told(&error, seen)), |end| Ok(Some(end)))
    }

    fn open(&self, name: &str) -> Result<Option<File>, ObjectError> {
        let (path, mut file) = (self.path(name)?, self.begin(name)?.into_file());
        let (got, seen) = self.ask(|store| async move {
            let got = store.get_opts(&path, GetOptions::default()).await?;
            Ok(copied(got, &mut file).await?.map(|()| file))
        });
        match got {
            Ok(file) => file.map(Some).map_err(|error| self.of_disk(name, &error)),
            Err(error) => self.nothing(name, &self.told(&error, seen)),
        }
    }

    fn begin(&self, name: &str) -> Result<NamedTempFile, ObjectError> {
        NamedTempFile::new().map_err(|error| self.of_disk(name, &error))
    }

    fn replace(&self, name: &str, with: NamedTempFile) -> Result<(), ObjectError> {
        let (path, mut file) = (self.path(name)?, with.into_file());
        let first = file.seek(SeekFrom::Start(0)).and_then(|_| portion(&mut file));
        let first = first.map_err(|error| self.of_disk(name, &error))?;
        let put =
            if first.len() < PORTION { self.put_whole(path, first) } else { self.put_in_portions(path, first, file) };
        match put {
            (Ok(Ok(())), _) => Ok(()),
            (Ok(Err(error)), _) => Err(self.of_disk(name, &error)),
            (Err(error), seen) => Err(self.failed("write", name, &self.told(&error, seen))),
        }
    }

    fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }
}

/// What came of a put: of the disk within what came of the store.
type Put = Came<io::Result<()>>;

impl Cloud {
    fn put_whole(&self, path: Path, bytes: Vec<u8>) -> Put {
        self.ask(|store| async move {
            // A put that replaces is repeated where its answer was lost.
            store.put_opts(&path, bytes.into(), PutOptions::default()).await.map(|_| Ok(()))
        })
    }

    fn put_in_portions(&self, path: Path, first: Vec<u8>, mut file: File) -> Put {
        let store = Arc::clone(&self.store);
        let came = self.runtime.wait(async move {
            let (begun, seen) = watching(store.put_multipart(&path)).await;
            let mut upload = match begun {
                Ok(upload) => upload,
                Err(error) => return (Err(error), seen),
            };
            let (put, seen) = watching(portions(&mut *upload, first, &mut file)).await;
            if !matches!(put, Ok(Ok(()))) {
                // What is there of it costs its owner, and is seen by nobody. The store forgets it by itself, or not.
                let _ = upload.abort().await;
            }
            (put, seen)
        });
        came.unwrap_or_else(|| self.stopped())
    }

    fn of_disk(&self, name: &str, error: &io::Error) -> ObjectError {
        let folder = std::env::temp_dir();
        ObjectError::new("pass on", Files::shown(self, name), format!("{}: {error}", folder.display()))
    }
}

async fn portions(upload: &mut dyn MultipartUpload, first: Vec<u8>, file: &mut File) -> Result<io::Result<()>> {
    let mut bytes = first;
    while !bytes.is_empty() {
        upload.put_part(bytes.into()).await?;
        bytes = match portion(file) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(error)),
        };
    }
    upload.complete().await.map(|_| Ok(()))
}

/// The next bytes of a file.
fn portion(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(PORTION as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes an answer to a file.
async fn copied(got: GetResult, file: &mut File) -> Result<io::Result<()>> {
    let mut stream = got.into_stream();
    while let Some(bytes) = stream.try_next().await? {
        if let Err(error) = file.write_all(&bytes) {
            return Ok(Err(error));
        }
    }
    Ok(file.seek(SeekFrom::Start(0)).map(drop))
}
