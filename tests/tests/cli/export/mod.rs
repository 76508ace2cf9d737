//! `export`: every form, on good, hostile and large logs.

mod blobs;
mod edits;
mod files;
mod given_away;
mod harness;
mod html;
mod markdown;
mod shown;
