import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boxOfCell, cellAt, movedCell, sizeOfGrid, type Grid } from '../../../src/webview/weights/grid';

const grids = fc.record({
  tiles: fc.integer({ min: 1, max: 9 }), across: fc.integer({ min: 1, max: 4 }), rows: fc.integer({ min: 1, max: 6 }), columns: fc.integer({ min: 1, max: 6 }),
  cellWidth: fc.integer({ min: 1, max: 9 }), cellHeight: fc.integer({ min: 1, max: 9 }), gap: fc.integer({ min: 0, max: 3 }),
}) satisfies fc.Arbitrary<Grid>;
const places = fc.tuple(grids, fc.nat(), fc.nat(), fc.nat())
  .map(([grid, tile, row, column]) => ({ grid, cell: { tile: tile % grid.tiles, row: row % grid.rows, column: column % grid.columns } }));

describe('the grid of a picture', () => {
  it('finds a cell by every pixel of its box, within the picture', () => fc.assert(fc.property(places, ({ grid, cell }) => {
    const { left, top, width, height } = boxOfCell(grid, cell);
    for (const [x, y] of [[left, top], [left + width - 0.1, top + height - 0.1]]) assert.deepEqual(cellAt(grid, x, y), cell);
    const size = sizeOfGrid({ ...grid, across: Math.min(grid.across, grid.tiles) });
    assert.ok(left + width <= size.width && top + height <= size.height);
  })));

  it('has nothing in a gap and outside', () => {
    const grid: Grid = { tiles: 3, across: 2, rows: 2, columns: 2, cellWidth: 5, cellHeight: 5, gap: 2 };
    for (const [x, y] of [[10, 0], [11.9, 3], [0, 11], [-1, 0], [22, 0], [12, 12], [0, 24]]) assert.equal(cellAt(grid, x, y), null, `${x} ${y}`);
    assert.deepEqual(cellAt(grid, 12, 0), { tile: 1, row: 0, column: 0 });
  });

  it('is walked by arrows over the gaps, there and back, and never left', () => fc.assert(fc.property(places, fc.constantFrom(['ArrowUp', 'ArrowDown'], ['ArrowLeft', 'ArrowRight']), ({ grid, cell }, [there, back]) => {
    const next = movedCell(grid, cell, there);
    assert.ok(next && next.tile < grid.tiles && next.row < grid.rows && next.column < grid.columns);
    assert.ok(next === cell || JSON.stringify(movedCell(grid, next, back)) === JSON.stringify(cell));
    assert.equal(movedCell(grid, cell, 'Enter'), null);
  })));
});
