// The login page's one checkbox to stay signed in, for each of its sign-in methods.
export const isRemembered = () => document.getElementById("remember")?.checked === true;

document.addEventListener("formdata", (event) => {
  if (isRemembered() && "remembers" in event.target.dataset) event.formData.set("remember", "1");
});
