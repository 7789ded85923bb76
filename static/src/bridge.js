// Receives Microsoft's response in the popup and passes it to the login page that opened it. Without a response in the URL,
// as after Microsoft's sign-out, redirects to the login page.
import { broadcastResponseToMainFrame } from "@azure/msal-browser/redirect-bridge";

broadcastResponseToMainFrame().catch(() => location.replace("/login"));
