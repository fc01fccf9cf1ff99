//! `greet [OPTIONS] [NAME]`, `greet morning NAME`, `greet evening NAME`: options, subcommands and errors.
//!
//! The manifest describes the command line, for help; the plugin gets the words as they were typed and reads
//! them itself. A wrong option or value is the user's mistake: an error with code 1.

mod arguments;

use arguments::{Arguments, Style};
use sen_plugin_sdk::prelude::*;

struct Greet;

impl Plugin for Greet {
    fn manifest() -> PluginManifest {
        let name = ArgSpec::positional("name").help("Whom to greet");
        PluginManifest::new(
            CommandSpec::new("greet", "Greets someone, in one of several styles")
                .version(env!("CARGO_PKG_VERSION"))
                .arg(name.clone().default("World"))
                .arg(
                    ArgSpec::option("greeting", "greeting")
                        .short('g')
                        .help("The words to greet with")
                        .default("Hello"),
                )
                .arg(style_option())
                .arg(count_option())
                .subcommand(
                    CommandSpec::new("morning", "Wishes a good morning")
                        .arg(name.clone().required())
                        .arg(style_option())
                        .arg(count_option()),
                )
                .subcommand(
                    CommandSpec::new("evening", "Wishes a good evening")
                        .arg(name.required())
                        .arg(style_option())
                        .arg(count_option()),
                ),
        )
    }

    fn execute(args: Vec<String>) -> ExecuteResult {
        match Arguments::parse(&args) {
            Ok(arguments) => ExecuteResult::success(greet(&arguments)),
            Err(message) => ExecuteResult::user_error(message),
        }
    }
}

fn style_option() -> ArgSpec {
    ArgSpec {
        possible_values: Some(Style::NAMES.map(String::from).to_vec()),
        ..ArgSpec::option("style", "style")
            .short('s')
            .help("How to say it")
            .default("plain")
    }
}

fn count_option() -> ArgSpec {
    ArgSpec {
        value_name: Some("TIMES".into()),
        ..ArgSpec::option("count", "count")
            .short('n')
            .help("How many times, 1 to 100")
            .default("1")
    }
}

fn greet(arguments: &Arguments) -> String {
    let Arguments {
        greeting,
        name,
        style,
        count,
    } = arguments;
    let line = match style {
        Style::Plain => format!("{greeting}, {name}!"),
        Style::Shout => format!("{greeting}, {name}!").to_uppercase(),
        Style::Whisper => format!("({greeting}, {name} …)"),
    };
    vec![line; *count].join("\n")
}

export_plugin!(Greet);
