// Conversations of Node's HTTP clients with the server whose URL is the last argument: undici, its
// fetch(), which Node has built in, and node:http. Prints what each saw as JSON; a conversation
// that fails is a message instead. Run by test_http_node.py.
'use strict';

const http = require('node:http');
const {Readable} = require('node:stream');
const {Agent, Client, fetch} = require('undici');

const url = process.argv[process.argv.length - 1];

function body(i) {
  return Buffer.alloc((i * 7919) % 50000 + 1, `${i}, `);
}

async function bytes(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

// Fifty requests of which ten at a time are on their way, all on one connection.
async function pipelined() {
  const client = new Client(url, {pipelining: 10});
  let connections = 0;
  client.on('connect', () => ++connections);
  const answers = await Promise.all(Array.from({length: 50}, async (_, i) => {
    const options = {path: `/${i}`, method: 'PUT', idempotent: true, blocking: false};
    const answer = await client.request({...options, body: body(i)});
    return answer.statusCode === 200 && (await bytes(answer.body)).equals(body(i));
  }));
  await client.close();
  return {connections, right: answers.filter(Boolean).length};
}

// A body without a length, from a stream, and a GET behind it. (Behind a HEAD undici leaves the
// connection, whatever the server does.)
async function kept() {
  const client = new Client(url);
  let connections = 0;
  client.on('connect', () => ++connections);
  const pieces = [0, 1, 2, 3].map(body);
  const streamed = await client.request({path: '/', method: 'POST', body: Readable.from(pieces)});
  const echo = await bytes(streamed.body);
  const headers = {accept: 'application/json'};
  const get = await client.request({path: '/last?x=1', method: 'GET', headers});
  const reflection = await get.body.json();
  await client.close();
  return {connections, chunked: streamed.headers['transfer-encoding'],
          right: echo.equals(Buffer.concat(pieces)), target: reflection.target};
}

// By itself fetch() opens connections as it likes, and keeps them; a server that serves one at a
// time would let it wait.
async function fetched() {
  const dispatcher = new Agent({connections: 1});
  const sized = await fetch(url, {dispatcher, method: 'POST', body: body(5)});
  const right = Buffer.from(await sized.arrayBuffer()).equals(body(5));
  const fields = new URLSearchParams({a: '1 2'});
  const form = await (await fetch(url, {dispatcher, method: 'POST', body: fields})).text();
  const stream = new Response(body(6)).body;
  const answer = await fetch(url, {dispatcher, method: 'POST', body: stream, duplex: 'half'});
  const streamed = Buffer.from(await answer.arrayBuffer()).equals(body(6));
  const headers = {accept: 'application/json'};
  const shown = await (await fetch(`${url}shown`, {dispatcher, headers})).json();
  await dispatcher.close();
  return {right, form, streamed, target: shown.target};
}

// One request of node:http; `write` sends its body and ends it.
function ask(agent, options, write) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, {agent, method: 'POST', ...options}, (answer) => {
      bytes(answer).then((received) => resolve({received, reused: sent.reusedSocket}), reject);
    });
    sent.on('error', reject);
    write(sent);
  });
}

async function agent() {
  const agent = new http.Agent({keepAlive: true, maxSockets: 1});
  let right = 0;
  let reused = 0;
  for (let i = 0; i < 20; ++i) {
    const answer = await ask(agent, {}, (sent) => {
      sent.write(body(i));  // without a length: in chunks
      sent.end(body(i + 1));
    });
    right += answer.received.equals(Buffer.concat([body(i), body(i + 1)]));
    reused += answer.reused;
  }
  const head = await ask(agent, {method: 'HEAD'}, (sent) => sent.end());
  const waited = await ask(agent, {headers: {expect: '100-continue', 'content-length': 4}},
                           (sent) => sent.on('continue', () => sent.end('body')));
  const options = {path: '/reflect', headers: {accept: 'application/json', trailer: 'X-T'}};
  const trailing = await ask(agent, options, (sent) => {
    sent.write('body');
    sent.addTrailers({'X-T': 'trailing'});
    sent.end();
  });
  agent.destroy();
  return {right, reused, head: head.received.length, waited: waited.received.toString(),
          trailers: JSON.parse(trailing.received).body.trailers.map((field) => field.raw)};
}

async function main() {
  const seen = {};
  for (const conversation of [pipelined, kept, fetched, agent]) {
    seen[conversation.name] = await conversation().catch((error) => String(error.stack));
  }
  console.log(JSON.stringify(seen));
}

main();
