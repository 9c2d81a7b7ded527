/* A figure as the page shows it: the stored one, in the reader's unit, dates and colours.
   Every control changes `view` and calls `redraw`; nothing else draws. */
"use strict";
const LB_PER_KG = 1 / 0.45359237; // exact: international pound, 1959
const CONFIG = {
  displaylogo: false, showSendToCloud: false, responsive: true,
  modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
};
const touch = matchMedia("(hover: none)").matches;

function shown(stored, view) {
  const figure = structuredClone(stored);
  figure.layout ??= {};
  const meta = figure.layout.meta ?? {};
  if (meta.load_axis && view.unit === "lb") inPounds(figure, meta.load_axis);
  if (meta.time_axis && view.from) axisOf(figure.layout, meta.time_axis).range = [view.from, view.to];
  for (const trace of figure.data) if (trace.type === "heatmap") closed(trace, meta.time_axis ? view : {});
  figure.layout.uirevision = [view.unit, view.from, view.to].join();
  return dressed(figure, view.dark);
}

/* Gaps between cells go where a cell is too narrow for one: 298 weeks on a phone would all be gap. */
function closed(trace, { from, to }) {
  const shown = from ? trace.x.filter((x) => x >= from && x <= to).length : trace.x.length;
  if (Math.min(innerWidth, 900) * 0.6 / Math.max(shown, 1) < 4) trace.xgap = 0;
}

function axisOf(layout, id) {
  const key = id[0] + "axis" + id.slice(1);
  return (layout[key] ??= {});
}

/* Loads in lb: positions, their errors, hover text, axis title, and whatever is pinned to the axis. */
function inPounds(figure, id) {
  const letter = id[0];
  const times = (value) => Array.isArray(value) ? value.map(times)
    : typeof value === "number" ? +(value * LB_PER_KG).toPrecision(6) : value;
  for (const trace of figure.data) {
    if (letter !== "z" && (trace[letter + "axis"] ?? letter) !== id) continue;
    const hover = trace.hovertemplate;
    if (letter in trace) trace[letter] = times(trace[letter]);
    if ("base" in trace) trace.base = times(trace.base);
    for (const bound of letter === "z" ? ["zmin", "zmax", "zmid"] : []) {
      if (bound in trace) trace[bound] = times(trace[bound]);
    }
    const error = trace["error_" + letter];
    if (error && error.type !== "percent") {
      for (const part of ["array", "arrayminus", "value"]) if (part in error) error[part] = times(error[part]);
    }
    if (hover) {
      scaleHoverData(trace, hover, times);
      trace.hovertemplate = pounds(hover);
    }
    if (trace.colorbar?.title) trace.colorbar.title.text = pounds(trace.colorbar.title.text ?? "");
  }
  for (const pinned of [...(figure.layout.shapes ?? []), ...(figure.layout.annotations ?? [])]) {
    if ((pinned[letter + "ref"] ?? id) !== id) continue;
    for (const part of [letter, letter + "0", letter + "1"]) if (part in pinned) pinned[part] = times(pinned[part]);
  }
  if (letter === "z") return;
  const axis = axisOf(figure.layout, id);
  if (axis.title?.text) axis.title.text = pounds(axis.title.text);
  if (axis.range) axis.range = axis.type === "log" ? axis.range.map((v) => v + Math.log10(LB_PER_KG)) : times(axis.range);
  for (const part of ["tickvals", "tick0", "dtick"]) if (part in axis) axis[part] = times(axis[part]);
}

function pounds(text) { return text.replace(/\bkg\b/g, "lb"); }

/* Numbers that only the hover shows, written `%{customdata[2]:.1f} kg`. */
function scaleHoverData(trace, hover, times) {
  const columns = new Set([...hover.matchAll(/%\{customdata\[(\d+)\][^}]*\}\s*kg\b/g)].map((m) => +m[1]));
  if (columns.size && Array.isArray(trace.customdata)) {
    trace.customdata = trace.customdata.map((row) =>
      Array.isArray(row) ? row.map((value, i) => columns.has(i) ? times(value) : value) : row);
  }
}

function dressed(figure, dark) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  const ink = colour("ink"), grid = colour("grid"), faint = colour("soft"), card = colour("card");
  const narrow = innerWidth < 560;
  if (dark) figure.data = figure.data.map((trace) => lightened(trace));
  const layout = figure.layout;
  layout.xaxis ??= {}; layout.yaxis ??= {};
  for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
    const axis = layout[key] = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, automargin: true, ...layout[key] };
    if (axis.title?.text) axis.title = { standoff: 10, font: { size: narrow ? 12 : 13, color: faint }, ...axis.title };
    if (axis.title?.text && narrow) axis.title.text = wrapped(axis.title.text);
  }
  layout.font = { family: colour("sans"), size: narrow ? 12 : 13, color: ink, ...layout.font };
  layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
  layout.height ??= 360;
  layout.autosize = true;
  layout.dragmode = touch ? false : (layout.dragmode ?? "zoom");
  layout.hoverlabel = { bgcolor: card, bordercolor: faint, font: { color: ink }, ...layout.hoverlabel };
  layout.legend = { bgcolor: "rgba(0,0,0,0)", ...layout.legend };
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: faint, activecolor: ink, ...layout.modebar };
  if (layout.margin && narrow) layout.margin = { ...layout.margin, l: Math.min(layout.margin.l ?? 40, 40), r: 8 };
  return figure;
}

/* A title longer than a phone's axis stands on two lines, parted near its middle. */
function wrapped(text) {
  if (text.length < 30 || text.includes("<")) return text;
  const spaces = [...text.matchAll(/ /g)].map((match) => match.index);
  const middle = spaces.reduce((best, at) => Math.abs(at - text.length / 2) < Math.abs(best - text.length / 2) ? at : best, 0);
  return middle ? `${text.slice(0, middle)}<br>${text.slice(middle + 1)}` : text;
}

/* On a dark page black marks turn white; the palette's two dark hues get lighter sisters. */
const LIGHTER = {
  "#000000": "#f2f2f2", "#0072B2": "#4aa3dc", "#D55E00": "#f0803c", "#009E73": "#2fc299",
  // from least to most: what is most stands out from the page, dark or light
  "#93a1b0": "#6b7682", "#6db3e8": "#2d6f9f", "#2180c4": "#4ba0dd", "#0b4a80": "#9ccdf2", "#04253f": "#e0f0fc",
};
function lightened(value) {
  if (typeof value === "string") {
    return LIGHTER[value] ?? value.replace(/^rgba\(0,0,0,/, "rgba(242,242,242,").replace(/^rgba\(0,114,178,/, "rgba(74,163,220,");
  }
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(lightened);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lightened(each)]));
  }
  return value;
}
