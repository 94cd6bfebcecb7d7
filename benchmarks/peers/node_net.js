// Node's net module: a socket piped into itself, which also keeps reading and writing in step. More
// than one thread means processes of the cluster module, as its users would have it.
'use strict';

const cluster = require('cluster');
const net = require('net');

const [port, option, count] = process.argv.slice(2);
const threads = option === '--threads' ? Number(count) : 1;

if (port === undefined) {
  console.error('usage: node_net.js PORT [--threads N]');
  process.exit(2);
}

if (threads > 1 && cluster.isPrimary) {
  for (let i = 0; i < threads; ++i) cluster.fork();
} else {
  const server = net.createServer({noDelay: true}, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  server.on('error', (error) => process.exit(error.code === 'EADDRINUSE' ? 98 : 1));
  server.listen({host: '127.0.0.1', port: Number(port), backlog: 4096});
}
