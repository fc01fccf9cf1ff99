//! `cat FILE...`: prints files below `./data`, which it sees as `/data` and reads with nothing but `std::fs`.

use std::fs;
use std::path::Path;

use sen_plugin_sdk::prelude::*;

struct Cat;

impl Plugin for Cat {
    fn manifest() -> PluginManifest {
        PluginManifest::new(
            CommandSpec::new("cat", "Prints files below ./data")
                .version(env!("CARGO_PKG_VERSION"))
                .arg(
                    ArgSpec::positional("file")
                        .required()
                        .help("A file below ./data, or its path as the plugin sees it, /data/..."),
                ),
        )
        .capabilities(
            Capabilities::none().with_fs_read(vec![PathPattern::new("./data").recursive()]),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        if args.is_empty() {
            return ExecuteResult::user_error("name a file");
        }
        let mut output = String::new();
        for file in &args {
            // A path that is absolute stays what it is.
            match fs::read_to_string(Path::new("/data").join(file)) {
                Ok(text) => output += &text,
                Err(error) => return ExecuteResult::user_error(format!("{file}: {error}")),
            }
        }
        ExecuteResult::success(output)
    }
}

export_plugin!(Cat);
