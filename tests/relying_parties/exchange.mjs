// How a test talks to a client: it gets the address for the browser, says where the browser came back to, and gets what
// the client learned.
import { createInterface } from "node:readline";

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

export async function exchange(address, finish) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  say({ address: address.href });
  say(await finish(new URL((await lines.next()).value)));
  process.exit(0);
}
