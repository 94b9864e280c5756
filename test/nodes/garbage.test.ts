import t from 'tap';
import { add } from '../native/person.ts';
import { noRedis } from '../support/redis.ts';
import type { Message } from '../support/wire.ts';
import { nodesStage } from './stage.ts';

/** What somebody else publishes by mistake, or a node of another version. */
const garbage = [
  '',
  '\n',
  'nonsense',
  '\u0000\u0001\u0002',
  't',
  't somebody',
  't somebody\n',
  't somebody\n{"signals":',
  't somebody\nnull',
  't somebody\n5',
  't somebody\n{"signals":5,"seen":5}',
  't somebody\n{"signals":[null,5,{}],"seen":{"a":"b"}}',
  't somebody\n{"__proto__":{"signals":[1]}}',
  'b',
  'b 1',
  'b 1 1 x y\nnothing of a batch',
  'b NaN NaN x y\n',
  'b 99999999 1 x y\n',
  'b -1 1 x y\n',
  ...['question', 'answer', 'none', 'cancel', 'hurry', 'told', 'unheard-of'].flatMap((kind) =>
    ['user', 'client', '/socket.io/', 'constructor', '__proto__'].flatMap((subject) =>
      ['', 'nonsense', 'null', '5', '{}', '[]', '["a",null]', '{"disconnect":5}'].map(
        (body) => `${kind} somebody id ${subject} NaN\n${body}`,
      ),
    ),
  ),
];

/** All of it at once, and then what a node might really say. */
const publishAll = "for _, one in ipairs(ARGV) do redis.call('SPUBLISH', KEYS[1], one) end";
const word = 'told somebody - user 0\n{"disconnect":"dora"}';

t.test('what is published by mistake to nodes and rooms disturbs nobody', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const nodes = [await at.node(), await at.node()] as const;
  const anna = await at.member(nodes[0], 'anna');
  const ben = await at.member(nodes[1], 'ben');
  const dora = await at.member(nodes[1], 'dora');
  t.hasStrict(await anna.ask(add('before')), { type: 'ack' });

  const channels = (await at.redis.command('PUBSUB', 'SHARDCHANNELS')) as string[];
  t.ok(channels.length >= 3, 'the nodes listen');
  for (const channel of channels) await at.redis.command('EVAL', publishAll, '1', channel, ...garbage, word);
  t.hasStrict(await dora.closed, {}, 'what comes right after it is heard');

  const from = ben.messages.length;
  const isAfter = (message: Message) =>
    message.type === 'sceneDelta' && message.operations.some(({ id }: Message) => id === 'after');
  t.hasStrict(await anna.ask(add('after')), { type: 'ack' }, 'who is in goes on');
  t.ok(await ben.next(isAfter, from), 'and hears what others do');
  anna.send({ type: 'cursor', position: [1, 2] });
  t.ok(await ben.next(({ type }) => type === 'cursor', from), 'and where they are');
  const carl = await at.member(nodes[1], 'carl');
  t.hasStrict(await carl.ask(add('carl')), { type: 'ack' }, 'others come in');
  for (const one of [anna, ben])
    t.equal(one.socket.readyState, one.socket.OPEN, 'nobody has lost the connection');
});
