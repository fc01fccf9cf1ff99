//! `wc TEXT...`: counts lines, words and bytes, with the whole protocol written by hand.
//!
//! No SDK, no dependencies, no `std`: what a host and a plugin say to each other is a few functions and a little
//! MessagePack. The manifest and the result are sent as positional arrays, which need no field names.

#![no_std]

mod memory;
mod message_pack;

use memory::plugin_alloc;
use message_pack::{Reader, Writer};

const API_VERSION: u32 = 2;

/// What a line of three counts takes at most, its spaces and its end included.
const LINE: usize = 3 * (u32::MAX.ilog10() as usize + 1) + 3;

#[unsafe(no_mangle)]
extern "C" fn plugin_manifest() -> u64 {
    answer(512, |out| {
        out.array(2); // PluginManifest: api_version, command; no capabilities
        out.number(API_VERSION);
        out.array(5); // CommandSpec: name, about, version, author, args; no subcommands
        out.text("wc");
        out.text("Counts lines, words and bytes");
        out.text(env!("CARGO_PKG_VERSION"));
        out.nil();
        out.array(1);
        out.array(6); // ArgSpec: name, long, short, required, help, value_name
        out.text("text");
        out.nil();
        out.nil();
        out.bool(true);
        out.text("What to count in; a line for each text, and one for the total");
        out.text("TEXT");
    })
}

/// # Safety
///
/// The host has written `len` bytes to `ptr`, which it got from `plugin_alloc`.
#[unsafe(no_mangle)]
unsafe extern "C" fn plugin_execute(ptr: *const u8, len: usize) -> u64 {
    // SAFETY: the caller's promise; nothing else writes to memory before this returns.
    let arguments = unsafe { core::slice::from_raw_parts(ptr, len) };
    match count_all(arguments) {
        Ok(packed) => packed,
        Err(Failure::NoText) => error(1, "a text to count in is missing"),
        Err(Failure::Arguments) => error(101, "the arguments are not an array of strings"),
    }
}

enum Failure {
    NoText,
    Arguments,
}

fn count_all(arguments: &[u8]) -> Result<u64, Failure> {
    let mut texts = Reader::new(arguments);
    let number_of_texts = texts.array().ok_or(Failure::Arguments)?;
    if number_of_texts == 0 {
        return Err(Failure::NoText);
    }
    // Every text is read before there is room for the answer, so that a lie about their number costs nothing.
    let mut total = Counts::default();
    let mut check = texts;
    for _ in 0..number_of_texts {
        total.add(&Counts::of(check.text().ok_or(Failure::Arguments)?));
    }

    Ok(answer(32 + (number_of_texts + 1) * LINE, |out| {
        out.map(1);
        out.text("Success");
        out.text_of(|line| {
            for index in 0..number_of_texts {
                if index > 0 {
                    line.byte(b'\n');
                }
                Counts::of(texts.text().unwrap_or_default()).write(line);
            }
            if number_of_texts > 1 {
                line.byte(b'\n');
                total.write(line);
            }
        });
    }))
}

#[derive(Default)]
struct Counts {
    lines: u32,
    words: u32,
    bytes: u32,
}

impl Counts {
    fn of(text: &str) -> Self {
        Self {
            lines: text.lines().count() as u32,
            words: text.split_whitespace().count() as u32,
            bytes: text.len() as u32,
        }
    }

    fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.words += other.words;
        self.bytes += other.bytes;
    }

    fn write(&self, out: &mut Writer) {
        out.decimal(self.lines);
        out.byte(b' ');
        out.decimal(self.words);
        out.byte(b' ');
        out.decimal(self.bytes);
    }
}

/// `{"Error": [code, message]}`
fn error(code: u32, message: &str) -> u64 {
    answer(64 + message.len(), |out| {
        out.map(1);
        out.text("Error");
        out.array(2);
        out.number(code);
        out.text(message);
    })
}

/// Writes an answer into a block of its own, and packs where it is and how long it became for the host, which gives
/// the block back. Without room for it the answer is 0, which the host reports.
fn answer(room: usize, write: impl FnOnce(&mut Writer)) -> u64 {
    let block = plugin_alloc(room);
    if block.is_null() {
        return 0;
    }
    // SAFETY: `plugin_alloc` has just given out this block, of `room` bytes, to nobody else.
    let mut out = Writer::new(unsafe { core::slice::from_raw_parts_mut(block, room) });
    write(&mut out);
    (block as u64) << 32 | out.len() as u64
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
