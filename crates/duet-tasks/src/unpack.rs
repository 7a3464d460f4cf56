//! Files as streams of bytes, unpacked on the way if they are gzipped.

use crate::TaskError;
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// No file is read beyond this many (decompressed) bytes: a gzip stream of 1 MB can unpack to 1 GB.
pub(crate) const LIMIT: u64 = 1 << 30;

/// A stream that knows its file's name and whether a failure is the file system's or the compression's.
pub(crate) struct Unpacked<'a> {
    input: Box<dyn Read + 'a>,
    compressed: bool,
    file: PathBuf,
}

impl<'a> Unpacked<'a> {
    /// Opens a regular file. Anything else could block for ever or never end.
    pub(crate) fn open(file: &Path) -> Result<Unpacked<'static>, TaskError> {
        let failed = TaskError::io("reading", file);
        if !file.metadata().map_err(&failed)?.is_file() {
            return Err(TaskError::NotAFile { file: file.to_owned() });
        }
        Unpacked::new(BufReader::new(File::open(file).map_err(&failed)?), file)
    }

    /// Wraps any input; gzip is known by its first two bytes, not by a name.
    pub(crate) fn new(mut input: impl BufRead + 'a, file: &Path) -> Result<Self, TaskError> {
        let gzip = input.fill_buf().map_err(TaskError::io("reading", file))?.starts_with(&[0x1f, 0x8b]);
        let input: Box<dyn Read + 'a> =
            if gzip { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
        Ok(Self { input, compressed: gzip, file: file.to_owned() })
    }

    /// What something else unpacks already.
    pub(crate) fn packed(input: impl Read + 'a, file: &Path) -> Self {
        Self { input: Box::new(input), compressed: true, file: file.to_owned() }
    }

    /// The file's name, for messages.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Fills `buffer` as far as the input goes; the number of bytes read.
    pub(crate) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, TaskError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    /// Up to `most` bytes. Memory grows with what really arrives, never with what a header promises.
    pub(crate) fn take(&mut self, most: u64) -> Result<Vec<u8>, TaskError> {
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(most).read_to_end(&mut bytes);
        read.map_err(|error| self.failed(error))?;
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    /// Reads up to `most` bytes and drops them; how many there were.
    pub(crate) fn skip(&mut self, most: u64) -> Result<u64, TaskError> {
        let read = io::copy(&mut self.input.by_ref().take(most), &mut io::sink());
        read.map_err(|error| self.failed(error))
    }

    fn failed(&self, source: io::Error) -> TaskError {
        let damaged = matches!(
            source.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        );
        match source.kind() {
            io::ErrorKind::UnexpectedEof if self.compressed => {
                TaskError::Gzip { file: self.file.clone(), found: "an early end".to_owned() }
            }
            _ if self.compressed && damaged => {
                TaskError::Gzip { file: self.file.clone(), found: source.to_string() }
            }
            _ => TaskError::Io { doing: "reading", file: self.file.clone(), source },
        }
    }
}
