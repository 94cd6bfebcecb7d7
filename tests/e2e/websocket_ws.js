// Conversations of `ws`, the WebSocket library of most programs for Node, with the server whose URL
// is the last argument. Prints what each saw as JSON; one that fails is a message instead. Run by
// test_websocket_ws.py.
'use strict';

const WebSocket = require('ws');

const url = process.argv[process.argv.length - 1];

function message(i) {
  const size = (i * 7919) % 40000;
  return i % 2 === 0 ? Buffer.alloc(size, `${i}, `) : `\u20ac${i}, `.repeat(size / 10);
}

function opened(options, protocols = []) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, options);
    socket.received = [];
    socket.on('message', (data, isBinary) => {
      socket.received.push(isBinary ? data : data.toString());
      if (socket.waiting) socket.waiting();
    });
    socket.on('error', reject);
    socket.on('open', () => resolve(socket));
  });
}

async function receive(socket, count) {
  while (socket.received.length < count) {
    await new Promise((resolve) => { socket.waiting = resolve; });
  }
  return socket.received.splice(0, count);
}

function same(received, sent) {
  return typeof sent === 'string' ? received === sent
                                  : Buffer.isBuffer(received) && received.equals(sent);
}

async function closed(socket, code, reason) {
  const end = new Promise((resolve) => {
    socket.on('close', (gotCode, gotReason) => resolve([gotCode, gotReason.toString()]));
  });
  socket.close(code, reason);
  return end;
}

// A hundred messages before the first is awaited, whatever is agreed on about compression.
async function exchange(perMessageDeflate) {
  const socket = await opened({perMessageDeflate});
  const sent = Array.from({length: 100}, (_, i) => message(i));
  for (const each of sent) socket.send(each);
  const received = await receive(socket, sent.length);
  const extensions = socket.extensions;
  const [code] = await closed(socket, 1000, '');
  return {extensions, right: received.filter((each, i) => same(each, sent[i])).length, code};
}

async function plain() {
  return exchange(false);
}

async function deflated() {
  return exchange({threshold: 0});
}

async function windowed() {
  return exchange({threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9,
                   serverNoContextTakeover: true, clientNoContextTakeover: true});
}

// Fragments with a ping between them, a subprotocol, and a close with a reason.
async function framed() {
  const socket = await opened({perMessageDeflate: false}, ['one', 'two']);
  const pong = new Promise((resolve) => socket.on('pong', (data) => resolve(data.toString())));
  socket.send('a\u20ac', {fin: false});
  socket.ping('still there?');
  socket.send('', {fin: false});
  socket.send('b', {fin: true});
  const answers = {pong: await pong, text: await receive(socket, 1), protocol: socket.protocol};
  return {...answers, close: await closed(socket, 4321, 'done \u20ac')};
}

// As a stream: what is written comes back, and its end closes the connection.
async function streamed() {
  const stream = WebSocket.createWebSocketStream(await opened({}));
  const sent = Buffer.concat([1, 2, 3, 4].map((i) => message(2 * i)));
  for (let i = 0; i < sent.length; i += 10000) stream.write(sent.subarray(i, i + 10000));
  const parts = [];
  let size = 0;
  for await (const part of stream) {
    parts.push(part);
    size += part.length;
    if (size === sent.length) stream.end();
  }
  return Buffer.concat(parts).equals(sent);
}

async function main() {
  const seen = {};
  for (const conversation of [plain, deflated, windowed, framed, streamed]) {
    seen[conversation.name] = await conversation().catch((error) => String(error.stack));
  }
  console.log(JSON.stringify(seen));
}

main();
