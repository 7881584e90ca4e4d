// The official Node.js driver, unchanged, against the warehouse protocol.
// Usage: node snowflake_node.js FRESHET DIRECTORY_WITH_NODE_MODULES
'use strict';
const assert = require('node:assert');
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {createRequire} = require('node:module');

const [program, modules] = process.argv.slice(2);
const snowflake = createRequire(path.join(modules, 'package.json'))('snowflake-sdk');
snowflake.configure({logLevel: 'OFF'});

function start() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'freshet_e2e_'));
  const server = spawn(program, ['serve', '--data', directory, '--listen', '127.0.0.1:0', '--s3-listen', '127.0.0.1:0'],
                       {stdio: ['ignore', 'ignore', 'pipe']});
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (bytes) => {
      log += bytes;
      const ready = log.match(/serve\.ready.* warehouse=(\S+)/);
      if (ready) resolve({server, directory, url: ready[1]});
    });
    server.on('exit', () => reject(new Error('the server ended: ' + log)));
  });
}

function connect(url, more = {}) {
  const connection = snowflake.createConnection(
      {accessUrl: url, account: 'test', username: 'me', password: 'any', ...more});
  return new Promise((resolve, reject) => connection.connect((error) => error ? reject(error) : resolve(connection)));
}

function run(connection, sqlText, more = {}) {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      ...more,
      complete: (error, statement, rows) => error ? reject(error) : resolve({statement, rows}),
    });
  });
}

async function testTypes(connection) {
  const {rows, statement} = await run(connection, `
    SELECT 1 AS A, 1.50 AS B, 2.5::FLOAT AS C, 'h\u00e9llo' AS D, TRUE AS E, NULL AS F,
           '2022-01-08'::DATE AS G, '2023-11-14 22:13:20.123'::TIMESTAMP_NTZ AS H, X'DEADBEEF' AS I,
           PARSE_JSON('{"k": [1, "x"]}') AS J`);
  assert.strictEqual(rows.length, 1);
  const row = rows[0];
  assert.strictEqual(row.A, 1);
  assert.strictEqual(row.B, 1.5);
  assert.strictEqual(row.C, 2.5);
  assert.strictEqual(row.D, 'h\u00e9llo');
  assert.strictEqual(row.E, true);
  assert.strictEqual(row.F, null);
  assert.strictEqual(row.G.toISOString(), '2022-01-08T00:00:00.000Z');
  assert.strictEqual(row.H.toISOString(), '2023-11-14T22:13:20.123Z');
  assert.strictEqual(Buffer.from(row.I).toString('hex'), 'deadbeef');
  assert.deepStrictEqual(row.J, {k: [1, 'x']});
  assert.match(statement.getQueryId(), /^[0-9a-f-]{36}$/);
}

async function testTables(connection) {
  await run(connection, 'CREATE DATABASE e2e');
  const {rows} = await run(connection, 'CREATE TABLE t (id INT, name VARCHAR, at TIMESTAMP_NTZ)');
  assert.strictEqual(rows[0].status, 'Table T successfully created.');
  const one = await run(connection, 'INSERT INTO t VALUES (?, ?, ?)', {binds: [1, 'one', '2024-01-02 03:04:05']});
  assert.strictEqual(one.statement.getNumUpdatedRows(), 1);
  const many = await run(connection, 'INSERT INTO t VALUES (?, ?, ?)',
                         {binds: [[2, 'two', null], [3, null, '2024-01-02 03:04:06']]});
  assert.strictEqual(many.statement.getNumUpdatedRows(), 2);
  const updated = await run(connection, "UPDATE t SET name = 'three' WHERE id = :1", {binds: [3]});
  assert.strictEqual(updated.statement.getNumUpdatedRows(), 1);
  const read = await run(connection, 'SELECT id, name FROM t ORDER BY id');
  assert.deepStrictEqual(read.rows, [{ID: 1, NAME: 'one'}, {ID: 2, NAME: 'two'}, {ID: 3, NAME: 'three'}]);
}

async function testErrors(connection) {
  await assert.rejects(run(connection, 'SELECT * FROM missing_table'), (error) => {
    assert.strictEqual(Number(error.code), 2003);
    assert.strictEqual(error.sqlState, '42S02');
    assert.match(error.message, /does not exist or not authorized/);
    return true;
  });
  await assert.rejects(run(connection, 'SELEC 1'), (error) => {
    assert.strictEqual(Number(error.code), 1003);
    assert.strictEqual(error.sqlState, '42000');
    assert.match(error.message, /syntax error line 1 at position 0 unexpected 'SELEC'/);
    return true;
  });
}

async function testSeveralStatements(connection) {
  const all = [];
  await new Promise((resolve, reject) => {
    connection.execute({
      sqlText: 'SELECT 1 AS A; SELECT 2 AS A;',
      parameters: {MULTI_STATEMENT_COUNT: 2},
      complete: (error, statement, rows) => {
        if (error) return reject(error);
        all.push(rows[0].A);
        if (statement.hasNext()) statement.NextResult();
        else resolve();
      },
    });
  });
  assert.deepStrictEqual(all, [1, 2]);
  await assert.rejects(run(connection, 'SELECT 1; SELECT 2'), (error) => Number(error.code) === 8);
}

async function testAsynchronous(connection) {
  const {statement} = await run(connection, 'SELECT 7 AS A', {asyncExec: true});
  const result = await connection.getResultsFromQueryId({queryId: statement.getQueryId()});
  const rows = await new Promise((resolve, reject) => {
    const found = [];
    result.streamRows().on('error', reject).on('data', (row) => found.push(row)).on('end', () => resolve(found));
  });
  assert.deepStrictEqual(rows, [{A: 7}]);
}

async function main() {
  const {server, directory, url} = await start();
  const connection = await connect(url);
  await testTypes(connection);
  await testTables(connection);
  await testErrors(connection);
  await testSeveralStatements(connection);
  await testAsynchronous(connection);
  await new Promise((resolve, reject) => connection.destroy((error) => error ? reject(error) : resolve()));
  server.removeAllListeners('exit');
  const ended = new Promise((resolve) => server.on('exit', resolve));
  server.kill('SIGTERM');
  assert.strictEqual(await ended, 0);
  fs.rmSync(directory, {recursive: true});
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
