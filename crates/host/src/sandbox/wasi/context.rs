use std::sync::Arc;
use std::time::Instant;

use crate::grant::Grant;
use crate::output::{Captured, Output, Stdio, Stream};

use super::descriptor::{Descriptor, Descriptors};
use super::directory::OpenDirectory;
use super::stdin::Stdin;

/// What every plugin is called as a program: the first of its arguments by convention.
const PROGRAM: &str = "plugin";

/// What an execution of a WASI plugin finds outside of itself: made afresh for each.
pub(crate) struct Context {
    pub(super) descriptors: Descriptors,
    pub(super) grant: Option<Grant>,
    /// A name, then what the execution was called with.
    pub(super) args: Vec<String>,
    pub(super) stdin: Stdin,
    pub(super) output: Output,
    /// When the guest's monotonic clock began.
    pub(super) began: Instant,
    /// Whether the guest learned or did something that an instance that stands by must not have.
    pub(super) used: bool,
    /// Whether the guest made any call.
    pub(super) asked: bool,
}

/// What a program gives to an execution, beside its arguments.
#[derive(Clone, Default)]
pub struct World {
    /// What the plugin may reach. Without one: nothing.
    pub grant: Option<Grant>,
    /// Where standard streams lead, as far as they are granted.
    pub stdio: Stdio,
    /// What the plugin reads from its standard input, where that is granted. By default nothing,
    /// or with [`Stdio::Passed`] what the process reads.
    pub stdin: Option<Arc<[u8]>>,
}

impl World {
    /// Whether an execution can leave traces outside, or wait for something there, so that it must
    /// be run once only and where it may be kept waiting.
    pub(crate) fn reaches_outside(&self) -> bool {
        self.grant.as_ref().is_some_and(|grant| {
            let stdio = grant.capabilities().stdio;
            !grant.roots().is_empty()
                || (self.stdio.is_passed() && (stdio.stdin || stdio.stdout || stdio.stderr))
        })
    }

    /// Whether an execution finds nothing at all, as one without a grant.
    pub(crate) fn is_empty(&self) -> bool {
        self.grant.is_none()
    }
}

impl Context {
    pub(crate) fn new(world: &World, args: &[String], output_limit: usize) -> Self {
        let granted = world.grant.as_ref().map(|grant| grant.capabilities().stdio);
        let granted = granted.unwrap_or_default();
        let stdin = match (&world.stdin, granted.stdin, world.stdio.is_passed()) {
            (Some(bytes), true, _) => Stdin::bytes(bytes.clone()),
            (None, true, true) => Stdin::of_process(),
            _ => Stdin::empty(),
        };
        let roots = world.grant.iter().flat_map(Grant::roots);
        let directories =
            roots.map(|root| Descriptor::Directory(OpenDirectory::granted(root.clone())));
        let streams = [
            Descriptor::Stdin,
            Descriptor::Output(Stream::Stdout),
            Descriptor::Output(Stream::Stderr),
        ];
        Self {
            descriptors: Descriptors::new(streams.into_iter().chain(directories)),
            grant: world.grant.clone(),
            args: program_args(args),
            stdin,
            output: Output::new(&world.stdio, granted, output_limit),
            began: Instant::now(),
            used: false,
            asked: false,
        }
    }

    pub(crate) fn set_args(&mut self, args: &[String]) {
        self.args = program_args(args);
    }

    /// What the guest wrote since this was last asked.
    pub(crate) fn take_output(&mut self) -> Captured {
        self.output.take()
    }

    /// Whether an instance that has this context is as if it had been started now.
    pub(crate) fn is_untouched(&self) -> bool {
        !self.used
    }

    /// Whether the guest made any call, and may know what only this context answers.
    pub(crate) fn has_been_asked(&self) -> bool {
        self.asked
    }

    /// Whether a call may have to wait for something outside.
    pub(super) fn may_block(&self) -> bool {
        self.stdin.is_of_process()
            || self.output.is_passed()
            || self
                .grant
                .as_ref()
                .is_some_and(|grant| !grant.roots().is_empty())
    }
}

fn program_args(args: &[String]) -> Vec<String> {
    let own = std::iter::once(PROGRAM.to_owned());
    own.chain(args.iter().cloned()).collect()
}
