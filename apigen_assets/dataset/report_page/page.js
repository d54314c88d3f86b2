"use strict";
const cards = [...document.querySelectorAll("#rows article")];
const menus = [...document.querySelectorAll("#filters select")];
const text = document.getElementById("text");
function show() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const card of cards) {
    const fits = menus.every((menu) => !menu.value || card.dataset[menu.dataset.by] === menu.value)
      && words.every((word) => card.textContent.toLowerCase().includes(word));
    card.hidden = !fits;
    count += fits;
  }
  document.getElementById("count").textContent = `${count} shown.`;
}
document.getElementById("filters").addEventListener("input", show);
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
show();
