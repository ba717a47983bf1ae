// The sections that stand beside the graph: findings, time, memory, gradients.

const total = l => l.forward + l.backward;
const title = l => l.block ? `${l.name} ${l.block}` : l.name;

/** A figure's change since the step before, where there was one. */
function moved(now, before, text) {
  if (!Number.isFinite(number(before)) || !Number.isFinite(number(now))) return null;
  const change = number(now) - number(before);
  return element('small', { class: 'moved' }, change === 0 ? '=' : `${change > 0 ? '▲' : '▼'} ${text(Math.abs(change))}`);
}

function showOverview(step, before) {
  const a = step.about, t = step.totals, b = before?.totals, loss = s => s?.loss.reduce((sum, l) => sum + number(l.value), 0);
  document.getElementById('lead').textContent = `Step ${a.step} of ${a.model} (${a.task}), ${a.batch} pictures of ${a.width} × ${a.height} from ${a.data}, ${a.precision} on ${a.device}`;
  const tile = (name, value, change) => element('div', { class: 'card tile' }, element('dt', {}, name), element('dd', {}, value, change));
  const icons = { time: '◷', memory: '▤', gradients: '∇', updates: 'Δ', matches: '▣' };
  document.getElementById('overview').replaceChildren(
    element('dl', { class: 'tiles' },
      tile('Step', ms(t.seconds), moved(t.seconds, b?.seconds, ms)),
      tile('Memory at the peak', size(t.peakBytes), moved(t.peakBytes, b?.peakBytes, size)),
      tile('Arithmetic', flops(t.flops), null),
      tile('Loss', short(loss(step)), moved(loss(step), loss(before), short)),
      tile('Gradient norm', t.gradNorm === null ? 'left out' : short(t.gradNorm), moved(t.gradNorm, b?.gradNorm, short)),
      tile('Parameters', count(a.parameters), null)),
    element('h2', {}, 'What this step says'),
    element('ol', { class: 'findings card' }, step.findings.map(f => element('li', { class: f.warns ? 'warns' : null },
      element('span', { class: 'icon', 'aria-hidden': 'true' }, icons[f.topic] || '·'), element('p', {}, f.text, ' ',
        f.node >= 0 ? element('button', { type: 'button', class: 'link', onclick: () => reveal(f.node) }, 'Show it') :
          element('a', { href: '#' + ({ matches: 'pictures', updates: 'gradients' }[f.topic] || f.topic) }, 'More'))))));
}

function showTime(step, before) {
  const all = step.totals.nodeSeconds, layers = step.layers.map((l, i) => ({ l, i })).sort((p, q) => total(q.l) - total(p.l)), most = total(layers[0].l);
  const rows = layers.map(({ l, i }) => [
    element('button', { type: 'button', class: 'link', onclick: () => revealLayer(i) }, title(l)),
    element('span', { class: 'stack', role: 'img', 'aria-label': `${ms(l.forward)} forward, ${ms(l.backward)} backward` },
      element('i', { class: 'f1', style: `width:${l.forward / most * 100}%` }), element('i', { class: 'f2', style: `width:${l.backward / most * 100}%` })),
    ms(l.forward), ms(l.backward), percent(total(l) / all), moved(total(l), before && total(before.layers[i]), ms) || '', flops(l.flops), size(l.bytes)]);
  const kinds = new Map();
  for (const n of step.nodes) for (const k of [...n.forward, ...n.backward]) {
    const key = `${n.op} ${k.pass}`, row = kinds.get(key) || { calls: 0, seconds: 0, flops: 0, bytes: 0 };
    row.calls++; row.seconds += k.seconds; row.flops += k.flops; row.bytes += k.bytes;
    kinds.set(key, row);
  }
  const ops = [...kinds].sort((p, q) => q[1].seconds - p[1].seconds).map(([key, r]) => [key, String(r.calls), ms(r.seconds), barred(percent(r.seconds / all), r.seconds / all),
    r.flops ? (r.flops / r.seconds / 1e9).toFixed(1) : '', r.bytes ? (r.bytes / r.seconds / 1e9).toFixed(1) : '']);
  document.getElementById('time').replaceChildren(element('h2', {}, 'Where the time goes'),
    element('p', { class: 'note' }, element('span', { class: 'key f1' }, 'forward'), ' ', element('span', { class: 'key f2' }, 'backward')),
    table(['Layer', 'Time', ' Forward', ' Backward', ' Share', ' ', ' Arithmetic', ' Moved'], rows, { class: 'layers' }),
    element('h3', {}, 'By op'), table(['Op and pass', ' Calls', ' Time', ' Share', ' GFLOP/s', ' GB/s'], ops),
    element('h3', {}, 'The roofline'), element('p', { class: 'note' }, `Every launch by the work it does for a byte it moves; the line is what this machine can do at best, ${(step.about.bytesPerSecond / 1e9).toFixed(1)} GB/s and ${(step.about.flopsPerSecond / 1e9).toFixed(0)} GFLOP/s${step.about.floatFlopsPerSecond === step.about.flopsPerSecond ? '' : ` (the lower one, ${(step.about.floatFlopsPerSecond / 1e9).toFixed(0)}, for kernels that multiply floats)`}. A dot counts what its kernel computes, which by Winograd's algorithm is less than the formula. Large dots take long. Choose a dot to open its op.`),
    roofline(step));
}

