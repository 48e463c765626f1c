"use strict";
const report = JSON.parse(document.getElementById("data").textContent);
const { tensors, kinds, findings } = report;
const $ = (id) => document.getElementById(id);

// Elements -------------------------------------------------------------------------------------------------

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-")) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

function draw(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const whole = (n) => n.toLocaleString("en");

function short(n) {
  if (n === null || n === undefined) return "–";
  if (n !== 0 && (Math.abs(n) < 1e-3 || Math.abs(n) >= 1e6)) return n.toExponential(2).replace("e+", "e");
  return String(Number(n.toPrecision(4)));
}

function histogram(counts) {
  const most = Math.max(...counts, 1);
  const svg = draw("svg", { viewBox: "0 0 " + counts.length + " 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  // A column that is not empty is visible.
  counts.forEach((count, at) => {
    const height = count && Math.max(3, (100 * count) / most);
    svg.append(draw("rect", { class: "columns", x: at + 0.04, width: 0.92, y: 100 - height, height }));
  });
  return svg;
}

// Findings -------------------------------------------------------------------------------------------------

const flagged = new Map();
for (const { tensor, what } of findings) flagged.set(tensor, (flagged.get(tensor) ?? []).concat(what));

function listFindings(most) {
  $("findings").replaceChildren(...findings.slice(0, most).map(({ tensor, what }) => {
    const name = tensors[tensor].name;
    const link = make("button", { className: "link name", textContent: name, onclick: () => show(name) });
    return make("li", {}, link, make("span", { textContent: what }));
  }));
  if (!findings.length) {
    $("findings").append(make("li", { textContent: "Nothing: all values are finite, no tensor is a copy, and none is unlike its kind." }));
  }
  const button = $("all-findings");
  button.hidden = most >= findings.length;
  button.textContent = "Show all " + whole(findings.length);
  button.onclick = () => listFindings(findings.length);
}

