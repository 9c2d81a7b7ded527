/* A page per lift, drawn on demand from the tables that the page holds as downloads anyway.
   Sums and the choice of rows happen here; whatever is estimated stands in the tables already. */
"use strict";
function liftPages(page) {
  const byId = (id) => document.getElementById(id);
  const box = byId("lift-find");
  if (!box) return null;
  const SHOWN = 8, RECORDS = 8, DAY_MS = 864e5;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const lifts = page.rows("lifts");
  const byName = new Map(lifts.map((row) => [row.lift, row]));
  const grouped = new Map();
  let open = "";

  /* The rows of a table that are of one lift; each table is taken apart once. */
  function rowsOf(table, lift) {
    if (!grouped.has(table)) grouped.set(table, Map.groupBy ? Map.groupBy(page.rows(table), (row) => row.lift) : group(page.rows(table)));
    return grouped.get(table).get(lift) ?? [];
  }
  function group(rows) {
    const groups = new Map();
    for (const row of rows) groups.has(row.lift) ? groups.get(row.lift).push(row) : groups.set(row.lift, [row]);
    return groups;
  }

  function element(tag, attributes, ...inside) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...inside);
    return made;
  }
  const number = (text) => text === "" || text === undefined ? null : +text;
  const load = (text) => {
    const kg = number(text);
    const cell = element("span", { textContent: kg === null ? "–" : String(+kg.toFixed(1)) });
    if (kg !== null) Object.assign(cell.dataset, { kg, loose: "" });
    return cell;
  };
  const unit = () => { const word = element("span", { textContent: "kg" }); word.dataset.kgHead = ""; return word; };
  const day = (text) => new Date(text + "T00:00:00Z").toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const counted = (n, noun) => `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;

  /* ---- the list of names ---- */
  function list() {
    const sought = plain(box.value).split(/\s+/).filter(Boolean);
    const found = lifts.filter((row) => sought.every((word) => plain(`${row.lift} ${row.muscles}`).includes(word)));
    const shown = found.slice(0, sought.length ? 24 : SHOWN);
    byId("lift-names").replaceChildren(...shown.map((row) => {
      const button = element("button", { type: "button", textContent: row.lift });
      button.setAttribute("aria-pressed", String(row.lift === open));
      button.addEventListener("click", () => { choose(row.lift); page.remember(); });
      return element("li", {}, button);
    }));
    const rest = found.length - shown.length;
    byId("lift-more").textContent = !found.length ? "No lift of that name."
      : rest ? `and ${counted(rest, "more lift")}; type a part of the name` : "";
  }

  /* ---- one lift ---- */
  function choose(name) {
    const lift = byName.get(name);
    if (!lift) return false;
    open = name;
    byId("lift-page").hidden = false;
    byId("lift-name").textContent = name;
    const facts = byId("lift-facts");
    facts.replaceChildren(
      `${counted(+lift.sets, "working set")} on ${counted(+lift.days, "day")} since ${day(lift.first_day)}. Last done ${day(lift.last_day)}.`);
    if (lift.muscles) facts.append(` Trains ${lift.muscles}.`);
    if (lift.best_load_kg !== "") facts.append(" Best set: ", load(lift.best_load_kg), " ", unit(), ` × ${+lift.best_reps}, ${day(lift.best_day)}.`);
    byId("lift-words").textContent = lift.words ?? "";
    const days = rowsOf("lift-days", name);
    page.figures["lift-chart"] = chart(name, days);
    byId("plot-lift-chart").ariaLabel = `${name}: top sets, e1RM and sets by week`;
    byId("lift-tables").replaceChildren(...[best(name), records(name)].filter(Boolean));
    list();
    page.showUnit();
    page.draw(byId("plot-lift-chart"));
    return true;
  }

  /* Top sets and e1RM above, sets by week below; one date axis. */
  function chart(name, days) {
    const when = days.map((row) => row.day);
    const column = (key) => days.map((row) => number(row[key]));
    const loads = column("top_load_kg"), levels = rowsOf("lift-levels", name), data = [];
    const some = (values) => values.some((value) => value !== null);
    const loaded = some(loads);
    if (levels.length) {
      const on = levels.map((row) => row.day), edge = (key) => levels.map((row) => number(row[key]));
      data.push({ type: "scatter", mode: "lines", x: [...on, ...[...on].reverse()], y: [...edge("high_kg"), ...edge("low_kg").reverse()],
        fill: "toself", fillcolor: "rgba(0,114,178,0.2)", line: { width: 0 }, hoverinfo: "skip", name: "95 % band, beside today" });
      data.push({ type: "scatter", mode: "lines", x: on, y: edge("level_kg"), line: { color: "#0072B2", width: 2 },
        name: "level (e1RM)", hovertemplate: "%{x}: %{y:.1f} kg<extra>level</extra>" });
    }
    if (loaded) {
      if (some(column("e1rm_kg"))) {
        data.push({ type: "scatter", mode: "markers", x: when, y: column("e1rm_kg"), name: "e1RM of the day",
          marker: { color: "#0072B2", size: 5, symbol: "circle-open" }, hovertemplate: "%{x}: e1RM %{y:.1f} kg<extra></extra>" });
      }
      data.push({ type: "scatter", mode: "markers", x: when, y: loads, name: "top set", customdata: column("top_reps").map((reps) => [reps]),
        marker: { color: "#D55E00", size: 5, symbol: "square" }, hovertemplate: "%{x}: %{y:.1f} kg × %{customdata[0]}<extra>top set</extra>" });
    } else if (some(column("most_reps"))) {
      data.push({ type: "scatter", mode: "markers", x: when, y: column("most_reps"), name: "most repetitions in a set",
        marker: { color: "#D55E00", size: 5, symbol: "square" }, hovertemplate: "%{x}: %{y} repetitions<extra></extra>" });
    } else if (some(column("longest_s"))) {
      data.push({ type: "scatter", mode: "markers", x: when, y: column("longest_s"), name: "longest set, s",
        marker: { color: "#D55E00", size: 5, symbol: "square" }, hovertemplate: "%{x}: %{y} s<extra></extra>" });
    } else if (some(column("farthest_m"))) {
      data.push({ type: "scatter", mode: "markers", x: when, y: column("farthest_m"), name: "farthest set, m",
        marker: { color: "#D55E00", size: 5, symbol: "square" }, hovertemplate: "%{x}: %{y} m<extra></extra>" });
    }
    const weeks = new Map();
    for (const row of days) weeks.set(monday(row.day), (weeks.get(monday(row.day)) ?? 0) + +row.sets);
    data.push({ type: "bar", x: [...weeks.keys()], y: [...weeks.values()], yaxis: "y2", name: "sets a week", width: 6 * DAY_MS,
      marker: { color: "#56B4E9" }, hovertemplate: "week of %{x}: %{y:.0f} sets<extra></extra>" });
    const shifts = rowsOf("shifts", name);
    const marks = shifts.filter((row) => row.kind !== "odd day");
    byId("lift-caption").textContent = marks.length ? marks.map((row) => row.words).join(" ") : "";
    const goals = loaded ? rowsOf("goals", name) : [];
    const aim = (row) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: +row.goal_kg, y1: +row.goal_kg, line: { color: "#009E73", width: 1.5, dash: "dash" } });
    const aimed = (row) => ({ xref: "paper", x: 0, xanchor: "left", y: +row.goal_kg, yanchor: "bottom", showarrow: false, text: row.by ? `goal, ${day(row.by)}` : "goal" });
    const title = loaded ? "Load (kg)" : some(column("most_reps")) ? "Repetitions" : "";
    return { data, layout: {
      height: 420, meta: { time_axis: "x", load_axis: loaded ? "y" : "" },
      xaxis: { title: { text: "" }, automargin: true, anchor: "y2" },
      yaxis: { title: { text: title }, domain: [0.36, 1], automargin: true },
      yaxis2: { title: { text: "Sets a week" }, domain: [0, 0.26], rangemode: "tozero", automargin: true },
      shapes: marks.map((row) => ({ type: "line", xref: "x", yref: "paper", x0: row.day, x1: row.day, y0: 0.36, y1: 1, line: { color: "#CC79A7", width: 1.5, dash: "dot" } })).concat(goals.map(aim)),
      annotations: goals.map(aimed),
      legend: { orientation: "h", x: 0, yref: "container", y: 0, yanchor: "bottom" },
      margin: { l: 56, r: 16, t: 16, b: 48 }, hovermode: "closest", barmode: "overlay",
    } };
  }

  function monday(text) {
    const day = new Date(text + "T00:00:00Z");
    return new Date(day - ((day.getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
  }

  function table(title, heads, rows) {
    if (!rows.length) return null;
    const head = element("tr", {}, ...heads.map((words) => element("th", { scope: "col" }, ...[words].flat())));
    const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
    return element("div", { className: "lift-table" },
      element("table", {}, element("caption", { textContent: title }), element("thead", {}, head), element("tbody", {}, ...body)));
  }
  const best = (name) => table("Best sets", ["Repetitions", ["Load, ", unit()], "Reps", "Day"],
    rowsOf("best-sets", name).map((row) => [row.reps_range, load(row.load_kg), String(+row.reps), day(row.day)]));
  const records = (name) => table("Records, newest first", ["Day", "Best", [unit()], ["before, ", unit()]],
    rowsOf("records", name).slice(0, RECORDS).map((row) => [day(row.day), row.best, load(row.value_kg), load(row.before_kg)]));

  box.addEventListener("input", list);
  list();
  return { choose, get open() { return open; } };
}
