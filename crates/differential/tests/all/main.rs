//! The same plugins, the same arguments, two hosts: what one answers, the other answers too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod arguments;
mod both;
mod examples;
mod guests;
#[path = "../../../host/tests/all/random.rs"]
#[allow(dead_code, reason = "the host's own tests use the rest of it")]
mod random;
