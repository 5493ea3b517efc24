// A provider of OpenID Connect for the tests: oidc-provider with its pages for development, which take any name and password.
//
// Arguments: the directory in which it is installed, and files with certificate and key. It prints its address as JSON. Whoever
// logs in as NAME has the mail address NAME@example.com, verified unless the name begins with `unverified`. What is sent to
// /twist becomes claims of the next ID token, which is signed again with the provider's own key.

import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Nobody reads what it says of itself once it has said where it is.
for (const way of ["log", "info", "warn", "error"]) console[way] = () => {};

const [, , directory, certificate, key] = process.argv;
const require = createRequire(`${directory}/node_modules/oidc-provider/package.json`);
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { default: Provider } = await load("oidc-provider");
const jose = await load("jose");

const pair = await jose.generateKeyPair("RS256", { extractable: true });
const jwk = { ...(await jose.exportJWK(pair.privateKey)), alg: "RS256", use: "sig", kid: "one" };
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `https://localhost:${server.address().port}`;

const account = (id) => ({
  accountId: id,
  claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: !id.startsWith("unverified") }),
});
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "bailee",
      client_secret: "a-synthetic-secret-of-the-tests-1",
      redirect_uris: ["http://127.0.0.1/"],
      application_type: "native",
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["synthetic"] },
  findAccount: (_, id) => account(id),
  jwks: { keys: [jwk] },
  pkce: { required: () => true },
});

let twist = null;
provider.use(async (ctx, next) => {
  if (ctx.path === "/twist") {
    const chunks = [];
    for await (const chunk of ctx.req) chunks.push(chunk);
    twist = JSON.parse(Buffer.concat(chunks).toString());
    ctx.status = 204;
    return;
  }
  await next();
  if (ctx.path === "/token" && twist && ctx.body?.id_token) {
    const claims = { ...jose.decodeJwt(ctx.body.id_token), ...twist.claims };
    const signer = twist.stranger ? (await jose.generateKeyPair("RS256")).privateKey : pair.privateKey;
    ctx.body = {
      ...ctx.body,
      id_token: await new jose.SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(signer),
    };
    twist = null;
  }
});
server.on("request", provider.callback());
process.stdout.write(`${JSON.stringify({ issuer })}\n`);
