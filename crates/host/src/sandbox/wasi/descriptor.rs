use crate::output::Stream;

use super::directory::OpenDirectory;
use super::errno::Errno;
use super::file::OpenFile;
use super::listing::Listing;

/// The most descriptors that an instance has at once, its granted directories included.
const MAX_DESCRIPTORS: usize = 1024;

/// What a guest's descriptor stands for.
pub(super) enum Descriptor {
    Stdin,
    Output(Stream),
    File(OpenFile),
    Directory(OpenDirectory),
}

/// An instance's descriptors, by their numbers.
pub(super) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    pub(super) fn new(descriptors: impl Iterator<Item = Descriptor>) -> Self {
        Self(descriptors.map(Some).collect())
    }

    pub(super) fn get(&self, number: u32) -> Result<&Descriptor, Errno> {
        let descriptor = self.0.get(number as usize);
        descriptor.and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Result<&mut Descriptor, Errno> {
        let descriptor = self.0.get_mut(number as usize);
        descriptor.and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    pub(super) fn file(&self, number: u32) -> Result<&OpenFile, Errno> {
        match self.get(number)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Directory(_) => Err(Errno::Isdir),
            Descriptor::Stdin | Descriptor::Output(_) => Err(Errno::Spipe),
        }
    }

    pub(super) fn file_mut(&mut self, number: u32) -> Result<&mut OpenFile, Errno> {
        match self.get_mut(number)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Directory(_) => Err(Errno::Isdir),
            Descriptor::Stdin | Descriptor::Output(_) => Err(Errno::Spipe),
        }
    }

    pub(super) fn directory(&self, number: u32) -> Result<&OpenDirectory, Errno> {
        match self.get(number)? {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    pub(super) fn directory_mut(&mut self, number: u32) -> Result<&mut OpenDirectory, Errno> {
        match self.get_mut(number)? {
            Descriptor::Directory(directory) => Ok(directory),
            _ => Err(Errno::Notdir),
        }
    }

    /// Whether there is room for another one: to be asked before anything is opened.
    pub(super) fn check_room(&self) -> Result<(), Errno> {
        let open = self.0.iter().flatten().count();
        if open < MAX_DESCRIPTORS {
            Ok(())
        } else {
            Err(Errno::Mfile)
        }
    }

    /// Bytes of the listings that are kept.
    pub(super) fn listing_bytes(&self) -> usize {
        let listings = self.0.iter().flatten().filter_map(|open| match open {
            Descriptor::Directory(directory) => directory.listing.as_ref(),
            _ => None,
        });
        listings.map(Listing::bytes).sum()
    }

    /// Gives a descriptor the lowest number that is free.
    pub(super) fn push(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        self.check_room()?;
        let free = self.0.iter().position(Option::is_none);
        let number = free.unwrap_or(self.0.len());
        match self.0.get_mut(number) {
            Some(slot) => *slot = Some(descriptor),
            None => self.0.push(Some(descriptor)),
        }
        u32::try_from(number).map_err(|_| Errno::Mfile)
    }

    pub(super) fn close(&mut self, number: u32) -> Result<(), Errno> {
        self.get(number)?;
        if let Some(slot) = self.0.get_mut(number as usize) {
            *slot = None;
        }
        Ok(())
    }

    /// Gives what is open as `from` the number `to`, in place of what is open there.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from == to {
            return Ok(());
        }
        let moved = self.0.get_mut(from as usize).and_then(Option::take);
        if let Some(slot) = self.0.get_mut(to as usize) {
            *slot = moved;
        }
        Ok(())
    }
}
