//! Shows: values in, HTML out. Knows no HTTP and no engine.
pub mod assets;
