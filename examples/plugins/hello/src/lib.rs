//! `hello [NAME]`: the smallest plugin, a manifest and one function.

use sen_plugin_sdk::prelude::*;

struct Hello;

impl Plugin for Hello {
    fn manifest() -> PluginManifest {
        PluginManifest::new(
            CommandSpec::new("hello", "Says hello")
                .version(env!("CARGO_PKG_VERSION"))
                .arg(
                    ArgSpec::positional("name")
                        .help("Whom to greet")
                        .default("World"),
                ),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let name = args.first().map_or("World", String::as_str);
        ExecuteResult::success(format!("Hello, {name}!"))
    }
}

export_plugin!(Hello);
