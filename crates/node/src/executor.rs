use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Either, Float64ArraySlice, FnArgs, Function, ToNapiValue, Uint8Array};
use napi::sys::{napi_env, napi_value};
use napi::threadsafe_function::{
    ThreadsafeCallContext, ThreadsafeFunction, ThreadsafeFunctionCallMode,
};
use napi::{Result, Status};
use napi_derive::napi;
use sen_host as host;

use crate::capability::{self, Capabilities};
use crate::compile_cache::CompileCache;
use crate::effect::EffectResult;
use crate::grant::{self, CannotOpen, Grant, Surroundings};
use crate::instance::Instance;
use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::outcome::Outcome;
use crate::plugin::Plugin;
use crate::receipt::brief;
use crate::stats::ExecutorStats;
use crate::world::{World, given};

/// What a piece of work ended with.
#[allow(
    clippy::large_enum_variant,
    reason = "moved once, to where it is converted: a box would only add an allocation"
)]
pub enum Settled {
    Executed(Outcome),
    Loaded(Plugin),
    Opened(Either<Grant, CannotOpen>),
}

impl ToNapiValue for Settled {
    unsafe fn to_napi_value(env: napi_env, value: Self) -> Result<napi_value> {
        // SAFETY: the caller guarantees a valid environment on its own thread, which is all that
        // the conversions of the parts ask for.
        unsafe {
            match value {
                Self::Executed(outcome) => Outcome::to_napi_value(env, outcome),
                Self::Loaded(plugin) => Plugin::to_napi_value(env, plugin),
                Self::Opened(grant) => Either::to_napi_value(env, grant),
            }
        }
    }
}

type OnSettled =
    ThreadsafeFunction<(u32, Settled), (), FnArgs<(u32, Settled)>, Status, false, true>;

/// How many run at once, and how many may wait.
#[napi(object, object_to_js = false)]
pub struct ExecutorOptions {
    /// Default: what the machine can run at once.
    pub concurrency: Option<u32>,
    /// Default: 16,384.
    pub queue_limit: Option<u32>,
}

/// Runs work on threads of the host's, first in first out, and tells JavaScript of each piece by
/// the ticket that it was given. See the host's `Executor`.
///
/// Does not keep the process alive: whoever waits for a ticket does.
#[napi]
pub struct Executor {
    executor: host::Executor,
    on_settled: Arc<OnSettled>,
    /// Triggered when this is dropped: its JavaScript environment is torn down, or nobody waits.
    environment: host::Interrupt,
}

