//! `env [NAME]`: prints environment variables, all that it can see or one.
//!
//! It asks for `LANG` and for whatever starts with `GREETING_`. It goes through all that there is, so it shows that
//! nothing else is.

use std::env;

use sen_plugin_sdk::prelude::*;

struct Env;

impl Plugin for Env {
    fn manifest() -> PluginManifest {
        PluginManifest::new(
            CommandSpec::new("env", "Prints LANG, GREETING_* and nothing else")
                .version(env!("CARGO_PKG_VERSION"))
                .arg(ArgSpec::positional("name").help("Only this variable")),
        )
        .capabilities(Capabilities::none().with_env_read(vec!["LANG".into(), "GREETING_*".into()]))
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let Some(name) = args.first() else {
            let mut lines: Vec<String> = env::vars()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            lines.sort();
            return ExecuteResult::success(lines.join("\n"));
        };
        match env::var(name) {
            Ok(value) => ExecuteResult::success(value),
            Err(error) => ExecuteResult::user_error(format!("{name}: {error}")),
        }
    }
}

export_plugin!(Env);
