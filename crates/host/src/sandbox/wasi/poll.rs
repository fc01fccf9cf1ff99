use std::time::{Duration, Instant};

use wasmtime::Caller;

use crate::guest::State;

use super::context::Context;
use super::descriptor::Descriptor;
use super::errno::Errno;
use super::linker::enter;
use super::memory::GuestMemory;
use super::process_calls::{MONOTONIC, MONOTONIC_BEGIN, REALTIME, realtime, size};
use super::waiting::{LOOK_AGAIN, pause};

/// The most that one call waits for.
const MAX_SUBSCRIPTIONS: u32 = 1024;

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: usize = 32;

/// Something that a guest waits for.
#[derive(Clone, Copy)]
struct Subscription {
    userdata: u64,
    event: Event,
}

#[derive(Clone, Copy)]
enum Event {
    /// A point in time; none where it lies too far ahead to come.
    Clock(Option<Instant>),
    Read(u32),
    Write(u32),
    /// What cannot be waited for.
    Refused(u8, Errno),
}

/// What to do next.
enum Next {
    Answered,
    /// Nothing has happened yet: look again at this time, if at any.
    Wait {
        until: Option<Instant>,
        is_person: bool,
    },
}

/// Waits until one of the subscriptions has something to say.
pub(super) async fn poll_oneoff(
    caller: &mut Caller<'_, State>,
    list: u32,
    events: u32,
    count: u32,
    ready: u32,
) -> wasmtime::Result<i32> {
    let mut subscriptions = Vec::new();
    let errno = enter(caller, |context, memory| {
        context.used = true;
        subscriptions = read(context, memory, list, count)?;
        Ok(())
    })?;
    if errno != 0 {
        return Ok(errno);
    }
    loop {
        let mut next = Next::Answered;
        let errno = enter(caller, |context, memory| {
            next = look(context, memory, &subscriptions, events, ready)?;
            Ok(())
        })?;
        match next {
            Next::Answered => return Ok(errno),
            Next::Wait { until, is_person } => pause(caller, until, is_person).await?,
        }
    }
}

fn read(
    context: &Context,
    memory: &GuestMemory<'_>,
    list: u32,
    count: u32,
) -> Result<Vec<Subscription>, Errno> {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }
    let (subscriptions, _) = memory
        .bytes(list, count * SUBSCRIPTION_BYTES)?
        .as_chunks::<{ SUBSCRIPTION_BYTES as usize }>();
    let word = |bytes: &[u8; SUBSCRIPTION_BYTES as usize], at: usize| {
        let word = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
        u64::from_le_bytes(word.copied().unwrap_or_default())
    };
    let half = |bytes: &[u8; SUBSCRIPTION_BYTES as usize], at: usize| word(bytes, at) as u32;
    let read = |bytes: &[u8; SUBSCRIPTION_BYTES as usize]| Subscription {
        userdata: word(bytes, 0),
        event: match bytes[8] {
            0 => clock(context, half(bytes, 16), word(bytes, 24), half(bytes, 40)),
            1 => Event::Read(half(bytes, 16)),
            2 => Event::Write(half(bytes, 16)),
            other => Event::Refused(other, Errno::Inval),
        },
    };
    Ok(subscriptions.iter().map(read).collect())
}

fn clock(context: &Context, id: u32, timeout: u64, flags: u32) -> Event {
    let timeout = Duration::from_nanos(timeout);
    let is_absolute = flags & 1 != 0;
    let begin = match (id, is_absolute) {
        (REALTIME | MONOTONIC, false) => Duration::ZERO,
        (REALTIME, true) => realtime(),
        (MONOTONIC, true) => MONOTONIC_BEGIN + context.began.elapsed(),
        _ => return Event::Refused(0, Errno::Inval),
    };
    Event::Clock(Instant::now().checked_add(timeout.saturating_sub(begin)))
}

/// Looks at all subscriptions once, and writes an event for each that has something to say.
fn look(
    context: &Context,
    memory: &mut GuestMemory<'_>,
    subscriptions: &[Subscription],
    events: u32,
    ready: u32,
) -> Result<Next, Errno> {
    let now = Instant::now();
    let mut written = Vec::new();
    let mut until: Option<Instant> = None;
    let mut sooner = |time: Instant| until = Some(until.map_or(time, |until| until.min(time)));
    let mut is_person = true;
    for Subscription { userdata, event } in subscriptions {
        let (kind, found) = match *event {
            Event::Clock(Some(time)) if time <= now => (0, Ok(0)),
            Event::Clock(time) => {
                time.into_iter().for_each(&mut sooner);
                is_person = false;
                continue;
            }
            Event::Read(fd) => match context.descriptors.get(fd) {
                Ok(Descriptor::Stdin) if !context.stdin.is_ready() => {
                    sooner(now + LOOK_AGAIN);
                    is_person &= context.stdin.is_terminal();
                    continue;
                }
                Ok(Descriptor::File(file)) => {
                    let len = file.len()?;
                    (1, Ok(len.saturating_sub(file.position())))
                }
                Ok(Descriptor::Stdin) => (1, Ok(1)),
                _ => (1, Err(Errno::Badf)),
            },
            Event::Write(fd) => match context.descriptors.get(fd) {
                Ok(Descriptor::Output(_)) if context.output.is_full() => {
                    sooner(now + LOOK_AGAIN);
                    is_person = false;
                    continue;
                }
                Ok(Descriptor::Output(_) | Descriptor::File(_)) => (2, Ok(1)),
                _ => (2, Err(Errno::Badf)),
            },
            Event::Refused(kind, errno) => (kind, Err(errno)),
        };
        write(&mut written, *userdata, kind, found);
    }
    if written.is_empty() {
        return Ok(Next::Wait { until, is_person });
    }
    memory.write(events, &written)?;
    memory.write_u32(ready, size(written.len() / EVENT_BYTES)?)?;
    Ok(Next::Answered)
}

fn write(events: &mut Vec<u8>, userdata: u64, kind: u8, found: Result<u64, Errno>) {
    let error = found.err().map_or(0, |errno| errno as u16);
    events.extend(userdata.to_le_bytes());
    events.extend(error.to_le_bytes());
    events.extend([kind, 0, 0, 0, 0, 0]);
    events.extend(found.unwrap_or(0).to_le_bytes());
    events.extend([0; 8]);
}
