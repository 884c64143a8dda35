/** Tiles of equal size, side by side and below each other; cells in each. px */
export interface Grid {
  readonly tiles: number;
  /** Tiles in a line. */
  readonly across: number;
  readonly rows: number;
  readonly columns: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Between two tiles. */
  readonly gap: number;
}

export interface Cell {
  readonly tile: number;
  readonly row: number;
  readonly column: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function sizeOfGrid(grid: Grid): { readonly width: number; readonly height: number } {
  const lines = Math.ceil(grid.tiles / grid.across);
  const { width, height } = tileSize(grid);
  return { width: grid.across * (width + grid.gap) - grid.gap, height: lines * (height + grid.gap) - grid.gap };
}

export function boxOfTile(grid: Grid, tile: number): Box {
  const { width, height } = tileSize(grid);
  return { left: (tile % grid.across) * (width + grid.gap), top: Math.floor(tile / grid.across) * (height + grid.gap), width, height };
}

export function boxOfCell(grid: Grid, { tile, row, column }: Cell): Box {
  const { left, top } = boxOfTile(grid, tile);
  return { left: left + column * grid.cellWidth, top: top + row * grid.cellHeight, width: grid.cellWidth, height: grid.cellHeight };
}

/** What lies at a place of the picture; null between the tiles and outside. */
export function cellAt(grid: Grid, x: number, y: number): Cell | null {
  const { width, height } = tileSize(grid);
  const [across, down] = [Math.floor(x / (width + grid.gap)), Math.floor(y / (height + grid.gap))];
  const [column, row] = [Math.floor((x - across * (width + grid.gap)) / grid.cellWidth), Math.floor((y - down * (height + grid.gap)) / grid.cellHeight)];
  const tile = down * grid.across + across;
  const inside = x >= 0 && y >= 0 && across < grid.across && tile < grid.tiles && column < grid.columns && row < grid.rows;
  return inside ? { tile, row, column } : null;
}

const steps: Partial<Record<string, readonly [number, number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Where an arrow key leads, over the gaps too; the same cell at an edge, null for another key. */
export function movedCell(grid: Grid, from: Cell, key: string): Cell | null {
  const step = steps[key];
  if (!step) return null;
  const row = Math.floor(from.tile / grid.across) * grid.rows + from.row + step[0];
  const column = (from.tile % grid.across) * grid.columns + from.column + step[1];
  const tile = Math.floor(row / grid.rows) * grid.across + Math.floor(column / grid.columns);
  if (row < 0 || column < 0 || column >= grid.across * grid.columns || tile >= grid.tiles) return from;
  return { tile, row: row % grid.rows, column: column % grid.columns };
}

function tileSize({ rows, columns, cellWidth, cellHeight }: Grid): { readonly width: number; readonly height: number } {
  return { width: columns * cellWidth, height: rows * cellHeight };
}
