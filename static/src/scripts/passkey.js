// <form data-passkey="create|get"> with the options as JSON in it: asks the device, puts its response into the form, submits it.
// What to say about an error is in the attributes of the form's status line.
const messages = { NotAllowedError: "cancelled", InvalidStateError: "known" };

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  const options = JSON.parse(form.querySelector("script").textContent);
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const said = form.querySelector("[data-passkey-says]");
    said.textContent = "";
    try {
      const publicKey =
        kind === "create"
          ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
          : PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials[kind]({ publicKey });
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch (error) {
      said.textContent = said.dataset[messages[error.name] ?? "unsupported"];
    }
  });
}
