//! Shows: values in, HTML out. Knows no HTTP and no engine.
//!
//! A handler fills one of the structs in [`pages`] with plain values and calls `render()`. What is posted comes back
//! through [`forms`]; a part of a document through [`forms::part`]. Addresses are made in [`urls`], files in [`assets`].

pub mod pages;
pub mod chrome;
pub mod forms;
pub mod urls;
pub mod assets;
pub mod kinds;
pub mod pathway;
pub mod reading;
pub mod diagram;
pub mod figures;
pub mod parts;
pub mod words;
pub mod when;
pub mod requests;
