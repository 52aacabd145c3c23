// The page is whole without this: it adds a text search, and opens what a link or the printer needs.
(() => {
  const box = document.getElementById("search");
  const field = box.querySelector("input");
  const said = box.querySelector("output");
  const rows = [...document.querySelectorAll("[data-find]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  box.hidden = false;

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      const match = words.every((word) => texts[at].includes(word));
      row.hidden = !match;
      shown += match ? 1 : 0;
    });
    for (const part of document.querySelectorAll("details[data-holds]")) {
      if (words.length) part.open = part.querySelector("[data-find]:not([hidden])") !== null;
    }
    said.textContent = words.length ? `${shown} of ${rows.length} entries match` : "";
  }

  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let part = target; part; part = part.parentElement) {
      part.hidden = false;
      if (part.tagName === "DETAILS") part.open = true;
    }
    const first = target.querySelector("details");
    if (first) first.open = true;
    target.scrollIntoView();
  }

  field.addEventListener("input", search);
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    }
  });
  reveal();
})();
