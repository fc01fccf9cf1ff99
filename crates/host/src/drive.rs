use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a guest's future to its end on this thread.
///
/// A guest is a future because it runs on a stack of its own, not because it waits for something:
/// nothing in it is pending but by its own yields, so polling again is all there is to do.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
