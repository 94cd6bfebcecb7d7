// A conversation of Node's own WebSocket (undici) with the server whose URL is the last argument.
// Prints what it saw as JSON. Run by test_websocket_node.py.
'use strict';

const seen = {messages: []};
const large = new Uint8Array(1 << 20).map((_, i) => i * 31 + (i >> 8));
const outgoing = ['text \u20ac', '', large, new Uint8Array(0), 'x'.repeat(100000)];

function same(received, sent) {
  if (typeof sent === 'string') return received === sent;
  return received instanceof ArrayBuffer && Buffer.compare(new Uint8Array(received), sent) === 0;
}

const socket = new WebSocket(process.argv[process.argv.length - 1], ['one', 'two']);
socket.binaryType = 'arraybuffer';
socket.onopen = () => {
  seen.protocol = socket.protocol;
  seen.extensions = socket.extensions;
  for (const message of outgoing) socket.send(message);
};
socket.onmessage = (event) => {
  const index = seen.messages.length;
  seen.messages.push(same(event.data, outgoing[index]));
  if (seen.messages.length === outgoing.length) socket.close(4321, 'done \u20ac');
};
socket.onerror = (event) => {
  seen.error = String(event.message || event.error || event.type);
};
socket.onclose = (event) => {
  seen.close = {code: event.code, clean: event.wasClean};
  console.log(JSON.stringify(seen));
};
