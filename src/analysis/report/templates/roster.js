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

  /* Rows that hold every word that is sought, in the groups that are shown. */
  function show() {
    const sought = plain(find.value).split(/\s+/).filter(Boolean);
    let seen = 0;
    for (const [group, rows] of entries) {
      let here = 0;
      for (const row of rows) {
        row.hidden = !sought.every((word) => words.get(row).includes(word));
        here += !row.hidden;
      }
      group.hidden = !here || (status !== "" && group.dataset.status !== status);
      if (!group.hidden) seen += here;
    }
    roster.querySelector("#found").textContent = `${seen} of ${words.size}`;
  }

  /* Within each group: names ascend, days off descend, what is unknown comes last. */
  function sort() {
    const column = order.value;
    for (const [group, rows] of entries) {
      const keyed = rows.map((row, place) => ({ row, place, key: column && row.cells[column]?.dataset.key }));
      keyed.sort((a, b) => compare(a.key, b.key, column) || a.place - b.place);
      group.append(...keyed.map((each) => each.row));
    }
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
