use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::engine::HOST_STACK_BYTES;
use crate::epoch;
use crate::limits::Limits;

/// Runs a guest's future to its end on this thread.
///
/// A guest is a future because it runs on a stack of its own, not because it waits for something:
/// nothing in it is pending but by its own yields, so polling again is all there is to do.
///
/// Where it is pinned, it stays: a guest's future is large, and would be copied to be moved here.
pub(crate) fn run<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        epoch::stand_in();
    }
}

/// Whether the caller's stack has room for a guest's and for the host's frames above it.
pub(crate) fn stack_has_room() -> bool {
    stacker::remaining_stack().is_some_and(|bytes| bytes >= GUEST_AND_HOST_STACK_BYTES)
}

/// With something to spare for whoever is called by them in turn.
const GUEST_AND_HOST_STACK_BYTES: usize = Limits::STACK_BYTES + HOST_STACK_BYTES + (256 << 10);

/// What a thread needs that runs guests on its own stack.
pub(crate) const THREAD_STACK_BYTES: usize = GUEST_AND_HOST_STACK_BYTES + (1 << 20);
