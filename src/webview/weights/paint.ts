import { themeColor } from '../dom';
import { boxOfTile, type Grid } from './grid';

/** Bars of equal width from the bottom, the tallest as high as the tile. */
export function paintBars(context: CanvasRenderingContext2D, grid: Grid, heights: readonly number[]): void {
  const tallest = Math.max(...heights, Number.MIN_VALUE);
  context.fillStyle = themeColor('--vscode-charts-blue', '#3794ff');
  heights.forEach((height, index) => {
    // What is there at all is seen.
    const bar = height > 0 ? Math.max(1, (height / tallest) * grid.cellHeight) : 0;
    context.fillRect(index * grid.cellWidth, grid.cellHeight - bar, Math.max(1, grid.cellWidth - 1), bar);
  });
}

type Rgb = readonly [number, number, number];
const negative: Rgb = [33, 102, 172];
const neutral: Rgb = [247, 247, 247];
const positive: Rgb = [178, 24, 43];
const notFinite: Rgb = [255, 0, 255];

/** A value by its distance from zero, `reach` being the full colour: blue below, white at zero, red above, magenta where it is not finite. */
export function colorOf(value: number, reach: number): Rgb {
  if (!Number.isFinite(value)) return notFinite;
  const part = Math.min(1, Math.abs(value) / reach);
  const end = value < 0 ? negative : positive;
  return [mix(neutral[0], end[0], part), mix(neutral[1], end[1], part), mix(neutral[2], end[2], part)];
}

function mix(from: number, to: number, part: number): number {
  return Math.round(from + (to - from) * part);
}

/** Fills the tiles cell by cell; the gaps between them get the colour of lines. */
export function paintTiles(context: CanvasRenderingContext2D, grid: Grid, colorAt: (tile: number, row: number, column: number) => Rgb): void {
  const { rows, columns } = grid;
  if (rows === 0 || columns === 0) return;
  const small = new OffscreenCanvas(columns, rows);
  const inside = small.getContext('2d');
  if (!inside) return;
  if (grid.tiles > 1) {
    context.fillStyle = themeColor('--vscode-foreground', '#888');
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  }
  context.imageSmoothingEnabled = false;
  const image = inside.createImageData(columns, rows);
  const last = Math.ceil(grid.tiles / grid.across) * grid.across;
  for (let tile = 0; tile < last; tile++) {
    const { left, top, width, height } = boxOfTile(grid, tile);
    context.clearRect(left, top, width, height);
    if (tile >= grid.tiles) continue;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) image.data.set([...colorAt(tile, row, column), 255], (row * columns + column) * 4);
    }
    inside.putImageData(image, 0, 0);
    context.drawImage(small, left, top, width, height);
  }
}