#[napi]
impl Executor {
    /// `onSettled` is called once for each ticket, on the event loop.
    #[napi(constructor)]
    pub fn new(
        options: ExecutorOptions,
        #[napi(
            ts_arg_type = "(ticket: number, settled: Outcome | Plugin | Grant | CannotOpen) => void"
        )]
        on_settled: Function<'_, FnArgs<(u32, Settled)>, ()>,
    ) -> Result<Self> {
        let concurrency = options
            .concurrency
            .map_or_else(host::Executor::default_concurrency, |count| count as usize);
        let queue_limit = options
            .queue_limit
            .map_or(host::Executor::DEFAULT_QUEUE_LIMIT, |limit| limit as usize);
        let on_settled = on_settled
            .build_threadsafe_function::<(u32, Settled)>()
            .weak::<true>()
            .build_callback(|context: ThreadsafeCallContext<(u32, Settled)>| {
                Ok(FnArgs::from(context.value))
            })?;
        Ok(Self {
            executor: host::Executor::new(concurrency, queue_limit),
            on_settled: Arc::new(on_settled),
            environment: host::Interrupt::default(),
        })
    }

    /// Compiles and checks a module, or takes it from the cache: for executions, which should
    /// begin soon, or for a live instance. Settles with a `Plugin` or a fault.
    #[napi(catch_unwind)]
    pub fn load(
        &self,
        ticket: u32,
        module: Uint8Array,
        limits: Option<LimitOverrides>,
        cache: Option<&CompileCache>,
        for_live_instance: bool,
    ) {
        // A copy: JavaScript could change the bytes while they are compiled.
        let bytes = module.to_vec();
        let limits = LimitOverrides::over(limits.as_ref(), &host::Limits::default());
        let cache = cache.map(CompileCache::lazy);
        self.run(0, ticket, move || {
            // One that cannot be used says so in its stats.
            let cache = cache.as_ref().and_then(|cache| cache.get().ok());
            let load_for = if for_live_instance {
                host::LoadFor::LiveInstance
            } else {
                host::LoadFor::Executions
            };
            match host::Plugin::load_cached(&bytes, &limits, cache, load_for) {
                Ok(plugin) => Settled::Loaded(plugin.into()),
                Err(fault) => Settled::Executed(fault.into()),
            }
        });
    }

    /// Executes on a pristine instance. Begins on this thread, for at most `sliceMs`
    /// milliseconds: an execution that is done by then is returned, and its ticket never settled.
    /// What is not goes on on the executor's threads; with 0, it begins there. A success is
    /// returned as by `Plugin.executeSync`. Without a `world`, a WASI plugin finds nothing
    /// outside of itself.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of options would cost more than the call"
    )]
    pub fn execute(
        &self,
        ticket: u32,
        plugin: &Plugin,
        args: Vec<String>,
        mut receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
        owner: Option<&Interrupt>,
        call: Option<&Interrupt>,
        slice_ms: f64,
        world: Option<&World>,
    ) -> Result<Option<Either<String, Outcome>>> {
        let plugin = plugin.get()?.clone();
        let limits = LimitOverrides::over(limits.as_ref(), plugin.limits());
        let handle =
            |interrupt: Option<&Interrupt>| interrupt.map(|interrupt| interrupt.handle.clone());
        let interrupts = host::Interrupts {
            owner: handle(owner),
            call: handle(call),
            environment: Some(self.environment.clone()),
        };
        let execution = plugin.start(given(world)?, args, limits, interrupts);
        Ok(self.begin(ticket, plugin.id(), execution, &mut receipt, slice_ms))
    }

    /// Opens what these capabilities name, as `Grant.open` does, or with `opened` as its `narrow`.
    /// Settles with a `Grant` or with why it cannot be.
    #[napi(catch_unwind)]
    pub fn open_grant(
        &self,
        ticket: u32,
        plugin: &Plugin,
        capabilities: Capabilities,
        surroundings: Surroundings,
        deny: Capabilities,
        opened: Option<&Grant>,
    ) -> Result<()> {
        let capabilities = capability::read(capabilities)?;
        let deny = capability::read(deny)?;
        let surroundings = host::Surroundings::from(surroundings);
        let plugin = plugin.get()?.clone();
        let opened = opened.map(|opened| opened.get().cloned()).transpose()?;
        self.run(0, ticket, move || {
            let grant = match opened {
                Some(opened) => opened.narrow(&capabilities, &surroundings),
                None => host::Grant::open(&plugin, &capabilities, &surroundings),
            };
            Settled::Opened(grant::made(grant, &deny, &surroundings))
        });
        Ok(())
    }

    /// Opens what can be opened of them, as `Grant.openAhead` does. Settles with a `Grant`.
    #[napi(catch_unwind)]
    pub fn open_grant_ahead(
        &self,
        ticket: u32,
        plugin: &Plugin,
        capabilities: Capabilities,
        surroundings: Surroundings,
        earlier: Option<&Grant>,
    ) -> Result<()> {
        let capabilities = capability::read(capabilities)?;
        let surroundings = host::Surroundings::from(surroundings);
        let plugin = plugin.get()?.clone();
        let earlier = earlier.map(|earlier| earlier.get().cloned()).transpose()?;
        self.run(0, ticket, move || {
            let earlier = earlier.as_ref();
            let grant = host::Grant::open_ahead(&plugin, &capabilities, &surroundings, earlier);
            Settled::Opened(Either::A(Grant::undecided(grant)))
        });
        Ok(())
    }

    /// How the executor is doing now.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> ExecutorStats {
        self.executor.stats().into()
    }

    /// Lets idle threads end at once.
    #[napi(catch_unwind)]
    pub fn retire(&self) {
        self.executor.retire();
    }

    /// Executes on a live instance, as `execute` does.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of options would cost more than the call"
    )]
    pub fn execute_on(
        &self,
        ticket: u32,
        instance: &Instance,
        args: Vec<String>,
        mut receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
        call: Option<&Interrupt>,
        slice_ms: f64,
    ) -> Option<Either<String, Outcome>> {
        let input = host::Input::Execute(args);
        let execution = self.call_of(instance, input, limits.as_ref(), call);
        let lane = lane_of_instances(instance.instance.plugin());
        self.begin(ticket, lane, execution, &mut receipt, slice_ms)
    }

    /// Hands the result of an effect to the instance that asked for it, as `executeOn` does.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object of options would cost more than the call"
    )]
    pub fn resume(
        &self,
        ticket: u32,
        instance: &Instance,
        effect_id: u32,
        result: EffectResult,
        mut receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
        call: Option<&Interrupt>,
        slice_ms: f64,
    ) -> Option<Either<String, Outcome>> {
        let input = host::Input::Resume(effect_id, result.into());
        let execution = self.call_of(instance, input, limits.as_ref(), call);
        let lane = lane_of_instances(instance.instance.plugin());
        self.begin(ticket, lane, execution, &mut receipt, slice_ms)
    }
}

