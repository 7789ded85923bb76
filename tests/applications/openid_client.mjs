// A certified client (openid-client) as an application's server would use it. It prints the address to send the browser
// to, reads where the browser came back to, and prints what it learned. Its own checks are strict: issuer, nonce,
// signatures, at_hash, iss in the response, times.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, clientId, secret, redirectUri] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests],
});
const verifier = client.randomPKCECodeVerifier();
const [nonce, state] = [client.randomNonce(), client.randomState()];
const parameters = {
  redirect_uri: redirectUri,
  scope: "openid profile email",
  organization: "contoso",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  nonce,
  state,
};
const address = await client.buildAuthorizationUrlWithPAR(config, parameters);
say({ address: address.href });
const back = new URL((await lines.next()).value);
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedNonce: nonce,
  expectedState: state,
  idTokenExpected: true,
});
const claims = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const told = await client.tokenIntrospection(config, refreshed.access_token);
await client.tokenRevocation(config, refreshed.refresh_token);
const after = await client.tokenIntrospection(config, refreshed.access_token);
const signOut = client.buildEndSessionUrl(config, {
  id_token_hint: refreshed.id_token,
  post_logout_redirect_uri: redirectUri,
});
say({ claims, info, active: [told.active, after.active], signOut: signOut.href });
process.exit(0);
