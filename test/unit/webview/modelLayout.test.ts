import assert from 'node:assert/strict';
import { inspectModel } from '../../../src/core/inspect/inspectModel';
import { modelGraph } from '../../../src/core/inspect/modelGraph';
import type { Model } from '../../../src/core/model/model';
import { arrange } from '../../../src/webview/model/arrange';
import { LayerGraph, type GraphNode } from '../../../src/webview/model/layerGraph';
import { layOut, type Layout, type Placed } from '../../../src/webview/model/layout';
import { move, type Direction } from '../../../src/webview/model/moves';
import { blockModel } from '../../support/blockModel';
import { goldenModel, goldenNetwork } from '../../support/goldenNetworks';
import { uniform } from '../../support/opCases/opCase';

const size = { width: 100, height: 40 };

function graphOf(model: Model): LayerGraph {
  return new LayerGraph(inspectModel(model, ''), modelGraph(model));
}

function layoutOf(graph: LayerGraph, open: readonly string[] = []): Layout {
  return layOut(graph.top, { sizeOf: () => size, isOpen: ({ path }) => open.includes(path) });
}

function overlap(a: Placed, b: Placed): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

/** Nodes of one model do not overlap, and lie inside the model around them and inside the whole. */
function requireApart({ placed, width, height }: Layout): void {
  const at = new Map(placed.map((each) => [each.node, each]));
  for (const [index, each] of placed.entries()) {
    for (const other of placed.slice(index + 1)) assert.ok(each.node.parent !== other.node.parent || !overlap(each, other), `${each.node.path} overlaps ${other.node.path}`);
    const around = each.node.parent ? at.get(each.node.parent) : { left: 0, top: 0, width, height };
    assert.ok(around && each.left >= around.left && each.top >= around.top && each.left + each.width <= around.left + around.width + 1e-6 && each.top + each.height <= around.top + around.height + 1e-6, each.node.path);
  }
}

/** Every edge leads down, from the lower side of its source to the upper side of its target. */
function requireDown({ placed, wires }: Layout): void {
  const at = new Map(placed.map((each) => [each.node, each]));
  for (const { from, to, points, key } of wires) {
    const [a, b] = [at.get(from), at.get(to)];
    assert.ok(a && b && a.top + a.height < b.top, key);
    assert.deepEqual([points[0], points[points.length - 1]], [{ x: a.left + a.width / 2, y: a.top + a.height }, { x: b.left + b.width / 2, y: b.top }]);
  }
}

describe('the layout of a model', () => {
  for (const name of ['textbook', 'nested', 'several', 'free']) {
    it(`draws the network ${name} top down, nested models closed and open`, () => {
      const graph = graphOf(goldenModel(goldenNetwork(name)));
      const nested = graph.all.filter(({ inside }) => inside.length > 0).map(({ path }) => path);
      for (const open of [[], nested]) {
        const layout = layoutOf(graph, open);
        assert.equal(layout.placed.length, open.length === 0 ? graph.top.length : graph.all.length);
        requireApart(layout);
        requireDown(layout);
      }
    });
  }

  it('draws each edge of a network with branches once, and both arms beside each other', () => {
    const layout = layoutOf(graphOf(blockModel(3)), ['base']);
    requireApart(layout);
    requireDown(layout);
    assert.equal(layout.wires.length, 5 + 3 * 4 + 2 * 4);
    const at = (path: string): Placed => layout.placed.find(({ node }) => node.path === path) ?? assert.fail(path);
    assert.equal(at('left').top, at('right').top);
    assert.notEqual(at('left').left, at('right').left);
  });

  it('places shared layers and circles without an end', () => {
    for (const name of ['shared', 'twice']) requireApart(layoutOf(graphOf(goldenModel(goldenNetwork(name)))));
    const { tops } = arrange({ sizes: [size, size, size], edges: [[0, 1], [1, 2], [2, 1], [1, 1]] });
    assert.equal(new Set(tops.map(({ x, y }) => `${x} ${y}`)).size, 3);
  });

  it('keeps any network apart and top down, side branches that begin or end in the middle too', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = uniform(seed);
      const count = 2 + Math.floor(next() * 25);
      const pairs = new Set<string>();
      for (let to = 1; to < count; to++) {
        const ways = Math.floor(next() * 2.6);
        for (let way = 0; way < ways; way++) pairs.add(`${Math.max(0, to - 1 - Math.floor(next() * 4))} ${to}`);
      }
      const edges = [...pairs].map((pair) => pair.split(' ').map(Number) as [number, number]);
      const nodes = Array.from({ length: count }, (_, order): GraphNode => ({ path: String(order), name: String(order), order, parent: null, layer: null, before: [], after: [], inside: [] }));
      for (const [from, to] of edges) (nodes[from].after as GraphNode[]).push(nodes[to]);
      const layout = layOut(nodes, { sizeOf: ({ order }) => ({ width: 60 + 40 * (order % 3), height: 30 + 25 * (order % 4) }), isOpen: () => false });
      requireApart(layout);
      requireDown(layout);
    }
  });

  it('lays out 7,205 nodes, which dagre given whole would not survive', () => {
    assert.equal(layoutOf(graphOf(blockModel(2400))).placed.length, 7205);
  });
});

describe('the arrows in a model', () => {
  const graph = graphOf(blockModel(2));
  const walk = (layout: Layout, from: string, ...ways: readonly Direction[]): string => {
    let node = graph.node(from) ?? assert.fail(from);
    for (const way of ways) node = move(layout, node, way) ?? node;
    return node.path;
  };

  it('go along the edges and to what stands beside', () => {
    const layout = layoutOf(graph);
    const sides: readonly Direction[] = ['left', 'right'];
    assert.deepEqual(sides.map((side) => walk(layout, 'left', side)).sort(), ['left', 'right']);
    assert.match(walk(layout, 'pixels', 'down'), /^(left|right)$/);
    assert.equal(walk(layout, 'left', 'down'), 'merge');
    assert.equal(walk(layout, 'merge', 'down', 'down'), 'block_0_a');
    assert.equal(walk(layout, 'block_1_add', 'down'), 'block_1_add');
    assert.equal(walk(layout, 'pixels', 'up'), 'pixels');
  });

  it('go into open models and out of them', () => {
    const layout = layoutOf(graph, ['base']);
    assert.equal(walk(layout, 'base', 'down'), 'base/inner_input');
    assert.equal(walk(layout, 'base/inner_input', 'up'), 'base');
    assert.equal(walk(layout, 'base/inner_1_add', 'down'), 'block_0_a');
    assert.equal(walk(layout, 'block_0_a', 'up'), 'base/inner_1_add');
  });
});
