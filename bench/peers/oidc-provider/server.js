// An OpenID provider by npm's oidc-provider with the store that it brings, in memory. Everyone who asks is signed in.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const { CLIENT_ID, CLIENT_SECRET, PORT, REDIRECT_URI, SECRET } = process.env;
const account = {
  accountId: "be000000-0000-4000-8000-000000000000",
  claims: (_use, _scope) => ({
    sub: account.accountId,
    name: "Person 0",
    email: "person0@contoso.example",
    email_verified: true,
  }),
};

const provider = new Provider(`http://localhost:${PORT}`, {
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  cookies: { keys: [SECRET] },
  features: { devInteractions: { enabled: false } },
  findAccount: () => account,
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: () => true,
  // As at Portico, where no person is asked for consent.
  async loadExistingGrant(context) {
    const { client, provider: own, session } = context.oidc;
    const known = session.grantIdFor(client.clientId);
    if (known) return own.Grant.find(known);
    const grant = new own.Grant({ accountId: session.accountId, clientId: client.clientId });
    grant.addOIDCScope("openid profile email");
    await grant.save();
    return grant;
  },
  rotateRefreshToken: true,
});
const handle = provider.callback();

createServer(async (request, response) => {
  if (request.url === "/login") return response.end("ready");
  if (!request.url.startsWith("/interaction/")) return handle(request, response);
  await provider.interactionFinished(request, response, { login: { accountId: account.accountId } });
}).listen(Number(PORT), "127.0.0.1");
