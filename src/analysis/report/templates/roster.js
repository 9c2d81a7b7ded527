"use strict";
(() => {
  const roster = document.currentScript.previousElementSibling;
  const all = (selector, inside = roster) => [...inside.querySelectorAll(selector)];
  const find = roster.querySelector("#find"), order = roster.querySelector("#order");
  const chips = all("[data-show]"), groups = all("tbody[data-status]");
  const entries = new Map(groups.map((group) => [group, all(".entry", group)]));
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = new Map([...entries.values()].flat().map((row) => [row, plain(row.cells[0].textContent)]));
  let status = "";

  const rows = [...entries.values()].flat();
  const oneList = roster.querySelector("#by-name");

  /* Rows that hold every word that is sought, of the status that is shown. */
  function show() {
    const sought = plain(find.value).split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !sought.every((word) => words.get(row).includes(word)) || (status !== "" && row.dataset.of !== status);
    }
    const byName = order.value === "0";
    oneList.hidden = !byName;
    for (const [group, own] of entries) group.hidden = byName || own.every((row) => row.hidden);
    roster.querySelector("#found").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
  }

  /* By name all clients are one list; else each group is sorted: days off descend, what is unknown comes last. */
  function sort() {
    const column = order.value;
    const sorted = (some) => some.map((row, place) => ({ row, place, key: column && row.cells[column]?.dataset.key }))
      .sort((a, b) => compare(a.key, b.key, column) || a.place - b.place).map((each) => each.row);
    if (column === "0") oneList.append(...sorted(rows));
    else for (const [group, own] of entries) group.append(...sorted(own));
    show();
  }
  function compare(a, b, column) {
    if (!column) return 0;
    if (column === "0") return a.localeCompare(b);
    if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1);
    return column === "1" ? b - a : a - b;
  }

  find.addEventListener("input", show);
  order.addEventListener("change", sort);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      status = chip.dataset.show;
      for (const each of chips) each.setAttribute("aria-pressed", String(each === chip));
      show();
    });
  }
  show();
})();
