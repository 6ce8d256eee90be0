// A push server that costs its client's machine little: `node apns.cjs CERTIFICATE KEY`. Prints its port.
// A line on stdin names how it fails from now on (see walletpass.testing.apns.Fault), or asks `report`, or makes it `forget`.
const http2 = require("node:http2");
const { readFileSync } = require("node:fs");
const readline = require("node:readline");
const [certificate, key] = process.argv.slice(2);

let fault = "none";
let seen = 0;
let accepted = new Map();
let pushes = 0;
let connects = 0;
let server;

const refuse = (stream, status, reason) => {
  stream.respond({ ":status": status }, { endStream: !reason });
  if (reason) stream.end(JSON.stringify(reason));
};

function answer(stream, headers) {
  stream.on("error", () => {});
  stream.resume();
  stream.once("end", () => {
    if (stream.destroyed) return;
    seen += 1;
    pushes += 1;
    if (fault === "all-gone") return refuse(stream, 410, { reason: "Unregistered", timestamp: Date.now() });
    if (fault === "bare-503") return refuse(stream, 503);
    if (fault === "reset-tenth" && seen % 10 === 0) return stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    if (fault === "silent-tenth" && seen % 10 === 0) return;
    const token = headers[":path"].slice("/3/device/".length);
    accepted.set(token, (accepted.get(token) || 0) + 1);
    stream.respond({ ":status": 200, "apns-id": headers["apns-id"] }, { endStream: true });
  });
}

function listen(port, then) {
  const streams = { "streams-100": 100, "streams-1": 1 }[fault] || 1000;
  server = http2.createSecureServer({
    cert: readFileSync(certificate),
    key: readFileSync(key),
    settings: { maxConcurrentStreams: streams },
  });
  server.on("stream", answer);
  server.on("session", (session) => {
    connects += 1;
    session.on("error", () => {});
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    if (fault === "goaway") {
      setTimeout(() => {
        if (!session.destroyed) session.goaway(0);
        setTimeout(() => session.destroy(), 20);
      }, 500);
    }
  });
  server.listen(port, "127.0.0.1", () => then(server.address().port));
}

const sessions = new Set();
let place = 0;

function restart(name) {
  fault = name;
  for (const session of sessions) session.destroy();
  server.close(() => listen(place, () => console.log(JSON.stringify({ fault }))));
}

listen(0, (port) => {
  place = port;
  console.log(JSON.stringify({ port }));
});
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "report") {
    console.log(JSON.stringify({ tokens: accepted.size, pushes, connects }));
  } else if (line === "forget") {
    accepted = new Map();
    pushes = connects = seen = 0;
    console.log("{}");
  } else {
    restart(line);
  }
}).on("close", () => process.exit(0));
