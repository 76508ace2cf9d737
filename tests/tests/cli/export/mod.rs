//! `export`: every form, on good, hostile and large logs.

mod files;
mod harness;
mod html;
mod markdown;
