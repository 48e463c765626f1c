// Kinds ----------------------------------------------------------------------------------------------------

function kindCard(kind) {
  const notFinite = (kind.nan ?? 0) + (kind.infinite ?? 0);
  const figure = (label, text, bad) =>
    make("div", { className: bad ? "bad" : "" }, make("span", { textContent: label }), text);
  const card = make("button", { className: "kind", onclick: () => show(kind.kind) },
    make("div", { className: "name", textContent: kind.kind }),
    make("small", { textContent: [
      kind.tensors > 1 ? whole(kind.tensors) + " tensors" : "1 tensor",
      whole(kind.count) + " elements",
      kind.dtype ?? "several types",
    ].join(", ") }));
  if (kind.histogram) {
    const { from, to, counts } = kind.histogram;
    card.append(histogram(counts), make("div", { className: "ends" }, make("span", { textContent: short(from) }), make("span", { textContent: short(to) })));
  }
  const figures = make("div", { className: "figures" });
  if (kind.min === null) figures.append(figure("values", kind.nan === null ? "counted only" : "none finite"));
  else if (kind.min === kind.max) figures.append(figure("all are", short(kind.min)));
  else {
    figures.append(figure("mean", short(kind.mean)), figure("std", short(kind.std)), figure("gain", short(kind.gain)),
      figure("min", short(kind.min)), figure("max", short(kind.max)), figure("kurtosis", short(kind.kurtosis)));
  }
  if (notFinite) figures.append(figure("NaN, infinite", whole(notFinite), true));
  card.append(figures);
  return card;
}

// The table ------------------------------------------------------------------------------------------------

const COLUMNS = [
  ["name", "tensor", (t) => t.name],
  ["type", "type", (t) => t.dtype],
  ["shape", "shape", (t) => t.count],
  ["mean", "mean", (t) => t.mean],
  ["std", "std", (t) => t.std],
  ["gain", "gain", (t) => t.gain],
  ["min", "min", (t) => t.min],
  ["max", "max", (t) => t.max],
  ["kurtosis", "kurtosis", (t) => t.kurtosis],
  ["zeros", "zeros", (t) => t.zeros],
  ["bad", "NaN, inf", (t) => (t.nan === null ? null : t.nan + t.infinite)],
  ["outliers", "histogram", (t) => rank.get(t) ?? Infinity],
];
// The place of a tensor's first finding.
const rank = new Map();
findings.forEach(({ tensor }, at) => rank.has(tensors[tensor]) || rank.set(tensors[tensor], at));
const index = new Map(tensors.map((t, at) => [t, at]));
const names = new Intl.Collator("en", { numeric: true });
let sorting = { key: "outliers", down: false }, limit = 100;

function rowsFor() {
  const parts = $("filter").value.trim().toLowerCase().split("*");
  const pattern = new RegExp(parts.map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*"));
  const list = tensors.filter((t) => pattern.test(t.name.toLowerCase()));
  const value = COLUMNS.find(([key]) => key === sorting.key)[2];
  const sign = sorting.down ? -1 : 1;
  return list.sort((a, b) => {
    const [p, q] = [value(a), value(b)];
    if (p === q) return names.compare(a.name, b.name);
    // What is missing is last in both directions.
    if (p === null || q === null) return p === null ? 1 : -1;
    return sign * (typeof p === "string" ? names.compare(p, q) : p - q);
  });
}

function row(t) {
  const cell = (...content) => make("td", {}, ...content);
  const bad = t.nan === null ? "–" : whole(t.nan + t.infinite);
  const name = cell(make("span", { className: "name", textContent: t.name }));
  for (const what of flagged.get(index.get(t)) ?? []) name.append(make("div", { className: "bad", textContent: what }));
  return make("tr", {}, name, cell(t.dtype), cell(t.shape.length ? t.shape.join(" × ") : "scalar"),
    ...[t.mean, t.std, t.gain, t.min, t.max, t.kurtosis].map((n) => cell(short(n))),
    cell(t.zeros === null ? "–" : whole(t.zeros)),
    make("td", { className: bad === "0" || bad === "–" ? "" : "bad" }, bad),
    t.histogram ? cell(histogram(t.histogram.counts)) : cell());
}

function drawTable() {
  const list = rowsFor();
  $("rows").replaceChildren(...list.slice(0, limit).map(row));
  $("count").textContent = whole(list.length) + " of " + whole(tensors.length);
  $("more").hidden = list.length <= limit;
  $("outliers").setAttribute("aria-pressed", String(sorting.key === "outliers"));
  for (const head of $("heads").children) {
    if (head.dataset.key) head.setAttribute("aria-sort", head.dataset.key !== sorting.key ? "none" : sorting.down ? "descending" : "ascending");
  }
}

function drawHeads() {
  $("heads").append(...COLUMNS.map(([key, label]) => {
    if (key === "outliers") return make("th", { scope: "col", textContent: label });
    const button = make("button", { textContent: label, title: "Sort by " + label });
    button.onclick = () => {
      const down = sorting.key === key ? !sorting.down : !["name", "type"].includes(key);
      sorting = { key, down };
      limit = 100;
      drawTable();
    };
    const head = make("th", { scope: "col" }, button);
    head.dataset.key = key;
    return head;
  }));
}

// Lists the tensors of a name or a kind.
function show(pattern) {
  $("filter").value = pattern;
  limit = 100;
  drawTable();
  $("h-tensors").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  $("filter").focus({ preventScroll: true });
}

