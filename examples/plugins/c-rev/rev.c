// `rev WORD...`: a plugin in C, in one file, with the protocol written by hand and no library.
//
// It answers with its words in reverse order. Structs are sent as arrays in the order of their fields, which needs no
// field names.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

// What the host says is read no further than it goes.
typedef struct {
  const uint8_t *at;
  uint32_t left;
} Reader;

// A text, where it lies in the host's message.
typedef struct {
  const uint8_t *at;
  uint32_t len;
} Text;

// Memory: blocks one behind the other, from where the linker's own data ends. When all have been given back, the next
// one begins there again.

extern uint8_t __heap_base;
static const uint64_t PAGE = 65536;
static uint32_t blocks;
static uintptr_t next;

EXPORT("plugin_alloc") void *plugin_alloc(int32_t len) {
  if (len <= 0) return NULL;
  if (blocks == 0) next = (uintptr_t)&__heap_base;
  uint64_t end = (uint64_t)next + (uint32_t)len;
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == SIZE_MAX) return NULL;
  void *block = (void *)next;
  next = (uintptr_t)end;
  blocks += 1;
  return block;
}

EXPORT("plugin_dealloc") void plugin_dealloc(void *block, int32_t len) {
  if (block != NULL && len > 0) blocks -= 1;
}

// MessagePack: https://github.com/msgpack/msgpack/blob/master/spec.md

static bool read_number(Reader *reader, int bytes, uint32_t *number) {
  if (reader->left < (uint32_t)bytes) return false;
  *number = 0;
  for (int i = 0; i < bytes; i++) *number = *number << 8 | *reader->at++;
  reader->left -= (uint32_t)bytes;
  return true;
}

static bool read_array(Reader *reader, uint32_t *count) {
  uint32_t tag;
  if (!read_number(reader, 1, &tag)) return false;
  if (tag == 0xdc) return read_number(reader, 2, count);
  if (tag == 0xdd) return read_number(reader, 4, count);
  *count = tag & 0x0f;
  return (tag & 0xf0) == 0x90;
}

static bool read_text(Reader *reader, Text *text) {
  uint32_t tag;
  if (!read_number(reader, 1, &tag)) return false;
  text->len = tag & 0x1f;
  if (tag >= 0xd9 && tag <= 0xdb) {
    if (!read_number(reader, 1 << (tag - 0xd9), &text->len)) return false;
  } else if ((tag & 0xe0) != 0xa0) {
    return false;
  }
  if (reader->left < text->len) return false;
  text->at = reader->at;
  reader->at += text->len;
  reader->left -= text->len;
  return true;
}

static uint8_t *write_bytes(uint8_t *to, const void *from, uint32_t len) {
  const uint8_t *bytes = from;
  for (uint32_t i = 0; i < len; i++) to[i] = bytes[i];
  return to + len;
}

// A text of at most 31 bytes.
static uint8_t *write_text(uint8_t *to, const char *text) {
  uint32_t len = 0;
  while (text[len] != '\0') len++;
  *to++ = 0xa0 | (uint8_t)len;
  return write_bytes(to, text, len);
}

static uint8_t *write_length(uint8_t *to, uint32_t len) {
  *to++ = 0xdb;
  for (int shift = 24; shift >= 0; shift -= 8) *to++ = (uint8_t)(len >> shift);
  return to;
}

static const uint8_t NIL = 0xc0;
static const uint8_t TRUE = 0xc3;
static const uint8_t ARRAY = 0x90;
static const uint8_t MAP = 0x80;

// Where an answer is and how long it is, in the halves of one number. The host gives the block back.
static uint64_t answer(const uint8_t *block, const uint8_t *end) {
  return (uint64_t)(uintptr_t)block << 32 | (uint32_t)(end - block);
}

EXPORT("plugin_manifest") uint64_t plugin_manifest(void) {
  uint8_t *block = plugin_alloc(128);
  if (block == NULL) return 0;
  uint8_t *to = block;
  *to++ = ARRAY | 2; // PluginManifest: api_version, command; no capabilities
  *to++ = 2;
  *to++ = ARRAY | 5; // CommandSpec: name, about, version, author, args; no subcommands
  to = write_text(to, "rev");
  to = write_text(to, "Turns the order of words around");
  to = write_text(to, "0.1.0");
  *to++ = NIL;
  *to++ = ARRAY | 1;
  *to++ = ARRAY | 5; // ArgSpec: name, long, short, required, help
  to = write_text(to, "word");
  *to++ = NIL;
  *to++ = NIL;
  *to++ = TRUE;
  to = write_text(to, "What to turn around");
  return answer(block, to);
}

// {"Error": [code, message]}
static uint64_t error(uint8_t code, const char *message) {
  uint8_t *block = plugin_alloc(64);
  if (block == NULL) return 0;
  uint8_t *to = block;
  *to++ = MAP | 1;
  to = write_text(to, "Error");
  *to++ = ARRAY | 2;
  *to++ = code;
  to = write_text(to, message);
  return answer(block, to);
}

EXPORT("plugin_execute") uint64_t plugin_execute(const uint8_t *arguments, uint32_t len) {
  Reader reader = {arguments, len};
  uint32_t count;
  Text word;
  if (!read_array(&reader, &count)) return error(101, "the arguments are not an array");
  if (count == 0) return error(1, "a word is missing");

  // All words are read before there is room for the answer, so that a lie about their number costs nothing.
  Reader words = reader;
  uint32_t total = count - 1;
  for (uint32_t i = 0; i < count; i++) {
    if (!read_text(&reader, &word)) return error(101, "an argument is not a text");
    total += word.len;
  }

  // {"Success": text}, which is filled from its end.
  uint8_t *block = plugin_alloc((int32_t)(total + 14));
  if (block == NULL) return 0;
  uint8_t *to = block;
  *to++ = MAP | 1;
  to = write_text(to, "Success");
  to = write_length(to, total);
  uint8_t *end = to + total;
  uint8_t *start = end;
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) *--start = ' ';
    read_text(&words, &word);
    start -= word.len;
    write_bytes(start, word.at, word.len);
  }
  return answer(block, end);
}
