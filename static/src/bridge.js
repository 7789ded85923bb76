// Microsoft's answer arrives in this window; it is handed to the login page that opened it. With no answer in the address,
// as after Microsoft's sign-out, the person is sent where one signs in.
import { broadcastResponseToMainFrame } from "@azure/msal-browser/redirect-bridge";

broadcastResponseToMainFrame().catch(() => location.replace("/login"));
