// The drawer: everything about one op, or one layer.

const drawer = document.getElementById('drawer');
let opener = null;

function openDrawer(heading, sub, ...content) {
  if (drawer.hidden) opener = document.activeElement;
  drawer.replaceChildren(element('div', { class: 'head' }, element('div', {}, element('h2', { tabindex: -1 }, heading), element('p', { class: 'note' }, sub)),
    element('span', { class: 'fill' }), element('button', { type: 'button', id: 'wide', onclick: () => drawer.classList.toggle('wide') }, 'Wide'), element('button', { type: 'button', onclick: closeDrawer, 'aria-label': 'Close details' }, 'Close')), ...content);
  drawer.hidden = false;
  drawer.scrollTop = 0;
  drawer.querySelector('h2').focus({ preventScroll: true });
}

function closeDrawer() {
  if (drawer.hidden) return;
  drawer.hidden = true;
  (opener && opener !== document.body && document.contains(opener) ? opener : canvas).focus({ preventScroll: true });
}

const nodeLink = id => element('button', { type: 'button', class: 'link', onclick: () => reveal(id) }, graph.step.nodes[id].name);

function showLayer(layer) {
  const step = graph.step, l = step.layers[layer], own = step.nodes.filter(n => n.layer === layer), all = step.totals.nodeSeconds;
  const facts = [['Time', `${ms(total(l))}, ${percent(total(l) / all)} of the step: ${ms(l.forward)} forward, ${ms(l.backward)} backward`], ['Arithmetic', flops(l.flops)], ['Moved', size(l.bytes)],
    ['Held at the peak', size(l.peakBytes)], ['Parameters', count(l.parameters)], ['Output', l.shape && dims(l.shape)], ['Reads', l.from.map(f => title(step.layers[f])).join(', ')],
    ['Gradient norm', l.gradNorm === null ? '' : short(l.gradNorm) + (l.flag ? ': ' + l.flag : '')], ['|Δw|/|w|', short(l.updateRatio)], ['Dead channels', l.siluChannels ? `${l.deadChannels} of ${l.siluChannels}` : '']];
  openDrawer(title(l), `${own.length} ops`, factList(facts), element('h3', {}, 'Its ops'),
    table(['Op', ' Forward', ' Backward', ' Share'], own.map(n => [element('span', {}, nodeLink(n.id), ' ', element('small', {}, n.op)), ms(seconds(n.forward)), ms(seconds(n.backward)),
      barred(percent((seconds(n.forward) + seconds(n.backward)) / all), (seconds(n.forward) + seconds(n.backward)) / all)])));
}

const factList = facts => element('dl', { class: 'pairs' }, facts.filter(f => f[1]).map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));

function showNode(n, side) {
  const step = graph.step, formula = step.formulas[n.op], tensors = list => list.map(t => [t.name, dims(t.shape), t.type, size(t.bytes)]);
  const parts = [];
  if (formula) parts.push(element('div', { class: 'formulas' },
    element('div', { class: 'card' }, element('h3', {}, 'Forward'), element('code', {}, formula.forward)),
    element('div', { class: 'card' }, element('h3', {}, 'Gradient'), ...formula.backward.map(f => element('code', {}, f)), formula.source ? element('p', { class: 'note' }, formula.source) : null)));
  parts.push(element('h3', {}, 'Its launches'), launches(n));
  if (n.saved.length) parts.push(element('h3', {}, 'Kept for the way back, and why'), table(['Tensor', 'Shape', ' Size', 'Because', 'Made by'],
    n.saved.map(s => [s.name, dims(s.shape), size(s.bytes), s.why, s.by < 0 ? 'the batch' : s.by === n.id ? 'this op' : nodeLink(s.by)]), { class: 'saved' }));
  if (n.activation) parts.push(element('div', { class: 'values' }, valueCard('Output', n.activation, 'activation'), n.gradient ? valueCard('Gradient of the loss by it', n.gradient, 'gradient') : null));
  if (n.silu) parts.push(element('p', { class: 'note' }, `${n.silu.dead} of its ${n.silu.channels} SiLU channels are dead.`));
  parts.push(element('h3', {}, 'Tensors'), table(['Tensor', 'Shape', 'Type', ' Size'], [...tensors(n.inputs), ...tensors(n.outputs), ...tensors(n.parameters)]));
  if (n.from.length) parts.push(element('p', { class: 'note links' }, 'Reads what these made: ', n.from.flatMap((f, i) => [i ? ', ' : '', nodeLink(f)])));
  parts.push(...sources(n, side));
  openDrawer(n.name, [n.op, n.settings, title(step.layers[n.layer])].filter(Boolean).join(' · '), ...parts);
}

function launches(n) {
  const all = graph.step.totals.nodeSeconds;
  return table(['Pass', ' Time', ' Share', ' Arithmetic', ' Moved', ' GFLOP/s', ' Roof', 'Bound by', 'Kernel'], [...n.forward, ...n.backward].map(k => [
    k.pass, ms(k.seconds), percent(k.seconds / all), flops(k.flops), k.bytes ? size(k.bytes) : '–', k.flops ? (k.flops / k.seconds / 1e9).toFixed(1) : '–', k.bound ? barred(percent(k.roof), k.roof) : '–', k.bound || 'not counted', k.implementation || '']));
}

function valueCard(heading, v, kind) {
  return element('div', { class: 'card value' }, element('h3', {}, heading), histogram(v, kind),
    factList([['mean', short(v.mean)], ['deviation', short(v.deviation)], ['norm', short(v.norm)], ['zeros', v.zeros ? percent(v.zeros / v.count) : ''], ['not finite', v.notFinite ? count(v.notFinite) : '']]),
    v.maps ? element('p', { class: 'note' }, `The ${v.maps.channels.length} channels that vary most in one picture, ${short(v.maps.low)} to ${short(v.maps.high)}`) : null, v.maps ? maps(v.maps, kind === 'gradient') : null);
}

/** The kernels of one pass, CPU and CUDA side by side, with a choice of passes and files. */
function sources(n, side) {
  const passes = [...n.forward, ...n.backward], box = element('div', { class: 'sources' });
  if (passes.length === 0) return [];
  const column = (name, files) => {
    const pre = element('pre', { tabindex: 0, 'aria-label': `${name} source` }), pick = element('select', { 'aria-label': `${name} file`, onchange: () => { pre.textContent = graph.step.sources[pick.value]; pre.scrollTop = 0; } }, files.map(f => element('option', { value: f }, f)));
    pre.textContent = files.length ? graph.step.sources[files[0]] : 'none';
    return element('div', {}, element('h4', {}, name), pick, pre);
  };
  const show = k => box.replaceChildren(column('CPU', k.cpu), column('CUDA', k.cuda));
  const chosen = side === 'backward' && n.backward.length ? n.forward.length : 0;
  const pick = element('select', { 'aria-label': 'Pass', onchange: () => show(passes[pick.value]) }, passes.map((k, i) => element('option', { value: i, selected: i === chosen ? '' : null }, k.pass)));
  show(passes[chosen]);
  const formula = graph.step.formulas[n.op];
  return [element('h3', { class: 'source-head' }, 'Its kernels ', pick), formula ? element('div', { class: 'card beside' }, element('code', {}, formula.forward), ...formula.backward.map(f => element('code', {}, f))) : null, box];
}
