use std::sync::Arc;

use sen_host_protocol::Stdio as Granted;

use crate::error::FaultKind;

/// A stream that a plugin writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes what plugins write as they write it: on whatever thread the plugin runs.
pub trait Sink: Send + Sync {
    /// Takes some bytes: at least one.
    fn write(&self, stream: Stream, bytes: &[u8]);

    /// Whether so much waits to be taken on that the plugin has to wait before it writes more.
    fn is_full(&self) -> bool;
}

/// Where a plugin's standard streams lead, as far as they are granted. What is not granted is
/// thrown away, and reads as the end of a file.
#[derive(Clone, Default)]
pub enum Stdio {
    /// What is written is kept, within the limit on results for each stream, and returned.
    #[default]
    Captured,
    /// What is written is passed on as it comes, and the process's standard input is read.
    Passed(Arc<dyn Sink>),
    /// What is written is thrown away.
    Ignored,
}

impl Stdio {
    pub(crate) fn is_passed(&self) -> bool {
        matches!(self, Self::Passed(_))
    }
}

/// What a plugin wrote to its standard streams; `None` for a stream that was not granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// Standard output.
    pub stdout: Option<Vec<u8>>,
    /// Standard error.
    pub stderr: Option<Vec<u8>>,
}

impl Captured {
    /// Whether neither stream was captured.
    pub fn is_empty(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }
}

/// Where the output of one instance goes.
pub(crate) struct Output {
    captured: Captured,
    sink: Option<Arc<dyn Sink>>,
    granted: Granted,
    limit: usize,
}

impl Output {
    pub(crate) fn new(stdio: &Stdio, granted: Granted, limit: usize) -> Self {
        let captured = match stdio {
            Stdio::Captured => Captured {
                stdout: granted.stdout.then(Vec::new),
                stderr: granted.stderr.then(Vec::new),
            },
            Stdio::Passed(_) | Stdio::Ignored => Captured::default(),
        };
        let sink = match stdio {
            Stdio::Passed(sink) => Some(sink.clone()),
            Stdio::Captured | Stdio::Ignored => None,
        };
        Self {
            captured,
            sink,
            granted,
            limit,
        }
    }

    pub(crate) fn is_passed(&self) -> bool {
        self.sink.is_some() && (self.granted.stdout || self.granted.stderr)
    }

    /// Whether nothing more can be written at the moment.
    pub(crate) fn is_full(&self) -> bool {
        self.sink.as_ref().is_some_and(|sink| sink.is_full())
    }

    /// Writes all of these bytes.
    ///
    /// # Errors
    /// `ResultTooLarge` where more is captured than the limit allows.
    pub(crate) fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), FaultKind> {
        let (granted, captured, what) = match stream {
            Stream::Stdout => (self.granted.stdout, &mut self.captured.stdout, "stdout"),
            Stream::Stderr => (self.granted.stderr, &mut self.captured.stderr, "stderr"),
        };
        if let Some(captured) = captured {
            if captured.len() + bytes.len() > self.limit {
                let actual = (captured.len() + bytes.len()) as u64;
                let limit = self.limit as u64;
                return Err(FaultKind::ResultTooLarge {
                    what,
                    limit,
                    actual,
                });
            }
            captured.extend_from_slice(bytes);
        } else if let Some(sink) = self.sink.as_ref().filter(|_| granted)
            && !bytes.is_empty()
        {
            sink.write(stream, bytes);
        }
        Ok(())
    }

    /// What was captured since this was last asked.
    pub(crate) fn take(&mut self) -> Captured {
        let take = |captured: &mut Option<Vec<u8>>| captured.as_mut().map(std::mem::take);
        Captured {
            stdout: take(&mut self.captured.stdout),
            stderr: take(&mut self.captured.stderr),
        }
    }
}
