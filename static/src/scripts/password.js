// <button data-reveals="input-id" data-hide="Hide">: shows what was typed, and hides it again before the form is sent.
for (const button of document.querySelectorAll("[data-reveals]")) {
  const input = document.getElementById(button.dataset.reveals);
  const label = button.firstElementChild.textContent;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
    button.firstElementChild.textContent = shown ? button.dataset.hide : label;
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // Browsers offer to remember what was typed only for fields that are of type password when sent.
  input.form.addEventListener("submit", () => show(false));
}
