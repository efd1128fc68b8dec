import { createServer } from 'node:http';
import express from 'express';
import { stand } from './stand.js';

/** A poll answered as most would write it: `response.json(…)` in Express. The last line is what there is to answer with. */
let answer = {};
const app = express();
app.get('/messages', (_request, response) => response.json(answer));

stand(createServer({ keepAliveTimeout: 120_000 }, app), (text) => {
  answer = JSON.parse(text);
});
