//! `hello`: the greeting of examples/plugins/hello, by Extism's protocol. Text in, text out. Built for WASI, also `cat`:
//! prints a file of `/data`, as examples/plugins/cat does.

use extism_pdk::{FnResult, plugin_fn};

#[plugin_fn]
pub fn hello(name: String) -> FnResult<String> {
    Ok(format!("Hello, {name}!"))
}

#[cfg(target_os = "wasi")]
#[plugin_fn]
pub fn cat(name: String) -> FnResult<String> {
    Ok(std::fs::read_to_string(
        std::path::Path::new("/data").join(name),
    )?)
}
