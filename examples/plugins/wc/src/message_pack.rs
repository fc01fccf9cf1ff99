//! As much MessagePack as a plugin of this size needs: <https://github.com/msgpack/msgpack/blob/master/spec.md>.

/// Writes values one after the other into room that must be enough: a panic is what happens when it is not.
pub struct Writer<'a> {
    room: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    pub fn new(room: &'a mut [u8]) -> Self {
        Self { room, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn byte(&mut self, byte: u8) {
        self.room[self.len] = byte;
        self.len += 1;
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.room[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    pub fn nil(&mut self) {
        self.byte(0xc0);
    }

    pub fn bool(&mut self, value: bool) {
        self.byte(if value { 0xc3 } else { 0xc2 });
    }

    pub fn number(&mut self, number: u32) {
        match u8::try_from(number) {
            Ok(small @ 0..=0x7f) => self.byte(small),
            _ => {
                self.byte(0xce);
                self.bytes(&number.to_be_bytes());
            }
        }
    }

    /// Begins an array of at most 15 elements, which are written next.
    pub fn array(&mut self, len: u8) {
        self.byte(0x90 | len);
    }

    /// Begins a map of at most 15 entries, whose keys and values are written next.
    pub fn map(&mut self, len: u8) {
        self.byte(0x80 | len);
    }

    pub fn text(&mut self, text: &str) {
        self.text_of(|out| out.bytes(text.as_bytes()));
    }

    /// A text whose length is known only when it has been written.
    pub fn text_of(&mut self, write: impl FnOnce(&mut Self)) {
        self.byte(0xdb);
        let header = self.len;
        self.bytes(&[0; 4]);
        write(self);
        let len = (self.len - header - 4) as u32;
        self.room[header..][..4].copy_from_slice(&len.to_be_bytes());
    }

    /// A number as text, within a text.
    pub fn decimal(&mut self, number: u32) {
        if number >= 10 {
            self.decimal(number / 10);
        }
        self.byte(b'0' + (number % 10) as u8);
    }
}

/// Reads values one after the other. What is not there, or is something else, is `None`.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// A big-endian number of `len` bytes.
    fn size(&mut self, len: usize) -> Option<usize> {
        Some(
            self.take(len)?
                .iter()
                .fold(0, |size, byte| size << 8 | usize::from(*byte)),
        )
    }

    /// The length of an array, whose elements are read next. It is never more than the bytes that are left.
    pub fn array(&mut self) -> Option<usize> {
        let len = match self.size(1)? {
            tag @ 0x90..=0x9f => tag & 0x0f,
            0xdc => self.size(2)?,
            0xdd => self.size(4)?,
            _ => return None,
        };
        (len <= self.rest.len()).then_some(len)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        let len = match self.size(1)? {
            tag @ 0xa0..=0xbf => tag & 0x1f,
            0xd9 => self.size(1)?,
            0xda => self.size(2)?,
            0xdb => self.size(4)?,
            _ => return None,
        };
        core::str::from_utf8(self.take(len)?).ok()
    }
}
