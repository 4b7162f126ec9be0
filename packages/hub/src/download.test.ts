import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultCacheFolder, isHubName, neededFiles, whatIsMissing } from './cache.ts';
import { type DownloadOptions, type DownloadProgress, downloadModel } from './download.ts';
import { commit, type HubServer, startHub } from './testing/hub-server.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-hub-'));
afterAll(() => rmSync(base, { recursive: true }));

const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3));
const repository = () => ({
  'README.md': Buffer.from('A model.'),
  'config.json': Buffer.from('{"model_type":"gpt2"}'),
  'model.safetensors': weights,
  'pytorch_model.bin': Buffer.alloc(5000),
  'tokenizer.json': Buffer.from('{"model":{}}'),
});

let hub: HubServer;
let cache: string;
beforeEach(async () => {
  hub = await startHub(repository());
  cache = mkdtempSync(join(base, 'cache-'));
});
afterEach(() => hub.close());

const options = (extra: DownloadOptions = {}): DownloadOptions => ({
  cache,
  env: { HF_ENDPOINT: `${hub.endpoint}/` },
  attempts: 3,
  patience: 5,
  ...extra,
});
const get = (extra: DownloadOptions = {}, name = 'org/name') => downloadModel(name, options(extra));
const blobs = () => {
  const folder = join(cache, 'models--org--name', 'blobs');
  return readdirSync(folder, { encoding: 'utf8' });
};
async function failure(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('a model by its name', () => {
  it('comes as a folder with configuration, tokenizer and safetensors weights, and nothing else', async () => {
    const progress: DownloadProgress[] = [];
    const { directory, warning } = await get({ onProgress: (one) => progress.push(one) });
    expect(warning).toBeUndefined();
    expect(readdirSync(directory).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(directory, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(cache, 'models--org--name', 'refs', 'main'), 'utf8')).toBe(commit);
    const total = weights.length + 21 + 12;
    expect(progress.every((one) => one.total === total && one.files === 3)).toBe(true);
    expect(progress.at(-1)).toMatchObject({ received: total, number: 3, file: 'tokenizer.json' });
    const received = progress.map((one) => one.received);
    expect(received).toEqual([...received].sort((a, b) => a - b));
  });

  it('is not fetched twice, and a commit that is there is not even asked for', async () => {
    await get();
    const files = () => hub.seen.filter(({ path }) => path.includes('/resolve/')).length;
    const before = files();
    await get();
    expect(files()).toBe(before);
    const asked = hub.seen.length;
    expect(await get({ revision: commit })).toMatchObject({ commit });
    expect(hub.seen.length).toBe(asked);
  });

  it('sends its token to the hub and not to where large files lie', async () => {
    await get({ env: { HF_ENDPOINT: hub.endpoint, HF_TOKEN: 'hf_secret' } });
    for (const { path, authorization } of hub.seen)
      expect(authorization, path).toBe(path.startsWith('/blobs/') ? undefined : 'Bearer hf_secret');
  });

  it('in shards comes with its index', async () => {
    const { 'model.safetensors': _, ...rest } = repository();
    hub.files = {
      ...rest,
      'model.safetensors.index.json': Buffer.from('{}'),
      'model-00001-of-00002.safetensors': Buffer.from('a'),
      'model-00002-of-00002.safetensors': Buffer.from('b'),
    };
    expect(readdirSync((await get()).directory)).toHaveLength(5);
  });
});

describe('a connection that drops', () => {
  it('is continued where it broke, as often as it brings something', async () => {
    hub.trouble = { drop: { path: 'model.safetensors', bytes: 70_000 } };
    const { directory } = await get({ attempts: 2 });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(weights)).toBe(true);
    const ranges = hub.seen
      .filter(({ path }) => path === '/blobs/model.safetensors')
      .map(({ range }) => range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.length).toBeGreaterThan(3);
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('for good is one line, and the next run continues with what has arrived', async () => {
    hub.trouble = { drop: { path: 'model.safetensors', bytes: 100_000 } };
    const impatient: typeof fetch = (...request) => {
      const { range } = Object.fromEntries(new Headers(request[1]?.headers));
      if (range !== undefined) throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
      return fetch(...request);
    };
    const error = await failure(get({ fetch: impatient }));
    expect(error).toMatchObject({ code: 'hub/offline', exitCode: 3 });
    expect(error.message).toMatch(/cannot be reached \(ECONNREFUSED\).*what has arrived is kept/);
    expect(blobs().filter((name) => name.endsWith('.incomplete'))).toHaveLength(1);
    hub.trouble = {};
    hub.seen.length = 0;
    expect((await get()).commit).toBe(commit);
    const [first] = hub.seen.filter(({ path }) => path === '/blobs/model.safetensors');
    expect(first!.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(blobs().filter((name) => name.endsWith('.incomplete'))).toEqual([]);
  });

  it('begins anew on a server without ranges', async () => {
    hub.trouble = { drop: { path: 'model.safetensors', bytes: 70_000 } };
    let dropped = false;
    const once: typeof fetch = async (...request) => {
      if (dropped) hub.trouble = { noRanges: true };
      dropped ||= String(request[0]).endsWith('model.safetensors');
      return fetch(...request);
    };
    const { directory } = await get({ fetch: once });
    expect(readFileSync(join(directory, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('or a busy server is tried again', async () => {
    hub.trouble = { busy: 2 };
    expect((await get()).commit).toBe(commit);
    hub.trouble = { busy: 9 };
    const other = mkdtempSync(join(base, 'cache-'));
    expect(await failure(get({ cache: other }))).toMatchObject({ code: 'hub/failed', exitCode: 3 });
  });
});

describe('what is refused, in one line', () => {
  it.each(['model.safetensors', 'config.json'])('wrong content of %s, which is thrown away', async (path) => {
    hub.trouble = { damage: path };
    const error = await failure(get());
    expect(error.code).toBe('hub/checksum');
    expect(error.message).toContain(`org/name/${path} arrived damaged: expected checksum`);
    expect(blobs().filter((name) => name.endsWith('.incomplete'))).toEqual([]);
    hub.trouble = {};
    expect((await get()).commit).toBe(commit);
  });

  it.each([
    [401, 'hub/denied', 2, /no access to org\/name \(HTTP 401\).*set HF_TOKEN/],
    [403, 'hub/denied', 2, /HTTP 403/],
    [404, 'hub/not-found', 2, /no model org\/name at revision main/],
    [500, 'hub/failed', 3, /answered HTTP 500/],
  ])('HTTP %i', async (status, code, exitCode, message) => {
    hub.trouble = { status };
    const error = await failure(get());
    expect(error).toMatchObject({ code, exitCode });
    expect(error.message).toMatch(message);
  });

  it('another name or revision', async () => {
    expect((await failure(get({}, 'org/other'))).code).toBe('hub/not-found');
    expect((await failure(get({ revision: 'v9' }))).message).toMatch(/org\/name at revision v9/);
    for (const name of ['name', '../etc', 'a/b/c', 'org/..', 'org/na me', '-a/b'])
      expect((await failure(get({}, name))).code).toBe('hub/name');
    expect((await failure(get({ revision: '../../x' }))).code).toBe('hub/revision');
    expect((await failure(get({ env: { HF_TOKEN: 'secret' } }))).code).toBe('hub/token');
  });

  it('a repository without what a model needs', async () => {
    hub.files = { 'config.json': Buffer.from('{}'), 'pytorch_model.bin': Buffer.alloc(10) };
    expect((await failure(get())).message).toMatch(
      /has no model\.safetensors.* pytorch_model\.bin is not read/,
    );
    hub.files = { 'README.md': Buffer.from('x') };
    expect((await failure(get())).message).toMatch(/has no config\.json/);
  });

  it('a cache that cannot be written', async () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    const error = await failure(get({ cache: join(file, 'below') }));
    expect(error.code).toBe('hub/unwritable');
    expect(error.message).toMatch(/cannot be kept in the cache \((ENOTDIR|EEXIST)/);
  });
});

describe('without a hub', () => {
  it('the cache is taken, and says so', async () => {
    await get();
    const offline = { env: { HF_ENDPOINT: 'http://127.0.0.1:9' } };
    expect(await get(offline)).toMatchObject({
      commit,
      warning: expect.stringMatching(/from the cache, the hub was not asked \(ECONNREFUSED|bad port/),
    });
    const asked = hub.seen.length;
    expect((await get({ env: { HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: '1' } })).warning).toMatch(
      /HF_HUB_OFFLINE/,
    );
    expect(hub.seen.length).toBe(asked);
  });

  it('and without the model in the cache it is one clear line', async () => {
    await hub.close();
    const error = await failure(get());
    expect(error).toMatchObject({ code: 'hub/offline', exitCode: 3 });
    expect(error.message).toMatch(
      /org\/name is not in the cache and http.* cannot be reached \(ECONNREFUSED\)/,
    );
    expect(error.message).not.toContain('\n');
    hub = await startHub(repository());
  });

  it('a snapshot that lacks a file does not count', async () => {
    const { directory } = await get();
    rmSync(join(directory, 'model.safetensors'));
    expect((await failure(get({ env: { HF_HUB_OFFLINE: '1' } }))).code).toBe('hub/offline');
    expect(readdirSync((await get()).directory)).toContain('model.safetensors');
  });

  it('what Python left in a shared cache is found', async () => {
    const folder = join(cache, 'models--org--name');
    mkdirSync(join(folder, 'refs'), { recursive: true });
    mkdirSync(join(folder, 'snapshots', commit), { recursive: true });
    writeFileSync(join(folder, 'refs', 'main'), commit);
    for (const name of ['config.json', 'model.safetensors'])
      writeFileSync(join(folder, 'snapshots', commit, name), '');
    expect(await get({ env: { HF_HUB_OFFLINE: 'true' } })).toMatchObject({ commit });
  });
});

describe('pure parts', () => {
  it('the cache folder', () => {
    expect(defaultCacheFolder({ HF_HUB_CACHE: '/c', HF_HOME: '/h' })).toBe('/c');
    expect(defaultCacheFolder({ HF_HOME: '/h', XDG_CACHE_HOME: '/x' })).toBe(join('/h', 'hub'));
    expect(defaultCacheFolder({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'nanscope', 'hub'));
    expect(defaultCacheFolder({ HOME: '/u', XDG_CACHE_HOME: '' }, 'linux')).toBe(
      join('/u', '.cache', 'nanscope', 'hub'),
    );
    expect(defaultCacheFolder({ HOME: '/u', LOCALAPPDATA: '/l' }, 'win32')).toBe(
      join('/l', 'nanscope', 'hub'),
    );
  });

  it('names', () => {
    for (const name of ['openai-community/gpt2', 'a/b.c_d-e']) expect(isHubName(name), name).toBe(true);
    for (const name of ['gpt2', './runs', 'runs/', '/a', 'a/b/c', 'a/..', '..', 'a/b--c', 'a/b.'])
      expect(isHubName(name), name).toBe(false);
  });

  it('files', () => {
    expect(
      neededFiles([
        'model.safetensors',
        'model-00001-of-00001.safetensors',
        'onnx/config.json',
        'vocab.json',
      ]),
    ).toEqual(['model.safetensors', 'vocab.json']);
    const sharded = ['config.json', 'model.safetensors.index.json', 'model-00001-of-00002.safetensors'];
    expect(whatIsMissing(sharded)).toMatch(/shard/);
    expect(whatIsMissing([...sharded, 'model-00002-of-00002.safetensors'])).toBeUndefined();
  });
});
