//! Where files are looked for.

use crate::{TaskError, check_path};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders that data may come from. Handed in from outside, so that nothing else reads the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The folder of the scenario file; `None` for a scenario built into the program.
    pub scenario: Option<PathBuf>,
    /// The user's data folders, searched in order; `duet data import` writes into the first.
    pub data: Vec<PathBuf>,
    /// Where the system's packages put data sets (Debian: `/usr/share/datasets`).
    pub system: Option<PathBuf>,
}

impl Places {
    /// The places of this machine: `$NEURODUET_DATA`, then `neuroduet` in the platform's folder for user data
    /// (`$XDG_DATA_HOME`, else `~/.local/share`, else `%LOCALAPPDATA%`), then `/usr/share/datasets`.
    pub fn from_environment(scenario: Option<PathBuf>) -> Self {
        Self::from_variables(scenario, |name| std::env::var_os(name))
    }

    /// The same from any table of variables.
    fn from_variables(scenario: Option<PathBuf>, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The XDG specification: a relative path there is to be ignored.
        let user = folder("XDG_DATA_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
            .or_else(|| folder("LOCALAPPDATA"))
            .map(|base| base.join("neuroduet"));
        Self {
            scenario,
            data: folder("NEURODUET_DATA").into_iter().chain(user).collect(),
            system: Some(PathBuf::from("/usr/share/datasets")),
        }
    }

    /// One file that the scenario names, as it is or with `.gz` behind its name.
    ///
    /// # Errors
    /// [`TaskError::Path`] if the path could leave the scenario's folder and the data folders, [`TaskError::Missing`] if
    /// none of them has it.
    pub(crate) fn file(&self, task: &'static str, relative: &str) -> Result<PathBuf, TaskError> {
        check_path(relative)?;
        let folders: Vec<PathBuf> = self
            .scenario()
            .into_iter()
            .chain(self.data.iter().map(PathBuf::as_path))
            .map(PathBuf::from)
            .collect();
        let found = self.find(&folders, &[relative])?.and_then(|mut found| found.pop());
        found.ok_or_else(|| TaskError::Missing {
            task,
            files: relative.to_owned(),
            looked: folders,
            how_to_get: "put it there, or name another".to_owned(),
        })
    }

    /// The folders that a relative path in the scenario may mean, in the order they are tried.
    ///
    /// # Errors
    /// [`TaskError::Path`] if the path could leave them.
    pub fn candidates(&self, relative: &str) -> Result<Vec<PathBuf>, TaskError> {
        check_path(relative)?;
        let data = self.data.iter().map(PathBuf::as_path);
        Ok(self.scenario().into_iter().chain(data).map(|folder| folder.join(relative)).collect())
    }

    /// The first folder that holds all the files, as they are or with `.gz` behind the name.
    pub(crate) fn find(
        &self,
        folders: &[PathBuf],
        names: &[&str],
    ) -> Result<Option<Vec<PathBuf>>, TaskError> {
        for folder in folders {
            let found: Option<Vec<PathBuf>> = names.iter().map(|name| present(folder, name)).collect();
            if let Some(found) = found {
                for file in &found {
                    self.check_inside(file)?;
                }
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The scenario's folder; for a scenario named without one, the current folder.
    fn scenario(&self) -> Option<&Path> {
        let scenario = self.scenario.as_deref()?;
        Some(if scenario.as_os_str().is_empty() { Path::new(".") } else { scenario })
    }

    /// A scenario's folder may come from a stranger: a link in it must not lead out of it, except into the user's own
    /// data folders. Those are the user's to arrange, links and all.
    fn check_inside(&self, file: &Path) -> Result<(), TaskError> {
        let in_data = self.data.iter().any(|folder| file.starts_with(folder));
        let Some(scenario) = self.scenario().filter(|scenario| !in_data && file.starts_with(scenario)) else {
            return Ok(());
        };
        let target = file.canonicalize().map_err(TaskError::io("following", file))?;
        let mut allowed = std::iter::once(scenario).chain(self.data.iter().map(PathBuf::as_path));
        if allowed.any(|folder| folder.canonicalize().is_ok_and(|folder| target.starts_with(folder))) {
            return Ok(());
        }
        Err(TaskError::Path {
            path: file.display().to_string(),
            why: "it is a link that leads out of the scenario's folder",
        })
    }
}

/// The file of this name, as it is or with `.gz` behind the name.
pub(crate) fn present(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::Places;
    use crate::TaskError;
    use std::ffi::OsString;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn with(variables: &[(&str, &str)]) -> Vec<PathBuf> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Places::from_variables(None, variable).data
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(with(&[]), Vec::<PathBuf>::new());
        assert_eq!(with(&[("HOME", "/h")]), [Path::new("/h/.local/share/neuroduet")]);
        assert_eq!(with(&[("HOME", "/h"), ("XDG_DATA_HOME", "/x")]), [Path::new("/x/neuroduet")]);
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_DATA_HOME", "rel")]),
            [Path::new("/h/.local/share/neuroduet")]
        );
        assert_eq!(
            with(&[("HOME", "/h"), ("NEURODUET_DATA", "/d")]),
            [Path::new("/d"), Path::new("/h/.local/share/neuroduet")]
        );
        assert_eq!(with(&[("NEURODUET_DATA", ""), ("HOME", "/h")]).len(), 1);
    }

    #[test]
    fn a_folder_with_all_files_wins_and_gz_counts() {
        let root = tempfile::tempdir().unwrap();
        let [half, whole] = ["half", "whole"].map(|name| root.path().join(name));
        for (folder, file) in [(&half, "a"), (&whole, "a"), (&whole, "b.gz")] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join(file), "x").unwrap();
        }
        let found = Places::default().find(&[half.clone(), whole.clone()], &["a", "b"]).unwrap();
        assert_eq!(found, Some(vec![whole.join("a"), whole.join("b.gz")]));
        assert_eq!(Places::default().find(&[half], &["a", "b"]).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_scenario_folder_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let [scenario, secret, data] = ["scenario", "secret", "data"].map(|name| root.path().join(name));
        for folder in [&scenario, &secret, &data] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("a"), "x").unwrap();
        }
        std::os::unix::fs::symlink(&secret, scenario.join("out")).unwrap();
        std::os::unix::fs::symlink(&data, scenario.join("mine")).unwrap();
        std::os::unix::fs::symlink(&secret, data.join("big-disk")).unwrap();
        let places = Places { scenario: Some(scenario), data: vec![data], system: None };
        let find = |folder: &str| places.find(&places.candidates(folder).unwrap(), &["a"]);
        assert!(matches!(find("out"), Err(TaskError::Path { .. })));
        assert!(find("mine").unwrap().is_some());
        assert!(find("big-disk").unwrap().is_some());
        assert!(places.candidates("../secret").is_err());
        // A scenario named without a folder does not make all of the system part of its folder.
        let here = Places { scenario: Some(PathBuf::new()), ..Places::default() };
        assert_eq!(here.candidates("x").unwrap(), [Path::new("./x")]);
        assert!(here.find(&[secret], &["a"]).unwrap().is_some());
    }
}
