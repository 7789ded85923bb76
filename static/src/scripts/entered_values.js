// <div data-entered-values="{…}">: checks the values that Microsoft shows while they are typed, as the server does when
// they are saved (app/connections/forms.py).
const GUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
const SHARED = new Set(["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"]);
const LONGEST_DAYS = 731;
const INVISIBLE = /[\s\u200b-\u200f\u2060\ufeff]/g;

const box = document.querySelector("[data-entered-values]");
const field = (name) => box.querySelector(`[name=${name}]`);
const value = (name) => (field(name)?.value ?? "").replace(INVISIBLE, "");
const bare = (guid) => guid.replaceAll("-", "").toLowerCase();

// Each returns the name of a message; "" if the value is fine, null if it is too early to say.
const checks = {
  client_id: (id, isLeft) => {
    if (!GUID.test(id)) return isLeft || id.length >= 36 ? "not_an_application" : null;
    return bare(id) === bare(value("tenant")) ? "same_as_tenant" : "";
  },
  tenant: (id, isLeft) => {
    if (SHARED.has(id.toLowerCase())) return "shared_tenant";
    if (GUID.test(id)) return "";
    if (DOMAIN.test(id)) return isLeft ? "" : null;
    return isLeft ? "not_a_tenant" : null;
  },
  secret: (secret) => (GUID.test(secret) ? "secret_id" : ""),
  secret_expires: (day) => {
    const days = (new Date(day) - Date.now()) / 86_400_000;
    if (days <= 0) return "day_past";
    return days > LONGEST_DAYS ? "day_too_late" : "";
  },
};

const check = (name, isLeft) => {
  const input = field(name);
  const entered = value(name);
  const found = entered ? checks[name](entered, isLeft) : null;
  const note = document.getElementById(`${name}-error`);
  const text = found ? JSON.parse(box.dataset.enteredValues)[found] : "";
  if (note.textContent !== text) note.textContent = text;
  note.classList.toggle("form-error", Boolean(text));
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  input.closest(".field").classList.toggle("is-good", found === "");
};

if (box) {
  for (const name of Object.keys(checks).filter(field)) {
    // What is filled in already is judged once it is changed; the server has judged it before.
    field(name).addEventListener("input", () => {
      check(name, false);
      if (name === "tenant" && value("client_id")) check("client_id", true);
    });
    field(name).addEventListener("change", () => check(name, true));
  }
}
