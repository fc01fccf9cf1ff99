//! Calls that wait for something outside: on a thread that may be kept waiting, and no longer than
//! the guest's time or until somebody stops it.

use std::time::{Duration, Instant};

use wasmtime::Caller;

use crate::guest::State;

use super::descriptor::Descriptor;

/// How soon something outside is looked at again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(5);
const SOONEST: Duration = Duration::from_millis(1);

/// Comes to an end on a thread that may be kept waiting, where this guest can do something that
/// takes time: files, or streams of the process.
pub(super) async fn patience(caller: &mut Caller<'_, State>) {
    let may_block = caller
        .data_mut()
        .context()
        .is_some_and(|context| context.may_block());
    if may_block && let Some(runner) = caller.data().runner() {
        runner.patience().await;
    }
}

/// Waits until there is something to read, where that is the process's standard input.
pub(super) async fn for_input(caller: &mut Caller<'_, State>, fd: u32) -> wasmtime::Result<()> {
    loop {
        let Some(context) = caller.data_mut().context() else {
            return Ok(());
        };
        let reads_stdin = matches!(context.descriptors.get(fd), Ok(Descriptor::Stdin));
        if !reads_stdin || context.stdin.is_ready() {
            return Ok(());
        }
        let is_person = context.stdin.is_terminal();
        pause(caller, Some(Instant::now() + LOOK_AGAIN), is_person).await?;
    }
}

/// Waits until what the guest writes can be passed on.
pub(super) async fn for_output(caller: &mut Caller<'_, State>) -> wasmtime::Result<()> {
    // Who has waited looks sooner than who has just written: by writing on and on, none keeps what
    // room there is from the others.
    let mut soon = LOOK_AGAIN;
    loop {
        let is_full = caller
            .data_mut()
            .context()
            .is_some_and(|context| context.output.is_full());
        if !is_full {
            return Ok(());
        }
        pause(caller, Some(Instant::now() + soon), false).await?;
        soon = (soon / 2).max(SOONEST);
    }
}

/// Waits until this time, or without one until the guest's is over. Waiting for a person does not
/// count as the guest's time.
pub(super) async fn pause(
    caller: &mut Caller<'_, State>,
    until: Option<Instant>,
    is_person: bool,
) -> wasmtime::Result<()> {
    loop {
        caller.data().check_stopped()?;
        let began = Instant::now();
        if until.is_some_and(|until| began >= until) {
            return Ok(());
        }
        let over = began.checked_add(caller.data().time_left());
        // Without a time to come, somebody's interrupt is what is waited for.
        let wake = until.into_iter().chain(over).min();
        let wake = wake.unwrap_or(began + Duration::from_secs(1));
        match caller.data().runner() {
            Some(runner) => runner.sleep_until(wake).await,
            // This thread belongs to whoever waits for the guest. Interrupts come from others.
            None => std::thread::sleep((wake - began).min(LOOK_AGAIN)),
        }
        if is_person {
            caller.data_mut().forgive(began.elapsed());
        }
    }
}
