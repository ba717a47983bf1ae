// The graph: a row a layer, or a row an op where the layer is open. Forward on the left, backward on the right, what is
// kept between them; arcs beside the columns are reads that skip rows.

const Columns = { forward: 190, backward: 690, width: 330, row: 26, op: 22, gap: 4 };
const graph = { step: null, open: new Set(), rows: [], at: 0, side: 'forward', zoom: 1, x: 0, y: 0 };
const canvas = document.getElementById('canvas'), scene = document.getElementById('scene');

/** What a row's two boxes are coloured by, 0…1. */
function heat(row, side) {
  const step = graph.step, by = document.getElementById('colour').value, l = step.layers[row.layer];
  if (by === 'time') return sideSeconds(row, side) / graph.most;
  if (by === 'memory') return row.node ? row.node.made / Math.max(...step.nodes.map(n => n.made)) : l.peakBytes / Math.max(...step.layers.map(k => k.peakBytes));
  const norm = row.node ? number(row.node.gradient?.norm ?? 0) : number(l.gradNorm ?? 0), all = step.layers.map(k => number(k.gradNorm)).filter(positive);
  if (!Number.isFinite(norm)) return 1;
  if (norm === 0 || all.length === 0) return 0;
  const low = Math.log(Math.min(...all)), high = Math.log(Math.max(...all));
  return Math.max(0.05, Math.min(1, (Math.log(norm) - low) / (high - low || 1)));
}

const seconds = launches => launches.reduce((sum, k) => sum + k.seconds, 0);
const sideSeconds = (row, side) => row.node ? seconds(row.node[side]) : graph.step.layers[row.layer][side];

/** Lays the rows out and draws everything anew. */
function drawGraph() {
  const step = graph.step, rows = graph.rows = [];
  let y = 10;
  step.layers.forEach((l, layer) => {
    rows.push({ layer, y, height: Columns.row });
    y += Columns.row + Columns.gap;
    if (!graph.open.has(layer)) return;
    for (const node of step.nodes.filter(n => n.layer === layer)) {
      rows.push({ layer, node, y, height: Columns.op });
      y += Columns.op + 2;
    }
    y += 6;
  });
  graph.height = y;
  graph.most = Math.max(...step.layers.flatMap(l => [l.forward, l.backward]));
  graph.at = Math.min(graph.at, rows.length - 1);
  scene.replaceChildren(draw('defs', {}, ['1', '2'].map(i => draw('marker', { id: 'arrow' + i, viewBox: '0 0 6 6', refX: 5, refY: 3, markerWidth: 6, markerHeight: 6, orient: 'auto' }, draw('path', { class: 'head' + i, d: 'M0,0L6,3L0,6Z' })))),
    draw('text', { class: 'column', x: Columns.forward + Columns.width / 2, y: -4, 'text-anchor': 'middle' }, 'forward ↓'),
    draw('text', { class: 'column', x: (Columns.forward + Columns.width + Columns.backward) / 2, y: -4, 'text-anchor': 'middle' }, 'kept between'),
    draw('text', { class: 'column', x: Columns.backward + Columns.width / 2, y: -4, 'text-anchor': 'middle' }, '↑ backward'));
  drawEdges();
  rows.forEach((row, i) => scene.append(drawRow(row, i)));
  mark();
}

/** The row that shows a node: its own, or its layer's. */
function rowOf(node) {
  const own = graph.rows.findIndex(r => r.node === node);
  return own >= 0 ? own : graph.rows.findIndex(r => r.layer === node.layer);
}

function drawEdges() {
  const seen = new Set();
  for (const node of graph.step.nodes) for (const from of node.from) {
    const a = rowOf(graph.step.nodes[from]), b = rowOf(node), key = a + ' ' + b;
    if (a === b || seen.has(key)) continue;
    seen.add(key);
    const p = graph.rows[a], q = graph.rows[b], y1 = p.y + p.height / 2, y2 = q.y + q.height / 2, left = Columns.forward, right = Columns.backward + Columns.width;
    const depth = Math.min(160, 14 + 10 * Math.sqrt(Math.abs(y2 - y1)));
    const header = b === a + 2 && !graph.rows[a + 1].node && graph.rows[a + 1].layer === q.layer; // an open layer's own row stands between
    if (b === a + 1 || header) {
      scene.append(draw('path', { class: 'edge', d: `M${left + 20},${p.y + p.height}V${q.y}`, 'marker-end': 'url(#arrow1)' }), draw('path', { class: 'edge back', d: `M${right - 20},${q.y}V${p.y + p.height}`, 'marker-end': 'url(#arrow2)' }));
      continue;
    }
    scene.append(draw('path', { class: 'edge', d: `M${left},${y1}C${left - depth},${y1} ${left - depth},${y2} ${left - 2},${y2}`, 'marker-end': 'url(#arrow1)' }),
      draw('path', { class: 'edge back', d: `M${right},${y2}C${right + depth},${y2} ${right + depth},${y1} ${right + 2},${y1}`, 'marker-end': 'url(#arrow2)' }));
  }
}

