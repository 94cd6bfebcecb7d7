// Node with the ws module, as most programs for Node.js speak WebSocket.
'use strict';

const {WebSocketServer} = require('/usr/share/nodejs/ws');  // of Debian's package

const port = process.argv[2];

if (port === undefined) {
  console.error('usage: node_ws.js PORT');
  process.exit(2);
}

const server = new WebSocketServer({host: '127.0.0.1', port: Number(port), backlog: 4096});
server.on('error', (error) => process.exit(error.code === 'EADDRINUSE' ? 98 : 1));
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (message, binary) => socket.send(message, {binary}));
});
