//! Workflows: what is set off elsewhere after an upstream job has succeeded or was approved.

mod trigger;

use super::authored::Authored;
use super::{LibraryObject, Reference, common_fields, kind};
use crate::problem::{Pointer, Problem};
pub use trigger::{EventBridge, GlueJob, MwaaDag, SqsMwaa, StepFunction, WorkflowTrigger};

kind! {
    /// What follows an upstream job. A document may hold several as `workflows: {upstream_job: {…}}`.
    Workflow {
        id: workflow_id WorkflowId,
        /// Set off when the job has succeeded.
        #[serde(default)]
        on_success: Vec<WorkflowTrigger>,
        /// Set off when a run that failed its checks was approved.
        #[serde(default)]
        on_approval: Vec<WorkflowTrigger>,
    }
}

impl LibraryObject for Workflow {
    common_fields!(workflow_id);
    const AUTHORED: Authored = Authored { map: Some("workflows"), ..Authored::PLAIN };

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn check(&self) -> Vec<Problem> {
        let lists = [("on_success", &self.on_success), ("on_approval", &self.on_approval)];
        let mut problems = Vec::new();
        for (list, triggers) in lists {
            for (index, trigger) in triggers.iter().enumerate() {
                let place = Pointer::from(list).index(index);
                problems.extend(trigger.check().into_iter().map(|problem| problem.within(&place)));
            }
        }
        problems
    }
}
