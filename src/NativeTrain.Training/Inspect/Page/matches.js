// The batch's pictures with true boxes and the cells that learn them; the terms of the loss.

function showPictures(step, before) {
  const parts = [element('h2', {}, 'What the batch teaches')];
  const terms = step.loss.map((l, i) => [l.name, short(l.value), moved(l.value, before?.loss[i].value, short) || '']);
  parts.push(element('div', { class: 'loss' }, table(['Loss term', ' Value', ' '], terms)));
  if (step.pictures.some(p => p.boxes.length)) parts.push(element('p', { class: 'note' }, 'Frames are true boxes, dots the centres of the cells that learn them: the larger the dot, the coarser the level; the fuller, the higher the score that the cell is to reach. Point at a box to see its cells alone.'));
  parts.push(element('div', { class: 'matches' }, step.pictures.map(picture)));
  document.getElementById('pictures').replaceChildren(...parts);
}

function picture(p) {
  const svg = draw('svg', { viewBox: `0 0 ${p.width} ${p.height}`, role: 'img', 'aria-label': `${p.name}: ${p.boxes.length} boxes, ${p.cells.length} cells` }, draw('image', { href: p.uri, width: p.width, height: p.height }));
  const only = box => svg.querySelectorAll('[data-box]').forEach(e => e.classList.toggle('faded', box !== null && Number(e.dataset.box) !== box));
  p.boxes.forEach((b, i) => svg.append(draw('rect', { class: b.cells ? 'truth' : 'truth missed', 'data-box': i, x: b.x, y: b.y, width: b.w, height: b.h, onpointerenter: () => only(i), onpointerleave: () => only(null) }, draw('title', {}, `${b.class}: ${b.cells} cells`))));
  p.cells.forEach(c => svg.append(draw('circle', { class: 'cell', 'data-box': c.box, cx: c.x, cy: c.y, r: 1.2 + c.size / 10, 'fill-opacity': 0.25 + 0.75 * Math.min(1, c.score) }, draw('title', {}, `cell of stride ${c.size}, score ${short(c.score)}`))));
  const text = p.class === null ? `${p.boxes.length} boxes, ${p.cells.length} cells` : `${p.class}: the network gives it ${percent(p.probability)}`;
  return element('figure', { class: 'card' }, svg, element('figcaption', {}, element('b', {}, p.name), ' ', text));
}
