//! Excel: a sheet holds the objects of one kind, a row an object or an element of one of its lists.
//!
//! `docs/excel.md` has the layout. [`Book`] is the only file here that knows how workbooks are stored; it
//! gives each cell a line of text, so that places are spans as in every other format.

mod archive;
mod book;
mod cell;
mod plan;
mod rows;

use assay_schemas::code::{Code, Level};

use super::{Documents, Format, LocatedProblem, Reader};
pub(crate) use book::{Book, letters as column_letters};
use plan::Plan;
pub(crate) use plan::{CellType, Heading, heading};
use rows::Rows;

pub(super) const FORMAT: Format = Format { extensions: &["xlsx"], read: Reader::Bytes(read) };
/// Workbooks in other formats, which would otherwise be passed over in silence.
pub(super) const OTHERS: Format =
    Format { extensions: &["xls", "xlsm", "xlsb", "ods"], read: Reader::Bytes(refuse) };

fn refuse(_: &[u8]) -> Documents {
    let problem = archive::refuse("workbooks are read as `.xlsx` alone").hint("save it as `.xlsx`");
    Documents { problems: vec![problem], ..Documents::default() }
}

fn read(bytes: &[u8]) -> Documents {
    match Book::open(bytes) {
        Ok(book) => objects(&book),
        Err(problem) => Documents { problems: vec![problem], ..Documents::default() },
    }
}

fn objects(book: &Book) -> Documents {
    let mut documents = Documents::default();
    for sheet in &book.sheets {
        let problems = &mut documents.problems;
        let (id_field, kind) = match plan::kind_of(&sheet.name) {
            Ok(kind) => kind,
            Err(near) => {
                let message = format!("the sheet `{}` names no kind", sheet.name);
                let problem = LocatedProblem::new(Code::UnknownSheet, sheet.title.clone(), message);
                problems.push(
                    problem.hint(match near {
                        Some(near) => format!(
                            "did you mean `{near}`? Begin the name with `_` if it is for people"
                        ),
                        None => {
                            "name it after a kind, such as `rule_set`, or begin the name with `_`"
                                .to_owned()
                        }
                    }),
                );
                continue;
            }
        };
        let before = problems.len();
        let header = &book.cells[sheet.header.clone()];
        let Some(plan) = Plan::of(book, header, (id_field, kind), problems) else {
            let message = format!("the sheet `{}` has no column `{id_field}`", sheet.name);
            problems.push(
                LocatedProblem::new(Code::UnknownHeading, sheet.title.clone(), message)
                    .hint("headings stand in the first row; `assayc new --format xlsx` writes a workbook with them"),
            );
            continue;
        };
        let misread = problems[before..].iter().any(|problem| problem.code.level() == Level::Error);
        let roots = Rows::new(book, &plan, problems).read(&book.cells[sheet.body.clone()]);
        if misread {
            documents.spoilt.extend(roots.iter().map(|root| root.span.start));
        }
        documents.roots.extend(roots);
    }
    documents
}
