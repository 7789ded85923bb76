// oauth4webapi, on which openid-client is built, with what only it checks: the signatures of tokens, although TLS makes
// that optional, and the access token as a resource server would (RFC 9068).
import * as oauth from "oauth4webapi";
import { exchange } from "./exchange.mjs";

const [issuer, clientId, secret, redirectUri] = process.argv.slice(2);
const url = new URL(issuer);
const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
const client = { client_id: clientId };
const authentication = oauth.ClientSecretBasic(secret);
const verifier = oauth.generateRandomCodeVerifier();
const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()];
const parameters = {
  redirect_uri: redirectUri,
  response_type: "code",
  scope: "openid profile email",
  organization: "contoso",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
};
const pushed = await oauth.processPushedAuthorizationResponse(
  server,
  client,
  await oauth.pushedAuthorizationRequest(server, client, authentication, parameters),
);
const address = new URL(server.authorization_endpoint);
address.search = new URLSearchParams({ client_id: clientId, request_uri: pushed.request_uri });

async function introspect(token) {
  const response = await oauth.introspectionRequest(server, client, authentication, token);
  return await oauth.processIntrospectionResponse(server, client, response);
}

await exchange(address, async (back) => {
  const callback = oauth.validateAuthResponse(server, client, back, state);
  const response = await oauth.authorizationCodeGrantRequest(
    ...[server, client, authentication, callback, redirectUri, verifier],
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const toResource = new Request(server.userinfo_endpoint, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  });
  const access = await oauth.validateJwtAccessToken(server, toResource, server.userinfo_endpoint);
  const asked = await oauth.userInfoRequest(server, client, tokens.access_token);
  const info = await oauth.processUserInfoResponse(server, client, access.sub, asked);
  const refreshed = await oauth.processRefreshTokenResponse(
    ...[server, client],
    await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token),
  );
  const before = await introspect(refreshed.access_token);
  const revoked = await oauth.revocationRequest(server, client, authentication, refreshed.refresh_token);
  await oauth.processRevocationResponse(revoked);
  const after = await introspect(refreshed.access_token);
  const signOut = new URL(server.end_session_endpoint);
  signOut.search = new URLSearchParams({ id_token_hint: refreshed.id_token, post_logout_redirect_uri: redirectUri });
  return { claims, info, active: [before.active, after.active], sign_out: signOut.href };
});
