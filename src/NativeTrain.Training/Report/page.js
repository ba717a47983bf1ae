// Reads the values of a chart out under the pointer, or by the arrow keys; enlarges pictures; sorts tables.
'use strict';
const results = JSON.parse(document.getElementById('results').textContent);
const epochs = (results.epoch || []).map(Number);

for (const svg of document.querySelectorAll('.chart svg')) {
  const columns = svg.dataset.columns.split('|'), names = svg.dataset.names.split('|');
  const [first, last, left, right] = svg.dataset.x.split(' ').map(Number);
  const [low, high, bottom, top] = svg.dataset.y.split(' ').map(Number);
  const cursor = svg.querySelector('.cursor'), tip = svg.parentElement.querySelector('.tip');
  const x = i => left + (epochs[i] - first) / (last - first) * (right - left);
  const y = v => bottom - (v - low) / (high - low) * (bottom - top);
  let at = -1;

  const element = (name, attributes) => {
    const e = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
    cursor.append(e);
  };

  function show(i) {
    at = Math.max(0, Math.min(epochs.length - 1, i));
    cursor.replaceChildren();
    element('line', { x1: x(at), x2: x(at), y1: top, y2: bottom });
    tip.replaceChildren();
    const head = document.createElement('b');
    head.textContent = 'epoch ' + results.epoch[at];
    tip.append(head);
    columns.forEach((column, s) => {
      const text = results[column][at], value = Number(text);
      if (Number.isFinite(value) && value >= low && value <= high) element('circle', { class: 's' + (s + 1), r: 3.5, cx: x(at), cy: y(value) });
      const line = document.createElement('span');
      line.className = columns.length > 1 ? 'key s' + (s + 1) : '';
      line.textContent = (columns.length > 1 ? names[s] + ' ' : '') + text;
      tip.append(line);
    });
    tip.hidden = false;
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    const place = svg.getBoundingClientRect().left - svg.parentElement.getBoundingClientRect().left;
    const px = x(at) * scale, room = svg.clientWidth;
    tip.style.left = Math.max(4, px + tip.offsetWidth + 16 < room ? px + 12 : px - tip.offsetWidth - 12) + place + 'px';
  }

  function hide() {
    at = -1;
    cursor.replaceChildren();
    tip.hidden = true;
  }

  svg.addEventListener('pointermove', e => {
    const box = svg.getBoundingClientRect();
    const px = (e.clientX - box.left) / box.width * svg.viewBox.baseVal.width;
    let nearest = 0;
    for (let i = 1; i < epochs.length; i++) if (Math.abs(x(i) - px) < Math.abs(x(nearest) - px)) nearest = i;
    show(nearest);
  });
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('blur', hide);
  svg.addEventListener('keydown', e => {
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: epochs.length - 1 };
    if (e.key === 'Escape') hide();
    if (!(e.key in moves)) return;
    e.preventDefault();
    show(moves[e.key]);
  });
}

const large = document.getElementById('large');
for (const button of document.querySelectorAll('.enlarge')) button.addEventListener('click', () => {
  const picture = button.querySelector('img'), shown = large.querySelector('img');
  shown.src = picture.src;
  shown.alt = picture.alt;
  large.showModal();
});
large.addEventListener('click', e => { if (e.target !== large.querySelector('img')) large.close(); });

for (const table of document.querySelectorAll('.sortable')) {
  table.querySelectorAll('thead th').forEach((th, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...th.childNodes);
    th.append(button);
    button.addEventListener('click', () => {
      const falling = th.getAttribute('aria-sort') !== 'descending';
      table.querySelectorAll('thead th').forEach(other => other.removeAttribute('aria-sort'));
      th.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
      const text = row => row.cells[column].textContent;
      const compare = (a, b) => column === 0 ? text(b).localeCompare(text(a)) : (Number(text(b)) || 0) - (Number(text(a)) || 0);
      const rows = [...table.tBodies[0].rows].sort((a, b) => falling ? compare(a, b) : compare(b, a));
      table.tBodies[0].append(...rows);
    });
  });
}
