// The official Node.js driver, unchanged, against the warehouse protocol.
// Usage: node snowflake_node.js FRESHET DIRECTORY_WITH_NODE_MODULES
'use strict';
const assert = require('node:assert');
const {spawn} = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
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

async function testKeyPair(connection, url) {
  const {publicKey, privateKey} = crypto.generateKeyPairSync('rsa', {modulusLength: 2048});
  const pem = publicKey.export({type: 'spki', format: 'pem'});
  const login = {authenticator: 'SNOWFLAKE_JWT', username: 'robot', password: undefined,
                 privateKey: privateKey.export({type: 'pkcs8', format: 'pem'})};
  await assert.rejects(connect(url, login), /JWT token is invalid/);  // there is no such user
  await run(connection, 'CREATE USER robot');
  await assert.rejects(connect(url, login), /JWT token is invalid/);  // without a key
  const base64 = pem.split('\n').filter((line) => !line.startsWith('-----')).join('');
  await run(connection, `ALTER USER robot SET RSA_PUBLIC_KEY='${base64}'`);
  const robot = await connect(url, login);
  const {rows} = await run(robot, 'SELECT CURRENT_USER() AS U');
  assert.strictEqual(rows[0].U, 'ROBOT');
  await new Promise((resolve) => robot.destroy(resolve));

  // The second key, with its PEM lines; then a key that the user does not have.
  await run(connection, `ALTER USER robot SET RSA_PUBLIC_KEY_2='${pem}'`);
  await run(connection, 'ALTER USER robot UNSET RSA_PUBLIC_KEY');
  await new Promise((resolve, reject) => connect(url, login).then((again) => again.destroy(resolve), reject));
  const other = crypto.generateKeyPairSync('rsa', {modulusLength: 2048}).privateKey.export({type: 'pkcs8', format: 'pem'});
  await assert.rejects(connect(url, {...login, privateKey: other}), /JWT token is invalid/);
}

async function testFiles(connection) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'freshet_files_'));
  const back = path.join(folder, 'back');
  fs.mkdirSync(back);
  const text = 'ID,NAME\r\n1,one\r\n2,"two, or so"\r\n';
  fs.writeFileSync(path.join(folder, 'a 1.csv'), text);
  fs.writeFileSync(path.join(folder, 'a 2.csv'), text);
  fs.writeFileSync(path.join(folder, 'b.csv'), text);
  await run(connection, 'CREATE STAGE files');
  const put = await run(connection, `PUT 'file://${folder}/a*.csv' @files/in`);
  assert.deepStrictEqual(put.rows.map((row) => [row.source, row.target, row.sourceSize, row.status]).sort(),
                         [['a 1.csv', 'a 1.csv.gz', text.length, 'UPLOADED'], ['a 2.csv', 'a 2.csv.gz', text.length, 'UPLOADED']]);
  await run(connection, `PUT file://${folder}/b.csv @files/in/ AUTO_COMPRESS=FALSE`);
  const listed = await run(connection, 'LIST @files');
  assert.deepStrictEqual(listed.rows.map((row) => row.name), ['files/in/a 1.csv.gz', 'files/in/a 2.csv.gz', 'files/in/b.csv']);
  await run(connection, 'CREATE TABLE from_files (id INT, name VARCHAR)');
  await run(connection, `COPY INTO from_files FROM @files FILE_FORMAT=(TYPE=CSV SKIP_HEADER=1 FIELD_OPTIONALLY_ENCLOSED_BY='"')`);
  const {rows} = await run(connection, 'SELECT COUNT(*) AS N, MAX(name) AS M FROM from_files');
  assert.deepStrictEqual(rows, [{N: 6, M: 'two, or so'}]);

  // A file that is there stays without OVERWRITE, and is replaced with it.
  fs.writeFileSync(path.join(folder, 'b.csv'), 'other');
  const get = async () => {
    const {rows} = await run(connection, `GET @files/in/b.csv file://${back}/`);
    assert.deepStrictEqual(rows.map((row) => row.status), ['DOWNLOADED']);
    return fs.readFileSync(path.join(back, 'b.csv'), 'utf8');
  };
  await run(connection, `PUT file://${folder}/b.csv @files/in AUTO_COMPRESS=FALSE`);
  assert.strictEqual(await get(), text);
  await run(connection, `PUT file://${folder}/b.csv @files/in AUTO_COMPRESS=FALSE OVERWRITE=TRUE`);
  assert.strictEqual(await get(), 'other');

  const all = await run(connection, `GET @files file://${back}/ PATTERN='.*[.]gz'`);
  assert.strictEqual(all.rows.length, 2);
  assert.strictEqual(zlib.gunzipSync(fs.readFileSync(path.join(back, 'a 1.csv.gz'))).toString(), text);
  await run(connection, "CREATE STAGE outside URL='s3://somewhere/'");
  await assert.rejects(run(connection, `PUT file://${folder}/b.csv @outside`), /PUT on external stages/);
  fs.rmSync(folder, {recursive: true});
}

async function main() {
  const {server, directory, url} = await start();
  const connection = await connect(url);
  await testTypes(connection);
  await testTables(connection);
  await testErrors(connection);
  await testSeveralStatements(connection);
  await testAsynchronous(connection);
  await testKeyPair(connection, url);
  await testFiles(connection);
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
