//! `tee [--append] FILE`: copies its standard input to its standard output and to a file directly inside `./out`, and
//! tells on its standard error how much that was.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

use sen_plugin_sdk::prelude::*;

struct Tee;

impl Plugin for Tee {
    fn manifest() -> PluginManifest {
        PluginManifest::new(
            CommandSpec::new(
                "tee",
                "Copies its input to its output and to a file in ./out",
            )
            .version(env!("CARGO_PKG_VERSION"))
            .arg(
                ArgSpec::option("append", "append")
                    .short('a')
                    .help("Add to the file instead of replacing what is in it"),
            )
            .arg(
                ArgSpec::positional("file")
                    .required()
                    .help("The name of a file in ./out"),
            ),
        )
        .capabilities(
            Capabilities::none()
                .with_fs_write(vec![PathPattern::new("./out")])
                .with_stdio(StdioCapability::all()),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        let (append, file) = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["--append" | "-a", file] => (true, file),
            [file] => (false, file),
            _ => return ExecuteResult::user_error("name one file"),
        };
        match copy(append, file) {
            Ok(()) => ExecuteResult::success(""),
            Err(error) => ExecuteResult::user_error(format!("{file}: {error}")),
        }
    }
}

fn copy(append: bool, file: &str) -> io::Result<()> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(Path::new("/out").join(file))?
        .write_all(&text)?;
    io::stdout().write_all(&text)?;
    // What is not a line yet stays in the buffer, and nobody would see it.
    io::stdout().flush()?;
    writeln!(io::stderr(), "{} bytes", text.len())
}

export_plugin!(Tee);
