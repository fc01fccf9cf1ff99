use napi_derive::napi;

/// The version of the package that this addon was built for. Others are refused: they would be
/// asked for what they do not know.
#[napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
