//! A table of one's own.

use super::Source;
use crate::labelled::{Labelled, credit};
use crate::sheet::{Layout, Sheet};
use crate::{Column, Dataset, Places, TaskError};
use duet_random::Key;
use duet_units::{Describe, Range, Shape, parameters};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

parameters! {
    /// A table of your own in a CSV file: numbers in columns, and a column that says which class a row is of.
    ///
    /// # Behaviour
    /// `label` names the column of classes or gives its number, from 1; all other columns are features and must be
    /// numbers, except those in `ignore` (a running number, say, that would give the answer away). Different labels
    /// become classes in sorted order: by size if all are numbers, else by letters. Whether the delimiter is a comma, a
    /// semicolon or a tab is found out from the first lines; the first line is a header if none of its features is a
    /// number. Fields may stand in double quotes (RFC 4180). A field without a value, text where a number belongs,
    /// and lines of unequal length are refused with line and column.
    ///
    /// Each feature is brought to [0, 1] by its smallest and largest value *in the training part*, because a spiking side
    /// reads it as a rate; test values beyond are clipped, and a feature that never changes becomes 0.
    ///
    /// Without `test_file` the test part is drawn from the scenario's seed: `test_share` of every class, so that each seed
    /// learns from other rows and the interval over seeds includes the luck of the draw. With it, all of `file` is
    /// learned from and all of `test_file` (same columns) is tested on, whatever the seed. Files are looked for beside the
    /// scenario, then in the data folders, and may be gzipped.
    ///
    /// # References
    /// - Y. Shafranovich (2005). Common format and MIME type for CSV files. RFC 4180.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Task};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Scenario { task: Task }
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// let table = "length;width;kind\n1;7;b\n3;7;a\n";
    /// std::fs::write(folder.path().join("train.csv"), table).unwrap();
    /// std::fs::write(folder.path().join("test.csv"), "length;width;kind\n2.5;9;a\n").unwrap();
    /// let text = "task.csv = { file = 'train.csv', test_file = 'test.csv', label = 'kind' }";
    /// let scenario: Scenario = toml::from_str(text).unwrap();
    /// let places = Places { scenario: Some(folder.path().into()), ..Places::default() };
    /// let data = scenario.task.load(&Key::new(0), &places).unwrap();
    /// assert_eq!((data.classes[0].as_str(), data.train.pixels.example(1)), ("a", vec![1.0, 0.0]));
    /// assert_eq!(data.test.pixels.example(0), [0.75, 0.0]); // (2.5 - 1) / (3 - 1); 9 > 7, but width never changes
    /// ```
    pub struct CsvFile {
        /// The table, relative to the scenario's folder or to a data folder.
        pub file: String;
        /// The column of classes: its name in the header, or its number from 1.
        pub label: Column;
        /// Columns that are no features, by name or number.
        pub ignore: Vec<Column> = Vec::new();
        /// Which share of every class is for the test; 0.2 if there is no `test_file` either.
        pub test_share: Option<f64>, in Range { includes_low: false, includes_high: false, ..Range::UNIT };
        /// A table of its own to be tested on, with the same columns.
        pub test_file: Option<String>;
        /// What stands between fields; found out if left out.
        pub delimiter: Option<Delimiter>;
        /// Whether the first line holds names; found out if left out.
        pub header: Option<bool>;
        /// Whether numbers are written as 0,5 rather than 0.5.
        pub decimal_comma: bool = false;
    }
}

/// What stands between the fields of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

impl Delimiter {
    fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

impl Describe for Delimiter {
    fn shape() -> Shape {
        Shape::Text { allowed: &["comma", "semicolon", "tab"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Comma => "\"comma\"".to_owned(),
            Self::Semicolon => "\"semicolon\"".to_owned(),
            Self::Tab => "\"tab\"".to_owned(),
        }
    }
}

impl CsvFile {
    /// The table, and that of the test part if there is one.
    fn files(&self, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        std::iter::once(&self.file).chain(&self.test_file).map(|file| places.file("csv", file)).collect()
    }

