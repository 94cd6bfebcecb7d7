// An HTTP echo server of Node's, for the load tester. It listens on a free port, which it prints,
// and ends a connection in order after so many requests as the argument says (0: never). Run by
// test_bench_http.py.
'use strict';

const http = require('node:http');

const server = http.createServer((request, answer) => {
  const size = request.headers['content-length'];
  if (request.url === '/sized') answer.setHeader('Content-Length', size);
  request.pipe(answer);  // without a length: in chunks
});
server.maxRequestsPerSocket = Number(process.argv[2]);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
