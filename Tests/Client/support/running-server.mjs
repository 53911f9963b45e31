// The server that `ops/run` has started, where USHER_STATE_DIR says that there is one.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What the state folder's `env` says, read as a shell reads it; null without a state folder. */
function readEnvironment() {
  const state = process.env.USHER_STATE_DIR;
  if (!state) return null;
  const script = 'set -a; . "$1"; env -0';
  const command = ["-i", "bash", "-c", script, "bash", resolve(root, state, "env")];
  const output = execFileSync("env", command, { stdio: ["ignore", "pipe", "inherit"] });
  const entries = output.toString().split("\0").filter((entry) => entry.startsWith("USHER_"));
  return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

const environment = readEnvironment();

/** `HOST:PORT` of the server; null without one. */
export const address = environment?.USHER_HTTP_LISTEN ?? null;

// Each sign-in costs the server a deliberately slow computation.
const tokens = new Map();

/** An access token of one of the demo users. */
export async function token(user) {
  if (!tokens.has(user)) {
    const password = environment[`USHER_DEMO_${user.toUpperCase()}_PASSWORD`];
    const answer = await fetch(`http://${address}/v1/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: user, password }),
    });
    if (!answer.ok) throw new Error(`no token: ${answer.status}`);
    tokens.set(user, (await answer.json()).access_token);
  }
  return tokens.get(user);
}

/** The whole queue as REST lists it: `{version, digest, services}`. */
export async function listed(queue) {
  const headers = { authorization: `Bearer ${await token("supervisor")}` };
  for (;;) {
    const services = [];
    const versions = new Set();
    let page;
    do {
      const cursor = page ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
      const answer = await fetch(`http://${address}/v1/queues/${queue}/services?limit=500${cursor}`, { headers });
      if (!answer.ok) throw new Error(`no list: ${answer.status}`);
      page = await answer.json();
      services.push(...page.services);
      versions.add(page.version);
    } while (page.next_cursor);
    if (versions.size === 1) return { version: page.version, digest: page.digest, services };
  }
}
