// Signing in on the login page itself: MSAL.js gets the tokens in Microsoft's popup, the server exchanges them for a session.
import { BrowserCacheLocation, EventType, LogLevel, ProtocolMode, PublicClientApplication } from "@azure/msal-browser";
import { isRemembered } from "./scripts/remember.js";
import { outcome, progress } from "./scripts/single_page_words.js";

const WINDOW_MILLISECONDS = 10 * 60 * 1000;
const CLOSED_CHECK_MILLISECONDS = 400;
// The window closes itself when it is done; its answer may arrive a moment after.
const CLOSED_GRACE_MILLISECONDS = 800;
const ANSWER_MILLISECONDS = 20 * 1000;

const BLOCKED = new Set(["popup_window_error", "empty_window_error"]);
const CLOSED = new Set(["user_cancelled", "timed_out"]);
// Errors that only a new page fixes: its nonce or its form's token has expired.
const STALE = new Set(["attempt_spent", "nonce_foreign", "page_too_old", "http_403", "reauthentication_required"]);
// The connection that continues in this window, and whether the person stays signed in: all that has to outlive the page.
const CONTINUED = "portico.continued";
const REMEMBERED = "portico.remembered";

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
  #remember = false;

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
      // MSAL continues in this window only if it can store its request there; tokens are never stored (#request).
      cache: { cacheLocation: BrowserCacheLocation.SessionStorage },
      system: {
        protocolMode: ProtocolMode.OIDC,
        popupBridgeTimeout: WINDOW_MILLISECONDS,
        networkClient: { sendPostRequestAsync: (url, options) => this.#redeem(url, options) },
        loggerOptions: { logLevel: LogLevel.Error, piiLoggingEnabled: false, loggerCallback() {} },
      },
    });
    // MSAL itself notices a closed popup only after its timeout.
    this.#client.addEventCallback(({ payload }) => this.#watch(payload.popupWindow), [EventType.POPUP_OPENED]);
  }

  // Everything slow happens before the click: a popup opened later is blocked.
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
    this.#remember = sessionStorage.getItem(REMEMBERED) !== null;
    sessionStorage.removeItem(REMEMBERED);
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
    // Pressed again while the popup is open, perhaps behind this window: bring it to the front.
    if (this.#stage === "window" && button === this.#button && !this.#window?.closed) return this.#window?.focus();
    this.#window?.close();
    this.#begin(button);
  }

  async #begin(button) {
    const turn = ++this.#turn;
    this.#remember = isRemembered();
    this.#button = button;
    this.#window = undefined;
    this.#show("window");
    try {
      await this.#exchange(await this.#client.loginPopup(this.#request(button.value)));
    } catch (error) {
      // A later press replaced this one.
      if (turn === this.#turn) await this.#explain(error);
    }
  }

  // Reports that the popup is gone but keeps listening: a browser that isolated the popup from this page
  // reports it as closed while it is open.
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
    // MSAL would still wait for the popup, and block other requests.
    await this.#forget();
    sessionStorage.setItem(CONTINUED, this.#settings.id);
    if (isRemembered()) sessionStorage.setItem(REMEMBERED, "yes");
    await this.#client.loginRedirect(this.#request()).catch((error) => this.#explain(error));
  }

  #request(pressed) {
    const { scopes, nonce } = this.#settings;
    const prompt = this.#settings.prompt ?? pressed;
    const loginHint = pressed ? undefined : this.#settings.loginHint;
    const storeInCache = { accessToken: false, idToken: false, refreshToken: false };
    return {
      scopes,
      nonce,
      storeInCache,
      overrideInteractionInProgress: true,
      ...(prompt && { prompt }),
      ...(loginHint && { loginHint }),
    };
  }

  // MSAL's only request: redeems the code for tokens. It shows that the popup is done, and errors in the response are
  // classified here, where it is possible.
  async #redeem(url, { headers, body }) {
    this.#show("exchange");
    const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
    // Whether Microsoft or this person's own network is the cause shows in the request to our server.
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
      remember: this.#remember,
    });
  }

  async #explain(error) {
    const reason = this.#fault ?? error.errorCode ?? "client_error";
    this.#fault = undefined;
    // Another button of this page was pressed, and its sign-in is under way.
    if (reason === "interaction_in_progress_cancelled") {
      this.#window?.close();
      return this.#end();
    }
    await this.#forget();
    if (BLOCKED.has(reason)) return this.#end("blocked");
    if (CLOSED.has(reason)) return this.#end("closed");
    // The server explains Microsoft's error and records it in the company's audit log, as for the other flow.
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

  // Tokens were in memory only; this removes MSAL's entries from the browser's storage.
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

// Restored by the back button, the page is as it was left: its nonce may be used, its form belong to an older session.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
