/**
 * A hub on the loopback interface for tests: the model and tree API, `resolve` with its headers, and a second server
 * on another port for large files, as the real hub has. What goes wrong is asked for by the test.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const gitSha1 = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

export const commit = '0123456789abcdef0123456789abcdef01234567';

export interface Trouble {
  /** Cuts the connection after so many bytes of each answer that has this path. */
  drop?: { path: string; bytes: number };
  /** Sends other bytes than the tree promises. */
  damage?: string;
  /** Answers every request so. */
  status?: number;
  /** The whole file whatever Range says. */
  noRanges?: boolean;
  /** Answers so often with 503 before it works. */
  busy?: number;
}

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  trouble: Trouble;
  /** Content by path in the repository `org/name`. */
  files: Record<string, Buffer>;
  close(): Promise<void>;
}

/** Files of this size and more are large ones, kept apart under their SHA-256. */
const largeFrom = 1000;

const listen = (server: Server) =>
  new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });

export async function startHub(files: Record<string, Buffer>): Promise<HubServer> {
  const seen: SeenRequest[] = [];
  let large = '';
  const note = (request: IncomingMessage) => {
    const { range, authorization } = request.headers;
    seen.push({ path: request.url!.split('?')[0]!, range, authorization });
  };

  const sendContent = (path: string, request: IncomingMessage, response: ServerResponse) => {
    const { damage, noRanges, drop } = hub.trouble;
    let content = hub.files[path]!;
    if (damage === path) content = Buffer.concat([content.subarray(0, -1), Buffer.of(content.at(-1)! ^ 1)]);
    const first = noRanges ? undefined : /^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1];
    const body = content.subarray(Number(first ?? 0));
    response.writeHead(first === undefined ? 200 : 206, {
      'content-length': body.length,
      'accept-ranges': 'bytes',
      etag: `"${sha256(content)}"`,
      ...(first !== undefined && {
        'content-range': `bytes ${first}-${content.length - 1}/${content.length}`,
      }),
    });
    if (drop?.path !== path || body.length <= drop.bytes) return response.end(body);
    return response.write(body.subarray(0, drop.bytes), () => response.destroy());
  };

  const tree = () =>
    Object.entries(hub.files).map(([path, content]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: gitSha1(content),
      ...(content.length >= largeFrom && {
        lfs: { oid: sha256(content), size: content.length, pointerSize: 134 },
      }),
    }));

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    note(request);
    const { pathname, searchParams } = new URL(request.url!, 'http://hub');
    const json = (value: unknown, headers: Record<string, string> = {}) =>
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    const { status } = hub.trouble;
    const busy = pathname.includes('/resolve/') && (hub.trouble.busy ?? 0) > 0;
    if (busy) hub.trouble.busy!--;
    if (status !== undefined || busy)
      return response.writeHead(status ?? 503, { 'content-type': 'application/json' }).end('{"error":"no"}');
    if (pathname === '/api/models/org/name/revision/main')
      return json({ _id: '1', id: 'org/name', sha: commit });
    if (pathname === `/api/models/org/name/tree/${commit}`) {
      // Two pages, so that the second has to be asked for.
      const page = searchParams.get('cursor') === null ? 0 : 1;
      const entries = [{ type: 'directory', path: 'onnx', size: 0, oid: '' }, ...tree()];
      const next = `<${hub.endpoint}${pathname}?cursor=2>; rel="next"`;
      return json(page === 0 ? entries.slice(0, 2) : entries.slice(2), page === 0 ? { link: next } : {});
    }
    const path = new RegExp(`^/org/name/resolve/${commit}/(.+)$`).exec(pathname)?.[1];
    const content = path === undefined ? undefined : hub.files[path];
    if (content === undefined) return response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    if (content.length < largeFrom) return sendContent(path!, request, response);
    return response
      .writeHead(302, {
        location: `${large}/blobs/${path}`,
        'x-linked-etag': `"${sha256(content)}"`,
        'x-linked-size': String(content.length),
      })
      .end();
  };

  const main = createServer(answer);
  const store = createServer((request, response) => {
    note(request);
    sendContent(request.url!.slice('/blobs/'.length), request, response);
  });
  large = await listen(store);
  const hub: HubServer = {
    endpoint: await listen(main),
    seen,
    trouble: {},
    files,
    close: async () => {
      for (const server of [main, store]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return hub;
}