    fn read(&self, file: &Path) -> Result<Sheet, TaskError> {
        let layout = Layout {
            label: &self.label,
            ignore: &self.ignore,
            delimiter: self.delimiter.map(Delimiter::character),
            header: self.header,
            decimal_comma: self.decimal_comma,
        };
        Sheet::read(file, &layout)
    }
}

impl Source for CsvFile {
    fn shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    fn outputs(&self) -> Option<usize> {
        None
    }

    fn examples(&self) -> Option<(usize, usize)> {
        None
    }

    fn depends_on_seed(&self) -> bool {
        self.test_file.is_none()
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        if self.test_share.is_some() && self.test_file.is_some() {
            let words = "there is a test_file already; give one of the two".to_owned();
            return Err(TaskError::Setting { setting: "csv.test_share", words });
        }
        self.files(places).map(|_| ())
    }

    fn load(&self, key: Key, places: &Places) -> Result<Dataset, TaskError> {
        let files = self.files(places)?;
        let sheet = self.read(&files[0])?;
        let labelled = Labelled {
            task: "csv",
            setting: "csv.label",
            credit: &credit(&files)?,
            shape: vec![sheet.features],
            pixels: false,
        };
        let Some(test_file) = files.get(1) else {
            let share = self.test_share.unwrap_or(0.2);
            return labelled.split((&sheet.values, &sheet.labels), share, key.child("csv"));
        };
        let test = self.read(test_file)?;
        if (test.features, &test.names) != (sheet.features, &sheet.names) {
            let columns = |sheet: &Sheet| match &sheet.names {
                Some(names) => format!("the features {}", names.join(", ")),
                None => format!("{} features without names", sheet.features),
            };
            return Err(TaskError::Cell {
                file: test.file.clone(),
                line: 1,
                column: String::new(),
                found: columns(&test),
                expected: format!("{}, as in {}", columns(&sheet), sheet.file.display()),
            });
        }
        let unknown = |row: usize, found: String, expected: String| TaskError::Cell {
            file: test.file.clone(),
            line: test.lines[row],
            column: String::new(),
            found,
            expected,
        };
        labelled.parts((&sheet.values, &sheet.labels), (&test.values, &test.labels), unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::{CsvFile, Source};
    use crate::{Dataset, Places, TaskError};
    use duet_random::Key;
    use std::fs;

    /// Ten flowers of each kind from Fisher (1936), The use of multiple measurements in taxonomic problems, Table I: sepal
    /// length and width, petal length and width in cm.
    const IRIS: &str = "\
sepal length,sepal width,petal length,petal width,species
5.1,3.5,1.4,0.2,setosa
4.9,3.0,1.4,0.2,setosa
4.7,3.2,1.3,0.2,setosa
4.6,3.1,1.5,0.2,setosa
5.0,3.6,1.4,0.2,setosa
5.4,3.9,1.7,0.4,setosa
4.6,3.4,1.4,0.3,setosa
5.0,3.4,1.5,0.2,setosa
4.4,2.9,1.4,0.2,setosa
4.9,3.1,1.5,0.1,setosa
7.0,3.2,4.7,1.4,versicolor
6.4,3.2,4.5,1.5,versicolor
6.9,3.1,4.9,1.5,versicolor
5.5,2.3,4.0,1.3,versicolor
6.5,2.8,4.6,1.5,versicolor
5.7,2.8,4.5,1.3,versicolor
6.3,3.3,4.7,1.6,versicolor
4.9,2.4,3.3,1.0,versicolor
6.6,2.9,4.6,1.3,versicolor
5.2,2.7,3.9,1.4,versicolor
";

    fn load(files: &[(&str, &str)], settings: &str, seed: u64) -> Result<Dataset, TaskError> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(root.path().join(name), text).unwrap();
        }
        let task: CsvFile = toml::from_str(settings).expect(settings);
        let places = Places { scenario: Some(root.path().into()), ..Places::default() };
        task.check(&places)?;
        task.load(Key::new(seed), &places)
    }

