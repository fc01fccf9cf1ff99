use std::collections::{HashMap, VecDeque};

use super::{Lane, Work};
use crate::error::Fault;

/// What waits and what runs, by lanes.
#[derive(Default)]
pub(super) struct Queue {
    lanes: HashMap<Lane, LaneState>,
    /// Work that was begun and waits for something other than a thread.
    pub(super) sleeping: Vec<(Lane, Box<dyn Work>)>,
    pub(super) waiting: usize,
    pub(super) running: usize,
    pub(super) threads: usize,
    arrivals: u64,
    /// Threads that have nothing to do end at once.
    pub(super) retired: bool,
}

#[derive(Default)]
struct LaneState {
    /// Work with the number of its arrival.
    waiting: VecDeque<(u64, Box<dyn Work>)>,
    running: usize,
}

impl Queue {
    fn arrive(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    pub(super) fn push(&mut self, lane: Lane, work: Box<dyn Work>) {
        let arrival = self.arrive();
        self.lanes
            .entry(lane)
            .or_default()
            .waiting
            .push_back((arrival, work));
        self.waiting += 1;
    }

    /// Work that was interrupted for others: it goes on before what its own lane has not begun,
    /// and after what the others have.
    pub(super) fn push_back(&mut self, lane: Lane, work: Box<dyn Work>) {
        let arrival = self.arrive();
        self.lanes
            .entry(lane)
            .or_default()
            .waiting
            .push_front((arrival, work));
        self.waiting += 1;
    }

    /// The next piece that there is room for: of the lane with the fewest running, the one that
    /// waits longest.
    pub(super) fn pop(&mut self) -> Option<(Lane, Box<dyn Work>)> {
        if let Some(woken) = self.sleeping.iter().position(|(_, work)| !work.sleeps()) {
            let (lane, work) = self.sleeping.remove(woken);
            self.lanes.entry(lane).or_default().running += 1;
            self.running += 1;
            return Some((lane, work));
        }
        let waiting = self.lanes.iter_mut().filter(|(_, state)| {
            state
                .waiting
                .front()
                .is_some_and(|(_, work)| work.is_ready())
        });
        let next = waiting.min_by_key(|(_, state)| {
            (
                state.running,
                state.waiting.front().map(|(arrival, _)| *arrival),
            )
        });
        let (&lane, state) = next?;
        if !state.waiting.front_mut()?.1.claim() {
            return None;
        }
        let (_, work) = state.waiting.pop_front()?;
        state.running += 1;
        self.waiting -= 1;
        self.running += 1;
        Some((lane, work))
    }

    pub(super) fn ended(&mut self, lane: Lane) {
        self.running -= 1;
        if let Some(state) = self.lanes.get_mut(&lane) {
            state.running -= 1;
            if state.running == 0 && state.waiting.is_empty() {
                self.lanes.remove(&lane);
            }
        }
    }

    /// Takes out what nobody waits for any more.
    pub(super) fn prune(&mut self) -> Vec<(Fault, Box<dyn Work>)> {
        let mut abandoned = Vec::new();
        for state in self.lanes.values_mut() {
            for (arrival, work) in std::mem::take(&mut state.waiting) {
                match work.abandoned() {
                    Some(fault) => abandoned.push((fault, work)),
                    None => state.waiting.push_back((arrival, work)),
                }
            }
        }
        self.waiting -= abandoned.len();
        self.lanes
            .retain(|_, state| state.running > 0 || !state.waiting.is_empty());
        abandoned
    }

    /// Whether there is work that only has to be looked at again.
    pub(super) fn has_work(&self) -> bool {
        self.waiting > 0 || !self.sleeping.is_empty()
    }

    /// Whether another lane has something to do.
    pub(super) fn others_wait(&self, lane: Lane) -> bool {
        let own = self.lanes.get(&lane).map_or(0, |state| state.waiting.len());
        self.waiting > own
    }
}
