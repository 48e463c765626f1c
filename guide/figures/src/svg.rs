//! SVG text: shapes and words in the colours of a light and of a dark page.

use std::fmt::Write as _;

/// The width of all figures. Small enough that the words can still be read on a phone.
pub const WIDTH: f64 = 480.0;

/// The colours by their class names, on a light and on a dark page. Series differ in lightness, too.
const COLOURS: &[(&str, &str, &str)] = &[
    ("ground", "#ffffff", "#161b22"),
    ("ink", "#1f2328", "#e6edf3"),
    ("faint", "#59636e", "#9198a1"),
    ("rule", "#d1d9e0", "#3d444d"),
    ("s0", "#0550ae", "#58a6ff"),
    ("s1", "#bf5700", "#f0a040"),
    ("s2", "#2da44e", "#7ee787"),
    ("s3", "#8c959f", "#6e7681"),
];

/// Where words are anchored.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A figure as it is drawn.
pub struct Svg {
    title: &'static str,
    height: f64,
    body: String,
}

impl Svg {
    /// Returns an empty figure. The title is what a screen reader says of it.
    pub fn new(title: &'static str, height: f64) -> Self {
        Svg { title, height, body: String::new() }
    }

    /// Writes words of the class `ink` or `faint`.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let words = words.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(
            self.body,
            r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#
        );
    }

    /// Draws a filled rectangle.
    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let _ = writeln!(
            self.body,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}"/>"#
        );
    }

    /// Draws a line through points, of the class of a series or `rule`.
    pub fn line(&mut self, points: &[(f64, f64)], class: &str, width: f64) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        let _ = writeln!(
            self.body,
            r#"<polyline class="{class} line" points="{points}" stroke-width="{width}"/>"#
        );
    }

    /// Draws unit squares scaled to `size`, all of a colour, as a single path.
    pub fn squares(&mut self, places: &[(f64, f64)], size: f64, colour: &str) {
        let mut path = String::new();
        for (x, y) in places {
            let _ = write!(path, "M{x:.0} {y:.0}h{size:.0}v{size:.0}h-{size:.0}z");
        }
        let _ = writeln!(self.body, r#"<path fill="{colour}" d="{path}"/>"#);
    }

    /// Returns the text of the file.
    pub fn finish(self) -> String {
        let Svg { title, height, body } = self;
        let rules = |dark: bool| -> String {
            let rule = |&(class, light, night): &(&str, &str, &str)| {
                let colour = if dark { night } else { light };
                format!(".{class}{{fill:{colour}}}.{class}.line{{stroke:{colour};fill:none}}")
            };
            COLOURS.iter().map(rule).collect()
        };
        let (light, dark) = (rules(false), rules(true));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" font-family="system-ui, sans-serif" font-size="14">
<title>{title}</title>
<style>{light}@media(prefers-color-scheme:dark){{{dark}}}</style>
<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>
{body}</svg>
"#
        )
    }
}
