import t from 'tap';

// Read when the bench is loaded.
process.env.REDIS_SERVER = '/nowhere/redis-server';
const { workloads } = await import('../../bench/workloads/all.ts');
const { possibleOf } = await import('../../bench/workloads/run.ts');

const casesOf = (workload: string) => workloads.find(({ name }) => name === workload)?.cases ?? [];
const onRedis = /on Redis|two nodes/;

t.test('without redis-server the others are compared, and it is said who is left out, and why', async (t) => {
  const one = casesOf('cameras').find(({ rows }) => rows.some(({ name }) => onRedis.test(name)));
  if (one === undefined) throw new Error('no case has Redis beside others');
  const { possible, leftOut } = possibleOf(one);
  t.equal(possible?.rows.length, one.rows.length - 3);
  t.notOk(possible?.rows.some(({ name }) => onRedis.test(name)));
  t.equal(leftOut.length, 3);
  for (const word of leftOut) t.match(word, /of 20.*(Redis|nodes).*left out: redis-server is not installed/);
});

t.test('and what compares with it is left out as a whole', async (t) => {
  const cases = casesOf('editing').filter(({ title }) => /Redis|on two/.test(title));
  t.equal(cases.length, 2);
  for (const one of cases) {
    const { possible, leftOut } = possibleOf(one);
    t.equal(possible, undefined, one.title);
    t.match(leftOut, [/left out/], one.title);
  }
});