    #[test]
    fn flowers_load_by_name_and_by_number() {
        let by_name = load(&[("iris.csv", IRIS)], "file = 'iris.csv'\nlabel = 'species'", 1).unwrap();
        let by_number = load(&[("iris.csv", IRIS)], "file = 'iris.csv'\nlabel = 5", 1).unwrap();
        assert_eq!(by_name, by_number);
        assert_eq!(
            (by_name.shape, by_name.classes),
            (vec![4], vec!["setosa".to_owned(), "versicolor".to_owned()])
        );
        assert_eq!((by_name.train.counts(2), by_name.test.counts(2)), (vec![8, 8], vec![2, 2]));
        let semicolons = IRIS.replace('.', "#").replace(',', ";").replace('#', ",");
        let settings = "file = 'iris.csv'\nlabel = 'species'\ndecimal_comma = true";
        let semicolons = load(&[("iris.csv", &semicolons)], settings, 1).unwrap();
        assert_eq!((&semicolons.train, &semicolons.test), (&by_number.train, &by_number.test));
        let other = load(&[("iris.csv", IRIS)], "file = 'iris.csv'\nlabel = 5", 2).unwrap();
        assert_ne!(other.test, by_number.test);
        let half = "file = 'iris.csv'\nlabel = 5\ntest_share = 0.5\nignore = ['petal width', 1]";
        let half = load(&[("iris.csv", IRIS)], half, 1).unwrap();
        assert_eq!((half.shape, half.test.counts(2)), (vec![2], vec![5, 5]));
    }

    #[test]
    fn a_test_file_is_the_test_part_whatever_the_seed() {
        let settings = "file = 'a.csv'\ntest_file = 'b.csv'\nlabel = 3";
        let with =
            |test: &str, seed| load(&[("a.csv", "x,y,k\n0,5,p\n4,5,q"), ("b.csv", test)], settings, seed);
        let data = with("x,y,k\n1,9,q\n", 1).unwrap();
        assert_eq!(data, with("x,y,k\n1,9,q\n", 2).unwrap());
        assert_eq!((data.test.pixels.example(0), data.test.labels()), (vec![0.25, 0.0], &[1][..]));
        let words = |test: &str| with(test, 1).unwrap_err().to_string();
        assert!(words("x,y,k\n1,9,q\n1,9,r").contains("b.csv, line 3: found the label \"r\""));
        assert!(words("y,x,k\n1,9,q").contains("found the features y, x, expected the features x, y"));
        assert!(words("1,9,q").contains("found 2 features without names"));
        assert!(words("x,k\n1,q").contains("no column 3"));
    }

    #[test]
    fn settings_that_contradict_and_files_that_lack() {
        let refuse = |settings: &str| load(&[("a.csv", "x,k\n1,p\n2,q\n3,p")], settings, 1).unwrap_err();
        let both = refuse("file = 'a.csv'\nlabel = 'k'\ntest_share = 0.5\ntest_file = 'a.csv'");
        assert!(matches!(both, TaskError::Setting { setting: "csv.test_share", .. }), "{both}");
        assert!(
            refuse("file = 'a.csv'\nlabel = 'k'").to_string().contains("the class \"q\" has one example")
        );
        assert!(matches!(refuse("file = 'b.csv'\nlabel = 'k'"), TaskError::Missing { .. }));
        assert!(matches!(refuse("file = '../a.csv'\nlabel = 'k'"), TaskError::Path { .. }));
        for bad in [
            "file = 'a.csv'",
            "file = 'a.csv'\nlabel = 1\ntest_share = 1.0",
            "file = 'a.csv'\nlabel = 1\ndelimiter = ','",
        ] {
            assert!(toml::from_str::<CsvFile>(bad).is_err(), "{bad}");
        }
    }
}