function roofline(step) {
  const dots = step.nodes.flatMap(n => [...n.forward, ...n.backward].filter(k => k.computed > 0 && k.bytes > 0 && k.seconds > 0).map(k => ({ n, k, x: k.computed / k.bytes, y: k.computed / k.seconds })));
  if (dots.length === 0) return element('p', { class: 'note' }, 'No launch of this step counts its arithmetic.');
  const { bytesPerSecond: bandwidth, flopsPerSecond: peak, floatFlopsPerSecond: floats } = step.about, xs = dots.map(d => d.x), ys = dots.map(d => d.y), most = Math.max(...dots.map(d => d.k.seconds));
  const x = axis(Math.min(...xs) / 2, Math.max(...xs, peak / bandwidth) * 2, 56, 1100, true), y = axis(Math.min(...ys), Math.max(...ys, peak) * 1.3, 330, 14, true);
  const svg = frame('Roofline', 1110, 370, x, y, power, v => power(v / 1e9));
  const left = x.low, right = x.high, low = y.low;
  const start = Math.max(left, low / bandwidth);
  for (const flat of new Set([peak, floats]))
    svg.append(draw('path', { class: 'roof', d: `M${x.at(start)},${y.at(start * bandwidth)}L${x.at(flat / bandwidth)},${y.at(flat)}L${x.at(right)},${y.at(flat)}` }));
  svg.append(
    draw('text', { class: 'tick', x: 60, y: 10 }, 'GFLOP/s'), draw('text', { class: 'tick', x: 1100, y: 350, 'text-anchor': 'end' }, 'FLOP for a byte'));
  for (const d of dots.sort((p, q) => q.k.seconds - p.k.seconds))
    svg.append(draw('circle', { class: d.k.pass === 'forward' ? 'dot f1' : 'dot f2', cx: x.at(d.x), cy: y.at(d.y), r: 3 + 8 * Math.sqrt(d.k.seconds / most), onclick: () => reveal(d.n.id) },
      draw('title', {}, `${d.n.name}, ${d.k.pass}: ${ms(d.k.seconds)}, ${percent(d.k.roof)} of the roof`)));
  return element('div', { class: 'card chart' }, svg);
}

