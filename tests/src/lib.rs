//! The harness of the end-to-end tests: programs, browsers and files as a person has them.
//!
//! Nothing of the product is linked in. What a test knows, it knows from a process's output, from the local HTTP
//! API, from a page, or from a file.

pub mod stage;
pub mod node;
pub mod api;
pub mod wire;
pub mod browser;
pub mod axe;
pub mod tools;
pub mod town;
pub mod places;
pub mod chance;
pub mod wait;
