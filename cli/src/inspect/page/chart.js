// The chart of a number by depth ---------------------------------------------------------------------------

const LIGHT = ["#2a6fc9", "#d9580d", "#15803d", "#9333ea", "#be185d", "#0e8fa6", "#7a4a12", "#6b7a00"];
const DARK = ["#6ea8ff", "#ff9a5c", "#5fce85", "#c79bff", "#ff8fc0", "#4fd0e0", "#f0d060", "#c3b091"];
const dark = matchMedia("(prefers-color-scheme: dark)");
let chosen = null;

const layered = kinds.map((_, kind) => tensors.filter((t) => t.kind === kind && t.depth !== null));

function color(kind) {
  const place = shown().indexOf(kind);
  return place < 8 ? (dark.matches ? DARK : LIGHT)[place] : "var(--soft)";
}

function metric() { return $("metric").value; }

// Kinds with a line: of several depths, with numbers to show; those of the most values first.
let shownFor = null, shownKinds = [];
function shown() {
  if (shownFor === metric()) return shownKinds;
  shownFor = metric();
  const has = (t) => t[shownFor] !== null && (shownFor === "mean" ? t.std > 0 : t[shownFor] > 0);
  shownKinds = kinds.map((_, kind) => kind)
    .filter((kind) => new Set(layered[kind].filter(has).map((t) => t.depth)).size > 1)
    .sort((a, b) => kinds[b].count - kinds[a].count);
  return shownKinds;
}

function ticks(low, high, log) {
  if (!log) {
    const raw = (high - low) / 4, unit = 10 ** Math.floor(Math.log10(raw));
    const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw);
    const out = [];
    for (let at = Math.ceil(low / step); at * step <= high; at++) out.push(at * step);
    return out;
  }
  const decades = Math.log10(high / low);
  const marks = decades > 4 ? [1] : decades > 1.5 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const out = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const mark of marks) {
      const value = mark * 10 ** power;
      if (value >= low && value <= high) out.push(value);
    }
  }
  return out;
}

function drawChart() {
  const key = metric(), log = key !== "mean", place = $("chart");
  const series = shown().map((kind) => ({
    kind,
    points: layered[kind].filter((t) => t[key] !== null && (!log || t[key] > 0)),
  }));
  if (!series.length) {
    place.replaceChildren(make("p", { textContent: "No kind has this number at several depths." }));
    $("legend").replaceChildren();
    return;
  }
  const values = series.flatMap((s) => s.points.map((t) => t[key]));
  const depths = series.flatMap((s) => s.points.map((t) => t.depth));
  // Not by spreading: there may be more than an argument list holds.
  const least = (list) => list.reduce((a, b) => Math.min(a, b)), most = (list) => list.reduce((a, b) => Math.max(a, b));
  let low = least(values), high = most(values);
  if (log) { low /= 1.15; high *= 1.15; }
  else { const room = (high - low || Math.abs(high) || 1) * 0.06; low -= room; high += room; }
  const first = least(depths), last = most(depths);
  const width = Math.max(place.clientWidth, 200), height = Math.min(360, Math.max(220, width * 0.42));
  const left = 62, right = 12, top = 10, bottom = 30;
  const x = (depth) => left + ((width - left - right) * (depth - first)) / (last - first || 1);
  const at = log ? Math.log : (v) => v;
  const y = (value) => top + (height - top - bottom) * (1 - (at(value) - at(low)) / (at(high) - at(low)));
  const svg = draw("svg", { width, height, role: "img", "aria-label": key + " by depth, a line for each kind" });
  for (const value of ticks(low, high, log)) {
    svg.append(draw("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    svg.append(draw("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  }
  const step = Math.max(1, Math.ceil((last - first) / (width / 60)));
  for (let depth = first; depth <= last; depth += step) {
    svg.append(draw("text", { x: x(depth), y: height - 8, "text-anchor": "middle" }, String(depth)));
  }
  for (const { kind, points } of [...series].reverse()) {
    const group = draw("g", { style: "--color:" + color(kind) });
    if (chosen !== null && chosen !== kind) group.setAttribute("class", "dim");
    const byDepth = new Map();
    for (const t of points) byDepth.set(t.depth, (byDepth.get(t.depth) ?? []).concat(t[key]));
    const middle = [...byDepth].sort((a, b) => a[0] - b[0]).map(([depth, list]) => {
      list.sort((a, b) => a - b);
      return x(depth) + "," + y(list[list.length >> 1]);
    });
    group.append(draw("polyline", { class: "series", points: middle.join(" ") }));
    for (const t of points) {
      const dot = draw("circle", { class: "dot", cx: x(t.depth), cy: y(t[key]), r: 3.5 });
      dot.append(draw("title", {}, t.name + ": " + short(t[key])));
      group.append(dot);
    }
    svg.append(group);
  }
  place.replaceChildren(svg);
}

function drawLegend() {
  $("legend").replaceChildren(...shown().map((kind) => {
    const button = make("button", { "aria-pressed": String(chosen === kind) },
      make("i"), make("span", { className: "name", textContent: kinds[kind].kind }));
    button.style.setProperty("--color", color(kind));
    button.onclick = () => {
      chosen = chosen === kind ? null : kind;
      drawChart();
      for (const other of $("legend").children) other.setAttribute("aria-pressed", String(chosen !== null && other === button));
    };
    return button;
  }));
}

function drawDepth() {
  if (!shown().includes(chosen)) chosen = null;
  drawLegend();
  drawChart();
}