function drawRow(row, i) {
  const step = graph.step, l = step.layers[row.layer], node = row.node, g = draw('g', { class: node ? 'row op' : 'row layer', 'data-row': i });
  const name = node ? node.name.replace(l.name + '.', '') + '  ' + node.op : `${graph.open.has(row.layer) ? '▾' : '▸'} ${title(l)}`;
  const shape = node ? node.outputs[0]?.shape || '' : l.shape;
  for (const side of ['forward', 'backward']) {
    const x = Columns[side] + (node ? 14 : 0), width = Columns.width - (node ? 14 : 0), value = sideSeconds(row, side), middle = row.y + row.height / 2 + 4;
    const box = draw('g', { class: 'box', 'data-side': side, 'aria-label': `${node ? node.name : title(l)} ${side} ${ms(value)}` },
      draw('rect', { class: 'back', x, y: row.y, width, height: row.height, rx: 6 }),
      draw('rect', { class: 'heat ' + side, x, y: row.y, width, height: row.height, rx: 6, style: `--heat:${heat(row, side).toFixed(3)}` }),
      draw('rect', { class: 'outline', x, y: row.y, width, height: row.height, rx: 6 }),
      side === 'forward' ? draw('text', { class: 'name', x: x + 9, y: middle }, clip(name, node ? 27 : 30)) : null,
      side === 'forward' ? draw('text', { class: 'shape', x: x + width - 62, y: middle, 'text-anchor': 'end' }, dims(shape).split(' × ').slice(1).join('×')) : draw('text', { class: 'name', x: x + 9, y: middle }, clip(backwardText(row), 34)),
      value > 0 ? draw('text', { class: 'ms', x: x + width - 8, y: middle, 'text-anchor': 'end' }, ms(value)) : null);
    g.append(box);
  }
  const kept = node ? node.saved.filter(s => s.by >= 0).reduce((sum, s) => sum + s.bytes, 0) : step.nodes.filter(n => n.layer === row.layer).reduce((sum, n) => sum + n.made, 0);
  if (kept > 0) {
    const x1 = Columns.forward + Columns.width, x2 = Columns.backward + (node ? 14 : 0), y = row.y + row.height / 2, most = Math.max(...step.nodes.map(n => n.made)) * (node ? 1 : 8);
    g.append(draw('line', { class: 'kept', x1, x2, y1: y, y2: y, 'stroke-width': 1 + 8 * Math.min(1, kept / most) }), draw('text', { class: 'size', x: (x1 + x2) / 2, y: y + 4, 'text-anchor': 'middle' }, size(kept)));
  }
  return g;
}

const clip = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;
const backwardText = row => row.node ? [...new Set(row.node.backward.map(k => k.pass.replace('backward_', '∂')))].join(', ') || 'nothing to do' : '';

/** Shows which box is chosen. */
function mark() {
  scene.querySelectorAll('.box').forEach(b => b.classList.toggle('chosen', b.parentNode.dataset.row === String(graph.at) && b.dataset.side === graph.side));
}

function place() {
  scene.setAttribute('transform', `translate(${graph.x},${graph.y}) scale(${graph.zoom})`);
}

/** All rows as large as they fit in. */
function fit() {
  const w = canvas.clientWidth, h = canvas.clientHeight;
  graph.zoom = Math.max(0.35, Math.min(w / 1210, h / (graph.height + 40), 1.25));
  if (graph.zoom < 0.62) graph.zoom = Math.min(w / 1210, 1);
  graph.x = (w - 1210 * graph.zoom) / 2;
  graph.y = 26 * graph.zoom;
  place();
}

function zoomAt(factor, px, py) {
  const zoom = Math.max(0.25, Math.min(4, graph.zoom * factor)), by = zoom / graph.zoom;
  graph.x = px - (px - graph.x) * by;
  graph.y = py - (py - graph.y) * by;
  graph.zoom = zoom;
  place();
}

/** Brings the chosen row into sight. */
function follow() {
  const row = graph.rows[graph.at], top = graph.y + row.y * graph.zoom, h = canvas.clientHeight;
  if (top < 30) graph.y += 30 - top;
  if (top + row.height * graph.zoom > h - 20) graph.y -= top + row.height * graph.zoom - h + 20;
  place();
  mark();
}

function toggle(layer, open) {
  const row = graph.rows[graph.at];
  if (open ?? !graph.open.has(layer)) graph.open.add(layer);
  else graph.open.delete(layer);
  drawGraph();
  graph.at = Math.max(0, graph.rows.findIndex(r => r.layer === row.layer && (r.node === row.node || !graph.open.has(layer))));
  follow();
}

function choose(i, side) {
  graph.at = Math.max(0, Math.min(graph.rows.length - 1, i));
  graph.side = side || graph.side;
  follow();
}

/** Opens the chosen row: a layer shows its ops, and both their details. */
function openChosen() {
  const row = graph.rows[graph.at];
  if (row.node) return showNode(row.node, graph.side);
  if (!graph.open.has(row.layer)) toggle(row.layer, true);
  showLayer(row.layer);
}

