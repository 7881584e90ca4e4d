// The AWS SDK for JavaScript, version 3, unchanged, against the S3 server.
// Usage: node s3_sdk.js FRESHET DIRECTORY_WITH_NODE_MODULES
'use strict';
const assert = require('node:assert');
const {execFileSync, spawn} = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const {Readable} = require('node:stream');
const {createRequire} = require('node:module');

const [program, modules] = process.argv.slice(2);
const sdk = createRequire(path.join(modules, 'package.json'))('@aws-sdk/client-s3');

function start() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'freshet_e2e_'));
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => path.join(directory, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
                           'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate], {stdio: 'ignore'});
  const server = spawn(program, ['serve', '--data', path.join(directory, 'data'), '--listen', '127.0.0.1:0', '--s3-listen', '127.0.0.1:0',
                                 '--s3-tls-listen', '127.0.0.1:0', '--s3-certificate', certificate, '--s3-key', key],
                       {stdio: ['ignore', 'ignore', 'pipe']});
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (bytes) => {
      log += bytes;
      const tls = /serve\.s3_tls address=(\S+)/.exec(log);
      if (/serve\.ready/.test(log)) resolve({server, directory, secure: 'https://' + tls[1], ca: fs.readFileSync(certificate)});
    });
    server.on('exit', () => reject(new Error('the server ended: ' + log)));
  });
}

async function refused(promise, name) {
  await assert.rejects(promise, (error) => error.name === name || assert.fail(`wanted ${name}, got ${error.name}`));
}

async function bytesOf(answer) { return Buffer.from(await answer.Body.transformToByteArray()); }

async function test(s3) {
  const send = (name, input) => s3.send(new sdk[name + 'Command'](input));
  const Bucket = 'sdk';
  await send('CreateBucket', {Bucket});
  const body = crypto.randomBytes(300000);
  // Bytes with their checksum in a header; a stream in chunks with the checksum behind it.
  const put = await send('PutObject', {Bucket, Key: 'a b+c/ü', Body: body, Metadata: {origin: 'sdk'}});
  assert.strictEqual(put.ETag, '"' + crypto.createHash('md5').update(body).digest('hex') + '"');
  assert.ok(put.ChecksumCRC32);
  const pieces = [1, 65536, 70000, 300000].map((end, i, ends) => body.subarray(i ? ends[i - 1] : 0, end));
  await send('PutObject', {Bucket, Key: 'stream', Body: Readable.from(pieces), ContentLength: body.length});
  for (const Key of ['a b+c/ü', 'stream'])
    assert.ok((await bytesOf(await send('GetObject', {Bucket, Key}))).equals(body), Key);
  const range = await send('GetObject', {Bucket, Key: 'stream', Range: 'bytes=100-199'});
  assert.ok((await bytesOf(range)).equals(body.subarray(100, 200)));
  assert.strictEqual((await send('HeadObject', {Bucket, Key: 'a b+c/ü'})).Metadata.origin, 'sdk');
  await refused(send('GetObject', {Bucket, Key: 'missing'}), 'NoSuchKey');
  await refused(send('HeadObject', {Bucket, Key: 'missing'}), 'NotFound');
  await refused(send('PutObject', {Bucket, Key: 'stream', Body: 'x', IfNoneMatch: '*'}), 'PreconditionFailed');

  await send('CopyObject', {Bucket, Key: 'copy', CopySource: `${Bucket}/stream`});
  assert.ok((await bytesOf(await send('GetObject', {Bucket, Key: 'copy'}))).equals(body));

  const {UploadId} = await send('CreateMultipartUpload', {Bucket, Key: 'parts'});
  const part = crypto.randomBytes(5 << 20);
  const Parts = [];
  for (const [i, Body] of [part, part, Buffer.from('end')].entries()) {
    const {ETag, ChecksumCRC32} = await send('UploadPart', {Bucket, Key: 'parts', UploadId, PartNumber: i + 1, Body});
    Parts.push({PartNumber: i + 1, ETag, ChecksumCRC32});
  }
  await send('CompleteMultipartUpload', {Bucket, Key: 'parts', UploadId, MultipartUpload: {Parts}});
  assert.ok((await bytesOf(await send('GetObject', {Bucket, Key: 'parts'}))).equals(Buffer.concat([part, part, Buffer.from('end')])));

  const keys = [];
  for await (const page of sdk.paginateListObjectsV2({client: s3, pageSize: 2}, {Bucket}))
    keys.push(...page.Contents.map((entry) => entry.Key));
  assert.deepStrictEqual(keys, ['a b+c/ü', 'copy', 'parts', 'stream']);
  const deleted = await send('DeleteObjects', {Bucket, Delete: {Objects: keys.map((Key) => ({Key}))}});
  assert.strictEqual(deleted.Deleted.length, 4);
  await send('DeleteBucket', {Bucket});
}

async function main() {
  const {server, directory, secure, ca} = await start();
  try {
    const env = JSON.parse(execFileSync(program, ['credentials', '--data', path.join(directory, 'data')]));
    for (const endpoint of [env.AWS_ENDPOINT_URL_S3, secure]) {
      const s3 = new sdk.S3Client({
        endpoint, region: 'us-east-1', forcePathStyle: true, requestHandler: {httpsAgent: new https.Agent({ca})},
        credentials: {accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY}});
      await test(s3);
      s3.destroy();
    }
    console.log('ok');
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGTERM');
    await new Promise((resolve) => server.on('exit', resolve));
    fs.rmSync(directory, {recursive: true});
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
