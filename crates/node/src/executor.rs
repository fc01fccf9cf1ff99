use napi::bindgen_prelude::{
    ClassInstance, Either, Float64ArraySlice, FnArgs, Function, Uint8Array,
};
use napi::{Env, Result};
use napi_derive::napi;
use sen_host as host;

use crate::call::{AsyncCall, optional};
use crate::capability::{self, Capabilities};
use crate::compile_cache::CompileCache;
use crate::effect::EffectResult;
use crate::event_loop::EventLoopFunction;
use crate::grant::{self, Grant, Surroundings};
use crate::instance::{Instance, limits_of};
use crate::interrupt::Interrupt;
use crate::limits::LimitOverrides;
use crate::plugin::Plugin;
use crate::stats::ExecutorStats;
use crate::threads::{Beginning, Begun, Settled, Threads};
use crate::world::{World, given};

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
    threads: Threads,
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
        let on_settled = EventLoopFunction::new(&on_settled, FnArgs::from)?;
        let executor = host::Executor::new(concurrency, queue_limit);
        Ok(Self {
            threads: Threads::new(executor, on_settled),
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
        let bytes: Box<[u8]> = module[..].into();
        let limits = LimitOverrides::over(limits.as_ref(), &host::Limits::default());
        let cache = cache.map(CompileCache::lazy);
        self.threads.run(0, ticket, move || {
            // One that cannot be used says so in its stats.
            let cache = cache.as_ref().and_then(|cache| cache.get().ok());
            let load_for = if for_live_instance {
                host::LoadFor::LiveInstance
            } else {
                host::LoadFor::Executions
            };
            match host::Plugin::load_cached(bytes, &limits, cache, load_for) {
                Ok(plugin) => Settled::Loaded(plugin.into()),
                Err(fault) => Settled::Executed(fault.into()),
            }
        });
    }

    /// What executes a plugin on a pristine instance, until `owner` is triggered. It begins on the
    /// calling thread, for at most `sliceMs` milliseconds: an execution that is done by then is
    /// returned, and its ticket never settled. What is not goes on on the executor's threads; with
    /// 0, it begins there. A success is returned as by `Plugin.syncCalls`.
    #[napi(
        catch_unwind,
        ts_return_type = "(ticket: number, sliceMs: number, args: string | string[], receipt: Float64Array, limits?: LimitOverrides, call?: Interrupt, world?: World) => string | Outcome | null"
    )]
    pub fn calls_of<'env>(
        &self,
        env: &'env Env,
        plugin: &Plugin,
        owner: Option<&Interrupt>,
    ) -> Result<Function<'env, (), Begun>> {
        let (threads, held) = (self.threads.clone(), plugin.held().clone());
        let owner = owner.map(|owner| owner.handle.clone());
        env.create_function_from_closure("execute", move |context| {
            let call = AsyncCall::read(&context)?;
            let world: Option<ClassInstance<'_, World>> = optional(&context, AsyncCall::ARITY)?;
            let plugin = held.get()?;
            let interrupts = host::Interrupts {
                owner: owner.clone(),
                ..call.interrupts(&threads)
            };
            let limits = LimitOverrides::over(call.limits.as_ref(), plugin.limits());
            let world = given(world.as_deref())?;
            let execution = plugin.start(world, call.args, limits, interrupts);
            Ok(threads.begin(plugin.id(), execution, call.beginning))
        })
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
        let plugin = plugin.get()?;
        let opened = opened.map(|opened| opened.get().cloned()).transpose()?;
        self.threads.run(0, ticket, move || {
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
        let plugin = plugin.get()?;
        let earlier = earlier.map(|earlier| earlier.get().cloned()).transpose()?;
        self.threads.run(0, ticket, move || {
            let earlier = earlier.as_ref();
            let grant = host::Grant::open_ahead(&plugin, &capabilities, &surroundings, earlier);
            Settled::Opened(Either::A(Grant::undecided(grant)))
        });
        Ok(())
    }

    /// How the executor is doing now.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> ExecutorStats {
        self.threads.stats().into()
    }

    /// Lets idle threads end at once.
    #[napi(catch_unwind)]
    pub fn retire(&self) {
        self.threads.retire();
    }

    /// What executes on a live instance, as that of `callsOf` does on pristine ones.
    #[napi(
        catch_unwind,
        ts_return_type = "(ticket: number, sliceMs: number, args: string | string[], receipt: Float64Array, limits?: LimitOverrides, call?: Interrupt) => string | Outcome | null"
    )]
    pub fn calls_on<'env>(
        &self,
        env: &'env Env,
        instance: &Instance,
    ) -> Result<Function<'env, (), Begun>> {
        let (threads, instance) = (self.threads.clone(), instance.instance.clone());
        env.create_function_from_closure("execute", move |context| {
            let call = AsyncCall::read(&context)?;
            let (interrupts, input) = (call.interrupts(&threads), host::Input::Execute(call.args));
            let limits = limits_of(&instance, call.limits.as_ref());
            let execution = instance.start(input, limits, interrupts);
            let lane = lane_of_instances(instance.plugin());
            Ok(threads.begin(lane, execution, call.beginning))
        })
    }

    /// Hands the result of an effect to the instance that asked for it, as the function of `callsOn` does.
    #[napi(catch_unwind, ts_return_type = "string | Outcome | null")]
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
        receipt: Float64ArraySlice<'_>,
        limits: Option<LimitOverrides>,
        call: Option<&Interrupt>,
        slice_ms: f64,
    ) -> Begun {
        let input = host::Input::Resume(effect_id, result.into());
        let instance = &instance.instance;
        let limits = limits_of(instance, limits.as_ref());
        let interrupts = self.threads.interrupts(call);
        let execution = instance.start(input, limits, interrupts);
        let beginning = Beginning {
            ticket,
            slice_ms,
            receipt,
        };
        let lane = lane_of_instances(instance.plugin());
        self.threads.begin(lane, execution, beginning)
    }
}

/// Instances are called in a lane of their own: executions may wait for room that only the end of
/// such a call makes.
fn lane_of_instances(plugin: &host::Plugin) -> host::Lane {
    plugin.id() | 1 << 63
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.threads.close();
    }
}
