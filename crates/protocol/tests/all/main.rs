//! The protocol from outside: what a host and its guests may rely on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod arbitrary;
mod containment;
mod hostile_bytes;
mod memory;
mod mutation;
mod round_trip;
mod shapes;
mod wild;
