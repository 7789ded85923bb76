// openid-client as an application's server would use it. Its own checks are strict: issuer, nonce, signatures, at_hash,
// iss in the response, times.
import * as client from "openid-client";
import { exchange } from "./exchange.mjs";

const [issuer, clientId, secret, redirectUri] = process.argv.slice(2);
const config = await client.discovery(new URL(issuer), clientId, secret);
const verifier = client.randomPKCECodeVerifier();
const [nonce, state] = [client.randomNonce(), client.randomState()];
const address = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: redirectUri,
  scope: "openid profile email",
  organization: "contoso",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
});
await exchange(address, async (back) => {
  const tokens = await client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedNonce: nonce,
    expectedState: state,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
  const before = await client.tokenIntrospection(config, refreshed.access_token);
  await client.tokenRevocation(config, refreshed.refresh_token);
  const after = await client.tokenIntrospection(config, refreshed.access_token);
  const signOut = client.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token,
    post_logout_redirect_uri: redirectUri,
  });
  return { claims, info, active: [before.active, after.active], sign_out: signOut.href };
});
