// Selecting people in a list: a page of them, or all that match, and how many that is.
const bar = document.querySelector("[data-selection]");

const set = (bar) => {
  const boxes = [...document.querySelectorAll(`input[form="${bar.id}"][name="person"]`)];
  const page = bar.querySelector("[data-select-page]");
  const count = bar.querySelector("[data-selection-count]");
  const all = bar.querySelector("[data-select-all]");
  const scope = (value) => bar.querySelector(`[name="scope"][value="${value}"]`);
  const { selected: someText, allSelected: allText } = count.dataset;
  const hint = count.textContent;

  const show = () => {
    const selected = boxes.filter((box) => box.checked).length;
    const everyone = scope("all").checked;
    page.checked = selected === boxes.length;
    page.indeterminate = selected > 0 && !page.checked;
    bar.classList.toggle("has-selection", selected > 0);
    all.hidden = everyone || !page.checked || !bar.dataset.more;
    const text = everyone
      ? allText
      : someText.replace("{number}", selected.toLocaleString(document.documentElement.lang));
    count.textContent = selected === 0 ? hint : text;
  };

  page.addEventListener("change", () => {
    for (const box of boxes) box.checked = page.checked;
    scope("selected").checked = true;
    show();
  });
  for (const box of boxes) {
    box.addEventListener("change", () => {
      scope("selected").checked = true;
      show();
    });
  }
  all.addEventListener("click", () => {
    scope("all").checked = true;
    show();
    // The button is hidden now; what follows it in the page is next for the keyboard.
    page.focus();
  });
  // Back may bring the page back with the boxes as they were left.
  addEventListener("pageshow", show);
  show();
};

if (bar) set(bar);
