//! The report as a page: one file that needs nothing but itself.

use super::Report;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");

/// In the order in which they use each other.
const SCRIPT: [&str; 4] = [
    include_str!("page/elements.js"),
    include_str!("page/chart.js"),
    include_str!("page/tables.js"),
    include_str!("page/start.js"),
];

/// Returns a page that needs nothing but itself.
pub fn page(report: &Report) -> String {
    // Within a script, only the end of the script's element is special.
    let json = serde_json::to_string(report).expect("the report has string keys only");
    let json = json.replace('<', "\\u003c");
    let page = PAGE.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", &SCRIPT.concat());
    // Last, because a tensor may have any name.
    page.replacen("\"REPORT\"", &json, 1)
}
