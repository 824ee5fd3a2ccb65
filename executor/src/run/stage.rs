//! The stage `stage`: files are fetched, made readable and handed to an engine.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_schemas::plan::DatasetPlan;

use super::{Files, Request};
use crate::engine::{
    self, Chosen, Cleansed, Engine as _, EngineError, FileNote, FileRead, Measured, Staged,
    Violation, Workspace,
};
use crate::input::Digests;
use crate::input::acquire::InputFile;
use crate::input::groups::LeftOut;
use crate::input::transcoded::{self, Readable};

/// Whether the bytes of local files are hashed beside the work of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staging {
    /// They are, for [`Ready::read`].
    Hashed,
    /// They need not be: what they are is known.
    Known,
}

/// Datasets that an engine has before it.
pub struct Ready {
    /// The engine.
    pub engine: Chosen,
    /// The dataset that is judged, with the format that the engine reads.
    pub dataset: DatasetPlan,
    /// What the engine found of it.
    pub staged: Staged,
    /// The files as they came.
    pub files: Files,
    /// What people should know of how they were read.
    pub said: Vec<String>,
    /// Rows that no check looks at and that were not fetched.
    pub left_out: LeftOut,
    digests: Option<Digests>,
    names: BTreeMap<PathBuf, String>,
}

impl Ready {
    /// Fetches the files of a request, makes them readable and stages them. Everything is written below the
    /// folder of the workspace.
    ///
    /// # Errors
    /// A file is missing, cannot be reached, or is not what the plan says.
    pub fn new(request: &Request, workspace: Workspace) -> Result<Self, EngineError> {
        let files = request.files(&workspace.folder.join("fetched"))?;
        Self::over(request, workspace, files, Staging::Hashed)
    }

    /// Makes files that are here readable and stages them, as [`Ready::new`] does.
    ///
    /// # Errors
    /// Those of [`Ready::new`].
    pub fn over(
        request: &Request,
        workspace: Workspace,
        files: Files,
        staging: Staging,
    ) -> Result<Self, EngineError> {
        let plan = &request.job.plan;
        let digests = match staging {
            Staging::Known => None,
            Staging::Hashed => {
                let local = files.judged.iter().filter(|file| file.origin.is_none());
                let local: Vec<PathBuf> = local.map(|file| file.path.clone()).collect();
                Some(Digests::start(&local)?)
            }
        };
        let mut made = Made::default();
        let folder = workspace.folder.join("read");
        let mut lookups = Vec::with_capacity(plan.lookups.len());
        for (number, (lookup, files)) in plan.lookups.iter().zip(&files.lookups).enumerate() {
            let mut lookup = lookup.clone();
            let folder = folder.join(format!("lookup_{number}"));
            let readable = transcoded::readable(&mut lookup, files, &folder);
            let paths = made.take(readable.map_err(|error| renamed(error, &made.names))?, files);
            lookups.push((lookup, paths));
        }
        let mut dataset = plan.dataset.clone();
        fetched_names(&files.judged, &mut made.names);
        let readable = transcoded::readable(&mut dataset, &files.judged, &folder);
        let paths =
            made.take(readable.map_err(|error| renamed(error, &made.names))?, &files.judged);
        let workspace = Workspace { notes: made.notes, ..workspace };
        let datasets: Vec<&DatasetPlan> =
            [&dataset].into_iter().chain(lookups.iter().map(|(lookup, _)| lookup)).collect();
        let mut engine = Chosen::open(plan.engine, &datasets, &workspace, &made.paths)?;
        let named = |error| renamed(error, &made.names);
        for (lookup, paths) in &lookups {
            engine.stage(lookup, paths).map_err(named)?;
        }
        let mut staged = engine.stage(&dataset, &paths).map_err(named)?;
        let left_out = LeftOut::of(&files.judged)?;
        staged.rows = staged.rows.map(|rows| rows + left_out.rows);
        let said = made.said;
        Ok(Self { engine, dataset, staged, files, said, left_out, digests, names: made.names })
    }

    /// Cleanses the dataset; rows that were left out are rows nevertheless.
    ///
    /// # Errors
    /// As [`engine::Engine::cleanse`].
    pub fn cleanse(&mut self) -> Result<Cleansed, EngineError> {
        let mut cleansed = self.engine.cleanse(&self.dataset)?;
        cleansed.rows_in += self.left_out.rows;
        cleansed.rows_out += self.left_out.rows;
        Ok(cleansed)
    }

    /// Measures the dataset; rows that were left out are rows nevertheless.
    ///
    /// # Errors
    /// As [`engine::Engine::measure`].
    pub fn measure(&mut self, wanted: &engine::Request) -> Result<Measured, EngineError> {
        let mut measured = self.engine.measure(&self.dataset, wanted)?;
        measured.rows += self.left_out.rows;
        Ok(measured)
    }

    /// Some violating rows of each check, by the numbers that they have among all rows.
    ///
    /// # Errors
    /// As [`engine::Engine::violations`].
    pub fn violations(
        &mut self,
        measured: &Measured,
        limit: u32,
    ) -> Result<Vec<Violation>, EngineError> {
        let mut found = self.engine.violations(&self.dataset, measured, limit)?;
        found.iter_mut().for_each(|found| found.row = self.left_out.original(found.row));
        Ok(found)
    }

