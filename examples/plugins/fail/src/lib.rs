//! `fail WAY [MESSAGE]`: fails in every way a plugin can, to see what the host makes of it.
//!
//! `user` and `system` are answers, with a code and a message. `panic`, `memory` and `stack` are faults that the
//! plugin does not survive; the host that ran it does.

use core::hint::black_box;

use sen_plugin_sdk::prelude::*;

struct Fail;

impl Plugin for Fail {
    fn manifest() -> PluginManifest {
        let message = ArgSpec::positional("message").help("What to say about it");
        PluginManifest::new(
            CommandSpec::new("fail", "Fails in a way of your choice")
                .version(env!("CARGO_PKG_VERSION"))
                .subcommand(
                    CommandSpec::new("user", "Answers a mistake of the user, code 1")
                        .arg(message.clone().default("a mistake of yours")),
                )
                .subcommand(
                    CommandSpec::new("system", "Answers a failure of the plugin, code 101")
                        .arg(message.default("a failure of mine")),
                )
                .subcommand(CommandSpec::new("panic", "Panics"))
                .subcommand(CommandSpec::new(
                    "memory",
                    "Allocates until it is refused, and gives up",
                ))
                .subcommand(CommandSpec::new("stack", "Recurses without end")),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let mut args = args.iter().map(String::as_str);
        let way = args.next().unwrap_or_default();
        let message = args.next();
        match way {
            "user" => ExecuteResult::user_error(message.unwrap_or("a mistake of yours")),
            "system" => ExecuteResult::system_error(message.unwrap_or("a failure of mine")),
            "panic" => panic!("as asked for"),
            "memory" => exhaust_memory(),
            "stack" => ExecuteResult::success(descend(1).to_string()),
            _ => ExecuteResult::user_error("choose one of user, system, panic, memory, stack"),
        }
    }
}

/// Takes memory by the MiB and keeps it. An allocation that is refused aborts, which is how most programs meet it.
fn exhaust_memory() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(Vec::<u8>::with_capacity(1 << 20)));
    }
}

/// Recurses until the stack is full.
///
/// Rust's own stack, which lies in linear memory and holds what has an address, is not touched: it is 1 MiB too, and
/// running out of that is a memory fault. What is done with the value that comes back depends on the depth in an
/// order that cannot be rearranged, or LLVM would make a loop of it.
#[inline(never)]
fn descend(depth: u64) -> u64 {
    if depth == 0 {
        return 1;
    }
    (descend(depth.wrapping_add(1)) ^ depth)
        .rotate_left(7)
        .wrapping_mul(depth | 1)
}

export_plugin!(Fail);
