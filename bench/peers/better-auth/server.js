// Sign-in with Microsoft by better-auth on Node, which stores the account in SQLite.
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";

const { AUTHORITY, CLIENT_ID, CLIENT_SECRET, FOLDER, PORT, SECRET } = process.env;
const { origin, pathname } = new URL(AUTHORITY);
const database = new DatabaseSync(`${FOLDER}/better-auth.db`);
database.exec("PRAGMA journal_mode = WAL");
const options = {
  baseURL: `http://localhost:${PORT}`,
  secret: SECRET,
  database,
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  socialProviders: {
    microsoft: {
      authority: origin,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      disableProfilePhoto: true,
      tenantId: pathname.slice(1),
    },
  },
};
const auth = betterAuth(options);
const { runMigrations } = await getMigrations(options);
await runMigrations();
const handle = toNodeHandler(auth);
const LOGIN = '<!doctype html><title>Sign in</title><form method="post" action="/sign-in"><button>Sign in</button></form>';

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function signIn(response) {
  const started = await auth.api.signInSocial({ body: { provider: "microsoft", callbackURL: "/" }, asResponse: true });
  const { url } = await started.json();
  response.writeHead(302, { Location: url, "Set-Cookie": started.headers.getSetCookie() }).end();
}

async function welcome(request, response) {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
  if (session) response.end(`<!doctype html><title>Welcome</title><h1>${escaped(session.user.name)}</h1>`);
  else response.writeHead(302, { Location: "/login" }).end();
}

createServer((request, response) => {
  if (request.url.startsWith("/api/auth/")) return handle(request, response);
  if (request.url === "/sign-in") return signIn(response);
  if (request.url === "/login") return response.end(LOGIN);
  return welcome(request, response);
}).listen(Number(PORT), "127.0.0.1");