function showMemory(step) {
  const m = step.memory, curve = m.curve, most = Math.max(...curve), x = axis(0, curve.length - 1, 56, 1100), scale = axis(0, most * 1.05 / 2 ** 20, 250, 14), y = { at: v => scale.at(v / 2 ** 20), ticks: scale.ticks.map(t => t * 2 ** 20) };
  const launches = [];
  for (const n of step.nodes) for (const k of [...n.forward, ...n.backward]) launches[k.order] = { n, k };
  const svg = frame('Live memory over the step', 1110, 284, x, y, t => String(Math.round(t)), t => `${Math.round(t / 2 ** 20)} MiB`);
  const line = curve.map((v, i) => `${i ? 'L' : 'M'}${x.at(i).toFixed(1)},${y.at(v).toFixed(1)}`).join(''), back = launches.findIndex(l => l && l.n.backward.includes(l.k));
  svg.append(draw('path', { class: 'area', d: `${line}L${x.at(curve.length - 1)},${y.at(0)}L${x.at(0)},${y.at(0)}Z` }), draw('path', { class: 'line s1', d: line }));
  if (back > 0) svg.append(draw('line', { class: 'best', x1: x.at(back), x2: x.at(back), y1: 14, y2: 250 }), draw('text', { class: 'best', x: x.at(back) + 5, y: 24 }, 'the walk back begins'));
  svg.append(draw('circle', { class: 'f2', cx: x.at(m.peakAt), cy: y.at(curve[m.peakAt]), r: 5 }));
  const tip = element('p', { class: 'note', 'aria-live': 'polite' }, 'Point at the curve to read it.');
  svg.addEventListener('pointermove', e => {
    const box = svg.getBoundingClientRect(), i = Math.max(0, Math.min(curve.length - 1, Math.round(((e.clientX - box.left) / box.width * 1110 - 56) / 1044 * (curve.length - 1)))), l = launches[i];
    if (l) tip.textContent = `Launch ${i}: ${size(curve[i])} while ${l.n.op} ${l.k.pass} of ${l.n.name} runs`;
  });
  svg.addEventListener('click', e => {
    const box = svg.getBoundingClientRect(), l = launches[Math.round(((e.clientX - box.left) / box.width * 1110 - 56) / 1044 * (curve.length - 1))];
    if (l) reveal(l.n.id);
  });
  const before = m.before.reduce((sum, p) => sum + p.bytes, 0), held = m.holders.map(h => [
    element('button', { type: 'button', class: 'link', onclick: () => revealLayer(h.layer) }, title(step.layers[h.layer])), size(h.activations), size(h.gradients),
    barred(percent((h.activations + h.gradients) / most), (h.activations + h.gradients) / most)]);
  document.getElementById('memory').replaceChildren(element('h2', {}, 'What lives when'),
    element('div', { class: 'card chart' }, svg, tip),
    element('h3', {}, `What holds the peak, ${size(curve[m.peakAt])}`),
    element('div', { class: 'columns' }, table(['Layer', ' Made by its ops', ' Their gradients', ' Share'], held),
      element('div', {}, table(['There all along', ' Bytes'], [...m.before.map(p => [p.name, size(p.bytes)]), ['together', size(before)]]))));
}

function showGradients(step, before) {
  const layers = step.layers.map((l, i) => ({ l, i })).filter(({ l }) => l.gradNorm !== null);
  const dots = (heading, value, note) => {
    const known = layers.filter(({ l }) => positive(value(l)));
    if (known.length === 0) return element('p', { class: 'note' }, `${heading}: nothing to show.`);
    const vs = known.map(({ l }) => value(l)), x = axis(0, layers.length - 1, 70, 520), y = axis(Math.min(...vs), Math.max(...vs), 190, 12, true);
    const svg = frame(heading, 540, 228, { ticks: [] }, y, String, power);
    known.forEach(({ l, i }) => {
      const at = layers.findIndex(k => k.i === i), px = x.at(at), py = y.at(value(l)), old = before && value(before.layers[i]);
      if (positive(old)) svg.append(draw('line', { class: 'trail', x1: px, x2: px, y1: Math.max(12, Math.min(190, y.at(old))), y2: py }));
      svg.append(draw('line', { class: 'stem', x1: px, x2: px, y1: 190, y2: py }), draw('circle', { class: l.flag ? 'dot f2' : 'dot f1', cx: px, cy: py, r: 5, onclick: () => revealLayer(i) }, draw('title', {}, `${title(l)}: ${short(value(l))}${l.flag ? ', ' + l.flag : ''}`)),
        draw('text', { class: 'tick', x: px, y: 206, 'text-anchor': 'end', transform: `rotate(-45 ${px} 206)` }, l.name.replace('model.', '')));
    });
    return element('figure', { class: 'card chart' }, element('figcaption', {}, heading), svg, element('p', { class: 'note' }, note));
  };
  const rows = layers.map(({ l, i }) => [element('button', { type: 'button', class: 'link', onclick: () => revealLayer(i) }, title(l)), count(l.parameters), short(l.gradNorm), moved(l.gradNorm, before?.layers[i].gradNorm, short) || '',
    short(l.updateRatio), moved(l.updateRatio, before?.layers[i].updateRatio, short) || '', l.siluChannels ? `${l.deadChannels} of ${l.siluChannels}` : '', l.flag || 'fine']);
  document.getElementById('gradients').replaceChildren(element('h2', {}, 'Gradients and updates'),
    element('div', { class: 'columns even' },
      dots('Gradient norm by layer', l => number(l.gradNorm), 'From the first layer to the last. Norms that fall by orders of magnitude towards the first layers vanish.'),
      dots('|Δw|/|w| by layer', l => number(l.updateRatio), 'How far this update moved the weights, as a part of their norm.')),
    table(['Layer', ' Parameters', ' Gradient norm', ' ', ' |Δw|/|w|', ' ', ' Dead channels', 'Gradients'], rows));
}
