//! What the host sends to a guest.

use std::convert::Infallible;

use rmp::encode::{
    ByteBuf, ValueWriteError, write_array_len, write_map_len, write_str, write_uint,
};

use crate::effect::{EffectResult, HttpResponse};

/// Appends `args` to `out` as an array of strings: what `plugin_execute` takes.
///
/// It appends so that one buffer can serve many calls. More than 2^32 - 1 arguments, or one of 4 GiB, have
/// no encoding; they would not fit a guest's memory, and the caller bounds them long before.
pub fn encode_args(args: &[impl AsRef<str>], out: &mut Vec<u8>) {
    let mut bytes = ByteBuf::from_vec(std::mem::take(out));
    let Ok(()) = write_args(&mut bytes, args);
    *out = bytes.into_vec();
}

/// Encodes the result of an effect for `plugin_resume`, structs as maps keyed by field name.
///
/// The bytes are those of the Rust host: an empty list of headers is left out.
#[must_use]
pub fn encode_effect_result(result: &EffectResult) -> Vec<u8> {
    let mut bytes = ByteBuf::new();
    let Ok(()) = write_effect_result(&mut bytes, result);
    bytes.into_vec()
}

/// Writing to memory cannot fail, and with this type the compiler knows.
type Written = Result<(), ValueWriteError<Infallible>>;

fn write_args(out: &mut ByteBuf, args: &[impl AsRef<str>]) -> Written {
    write_array_len(out, wire_len(args.len()))?;
    for arg in args {
        write_str(out, arg.as_ref())?;
    }
    Ok(())
}

fn write_effect_result(out: &mut ByteBuf, result: &EffectResult) -> Written {
    match result {
        EffectResult::Http(response) => {
            write_map_len(out, 1)?;
            write_str(out, "Http")?;
            write_response(out, response)
        }
        EffectResult::SleepComplete => write_str(out, "SleepComplete"),
        EffectResult::Error(reason) => {
            write_map_len(out, 1)?;
            write_str(out, "Error")?;
            write_str(out, reason)
        }
    }
}

fn write_response(out: &mut ByteBuf, response: &HttpResponse) -> Written {
    let HttpResponse {
        status,
        body,
        headers,
    } = response;
    write_map_len(out, if headers.is_empty() { 2 } else { 3 })?;
    write_str(out, "status")?;
    write_uint(out, (*status).into())?;
    write_str(out, "body")?;
    write_str(out, body)?;
    if !headers.is_empty() {
        write_str(out, "headers")?;
        write_array_len(out, wire_len(headers.len()))?;
        for (name, value) in headers {
            write_array_len(out, 2)?;
            write_str(out, name)?;
            write_str(out, value)?;
        }
    }
    Ok(())
}

fn wire_len(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_appended_so_a_buffer_can_be_reused() {
        let mut out = vec![0xff];
        encode_args(&["a", "bc"], &mut out);
        assert_eq!(out, [0xff, 0x92, 0xa1, b'a', 0xa2, b'b', b'c']);
        out.clear();
        encode_args(&[""; 0], &mut out);
        assert_eq!(out, [0x90]);
    }

    #[test]
    fn an_effect_result_without_contents_is_a_bare_name() {
        let mut expected = vec![0xad];
        expected.extend_from_slice(b"SleepComplete");
        assert_eq!(encode_effect_result(&EffectResult::SleepComplete), expected);
    }
}
