//! Two environments whose branches follow each other, and what is compiled of them.

use assay_schemas::id::EnvironmentName;
use assay_schemas::library::environment::Environment;

use super::project::{self, Ground};
use super::promote::name;
use super::review::{faults, is_broken, open};
use super::{CommandError, Output};
use crate::compile::{Basis, Compiled, Goal, environments};
use crate::git::{NewCommit, Snapshot};
use crate::promotion::selection::{self, Taken};
use crate::review;
use crate::store::StoreError;

/// The branches of two environments.
pub(super) struct Branches {
    pub(super) from_name: EnvironmentName,
    pub(super) to_name: EnvironmentName,
    pub(super) from_branch: String,
    pub(super) to_branch: String,
    /// The commit that the branch which changes come from is at.
    pub(super) from: String,
    /// The commit that the branch which they go to is at.
    pub(super) to: String,
}

/// What is compiled to see what a promotion would bring.
pub(super) struct Compiles {
    /// The environment before, at its branch.
    pub(super) from: Compiled,
    /// The environment, as its branch is.
    pub(super) base: Compiled,
    pub(super) base_files: Snapshot,
    /// The environment, as its branch would be.
    pub(super) head: Compiled,
    pub(super) head_files: Snapshot,
    /// The files that move, where not all of them do.
    pub(super) taken: Option<Taken>,
}

impl Branches {
    /// # Errors
    /// An environment or its branch is not there, or the two do not follow each other.
    pub(super) fn of(ground: &Ground, from: &str, to: &str) -> Result<Self, CommandError> {
        let (from_name, to_name) = (name(from)?, name(to)?);
        let repository = ground.repository()?;
        // Which branches there are is said by the branch that changes come from, else by what is checked out.
        let declared = environments(&ground.snapshot_at("HEAD")?);
        let find = |name: &EnvironmentName| {
            declared.get(name).ok_or_else(|| {
                let known: Vec<_> = declared.keys().map(EnvironmentName::as_str).collect();
                CommandError::Usage {
                    message: format!("no environment `{name}`"),
                    hint: Some(format!("environments are {}", known.join(", "))),
                }
            })
        };
        let (before, after) = (find(&from_name)?, find(&to_name)?);
        if after.promotes_from.as_ref() != Some(&from_name) {
            let message = match &after.promotes_from {
                Some(other) => format!("changes come to `{to}` from `{other}`, not from `{from}`"),
                None => format!("`{to}` says of no environment that changes come from it"),
            };
            let hint = format!("see `promotes_from` of environments/{to}.yaml");
            return Err(CommandError::Usage { message, hint: Some(hint) });
        }
        let (from_branch, to_branch) = (branch(before)?, branch(after)?);
        let (from, to) = (repository.tip(&from_branch)?, repository.tip(&to_branch)?);
        if repository.merge_base(&from, &to)?.is_none() {
            return Err(CommandError::Usage {
                message: format!("`{from_branch}` and `{to_branch}` have no commit in common"),
                hint: Some("fetch the whole history (`git fetch --unshallow`)".to_owned()),
            });
        }
        Ok(Self { from_name, to_name, from_branch, to_branch, from, to })
    }

    /// Whether both branches hold the same.
    pub(super) fn is_even(&self, ground: &Ground) -> Result<bool, CommandError> {
        let repository = ground.repository()?;
        Ok(repository.commit_info(&self.from)?.tree == repository.commit_info(&self.to)?.tree)
    }
}

impl Compiles {
    /// With `jobs`, only these move, with all that they depend on. `None` where a side does not compile, which
    /// is told.
    ///
    /// # Errors
    /// A job is not there, or its files would bring more than it.
    pub(super) fn of(
        ground: &Ground,
        (branches, jobs): (&Branches, &[String]),
        output: &Output,
    ) -> Result<Option<Self>, CommandError> {
        let base_files = ground.snapshot_at(&branches.to)?;
        let head_files = ground.snapshot_at(&branches.from)?;
        let compile = |files: &Snapshot, name: &EnvironmentName| {
            project::compile(files, &[name.to_string()], (Goal::Seal, &Basis::default()))
        };
        let from = compile(&head_files, &branches.from_name)?;
        let head = compile(&head_files, &branches.to_name)?;
        let base = compile(&base_files, &branches.to_name)?;
        let broken = |compiled: &Compiled, words: &str| {
            let is = is_broken(compiled);
            if is {
                output.note(&format!("error: {words} does not compile\n\n"));
                output.print(&faults(&ground.root(), compiled, output.colour));
            }
            is
        };
        let (before, after) = (&branches.from_branch, &branches.to_branch);
        if broken(&from, &format!("branch `{before}`"))
            || broken(&head, &format!("branch `{before}`"))
            || broken(&base, &format!("branch `{after}`"))
        {
            return Ok(None);
        }
        let whole = Self { from, base, base_files, head, head_files, taken: None };
        if jobs.is_empty() {
            return Ok(Some(whole));
        }
        let taken = whole.select(branches, (jobs, &ground.options()))?;
        let head_files = selection::composed(&whole.base_files, &whole.head_files, &taken);
        let head = compile(&head_files, &branches.to_name)?;
        if broken(&head, "what the branch would hold with these jobs alone") {
            return Ok(None);
        }
        Ok(Some(Self { head, head_files, taken: Some(taken), ..whole }))
    }

    /// The files that hold jobs and all that they depend on.
    fn select(
        &self,
        branches: &Branches,
        (jobs, options): (&[String], &str),
    ) -> Result<Taken, CommandError> {
        let bundle = open(&self.head.bundles[&branches.to_name].files)?;
        let mut closure = Vec::new();
        for job in jobs {
            let found = review::closure(&bundle, job).map_err(StoreError::in_memory)?;
            if found.is_empty() {
                return Err(CommandError::Usage {
                    message: format!("`{}` would have no job `{job}`", branches.to_name),
                    hint: Some(format!(
                        "`assayc show --env {}{options}` lists the jobs",
                        branches.to_name
                    )),
                });
            }
            closure.extend(found);
        }
        selection::files(&self.base_files, &self.head_files, &closure).map_err(|faults| {
            CommandError::Usage {
                message: format!("the jobs do not move alone: {}", faults.join("; ")),
                hint: Some("split the file, or promote what else it holds".to_owned()),
            }
        })
    }

    /// The environment as it would be.
    pub(super) fn environment(&self, name: &EnvironmentName) -> Result<Environment, CommandError> {
        environments(&self.head_files).remove(name).ok_or_else(|| CommandError::Usage {
            message: format!("no environment `{name}`"),
            hint: None,
        })
    }
}

/// The branch of an environment.
pub(super) fn branch(environment: &Environment) -> Result<String, CommandError> {
    environment.branch.clone().ok_or_else(|| CommandError::Usage {
        message: format!("environment `{}` names no branch", environment.environment),
        hint: Some(format!("add `branch:` to environments/{}.yaml", environment.environment)),
    })
}

/// Writes a commit to a branch, unless the working tree shows the branch.
///
/// # Errors
/// It does, or the branch has moved, or the repository cannot be written.
pub(super) fn write(ground: &Ground, new: &NewCommit<'_>) -> Result<String, CommandError> {
    let repository = ground.repository()?;
    if repository.is_checked_out(new.branch) {
        return Err(CommandError::Usage {
            message: format!(
                "branch `{}` is checked out here, and its files would no longer be those of the branch",
                new.branch
            ),
            hint: Some("switch to another branch first".to_owned()),
        });
    }
    Ok(repository.write(new)?)
}
