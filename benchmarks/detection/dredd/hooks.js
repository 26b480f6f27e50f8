// Dredd tries the first answer of each status. Here every session is read, each twice, and the credentials are given, as
// the guides on hooks and on multiple requests advise.
const hooks = require('hooks');

const { HPP_API_KEY, HPP_USERNAME, HPP_SESSION_IDS } = process.env;
const AUTHORIZATION = `Basic ${Buffer.from(`${HPP_USERNAME}:${HPP_API_KEY}`).toString('base64')}`;
const PATH = '/hpp/v1/sessions/';
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

hooks.beforeAll((transactions, done) => {
  const ids = HPP_SESSION_IDS.split(/\s+/);
  const [found, refused, , missing] = ['200', '401', '403', '404'].map((status) =>
    transactions.find((transaction) => transaction.expected.statusCode === status));
  const reads = [...ids, ...ids].map((id, index) => aimed(found, id, AUTHORIZATION, `read ${index}`));
  transactions.splice(0, transactions.length, ...reads,
    aimed(missing, UNKNOWN_ID, AUTHORIZATION, 'unknown id'),
    aimed(refused, ids[0], undefined, 'no credentials'),
    aimed(refused, ids[0], 'Basic d3Jvbmc6d3Jvbmc=', 'wrong credentials'));
  done();
});

function aimed(transaction, id, authorization, name) {
  const copy = JSON.parse(JSON.stringify(transaction));
  copy.name = name;
  copy.id = name;
  copy.skip = false;
  copy.fullPath = `${PATH}${id}`;
  copy.request.uri = copy.fullPath;
  delete copy.request.headers.Authorization;
  if (authorization) copy.request.headers.Authorization = authorization;
  return copy;
}

// Gavel compares media types with their parameters; a charset is no difference here.
hooks.beforeEachValidation((transaction, done) => {
  const real = transaction.real.headers['content-type'] || '';
  if (/^application\/json\s*(;|$)/.test(real)) transaction.expected.headers['Content-Type'] = real;
  done();
});
