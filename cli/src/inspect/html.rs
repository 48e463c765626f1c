//! The report as a page.

use super::Report;

/// Returns a page that needs nothing but itself.
pub fn page(report: &Report) -> String {
    // Within a script, only the end of the script's element is special.
    let json = serde_json::to_string(report).expect("the report has string keys only");
    include_str!("page.html").replace("\"REPORT\"", &json.replace('<', "\\u003c"))
}
