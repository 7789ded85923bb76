// The branding page: keeps its preview up to date with what is typed, and color pickers with their fields.
const WAIT_MILLISECONDS = 400;

const update = document.querySelector("[data-updates-preview]");
if (update) start(update);

function start(button) {
  const { form } = button;
  const box = document.querySelector(".preview-frame");
  const frame = box.querySelector("iframe");
  const appearances = document.getElementsByName("appearance");
  let timer;

  button.hidden = true;
  for (const picker of form.querySelectorAll("[data-colors]")) {
    const field = document.getElementById(picker.dataset.colors);
    picker.addEventListener("input", () => {
      field.value = picker.value;
    });
    field.addEventListener("input", () => {
      if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value;
    });
  }
  const refresh = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(button), wait);
  };
  form.addEventListener("input", () => refresh(WAIT_MILLISECONDS));
  for (const view of form.elements.view) {
    view.addEventListener("change", () => {
      box.dataset.view = view.value;
      refresh(0);
    });
  }
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  for (const one of appearances) {
    one.checked = (one.value === "dark") === isDark;
    one.addEventListener("change", () => show(frame, one.value));
  }
  frame.addEventListener("load", () => {
    for (const one of appearances) if (one.checked) show(frame, one.value);
  });
}

// Applies the rules of the other color scheme: a page can't choose that of a frame.
function show(frame, scheme) {
  for (const sheet of frame.contentDocument.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof frame.contentWindow.CSSMediaRule)) continue;
      rule.asked ??= /prefers-color-scheme: ?(light|dark)/.exec(rule.media.mediaText)?.[1];
      if (rule.asked) rule.media.mediaText = rule.asked === scheme ? "all" : "not all";
    }
  }
}