/// Instances are called in a lane of their own: executions may wait for room that only the end of
/// such a call makes.
fn lane_of_instances(plugin: &host::Plugin) -> host::Lane {
    plugin.id() | 1 << 63
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.environment.trigger(host::InterruptReason::Closed);
    }
}

impl Executor {
    fn call_of(
        &self,
        instance: &Instance,
        input: host::Input,
        limits: Option<&LimitOverrides>,
        call: Option<&Interrupt>,
    ) -> host::Execution {
        let interrupts = host::Interrupts {
            owner: None,
            call: call.map(|call| call.handle.clone()),
            environment: Some(self.environment.clone()),
        };
        let limits = instance.limits(limits);
        instance.instance.start(input, limits, interrupts)
    }

    /// Runs an execution here for at most this many milliseconds. What is not done by then goes on
    /// on the executor's threads.
    fn begin(
        &self,
        ticket: u32,
        lane: host::Lane,
        mut execution: host::Execution,
        receipt: &mut Float64ArraySlice<'_>,
        slice_ms: f64,
    ) -> Option<Either<String, Outcome>> {
        if slice_ms > 0.0 && execution.is_ready() {
            let slice = Duration::try_from_secs_f64(slice_ms / 1000.0).unwrap_or_default();
            if let Some(reply) = execution.run_without_waiting(slice) {
                return Some(brief(Outcome::of_plugin(reply), receipt));
            }
        }
        let on_settled = self.on_settled.clone();
        let work = ExecutionWork {
            execution,
            settler: Settler { ticket, on_settled },
        };
        self.executor.submit(lane, Box::new(work));
        None
    }

    /// Runs work of a lane in one go.
    fn run(&self, lane: host::Lane, ticket: u32, work: impl FnOnce() -> Settled + Send + 'static) {
        let on_settled = self.on_settled.clone();
        let mut settler = Settler { ticket, on_settled };
        self.executor.run(lane, move |admitted| match admitted {
            Ok(()) => {
                settler.settle_with(|| Some(work()));
            }
            Err(fault) => settler.settle(Settled::Executed(fault.into())),
        });
    }
}

/// Tells JavaScript what came of a ticket.
struct Settler {
    ticket: u32,
    on_settled: Arc<OnSettled>,
}

impl Settler {
    fn settle(&self, settled: Settled) {
        // Refused only while the environment is torn down, when nobody waits any more.
        let mode = ThreadsafeFunctionCallMode::NonBlocking;
        let _ = self.on_settled.call((self.ticket, settled), mode);
    }

    /// Settles with what the work gives, if it gives anything, or with a fault if it panics.
    fn settle_with(&mut self, work: impl FnOnce() -> Option<Settled>) -> bool {
        let settled = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let reason = "it panicked".into();
            let fault = host::Fault::from(host::FaultKind::Internal { reason });
            Some(Settled::Executed(fault.into()))
        });
        settled.map(|settled| self.settle(settled)).is_some()
    }
}

/// An execution on the executor's threads.
struct ExecutionWork {
    execution: host::Execution,
    settler: Settler,
}

impl host::Work for ExecutionWork {
    fn run_for(&mut self, slice: Duration) -> bool {
        let Self { execution, settler } = self;
        settler.settle_with(|| {
            execution
                .run_for(slice)
                .map(|reply| Settled::Executed(Outcome::of_plugin(reply)))
        })
    }

    fn abandoned(&self) -> Option<host::Fault> {
        self.execution.abandoned()
    }

    fn is_ready(&self) -> bool {
        self.execution.is_ready()
    }

    fn sleeps(&self) -> bool {
        self.execution.sleeps()
    }

    fn refuse(self: Box<Self>, fault: host::Fault) {
        self.settler.settle(Settled::Executed(fault.into()));
    }
}
