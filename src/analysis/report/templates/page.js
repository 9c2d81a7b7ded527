"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const view = { unit: root.dataset.startUnit, from: "", to: "", dark: false, themed: "" };
  const drawn = new Set();
  // A4 less margins at 96 px an inch, two or three charts a page, letters of 8 points
  const PAPER_PX = 700, PAPER_SCALE = 0.64, PAPER_ROWS_SCALE = 0.82, PAPER_LETTER_PX = 10.7;
  let stored = { figures: {}, files: {} };
  let span = null, lifts = null;

  /* ---- unpack: numbers and library lie in the page, gzipped ---- */
  async function unpacked(element) {
    const text = element.textContent;
    if (element.type !== "text/plain") return text;
    const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  /* `<bytes>:<base 85>` as Python's b85encode writes it, with , . / for its < > & */
  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%/()*+-;,=.?@^_`{|}~";
  function bytesOf(text) {
    const digit = new Uint8Array(128);
    for (let i = 0; i < 85; i++) digit[LETTERS.charCodeAt(i)] = i;
    const start = text.indexOf(":") + 1;
    const words = new DataView(new ArrayBuffer((text.length - start) / 5 * 4));
    for (let at = start, to = 0; at < text.length; at += 5, to += 4) {
      let word = 0;
      for (let i = 0; i < 5; i++) word = word * 85 + digit[text.charCodeAt(at + i)];
      words.setUint32(to, word);
    }
    return new Uint8Array(words.buffer, 0, parseInt(text));
  }

  async function loadLibrary() {
    const packed = byId("library");
    if (!packed) return loaded(); // a shared script beside the page has run by then
    const library = document.createElement("script");
    library.textContent = await unpacked(packed);
    document.head.append(library);
    packed.remove();
  }

  const loaded = () => document.readyState === "complete"
    ? undefined : new Promise((done) => addEventListener("load", done));

  function trouble(text) {
    byId("trouble").textContent = text;
    byId("trouble").hidden = false;
  }

  /* ---- draw ---- */
  async function draw(plot) {
    const name = plot.dataset.figure;
    if (!stored.figures[name] || !window.Plotly) return;
    const figure = shown(stored.figures[name], view);
    if (root.dataset.paper) {
      const rows = figure.data.some((t) => t.orientation === "h" || t.error_x || t.type === "heatmap");
      const height = (rows ? PAPER_ROWS_SCALE : PAPER_SCALE) * figure.layout.height;
      Object.assign(figure.layout, { width: PAPER_PX, height, autosize: false });
      figure.layout.font.size = PAPER_LETTER_PX;
    }
    drawn.add(plot);
    await Plotly.react(plot, figure.data, figure.layout, { ...CONFIG, displayModeBar: touch ? false : "hover" });
    plot.dataset.drawn = "true";
    plot.querySelector(".modebar")?.setAttribute("aria-label", "Chart tools");
    for (const button of all(".modebar-btn", plot)) {
      button.setAttribute("aria-label", button.dataset.title ?? "Chart tool");
    }
  }
  function undrawn(plot, error) {
    plot.textContent = "This chart could not be drawn; the table below holds the same numbers.";
    console.error(error);
  }
  const redraw = () => Promise.all([...drawn].map(draw));
  const drawAll = () => Promise.all(all(".plot").map(draw));

  function watch() {
    let queue = Promise.resolve(); // one chart a frame: the first is seen before the next is begun
    const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    const observer = new IntersectionObserver((entries) => {
      for (const { target } of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(target);
        queue = queue.then(() => draw(target)).catch((error) => undrawn(target, error)).then(frame);
      }
    }, { rootMargin: "300px 0px" });
    all(".plot").forEach((plot) => observer.observe(plot));
  }

  /* ---- unit ---- */
  function number(value, like) {
    const decimals = (like.split(".")[1] ?? "").length;
    return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", "−");
  }

  function setUnit(unit) {
    view.unit = unit;
    root.dataset.unit = unit;
    for (const cell of all("[data-kg]")) {
      cell.dataset.shown ??= cell.textContent;
      const other = () => "loose" in cell.dataset ? (+(cell.dataset.kg * LB_PER_KG).toFixed(1)).toLocaleString("en-US")
        : number(cell.dataset.kg * LB_PER_KG, cell.dataset.shown);
      cell.textContent = unit === "kg" ? cell.dataset.shown : other();
    }
    for (const word of all("[data-kg-head]")) word.textContent = unit;
    press("button[data-unit]", (button) => button.dataset.unit === unit);
  }

  function press(selector, isOn) {
    for (const button of all(selector)) button.setAttribute("aria-pressed", String(isOn(button)));
  }

  /* ---- dates ---- */
  function dataSpan() {
    const days = [];
    for (const figure of Object.values(stored.figures)) {
      const id = figure.layout?.meta?.time_axis;
      if (!id) continue;
      for (const trace of figure.data) {
        if ((trace[id[0] + "axis"] ?? id[0]) === id) days.push(...(trace[id[0]] ?? []).filter((x) => typeof x === "string"));
      }
    }
    days.sort();
    return days.length ? { first: days[0].slice(0, 10), last: days[days.length - 1].slice(0, 10) } : null;
  }

  function setDates(from, to) {
    view.from = from && to ? from : "";
    view.to = from && to ? to : "";
    if (!span) return;
    byId("from").value = view.from || span.first;
    byId("to").value = view.to || span.last;
    byId("range-words").textContent = view.from ? `${view.from} to ${view.to}` : "All dates";
    recount();
    press("button[data-months]", (button) => {
      const start = monthsBack(+button.dataset.months);
      return start === view.from && (view.to === "" || view.to === span.last);
    });
  }

  /* What is counted, unlike what is estimated, follows the dates: days, sessions, sets, weeks. */
  function recount() {
    const box = document.querySelector("[data-days]");
    if (!box || !stored.files[box.dataset.days]) return;
    const inside = rows(box.dataset.days).filter((row) => !view.from || (row.day >= view.from && row.day <= view.to));
    const sum = (key) => inside.reduce((total, row) => total + +row[key], 0);
    const week = (text) => Math.floor((Date.parse(text + "T00:00:00Z") / 864e5 + 3) / 7);
    const logged = new Set(inside.map((row) => week(row.day)));
    const weeks = inside.length ? week(inside[inside.length - 1].day) - week(inside[0].day) + 1 : 0;
    const counts = { sessions: sum("sessions"), sets: Math.round(sum("sets")), days: inside.length, empty: weeks - logged.size };
    for (const place of all("[data-count]", box)) place.textContent = counts[place.dataset.count].toLocaleString("en-US");
  }

  function monthsBack(months) {
    if (!months) return "";
    const day = new Date(span.last + "T00:00:00Z");
    day.setUTCMonth(day.getUTCMonth() - months);
    return day.toISOString().slice(0, 10);
  }

  /* ---- colours ---- */
  const system = matchMedia("(prefers-color-scheme: dark)");
  function setTheme() {
    view.dark = view.themed ? view.themed === "dark" : system.matches;
    root.dataset.theme = view.dark ? "dark" : "light";
    byId("theme").setAttribute("aria-pressed", String(view.dark));
  }

  /* ---- the address remembers: #anchor&unit=lb&from=…&to=… ---- */
  function remembered() {
    const parts = location.hash.slice(1).split("&");
    const kept = Object.fromEntries(parts.filter((p) => p.includes("=")).map((p) => p.split("=").map(decodeURIComponent)));
    return { kept, anchor: parts.find((part) => part && !part.includes("=")) ?? "" };
  }

  function remember() {
    const { anchor } = remembered();
    const parts = [anchor];
    if (view.unit !== root.dataset.startUnit) parts.push(`unit=${view.unit}`);
    if (view.from) parts.push(`from=${view.from}`, `to=${view.to}`);
    if (view.themed) parts.push(`theme=${view.themed}`);
    if (lifts?.open) parts.push(`lift=${encodeURIComponent(lifts.open)}`);
    const hash = parts.filter(Boolean).join("&");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }

  function recall() {
    const { kept } = remembered();
    const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "");
    if (kept.unit === "kg" || kept.unit === "lb") setUnit(kept.unit); else setUnit(view.unit);
    if (kept.theme === "dark" || kept.theme === "light") view.themed = kept.theme;
    setTheme();
    if (isDay(kept.from) && isDay(kept.to)) setDates(kept.from, kept.to); else setDates("", "");
    if (kept.lift) lifts?.choose(kept.lift);
    follow();
  }

  function follow() {
    const { kept, anchor } = remembered();
    if (kept.lift && lifts && kept.lift !== lifts.open) lifts.choose(kept.lift);
    const target = byId(anchor || (kept.lift && lifts ? "lift-page" : ""));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }

  const change = (step) => (event) => { step(event.currentTarget); remember(); redraw(); };

  /* ---- downloads: the same text as the CSV files of the folder ---- */
  function download(name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(stored.files[name])], { type: "text/csv;charset=utf-8" }));
    link.download = `${name}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  /* The rows of a table as objects, by the column's name. */
  function rows(name) {
    if (!stored.files[name]) return [];
    const cells = stored.files[name].map((column) => Array.isArray(column) ? column : column.split("\n"));
    const bare = (cell) => cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
    const heads = cells.map((column) => bare(column[0]));
    return (cells[0] ?? []).slice(1).map((_, row) =>
      Object.fromEntries(heads.map((head, place) => [head, bare(cells[place][row + 1])])));
  }

  /* A table lies in the page column by column, cells quoted as in the file. */
  function csv(columns) {
    const cells = columns.map((column) => Array.isArray(column) ? column : column.split("\n"));
    return (cells[0] ?? []).map((_, row) => cells.map((column) => column[row]).join(",") + "\n").join("");
  }

  /* ---- print: every chart drawn, light, and scaled by its own box (see @media print) ---- */
  const folds = () => all("details.fold, details.notes");
  function toPaper() {
    if (root.dataset.paper) return;
    root.dataset.paper = "true";
    for (const fold of folds()) { fold.dataset.was = String(fold.open); fold.open = true; }
    view.dark = false;
    root.dataset.theme = "light";
    return drawAll().then(boxes, boxes);
  }
  function boxes() {
    for (const holder of all(".svg-container")) {
      const svg = holder.querySelector(".main-svg");
      const [width, height] = [svg.getAttribute("width"), svg.getAttribute("height")];
      holder.style.setProperty("--ar", `${width} / ${height}`);
      for (const svg of all(".main-svg", holder)) svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    }
  }
  function fromPaper() {
    delete root.dataset.paper;
    for (const fold of folds()) fold.open = fold.dataset.was === "true";
    for (const svg of all(".main-svg")) svg.removeAttribute("viewBox");
    setTheme();
    redraw();
  }
  async function printPage() {
    await ready;
    await toPaper();
    window.print();
  }

  /* ---- wiring ---- */
  function wire() {
    for (const b of all("button[data-unit]")) b.addEventListener("click", change(() => setUnit(b.dataset.unit)));
    for (const b of all("button[data-months]")) {
      b.addEventListener("click", change(() => setDates(monthsBack(+b.dataset.months), span?.last)));
    }
    for (const input of all("#from, #to")) {
      input.addEventListener("change", change(() => {
        if (byId("from").value < byId("to").value) setDates(byId("from").value, byId("to").value);
      }));
    }
    for (const b of all("button[data-csv]")) b.addEventListener("click", () => ready.then(() => download(b.dataset.csv)));
    byId("theme").addEventListener("click", change(() => { view.themed = view.dark ? "light" : "dark"; setTheme(); }));
    system.addEventListener("change", () => { setTheme(); redraw(); });
    byId("print").addEventListener("click", printPage);
    addEventListener("beforeprint", toPaper);
    addEventListener("afterprint", fromPaper);
    addEventListener("hashchange", () => { follow(); remember(); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") all(".range[open]").forEach((open) => { open.open = false; });
    });
    document.addEventListener("click", (event) => {
      for (const open of all(".range[open]")) if (!open.contains(event.target)) open.open = false;
    });
    menu();
    spy();
  }

  function menu() {
    const burger = byId("burger"), nav = byId("contents");
    const show = (open) => { nav.classList.toggle("open", open); burger.setAttribute("aria-expanded", String(open)); };
    burger.addEventListener("click", () => show(!nav.classList.contains("open")));
    nav.addEventListener("click", (event) => { if (event.target.closest("a")) show(false); });
    addEventListener("keydown", (event) => { if (event.key === "Escape") show(false); });
  }

  /* The contents mark where the reader is. */
  function spy() {
    const links = new Map(all("#contents a").map((link) => [link.hash.slice(1), link]));
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    links.forEach((_, id) => { if (byId(id)) observer.observe(byId(id)); });
  }

  async function start() {
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    const [text] = await Promise.all([unpacked(byId("payload")), loadLibrary()]);
    stored = JSON.parse(text);
    span = byId("from") ? dataSpan() : null;
    if (window.liftPages) {
      lifts = liftPages({ rows, remember, figures: stored.figures, showUnit: () => setUnit(view.unit),
        draw: (plot) => draw(plot).catch((error) => undrawn(plot, error)) });
    }
    recall();
    if (Object.keys(stored.figures).length && !window.Plotly) throw new Error("plotly.js is missing");
    watch();
    root.dataset.ready = "true";
  }

  setTheme();
  wire();
  const ready = start().catch((error) => {
    trouble("The charts could not be drawn in this browser; the tables below hold the same numbers.");
    console.error(error);
  });
})();
