/** How the passes that own a tile of queries (forward, gradient of q) begin; the pass over keys begins the other way round. */
import { groupIndex } from './load.wgsl.ts';
import { side, type Tile, tileRows } from './tile.ts';

/** Where a workgroup of queries stands, at the head of `main`: batch row, head, its tile, and the keys it has to visit. */
export const queryTile = (tile: Tile) => `
  let group = ${groupIndex};
  let head = group / uniforms.tiles;
  let b = head / uniforms.heads;
  let h = head % uniforms.heads;
  let keys = b * uniforms.keyHeads + keyHead(h);
  let first = (group % uniforms.tiles) * ${tileRows(tile)};
  let last = min(first + ${tileRows(tile)}, uniforms.queries) - 1;
  let local = i32(localIndex);
  let tx = local % ${side};
  let ty = local / ${side};
  if (local == 0) { bounds = keyRange(first, last); }
  workgroupBarrier();
  let range = workgroupUniformLoad(&bounds);`;
