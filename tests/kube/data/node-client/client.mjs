// What the official JavaScript client sees of pods `box` and `web`: one line of JSON.
import fs from "node:fs";
import net from "node:net";
import { PassThrough } from "node:stream";
import * as k8s from "@kubernetes/client-node";

const [kubeconfig, namespace, folder] = process.argv.slice(2);
const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const seen = {};
// The sandbox's tar skips the entry `.` that this client's archives begin with, and says so; the files come through.
process.on("unhandledRejection", (error) => { if (!String(error).includes("tar: .: unsupported entry type")) throw error; });

function collected() {
  const stream = new PassThrough();
  stream.text = "";
  stream.on("data", (piece) => { stream.text += piece; });
  return stream;
}

async function until(holds) {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 400) throw new Error("this takes too long");
    await new Promise((done) => setTimeout(done, 25));
  }
}

async function execute(command, input = null) {
  const [out, err] = [collected(), collected()];
  const stdin = input === null ? null : new PassThrough();
  const exec = new k8s.Exec(config);
  const status = await new Promise((done, failed) => {
    exec.exec(namespace, "box", "box", command, out, err, stdin, false, done).catch(failed);
    if (stdin) stdin.end(input);
  });
  const cause = (status.details?.causes ?? []).find((row) => row.reason === "ExitCode");
  return { out: out.text, err: err.text, code: status.status === "Success" ? 0 : Number(cause.message) };
}

seen.exec = await execute(["sh", "-c", "echo out; echo err >&2; exit 5"]);
seen.input = await execute(["cat"], "piped\n");

const log = collected();
const following = await new k8s.Log(config).log(namespace, "box", "box", log, { follow: true });
await until(() => log.text.includes("two\n"));
following.abort();
seen.log = log.text.split("\n").slice(0, 2);

const attached = collected();
const socket = await new k8s.Attach(config).attach(namespace, "box", "box", attached, null, null, false);
await until(() => attached.text.includes("tick"));
socket.close();
seen.attach = attached.text.split("\n")[0];

const forward = new k8s.PortForward(config);
const server = net.createServer((client) => { forward.portForward(namespace, "web", [80], client, null, client); });
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const page = collected();
const client = net.connect(server.address().port, "127.0.0.1");
client.pipe(page);
client.write("GET / HTTP/1.0\r\nHost: web\r\n\r\n");
await until(() => page.text.includes("</html>"));
seen.page = page.text.includes("Welcome to nginx");

// Its copies tell nobody when they are done; of those from a pod one cannot even see it.
fs.mkdirSync(`${folder}/up`);
fs.writeFileSync(`${folder}/up/file`, "copied\n");
const copies = new k8s.Cp(config);
await copies.cpToPod(namespace, "box", "box", `${folder}/up`, "/tmp");
for (seen.copied = ""; seen.copied === "";) seen.copied = (await execute(["cat", "/tmp/file"])).out;

console.log(JSON.stringify(seen));
process.exit(0);
