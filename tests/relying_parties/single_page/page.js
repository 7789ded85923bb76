// A page around the code that Portico prints for browser applications (auth.js, with oidc-client-ts).
import { UserManager } from "oidc-client-ts";
import { person, signIn, signOut } from "./auth.js";

const who = document.querySelector("#who");
const show = async () => {
  const found = await person();
  who.textContent = found ? `Hello, ${found.name} of ${found.org_name}.` : "Not signed in.";
};

document.querySelector("#in").onclick = signIn;
document.querySelector("#out").onclick = signOut;
document.querySelector("#refresh").onclick = async () => {
  const { authority, client_id, redirect_uri } = SETTINGS;
  const manager = new UserManager({ authority, client_id, redirect_uri, loadUserInfo: true });
  const before = await manager.getUser();
  const after = await manager.signinSilent();
  const replaced = before.access_token !== after.access_token && before.refresh_token !== after.refresh_token;
  who.textContent = `${replaced ? "Refreshed" : "Unchanged"}: ${after.profile.name}, ${after.profile.email}`;
};
await show();
