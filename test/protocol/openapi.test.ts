import { Validator } from '@seriousme/openapi-schema-validator';
import t from 'tap';
import { type Route, routes } from '../../protocol/http/index.ts';
import { openapi } from '../../protocol/http/openapi.ts';
import { errors } from '../../protocol/index.ts';
import { startServer } from '../support/servers.ts';
import { readText } from '../support/sources.ts';

const { version } = JSON.parse(readText('package.json'));
const generated = JSON.parse(readText('protocol/openapi.json'));

t.test('the OpenAPI document is one of OpenAPI 3.1', async (t) => {
  const validator = new Validator();
  const { valid, errors: faults } = await validator.validate(structuredClone(generated));
  t.ok(valid, JSON.stringify(faults));
  t.equal(validator.version, '3.1');
  const broken = structuredClone(generated);
  delete broken.paths['/health'].get.responses;
  broken.info = {};
  t.notOk((await new Validator().validate(broken)).valid, 'the check sees what it looks for');
});

t.test('the OpenAPI document has every row of the table, and nothing else', async (t) => {
  t.same(generated, JSON.parse(JSON.stringify(openapi(version))));
  const rows = Object.entries<Route>(routes).map(
    ([name, { method, path }]) => `${name} ${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  );
  const found = Object.entries<Record<string, { operationId: string }>>(generated.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
      ),
  );
  t.same(found.sort(), rows.sort());
  t.same(generated['x-errors'], errors);
});

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`the server answers the document at /openapi.json (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, AUTH: 'required' });
    t.teardown(() => server.close());
    const response = await fetch(`http://127.0.0.1:${server.port}/openapi.json`);
    t.equal(response.status, 200);
    t.match(response.headers.get('content-type'), /^application\/json/);
    t.same(await response.json(), generated);
  });
}
