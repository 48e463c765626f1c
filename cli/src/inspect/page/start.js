// The page -------------------------------------------------------------------------------------------------

document.title = report.path + " – seedbed inspect";
$("title").textContent = report.path;
$("totals").textContent = [
  report.files.length > 1 ? whole(report.files.length) + " files" : "1 file",
  whole(tensors.length) + " tensors of " + whole(kinds.length) + " kinds",
  whole(report.elements) + " elements",
  short(report.bytes / 1e6) + " MB",
].join(", ");
listFindings(10);
$("kinds").append(...kinds.map(kindCard));
drawHeads();
drawTable();
$("filter").oninput = () => { limit = 100; drawTable(); };
$("outliers").onclick = () => { sorting = { key: "outliers", down: false }; limit = 100; drawTable(); };
$("more").onclick = () => { limit += 500; drawTable(); };
if (layered.some((list) => list.length > 1)) {
  drawDepth();
  $("metric").onchange = drawDepth;
  dark.addEventListener("change", drawDepth);
  let width = 0;
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width !== width) { width = entry.contentRect.width; drawChart(); }
  }).observe($("chart"));
} else $("by-depth").hidden = true;
