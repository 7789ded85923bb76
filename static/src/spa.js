// Signing in on the login page itself: MSAL.js gets the tokens in Microsoft's window, the server exchanges them for a session.
import { BrowserCacheLocation, EventType, LogLevel, ProtocolMode, PublicClientApplication } from "@azure/msal-browser";
import { outcome, progress } from "./scripts/single_page_words.js";

const WINDOW_MILLISECONDS = 10 * 60 * 1000;
const CLOSED_CHECK_MILLISECONDS = 400;
// The window closes itself when it is done; its answer may arrive a moment after.
const CLOSED_GRACE_MILLISECONDS = 800;
const ANSWER_MILLISECONDS = 20 * 1000;

const BLOCKED = new Set(["popup_window_error", "empty_window_error"]);
const CLOSED = new Set(["user_cancelled", "timed_out"]);
// What only a fresh page mends: its nonce or its form's token are no longer good.
const STALE = new Set(["attempt_spent", "nonce_foreign", "page_too_old", "http_403", "reauthentication_required"]);
// Which connection goes on in this window; the one thing that has to outlive the page.
const CONTINUED = "portico.continued";

const page = JSON.parse(document.getElementById("single-page").textContent);

class WayIn {
  #form;
  #settings;
  #client;
  #stage = "";
  #turn = 0;
  #button;
  #window;
  #fault;

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
      // MSAL goes on in this window only if it may note there what it asked for; tokens are never stored (#request).
      cache: { cacheLocation: BrowserCacheLocation.SessionStorage },
      system: {
        protocolMode: ProtocolMode.OIDC,
        popupBridgeTimeout: WINDOW_MILLISECONDS,
        networkClient: { sendPostRequestAsync: (url, options) => this.#redeem(url, options) },
        loggerOptions: { logLevel: LogLevel.Error, piiLoggingEnabled: false, loggerCallback() {} },
      },
    });
    // MSAL itself notices that its window was closed only when its time is up.
    this.#client.addEventCallback(({ payload }) => this.#watch(payload.popupWindow), [EventType.POPUP_OPENED]);
  }

  // Everything that takes time happens before the click: a window opened later than in it is blocked.
  async prepare() {
    await this.#client.initialize();
    this.#form.addEventListener("click", (event) => this.#pressed(event));
    const continued = sessionStorage.getItem(CONTINUED) === this.#settings.id;
    if (continued) this.#show("exchange");
    else progress(this.#form, null);
    for (const button of this.#form.querySelectorAll("button")) button.disabled = false;
    this.#form.dataset.ready = "";
    if (!continued) return;
    sessionStorage.removeItem(CONTINUED);
    try {
      const tokens = await this.#client.handleRedirectPromise();
      if (tokens) await this.#exchange(tokens);
      else this.#end();
    } catch (error) {
      await this.#explain(error);
    }
  }

  #pressed(event) {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    if (this.#stage === "exchange" || this.#stage === "leaving") return;
    if ("continueHere" in button.dataset) return this.#continueHere();
    // Pressed again while the window is open, perhaps behind this one: it comes to the front.
    if (this.#stage === "window" && button === this.#button && !this.#window?.closed) return this.#window?.focus();
    this.#window?.close();
    this.#begin(button);
  }

  async #begin(button) {
    const turn = ++this.#turn;
    this.#button = button;
    this.#window = undefined;
    this.#show("window");
    try {
      await this.#exchange(await this.#client.loginPopup(this.#request(button.value)));
    } catch (error) {
      // A later press has taken over from this one.
      if (turn === this.#turn) await this.#explain(error);
    }
  }

  // Says that the window is gone. The answer is still listened for: a browser that cut the window off from this page
  // calls it closed while it is open.
  #watch(opened) {
    this.#window = opened;
    const watch = setInterval(() => {
      if (this.#window === opened && !opened.closed) return;
      clearInterval(watch);
      setTimeout(() => {
        if (this.#window === opened && this.#stage === "window") this.#end("closed");
      }, CLOSED_GRACE_MILLISECONDS);
    }, CLOSED_CHECK_MILLISECONDS);
  }

  async #continueHere() {
    this.#turn++;
    this.#show("leaving");
    // MSAL would still wait for the window, and do nothing else meanwhile.
    await this.#forget();
    sessionStorage.setItem(CONTINUED, this.#settings.id);
    await this.#client.loginRedirect(this.#request()).catch((error) => this.#explain(error));
  }

  #request(pressed) {
    const { scopes, nonce } = this.#settings;
    const prompt = this.#settings.prompt ?? pressed;
    const storeInCache = { accessToken: false, idToken: false, refreshToken: false };
    return { scopes, nonce, storeInCache, overrideInteractionInProgress: true, ...(prompt && { prompt }) };
  }

  // The one request that MSAL makes: the code, in exchange for tokens. It tells that the window is done, and what is
  // wrong with the answer is told apart here, where it can be.
  async #redeem(url, { headers, body }) {
    this.#show("exchange");
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    // Whether it is Microsoft or this person's own network shows when our server is told.
    const answer = await fetch(url, { method: "POST", headers, body, signal }).catch(() => null);
    if (!answer || answer.status === 429 || answer.status >= 500) this.#fail("directory_unreachable");
    const said = await answer.json().catch(() => this.#fail("directory_broken"));
    if (answer.ok && !said.id_token) this.#fail("directory_broken");
    return { headers: Object.fromEntries(answer.headers), body: said, status: answer.status };
  }

  #fail(fault) {
    this.#fault = fault;
    throw new Error(fault);
  }

  async #exchange(tokens) {
    this.#show("exchange");
    await this.#forget();
    await this.#send({
      id_token: tokens.idToken,
      access_token: tokens.accessToken,
      nonce: tokens.idTokenClaims.nonce,
      next: page.next,
    });
  }

  async #explain(error) {
    const reason = this.#fault ?? error.errorCode ?? "client_error";
    this.#fault = undefined;
    // Another way in of this page was pressed, and is under way.
    if (reason === "interaction_in_progress_cancelled") {
      this.#window?.close();
      return this.#end();
    }
    await this.#forget();
    if (BLOCKED.has(reason)) return this.#end("blocked");
    if (CLOSED.has(reason)) return this.#end("closed");
    // What Microsoft said is put into words, and into the company's history, where it is for the other flow, too.
    await this.#send({ error: reason, error_description: error.errorMessage ?? "" });
  }

  async #send(body) {
    let answer;
    let said;
    try {
      answer = await fetch(this.#settings.tokenUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": page.csrf },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      });
      said = await answer.json();
    } catch {
      return this.#end("offline");
    }
    if (answer.ok) return location.assign(said.next);
    this.#end("refusal", { ...said, stale: STALE.has(said.error) });
  }

  #show(stage) {
    this.#stage = stage;
    outcome(this.#form, null);
    progress(this.#form, stage, this.#button);
  }

  #end(name, values) {
    this.#stage = "";
    progress(this.#form, null);
    outcome(this.#form, name, values);
  }

  // Tokens were in memory only; this sweeps what MSAL noted in the browser's storage.
  async #forget() {
    await this.#client.clearCache();
    sessionStorage.removeItem(CONTINUED);
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