/** Opens a node from anywhere on the page. */
function reveal(id) {
  const node = graph.step.nodes[id];
  graph.open.add(node.layer);
  drawGraph();
  choose(rowOf(node));
  document.getElementById('graph').scrollIntoView();
  showNode(node, graph.side);
}

function revealLayer(layer) {
  graph.open.add(layer);
  drawGraph();
  choose(graph.rows.findIndex(r => r.layer === layer));
  document.getElementById('graph').scrollIntoView();
  showLayer(layer);
}

function listen() {
  let from = null;
  canvas.addEventListener('pointerdown', e => { from = { x: e.clientX, y: e.clientY, moved: false }; });
  addEventListener('pointermove', e => {
    if (!from) return;
    const dx = e.clientX - from.x, dy = e.clientY - from.y;
    if (!from.moved && Math.hypot(dx, dy) < 4) return;
    graph.x += dx;
    graph.y += dy;
    from = { x: e.clientX, y: e.clientY, moved: true };
    place();
  });
  addEventListener('pointerup', e => {
    const drag = from?.moved, box = e.target.closest?.('#canvas .box');
    from = null;
    if (drag || !box) return;
    choose(Number(box.parentNode.dataset.row), box.dataset.side);
    const row = graph.rows[graph.at];
    if (!row.node && graph.open.has(row.layer)) toggle(row.layer, false);
    else openChosen();
  });
  canvas.addEventListener('wheel', e => {
    e.preventDefault();
    const box = canvas.getBoundingClientRect();
    if (e.ctrlKey || e.metaKey) return zoomAt(Math.exp(-e.deltaY / 200), e.clientX - box.left, e.clientY - box.top);
    graph.x -= e.deltaX;
    graph.y -= e.deltaY;
    place();
  }, { passive: false });
  canvas.addEventListener('keydown', e => {
    const w = canvas.clientWidth / 2, h = canvas.clientHeight / 2;
    const keys = { ArrowDown: () => choose(graph.at + 1), ArrowUp: () => choose(graph.at - 1), ArrowLeft: () => choose(graph.at, 'forward'), ArrowRight: () => choose(graph.at, 'backward'), Home: () => choose(0), End: () => choose(1e9),
      Enter: openChosen, ' ': () => toggle(graph.rows[graph.at].layer), '+': () => zoomAt(1.2, w, h), '-': () => zoomAt(1 / 1.2, w, h), 0: fit };
    if (!keys[e.key]) return;
    e.preventDefault();
    keys[e.key]();
  });
  const all = () => graph.step.layers.map((_, i) => i);
  const tools = { expand: () => { graph.open = new Set(all()); drawGraph(); fit(); }, collapse: () => { graph.open.clear(); drawGraph(); fit(); }, in: () => zoomAt(1.2, canvas.clientWidth / 2, 60), out: () => zoomAt(1 / 1.2, canvas.clientWidth / 2, 60), fit };
  document.querySelectorAll('[data-do]').forEach(b => b.addEventListener('click', tools[b.dataset.do]));
  document.getElementById('colour').addEventListener('change', drawGraph);
  addEventListener('resize', fit);
}

/** Search: the layers and ops whose name, op or block holds the words. */
function listenSearch() {
  const input = document.getElementById('search'), list = document.getElementById('found');
  const close = () => { list.hidden = true; list.replaceChildren(); };
  const matches = () => {
    const words = input.value.trim().toLowerCase();
    if (!words) return [];
    const whole = (text, name) => name.toLowerCase() === words ? 0 : name.toLowerCase().startsWith(words + '.') ? 1 : text.includes(words) ? 2 : 9;
    const layers = graph.step.layers.map((l, i) => ({ text: title(l), rank: whole(title(l).toLowerCase(), l.name), go: () => revealLayer(i) }));
    const nodes = graph.step.nodes.map(n => ({ text: `${n.name}  ${n.op}`, rank: whole(`${n.name} ${n.op}`.toLowerCase(), n.name), go: () => reveal(n.id) }));
    return [...layers, ...nodes].filter(m => m.rank < 9).sort((a, b) => a.rank - b.rank).slice(0, 12);
  };
  const show = () => {
    const found = matches();
    list.replaceChildren(...found.map(m => element('li', {}, element('button', { type: 'button', onclick: () => { close(); m.go(); } }, m.text))));
    if (input.value.trim() && found.length === 0) list.append(element('li', { class: 'note' }, 'Nothing is called that.'));
    list.hidden = !input.value.trim();
  };
  input.addEventListener('input', show);
  input.addEventListener('keydown', e => {
    if (e.key === 'Enter') { const [first] = matches(); if (first) { close(); first.go(); } }
    if (e.key === 'Escape') { close(); canvas.focus(); }
    if (e.key === 'ArrowDown') { e.preventDefault(); list.querySelector('button')?.focus(); }
  });
  list.addEventListener('keydown', e => {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[e.key];
    if (e.key === 'Escape') { e.stopPropagation(); close(); input.focus(); }
    if (!step) return;
    e.preventDefault();
    (document.activeElement.parentNode[step]?.querySelector('button') || input).focus();
  });
}
