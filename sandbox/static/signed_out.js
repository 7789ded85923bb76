// Returns to the application once every frame has loaded, as Entra ID's page does. Without scripts the link does it.
addEventListener("load", () => document.querySelector("[data-continue]").click());