    /// What the files are called, for what engines say of them.
    pub fn called(&self) -> Called {
        let judged = self.files.judged.iter().map(|file| PathBuf::from(&file.name)).collect();
        Called { names: self.names.clone(), judged }
    }

    /// What was read, in the order of the files: what was hashed here, and what was while it was fetched. Call
    /// it when the engine has read the files for the last time.
    ///
    /// # Errors
    /// A file cannot be read or was changed since.
    pub fn read(&mut self) -> Result<Vec<FileRead>, EngineError> {
        let hashed = self.digests.take().map(Digests::finish).transpose()?;
        let mut hashed = hashed.unwrap_or_default().into_iter();
        let read = |file: &InputFile| match &file.origin {
            None => hashed.next(),
            Some(origin) => Some(FileRead {
                path: origin.uri.clone(),
                bytes: origin.size,
                digest: origin.digest.clone(),
            }),
        };
        Ok(self.files.judged.iter().filter_map(read).collect())
    }

    /// Where the judged files lie, and what they are called.
    pub fn judged(&self) -> (Vec<PathBuf>, Vec<String>) {
        self.files.judged.iter().map(|file| (file.path.clone(), file.name.clone())).unzip()
    }
}

/// What was made of files, all together.
#[derive(Default)]
struct Made {
    paths: Vec<PathBuf>,
    notes: BTreeMap<PathBuf, FileNote>,
    names: BTreeMap<PathBuf, String>,
    said: Vec<String>,
}

impl Made {
    /// Takes the files of a dataset; gives where an engine finds them.
    fn take(&mut self, readable: Vec<Readable>, files: &[InputFile]) -> Vec<PathBuf> {
        fetched_names(files, &mut self.names);
        let mut paths = Vec::with_capacity(readable.len());
        for made in readable {
            if let Some(note) = made.note {
                self.names.insert(made.path.clone(), note.name.clone());
                self.notes.insert(made.path.clone(), note);
            }
            self.said.extend(made.said);
            paths.push(made.path);
        }
        self.paths.extend(paths.iter().cloned());
        paths
    }
}

fn fetched_names(files: &[InputFile], names: &mut BTreeMap<PathBuf, String>) {
    let fetched = files.iter().filter(|file| file.origin.is_some());
    names.extend(fetched.map(|file| (file.path.clone(), file.name.clone())));
}

/// An error that calls files by their own names.
fn renamed(error: EngineError, names: &BTreeMap<PathBuf, String>) -> EngineError {
    let named = |text: String| {
        names.iter().fold(text, |text, (path, name)| text.replace(&*path.to_string_lossy(), name))
    };
    match error {
        EngineError::Data(text) => EngineError::Data(named(text)),
        EngineError::Resource(text) => EngineError::Resource(named(text)),
        EngineError::Beyond(text) => EngineError::Beyond(named(text)),
        EngineError::Internal(text) => EngineError::Internal(named(text)),
    }
}

/// What the files of a run are called.
pub struct Called {
    /// Those that lie here under another name.
    names: BTreeMap<PathBuf, String>,
    /// Those of the dataset that is judged.
    judged: Vec<PathBuf>,
}

impl Called {
    /// An error that calls files by their own names, and names one where the engine does not.
    pub fn told(&self, error: EngineError) -> EngineError {
        naming(renamed(error, &self.names), &self.judged)
    }
}

/// An error with the name of a file, where an engine says what is wrong with a Parquet file and not with which.
pub fn naming(error: EngineError, files: &[PathBuf]) -> EngineError {
    let named = |text: String| {
        let is_named = files.iter().any(|file| text.contains(&*file.to_string_lossy()));
        let is_of_file = ["parquet", "tprotocol"].iter().any(|w| text.to_lowercase().contains(w));
        match files {
            _ if is_named || !is_of_file => text,
            [] => text,
            [only] => format!("{}: {text}", only.display()),
            [first, ..] => {
                format!("{} or another of {} files: {text}", first.display(), files.len())
            }
        }
    };
    match error {
        EngineError::Data(text) => EngineError::Data(named(text)),
        EngineError::Internal(text) => EngineError::Internal(named(text)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_a_name_and_blames_none_of_several() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let told = |text: &str, names: &[&str]| {
            naming(EngineError::Data(text.to_owned()), &files(names)).to_string()
        };
        let wrong = "TProtocolException: Invalid data";
        assert_eq!(told(wrong, &["a.parquet"]), format!("a.parquet: {wrong}"));
        assert_eq!(told("parquet: b.parquet ends", &["b.parquet"]), "parquet: b.parquet ends");
        assert_eq!(
            told(wrong, &["a.parquet", "b.parquet"]),
            format!("a.parquet or another of 2 files: {wrong}")
        );
        assert_eq!(told("there is no room", &["a.parquet"]), "there is no room");
        assert_eq!(told(wrong, &[]), wrong);
    }
}
