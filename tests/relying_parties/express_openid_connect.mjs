// An application with express-openid-connect: signing in and out, refreshing, and back-channel logout.
import express from "express";
import openid from "express-openid-connect";
import session from "express-session";

const { auth, requiresAuth } = openid;
const [issuerBaseURL, clientID, clientSecret, baseURL] = process.argv.slice(2);
const app = express();
app.use(
  auth({
    ...{ issuerBaseURL, clientID, clientSecret, baseURL },
    secret: "a key for the cookies of the example",
    authRequired: false,
    idpLogout: true,
    backchannelLogout: { store: new session.MemoryStore() },
    authorizationParams: { response_type: "code", scope: "openid profile email", organization: "contoso" },
  }),
);
app.get("/", (request, response) => response.json({ name: request.oidc.user?.name ?? null }));
app.get("/refresh", requiresAuth(), async (request, response) => {
  const before = request.oidc.accessToken.access_token;
  const { access_token } = await request.oidc.accessToken.refresh();
  const info = await request.oidc.fetchUserInfo();
  response.json({ name: info.name, replaced: access_token !== before });
});
app.listen(new URL(baseURL).port, "127.0.0.1");
