//! `rot13 TEXT...`: a plugin in Zig, in one file, with the protocol written by hand.
//!
//! The manifest never changes, so it is encoded while this is compiled; as maps, keyed by field name.

const std = @import("std");

const allocator = std.heap.wasm_allocator;

/// Nothing can be said to anybody when a plugin fails: it traps.
pub const panic = std.debug.no_panic;

const manifest = map(2) ++
    text("api_version") ++ number(2) ++
    text("command") ++ map(4) ++
    text("name") ++ text("rot13") ++
    text("about") ++ text("Turns each letter into the one thirteen places on") ++
    text("version") ++ text("0.1.0") ++
    text("args") ++ array(1) ++ map(3) ++
    text("name") ++ text("text") ++
    text("required") ++ boolean(true) ++
    text("help") ++ text("What to turn; several are joined by spaces");

const text_missing = errorResult(1, "a text to turn is missing");
const arguments_broken = errorResult(101, "the arguments are not an array of strings");

/// `{"Success": …}` up to the text's length, four bytes, big-endian.
const success = map(1) ++ text("Success") ++ "\xdb";

export fn plugin_alloc(len: i32) i32 {
    if (len <= 0) return 0;
    const block = allocator.alloc(u8, @intCast(len)) catch return 0;
    return @bitCast(@intFromPtr(block.ptr));
}

export fn plugin_dealloc(ptr: i32, len: i32) void {
    if (ptr == 0 or len <= 0) return;
    allocator.free(blockAt(ptr, len));
}

export fn plugin_manifest() u64 {
    return copyOf(manifest);
}

export fn plugin_execute(ptr: i32, len: i32) u64 {
    var arguments = Reader{ .rest = blockAt(ptr, len) };
    const turned = turnAll(&arguments) catch |failure| return switch (failure) {
        error.TextMissing => copyOf(text_missing),
        error.ArgumentsBroken => copyOf(arguments_broken),
        error.OutOfMemory => 0,
    };
    return answer(turned);
}

fn turnAll(arguments: *Reader) ![]u8 {
    const texts = try arguments.array();
    if (texts == 0) return error.TextMissing;

    // What is read is never shorter than what is written: every text has a header, which makes room for a space.
    var result: std.ArrayList(u8) = try .initCapacity(allocator, success.len + 4 + arguments.rest.len);
    errdefer result.deinit(allocator);
    result.appendSliceAssumeCapacity(success ++ "\x00\x00\x00\x00");
    for (0..texts) |index| {
        if (index > 0) result.appendAssumeCapacity(' ');
        for (try arguments.text()) |byte| result.appendAssumeCapacity(turn(byte));
    }
    const len = result.items.len - success.len - 4;
    std.mem.writeInt(u32, result.items[success.len..][0..4], @intCast(len), .big);
    // The host gives back as many bytes as it was told of, so the block must not be larger.
    return result.toOwnedSlice(allocator);
}

/// Bytes beyond ASCII are left alone, which leaves UTF-8 what it is.
fn turn(byte: u8) u8 {
    return switch (byte) {
        'a'...'z' => (byte - 'a' + 13) % 26 + 'a',
        'A'...'Z' => (byte - 'A' + 13) % 26 + 'A',
        else => byte,
    };
}

/// The host gives every answer back, so a constant is answered as a copy.
fn copyOf(bytes: []const u8) u64 {
    return answer(allocator.dupe(u8, bytes) catch return 0);
}

/// Where an answer is and how long it is, in the halves of one number.
fn answer(bytes: []const u8) u64 {
    return @as(u64, @intFromPtr(bytes.ptr)) << 32 | bytes.len;
}

fn blockAt(ptr: i32, len: i32) []u8 {
    const block: [*]u8 = @ptrFromInt(@as(u32, @bitCast(ptr)));
    return block[0..@as(u32, @bitCast(len))];
}

/// Reads MessagePack, value by value. Lengths are checked by hand, for a small build does not check them.
const Reader = struct {
    rest: []const u8,

    fn take(reader: *Reader, len: usize) ![]const u8 {
        if (len > reader.rest.len) return error.ArgumentsBroken;
        defer reader.rest = reader.rest[len..];
        return reader.rest[0..len];
    }

    fn size(reader: *Reader, comptime Size: type) !usize {
        const bytes = try reader.take(@sizeOf(Size));
        return std.mem.readInt(Size, bytes[0..@sizeOf(Size)], .big);
    }

    fn array(reader: *Reader) !usize {
        const tag = try reader.size(u8);
        return switch (tag) {
            0x90...0x9f => tag & 0x0f,
            0xdc => reader.size(u16),
            0xdd => reader.size(u32),
            else => error.ArgumentsBroken,
        };
    }

    fn text(reader: *Reader) ![]const u8 {
        const tag = try reader.size(u8);
        return reader.take(switch (tag) {
            0xa0...0xbf => tag & 0x1f,
            0xd9 => try reader.size(u8),
            0xda => try reader.size(u16),
            0xdb => try reader.size(u32),
            else => return error.ArgumentsBroken,
        });
    }
};

// MessagePack that is known while this is compiled: https://github.com/msgpack/msgpack/blob/master/spec.md

fn map(comptime entries: u4) []const u8 {
    return &.{0x80 | @as(u8, entries)};
}

fn array(comptime elements: u4) []const u8 {
    return &.{0x90 | @as(u8, elements)};
}

fn number(comptime value: u7) []const u8 {
    return &.{value};
}

fn boolean(comptime value: bool) []const u8 {
    return if (value) "\xc3" else "\xc2";
}

fn text(comptime value: []const u8) []const u8 {
    const header: []const u8 = if (value.len < 32) &.{0xa0 | value.len} else &.{ 0xd9, value.len };
    return header ++ value;
}

fn errorResult(comptime code: u7, comptime message: []const u8) []const u8 {
    return map(1) ++ text("Error") ++ map(2) ++ text("code") ++ number(code) ++ text("message") ++ text(message);
}
