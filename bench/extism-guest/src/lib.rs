//! `hello`: the greeting of examples/plugins/hello, by Extism's protocol. Text in, text out.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn hello(name: String) -> FnResult<String> {
    Ok(format!("Hello, {name}!"))
}
