// Signing in on the login page itself: MSAL.js gets the tokens in Microsoft's window, the server exchanges them for a session.
import { BrowserCacheLocation, LogLevel, ProtocolMode, PublicClientApplication } from "@azure/msal-browser";
import { outcome, progress } from "./scripts/single_page_words.js";

const WINDOW_MILLISECONDS = 10 * 60 * 1000;
const CLOSED_CHECK_MILLISECONDS = 400;
// The window closes itself when it is done; its answer may arrive a moment after.
const CLOSED_GRACE_MILLISECONDS = 800;
const EXCHANGE_MILLISECONDS = 20 * 1000;

const BLOCKED = new Set(["popup_window_error", "empty_window_error"]);
const OFFLINE = new Set(["no_network_connectivity", "post_request_failed", "get_request_failed", "network_error"]);

const page = JSON.parse(document.getElementById("single-page").textContent);

// MSAL keeps the window it opens to itself, and notices that it was closed only when its time is up.
let opened = null;
const open = window.open.bind(window);
window.open = (...where) => (opened = open(...where));

class WayIn {
  #form;
  #settings;
  #client;
  #turn = 0;

  constructor(form, settings) {
    this.#form = form;
    this.#settings = settings;
    this.#client = new PublicClientApplication({
      auth: {
        clientId: settings.clientId,
        authority: settings.authority,
        knownAuthorities: [new URL(settings.authority).host],
        authorityMetadata: settings.authorityMetadata,
        redirectUri: settings.redirectUri,
        // No refresh token is wanted, so offline_access is not asked for.
        OIDCOptions: { responseMode: "fragment", defaultScopes: ["openid", "profile"] },
      },
      cache: { cacheLocation: BrowserCacheLocation.MemoryStorage },
      system: {
        protocolMode: ProtocolMode.OIDC,
        popupBridgeTimeout: WINDOW_MILLISECONDS,
        loggerOptions: { logLevel: LogLevel.Error, piiLoggingEnabled: false, loggerCallback() {} },
      },
    });
  }

  // Everything that takes time happens before the click: a window opened later than in it is blocked.
  async prepare() {
    await this.#client.initialize();
    for (const button of this.#form.querySelectorAll("button")) button.disabled = false;
    this.#form.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      event.preventDefault();
      if ("continueHere" in button.dataset) this.#continueHere();
      else this.#begin(button);
    });
    const answer = await this.#client.handleRedirectPromise().catch((error) => this.#explain(error));
    if (answer) await this.#exchange(answer);
  }

  #request(prompt) {
    return { scopes: this.#settings.scopes, nonce: this.#settings.nonce, ...(prompt && { prompt }) };
  }

  async #begin(button) {
    const turn = ++this.#turn;
    outcome(this.#form, null);
    progress(this.#form, "window", button);
    opened = null;
    const answer = this.#client.loginPopup({ ...this.#request(button.value), overrideInteractionInProgress: true });
    const watch = this.#watch(turn);
    try {
      const tokens = await answer;
      clearInterval(watch);
      await this.#exchange(tokens, button);
    } catch (error) {
      clearInterval(watch);
      // A later press has taken over from this one.
      if (turn === this.#turn) await this.#explain(error);
    }
  }

  // Says that the window is gone. The answer is still listened for: a browser that cut the window off from this page
  // calls it closed while it is open.
  #watch(turn) {
    const watch = setInterval(() => {
      if (!opened?.closed) return;
      clearInterval(watch);
      setTimeout(() => {
        if (turn !== this.#turn || this.#form.dataset.progress !== "window") return;
        progress(this.#form, null);
        outcome(this.#form, "closed");
      }, CLOSED_GRACE_MILLISECONDS);
    }, CLOSED_CHECK_MILLISECONDS);
    return watch;
  }

  async #continueHere() {
    this.#turn++;
    outcome(this.#form, null);
    progress(this.#form, "leaving");
    const request = { ...this.#request(), overrideInteractionInProgress: true };
    await this.#client.loginRedirect(request).catch((error) => this.#explain(error));
  }

  async #exchange(tokens) {
    this.#turn++;
    outcome(this.#form, null);
    progress(this.#form, "exchange");
    await this.#forget();
    await this.#send({
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      nonce: tokens.idTokenClaims.nonce,
      next: page.next,
    });
  }

  async #explain(error) {
    progress(this.#form, null);
    if (BLOCKED.has(error.errorCode)) return outcome(this.#form, "blocked");
    if (error.errorCode === "user_cancelled" || error.errorCode === "timed_out") return outcome(this.#form, "closed");
    if (OFFLINE.has(error.errorCode)) return outcome(this.#form, "offline");
    // What Microsoft said is put into words, and into the company's history, where it is for the other flow, too.
    await this.#send({ error: error.errorCode ?? "client_error", error_description: error.errorMessage ?? "" });
  }

  async #send(body) {
    let answer;
    let said;
    try {
      answer = await fetch(this.#settings.tokenUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": page.csrf },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(EXCHANGE_MILLISECONDS),
      });
      said = await answer.json();
    } catch {
      progress(this.#form, null);
      return outcome(this.#form, "offline");
    }
    if (answer.ok) return location.assign(said.next);
    progress(this.#form, null);
    outcome(this.#form, "refusal", said);
  }

  // Tokens were in memory only; this ends them there, and sweeps what MSAL noted in the browser's storage.
  async #forget() {
    await this.#client.clearCache();
    for (const storage of [sessionStorage, localStorage]) {
      for (const key of Object.keys(storage)) if (key.startsWith("msal.")) storage.removeItem(key);
    }
  }
}

for (const settings of page.connections) {
  const form = document.querySelector(`[data-single-page="${settings.id}"]`);
  new WayIn(form, settings).prepare();
}

// Brought back by the back button, the page is as it was left: its nonce may be spent, its form belong to an older session.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
